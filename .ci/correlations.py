#!/usr/bin/env python3
"""Compares correlations and filters of a binary with the slow evaluator of the conformance suite.

usage: correlations.py BINARY FOLDER_OF_REFEVAL [CASES [SEED]]

Each case is made up from its seed: rules, correlations over them and over one another, and an archive
of several files in no order of time. The binary must find the same as the evaluator, with one thread and
with several, and print the same bytes for both. The last line is 'N cases agree'.
"""
import datetime, gzip, json, os, random, subprocess, sys, tempfile
import yaml

BINARY, FOLDER = sys.argv[1], sys.argv[2]
CASES = int(sys.argv[3]) if len(sys.argv) > 3 else 60
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True
import refeval  # noqa: E402

NAMES = ["A", "B", "C", "D"]
START = datetime.datetime(2024, 1, 15, 10, tzinfo=datetime.timezone.utc)
GROUPS = ["ip", "who.name", "tags", "nothing"]
COUNTS = ["event_count", "value_count", "temporal", "temporal_ordered"]
NUMERIC = ["value_sum", "value_avg", "value_percentile", "value_median"]


class Finding(int):
    """A finding of a correlation among the events of another: the index of its first event, and its first time."""
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


class Rules(refeval.Rules):
    """The evaluator, but for what SEMANTICS.md says it is not to be followed in: an event of two rules gives its values once. And the
    first time of a finding over findings is that of all events behind it."""

    def windows(self, c, feed):
        for found in super().windows(c, feed):
            inner = [event.first for event in found["events"] if isinstance(event, Finding)]
            found["first"] = min([found["first"], *inner])
            itself = Finding(min(found["events"]))
            itself.first = found["first"]
            found["events"] = {itself} | {event for event in found["events"] if event > itself}
            yield found

    def aggregate(self, c, rows):
        if c["ctype"] in NUMERIC:
            rows = list({(row[1], row[3] is None): row for row in rows}.values())
        return super().aggregate(c, rows)


def maybe(r, share):
    return r.random() < share


def event(r, at, spread):
    out = {"eventID": f"e-{r.randrange(10**9):09}-{at}", "eventName": r.choice(NAMES)}
    time = START + datetime.timedelta(seconds=r.randrange(spread))
    out["eventTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ") if maybe(r, 0.95) else r.choice(["soon", None, 5])
    if maybe(r, 0.9):
        out["ip"] = r.choice(["192.0.2.1", "192.0.2.2", 7, True, None])
    if maybe(r, 0.9):
        out["who"] = r.choice([{"name": "ann"}, {"name": "Ann"}, [{"name": "ann"}, {"name": "bob"}], {"name": ["x"]}, {}])
    if maybe(r, 0.5):
        out["tags"] = r.choice([["a"], ["a", "b"], [], {"k": "v\u00e9\"\\"}, "a\u0000b", ""])
    if maybe(r, 0.8):
        out["size"] = r.choice([0, 1, 10, 250, -3, "40", "0.25", "x", 1.5, 0.1, 1e3, [5, "6", None], None, 2**60 + 1])
    return out


def rule(name, r):
    events = r.sample(NAMES, r.randint(1, 2))
    return {"title": f"Rule {name}", "id": f"id-{name}", "name": name, "logsource": {"product": "aws", "service": "cloudtrail"},
            "detection": {"sel": {"eventName": events}, "condition": "sel"}}


def correlation(at, r, base, below):
    kind = r.choice(COUNTS + NUMERIC) if not below or maybe(r, 0.6) else r.choice(["temporal", "temporal_ordered"])
    over = r.sample(base, r.randint(1, len(base)))
    # Findings over findings: the evaluator tells them apart by their first event alone, so that only rules are counted.
    if below and kind in ("temporal", "temporal_ordered") and maybe(r, 0.8):
        over = over[:2] + r.sample(below, 1)
        r.shuffle(over)
    groups = r.sample(GROUPS, r.randint(0, 2))
    body = {"type": kind, "rules": over, "timespan": r.choice(["5s", "20s", "1m", "5m", "1h", "1d"])}
    if groups:
        body["group-by"] = groups
    if groups and maybe(r, 0.3):
        body["aliases"] = {groups[0]: {over[0]: r.choice(GROUPS)}}
    limits = {"event_count": [1, 2, 3, 6], "value_count": [0, 1, 2, 4], "temporal": [1, 2, 3], "temporal_ordered": [1, 2, 3]}
    condition = {r.choice(["gte", "gte", "gt", "lt", "lte", "eq", "neq"]): r.choice(limits.get(kind, [0, 1, 0.5, 10, 40, 1000]))}
    if maybe(r, 0.2):
        condition.setdefault("lt", 9)
    if kind == "value_count":
        condition["field"] = r.choice(["size", "eventName", ["ip", "eventName"], "tags", "who.name"])
    if kind in NUMERIC:
        condition["field"] = "size"
    if kind == "value_percentile":
        condition["percentile"] = r.choice([0, 10, 50, 90, 99.5, 100])
    if kind not in ("temporal", "temporal_ordered") or maybe(r, 0.4):
        body["condition"] = condition
    if maybe(r, 0.3):
        body["generate"] = True
    return {"title": f"Correlation {at}", "id": f"cor-{at}", "name": f"c{at}", "correlation": body}


