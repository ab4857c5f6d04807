//! Copies are told as someone would tell them who remembers every finding whole.

use std::collections::{HashMap, HashSet};

use super::*;

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Many files in which the same few events come again and again: as they were, with another content
/// under the same id, without an id, and as another account received them.
fn archive(bench: &Bench, seed: u64) {
    let mut dice = Dice(seed);
    for file in 0..5 + dice.below(20) {
        let records = 0..dice.below(12);
        let records: Vec<_> = records.map(|_| record(&mut dice)).collect();
        let name = format!("logs/{:02}-{file}.json", dice.below(100));
        bench.file(name, log_text(&records));
    }
}

fn record(dice: &mut Dice) -> Value {
    let name =
        ["StopLogging", "DescribeTrails", "GetUser"][usize::try_from(dice.below(3)).unwrap()];
    let id = u32::try_from(dice.below(40)).unwrap();
    let mut record = event(name, id);
    if dice.below(4) == 0 {
        record["userAgent"] = format!("else/{}", dice.below(2)).into();
    }
    match dice.below(6) {
        0 => drop(record.as_object_mut().unwrap().remove("eventID")),
        1 => record["eventID"] = "".into(),
        2 | 3 => {
            record["sharedEventID"] = format!("s-{}", id / 4).into();
            record["recipientAccountId"] = format!("{:012}", id / 2 % 3).into();
        }
        _ => {}
    }
    record
}

/// What a finding is a copy of: rule and event, or rule and bytes.
fn unit(finding: &Value) -> (String, String) {
    let id = finding["event_id"].as_str().filter(|id| !id.is_empty());
    let known = id.map_or_else(|| finding["event"].to_string(), |id| format!("id {id}"));
    (finding["rule_id"].to_string(), known)
}

/// Findings that share their `sharedEventID` with one in another account.
fn sharing(findings: &[&Value]) -> u64 {
    let mut groups: HashMap<&str, Vec<&str>> = HashMap::new();
    for finding in findings {
        if let Some(shared) = finding["event"]["sharedEventID"].as_str() {
            let account = finding["event"]["recipientAccountId"].as_str().unwrap();
            groups.entry(shared).or_default().push(account);
        }
    }
    let mixed = groups.values().filter(|accounts| accounts.iter().any(|it| *it != accounts[0]));
    mixed.map(|accounts| accounts.len() as u64).sum()
}

#[test]
fn dropping_is_what_remembering_everything_gives() {
    let (mut dropped, mut differing, mut shared) = (0, 0, 0);
    for seed in 0..12 {
        let bench = Bench::new();
        archive(&bench, seed);
        let (all, kept) = bench.coverage(&["logs", "--duplicates", "keep"]);
        let all = all.findings();

        let mut first: HashMap<_, &Value> = HashMap::new();
        let (mut expected, mut copies, mut conflicts) = (Vec::new(), 0, 0);
        for finding in &all {
            match first.get(&unit(finding)) {
                None => {
                    first.insert(unit(finding), &finding["event"]);
                    expected.push(finding);
                }
                Some(held) => {
                    copies += 1;
                    conflicts += u64::from(**held != finding["event"]);
                }
            }
        }
        assert_eq!(kept["totals"]["shared_events"], sharing(&all.iter().collect::<Vec<_>>()));
        for threads in ["1", "3"] {
            let (ran, coverage) = bench.coverage(&["logs", "-j", threads]);
            assert_eq!(ran.findings().iter().collect::<Vec<_>>(), expected, "seed {seed}");
            let totals = &coverage["totals"];
            assert_eq!(totals["findings"], expected.len());
            assert_eq!(totals["duplicates_dropped"], copies);
            assert_eq!(totals["conflicting_copies"], conflicts);
            assert_eq!(totals["shared_events"], sharing(&expected));
        }
        dropped += copies;
        differing += conflicts;
        shared += sharing(&expected);
    }
    assert!(dropped > 100 && differing > 20 && shared > 20, "{dropped} {differing} {shared}");
}

#[test]
fn one_action_in_two_accounts_stays_two_findings_and_is_told() {
    let bench = Bench::new();
    let [mut ours, mut theirs] = [event("StopLogging", 1), event("StopLogging", 2)];
    ours["sharedEventID"] = "s".into();
    theirs["sharedEventID"] = "s".into();
    theirs["recipientAccountId"] = "444455556666".into();
    bench.log("a.json.gz", &[ours, event("StopLogging", 3)]);
    bench.log("b.json.gz", &[theirs]);
    let (ran, coverage) = bench.coverage(&["a.json.gz", "b.json.gz"]);
    assert_eq!(ran.column("account"), ["111122223333", "111122223333", "444455556666"]);
    assert_eq!(coverage["totals"]["shared_events"], 2);
    assert!(
        ran.stderr.contains("2 findings are copies of one action delivered to several accounts"),
        "{}",
        ran.stderr
    );
    let ids: HashSet<_> = ran.column("event_id").into_iter().collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn events_of_one_account_that_share_an_id_are_not_of_several_accounts() {
    let bench = Bench::new();
    // As the start and the end of an insight do; and nobody knows who received the last one.
    let mut records = [event("StopLogging", 1), event("StopLogging", 2), event("StopLogging", 3)];
    for record in &mut records {
        record["sharedEventID"] = "s".into();
    }
    records[2].as_object_mut().unwrap().remove("recipientAccountId");
    bench.log("a.json.gz", &records);
    let (ran, coverage) = bench.coverage(&["a.json.gz"]);
    assert_eq!(ran.findings().len(), 3);
    assert_eq!(coverage["totals"]["shared_events"], 0);
}
