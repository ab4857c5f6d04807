#!/usr/bin/env python3
"""The race: backtrail against its baseline and against other tools, on the same files, in turns.

usage: benches/race.py [--corpus DIR] [--bytes SIZE] [--rounds N] [--rules NAME=PATH ...] [--write]

Builds the release program and, where they are missing, the corpora (classes small, medium, large; 0.1 %
of the records match the seed rule and as many are its benign twins). Then every command runs once in each
round, one after the other, so that a slow moment of the machine meets all of them. What counts is CPU
time, user and system, as the kernel accounts it for the finished process; the ratio is taken within each
round against `backtrail profile --baseline`, which lists, reads and inflates the same files with the same
code and does nothing else. Printed and, with --write, kept in benches/RESULTS.md: median and spread.
"""
import argparse, datetime, json, os, pathlib, platform, shutil, statistics, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/backtrail"
SEED = "f8103686-e3e8-46f3-be72-65f7fcb4aa53"
CLASSES = ["small", "medium", "large"]


def run(command):
    """CPU seconds and wall seconds of one command; its output is thrown away."""
    with open(os.devnull, "w") as nothing:
        start = datetime.datetime.now()
        process = subprocess.Popen(command, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (datetime.datetime.now() - start).total_seconds()
    # grep and rg end with 1 when they find nothing.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime, wall


def corpora(folder, size):
    for name in CLASSES:
        if not (folder / name).exists():
            subprocess.run(
                ["cargo", "bench", "--quiet", "--bench", "corpus", "--", "--out", folder / name, "--class", name]
                + ["--bytes", size, "--hits", "0.001", "--seed", "7"], cwd=ROOT, check=True)


def bare_loop():
    """The program of benches/bare.rs."""
    built = subprocess.run(["cargo", "bench", "--quiet", "--bench", "bare", "--no-run", "--message-format", "json"],
                           cwd=ROOT, capture_output=True, check=True, text=True).stdout.splitlines()
    return next(path for path in map(lambda line: json.loads(line).get("executable"), built) if path)


def many_rules(folder):
    """800 rules such as public sets have: nineteen in twenty pin the event name, most of them the source too."""
    path = folder / "800-rules.yml"
    verbs = ["Create", "Delete", "Update", "Put", "Modify", "Disable", "Stop", "Attach", "Detach", "Register", "Revoke", "Import", "Restore", "Associate"]
    nouns = ["Trail", "Detector", "AccessKey", "LoginProfile", "UserPolicy", "RolePolicy", "BucketPolicy", "BucketAcl", "DBInstance", "DBCluster",
             "Snapshot", "SnapshotAttribute", "SecurityGroup", "SecurityGroupIngress", "NetworkAclEntry", "Route", "FlowLogs", "KeyPair", "Image",
             "InstanceProfile", "Function", "FunctionUrlConfig", "LayerVersion", "Cluster", "Nodegroup", "Secret", "SecretVersion", "HostedZone",
             "ResourceRecordSets", "Distribution", "WebACL", "RuleGroup", "IPSet", "Insight", "Findings", "SAMLProvider", "OpenIDConnectProvider",
             "Group", "Queue", "Topic", "Stream", "Table", "Backup", "BackupVault", "ReplicationGroup", "CacheSecurityGroup", "Domain", "Stack",
             "StackSet", "Pipeline", "Project", "Repository", "Model", "Endpoint", "Guardrail", "Parameter", "Document", "Association"]
    rules = []
    for number in range(800):
        verb, noun = verbs[number % len(verbs)], nouns[number // len(verbs) % len(nouns)]
        service = noun.lower()[:8]
        selection = {
            0: f"userAgent|contains: tool-number-{number}",
            1: f"requestParameters.userName|re: '^svc-robot-{number}-[0-9a-f]{{8}}$'\n    eventName: {verb}{noun}",
            2: f"eventName: {verb}{noun}\n    requestParameters.name|startswith: prod-{number}-",
            3: f"eventName: [{verb}{noun}, Batch{verb}{noun}]\n    errorCode: AccessDenied",
        }.get(number % 20, f"eventSource: {service}.amazonaws.com\n    eventName: {verb}{noun}")
        rules.append(f"title: Rule {number}\nlogsource: {{product: aws, service: cloudtrail}}\n"
                     f"detection:\n  selection:\n    {selection}\n  condition: selection\n")
    path.write_text("---\n".join(rules))
    return path


def commands(files, rules):
    """What races over one corpus, the baseline first."""
    hunt = [PROGRAM, "hunt", files, "-f", "ndjson", "-q", "--progress", "never", "-o", "/dev/null"]
    racers = {"baseline": [PROGRAM, "profile", "--baseline", files]}
    if files.name == "small":
        racers["bare loop"] = [bare_loop(), files]
    racers["seed rule"] = hunt + ["--rule", SEED]
    for name, path in rules:
        racers[name] = hunt + ["-r", path]
    racers["built-in rules"] = hunt
    racers["800 rules"] = hunt + ["-r", many_rules(files.parent)]
    each = ["find", str(files), "-name", "*.gz", "-exec"]
    if shutil.which("libdeflate-gzip"):
        racers["libdeflate-gzip -dc"] = each + ["libdeflate-gzip", "-dc", "{}", "+"]
    if shutil.which("igzip"):
        racers["igzip -dc"] = each + ["igzip", "-dc", "{}", "+"]
    if shutil.which("rg"):
        racers["rg -z -c GetSigninToken"] = ["rg", "-z", "-c", "--no-ignore", "--hidden", "GetSigninToken", str(files)]
    return racers


def race(folder, rules, rounds):
    rows = []
    for name in CLASSES:
        racers = commands(folder / name, rules)
        inflated = int(subprocess.run([PROGRAM, "profile", "--baseline", "--format", "json", folder / name],
                                      capture_output=True, check=True, text=True).stdout.split('"bytes_inflated":')[1].split(",")[0])
        runs = {racer: [] for racer in racers}
        for _ in range(rounds):
            for racer, command in racers.items():
                runs[racer].append(run(command))
        for racer in racers:
            cpu = [cpu for cpu, _ in runs[racer]]
            ratio = sorted(cpu / baseline for (cpu, _), (baseline, _) in zip(runs[racer], runs["baseline"]))
            rows.append((name, racer, statistics.median(cpu) / (inflated / 1e9), statistics.median(ratio), ratio[0], ratio[-1],
                         statistics.median(wall for _, wall in runs[racer])))
    return rows


def report(rows, args):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    lines = [
        f"## {datetime.date.today()}, commit {commit}", "",
        f"Machine: {model}, {os.cpu_count()} cores. Command: `benches/race.py --bytes {args.bytes} --rounds {args.rounds}`"
        f"{' with rules ' + ', '.join(name for name, _ in args.rules) if args.rules else ''}. Warm page cache.", "",
        "| files | command | CPU-s per GB | CPU over baseline, median | least to most | wall s |",
        "|---|---|--:|--:|---|--:|",
    ]
    for name, racer, per_gb, median, least, most, wall in rows:
        lines.append(f"| {name} | {racer} | {per_gb:.2f} | {median:.2f} | {least:.2f} to {most:.2f} | {wall:.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT / "target/corpus", help="where the corpora are, or go")
    parser.add_argument("--bytes", default="1GiB", help="inflated bytes of each corpus")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rules", action="append", default=[], type=lambda text: tuple(text.split("=", 1)), help="a further rule set, NAME=PATH")
    parser.add_argument("--write", action="store_true", help="put the result on top of benches/RESULTS.md")
    args = parser.parse_args()
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=ROOT, check=True)
    corpora(args.corpus, args.bytes)
    text = report(race(args.corpus, args.rules, args.rounds), args)
    print(text)
    if args.write:
        path = ROOT / "benches/RESULTS.md"
        head, _, rest = path.read_text().partition("\n## ")
        path.write_text(head + "\n" + text + ("\n## " + rest if rest else ""))


if __name__ == "__main__":
    main()