def filtered(r, base):
    return {"title": "Filter", "logsource": {"product": "aws"},
            "filter": {"rules": r.choice(["any", r.choice(base), base[:2]]), "sel": {"ip": r.choice(["192.0.2.1", 7, None])}, "condition": "not sel"}}


def case(seed):
    r = random.Random(seed)
    base = [f"r{n}" for n in range(r.randint(1, 4))]
    documents = [rule(name, r) for name in base]
    below = []
    for at in range(r.randint(1, 5)):
        documents.append(correlation(at, r, base, below))
        below.append(f"c{at}")
    if maybe(r, 0.4):
        documents.append(filtered(r, base))
    r.shuffle(documents)
    events = [event(r, at, r.choice([30, 300, 3000])) for at in range(r.randint(0, 150))]
    return documents, events


def near(a, b):
    """What lies between two huge numbers may be rounded twice; whole numbers in the range of doubles are exact."""
    return a == b or max(abs(a), abs(b)) > 2**53 and abs(a - b) <= 1e-15 * max(abs(a), abs(b))


def of_binary(folder, rules, *more):
    args = [BINARY, "hunt", folder, "-r", rules, "-f", "ndjson", "--progress", "never", *more]
    run = subprocess.run(args, capture_output=True, timeout=120)
    if run.returncode != 0:
        raise SystemExit(run.stderr.decode())
    return run.stdout


def main():
    for seed in range(SEED, SEED + CASES):
        documents, events = case(seed)
        text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
        hits, alerts = Rules(text).scan(events)
        want = sorted((a["rule"], json.dumps(a["group"]), a["first"], a["last"], a["count"]) for a in alerts)
        with tempfile.TemporaryDirectory() as folder:
            rules = os.path.join(folder, "rules.yml")
            with open(rules, "w", encoding="utf-8") as file:
                file.write(text)
            archive = os.path.join(folder, "archive")
            os.mkdir(archive)
            r = random.Random(seed)
            shuffled = r.sample(events, len(events))
            for at in range(4):
                with gzip.open(os.path.join(archive, f"{at}.json.gz"), "wt", encoding="utf-8") as file:
                    json.dump({"Records": shuffled[at::4]}, file)
            first = of_binary(archive, rules, "-j1")
            if of_binary(archive, rules, "-j3", "--max-inflated", "1KiB") != first:
                raise SystemExit(f"seed {seed}: several threads print other bytes")
        found = [json.loads(line) for line in first.splitlines()]
        seconds = lambda text: int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
        got = sorted((f["rule_id"], json.dumps(f["correlation"]["group"]), seconds(f["correlation"]["first"]), seconds(f["correlation"]["last"]),
                      f["correlation"]["count"]) for f in found if "correlation" in f)
        if len(got) != len(want) or any(g[:4] != w[:4] or not near(g[4], w[4]) for g, w in zip(got, want)):
            raise SystemExit(f"seed {seed}:\n{text}\nevaluator, not binary: {[w for w in want if w not in got]}\n"
                             f"binary, not evaluator: {[g for g in got if g not in want]}")
        plain = sorted((f["rule_id"], f["event_id"]) for f in found if "correlation" not in f)
        if plain != sorted((rule, events[at]["eventID"]) for rule, at in hits):
            raise SystemExit(f"seed {seed}:\n{text}\nthe detections differ")
        over_rules = {d["id"] for d in documents if "correlation" in d and not any(x.startswith("c") for x in d["correlation"]["rules"])}
        ids = {(a["rule"], json.dumps(a["group"]), a["first"]): {events[at]["eventID"] for at in a["events"]} for a in alerts if a["rule"] in over_rules}
        for f in found:
            if f["rule_id"] in over_rules:
                listed = f["correlation"]["event_ids"]
                key = f["rule_id"], json.dumps(f["correlation"]["group"]), seconds(f["correlation"]["first"])
                if len(listed) != len(set(listed)) or set(listed) != ids[key]:
                    raise SystemExit(f"seed {seed}:\n{text}\n{key}: the events differ")
    print(f"{CASES} cases agree")


if __name__ == "__main__":
    main()
