#!/usr/bin/env python3
"""Compares what two builds of backtrail find: findings, coverage and exit codes.

usage: .ci/compare.py OLD NEW [PATH...]

Hunts each PATH (by default the folders of testdata and ../shared/samples) with both programs, with
the built-in rules, the seed rule and without the prefilter. Findings must be equal byte for byte,
and coverage reports apart from the times of the run, the command and what RENAMED maps. Exits with
1 if anything differs.
"""
import json, pathlib, subprocess, sys, tempfile

SEED = "f8103686-e3e8-46f3-be72-65f7fcb4aa53"
WAYS = [[], ["--rule", SEED], ["--no-prefilter"], ["--coverage-detail", "all", "-j", "2"]]
VOLATILE = ["command", "started", "finished", "tool"]
# Words of OLD that NEW spells differently.
RENAMED = {
    "it inflates to more than any archive does": "decompression limit exceeded (possible zip bomb)",
    "the rest is not searched": "the rest was not read",
}


def hunt(program, path, way, scratch):
    coverage = scratch / "coverage.json"
    coverage.unlink(missing_ok=True)
    ran = subprocess.run([program, "hunt", path, "-f", "ndjson", "-q", "--coverage", coverage, *way],
                         capture_output=True)
    report = json.loads(coverage.read_text()) if coverage.exists() else {}
    for key in VOLATILE:
        report.pop(key, None)
    text = json.dumps(report, sort_keys=True)
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return ran.returncode, ran.stdout, text


def main():
    old, new, *paths = sys.argv[1:]
    root = pathlib.Path(__file__).resolve().parent.parent
    if not paths:
        paths = sorted(p for p in (root / "testdata").iterdir() if p.is_dir())
        paths += sorted(p for p in (root / "../shared/samples").glob("*") if p.is_dir())
    compared, differ = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            for way in WAYS:
                before, after = (hunt(program, path, way, pathlib.Path(folder)) for program in (old, new))
                compared += 1
                for what, was, now in zip(("exit code", "findings", "coverage"), before, after):
                    if was != now:
                        differ += 1
                        shown = f": {was} and {now}" if what == "exit code" else ""
                        print(f"{path} {' '.join(way)}: {what} differs{shown}")
    print(f"{compared} hunts compared, {differ} differences")
    sys.exit(differ > 0)


main()
