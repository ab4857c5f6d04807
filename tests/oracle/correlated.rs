//! Correlations by hand, against those of a hunt.
//!
//! The evaluator here looks at every run of events there is, asks whether it is a maximal window, and
//! calculates its value from nothing. Hunts over the same archive, its files in another order, with
//! other threads and with all matches on disk, must find what it finds, and the same bytes each time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use backtrail::{
    hunt::Duplicates,
    rule::{CorrelationKind, LoadedCorrelation, Member, Number, Operator},
    ruleset::RuleSet,
};
use serde_json::{Value, json};

use crate::{choices::Choices, hunting::hunted, naive, reader::Json, trial::load_text};

/// A made-up rule file and the records of its archive.
struct Case {
    rules: String,
    events: Vec<Value>,
}

const FIELDS: [&str; 4] = ["ip", "who.name", "tags", "nothing"];

impl Case {
    fn new(tape: &[u16]) -> Self {
        let choices = &mut Choices::new(tape);
        let base: Vec<String> = (0..choices.between(1, 3)).map(|n| format!("r{n}")).collect();
        let mut documents: Vec<String> = base
            .iter()
            .map(|name| {
                let events =
                    [choices.of(&["A", "B", "C"]), choices.of(&["A", "B", "C"])].join(", ");
                format!(
                    "title: {name}\nid: {name}\nlogsource: {{product: aws}}\n\
                     detection:\n  sel: {{eventName: [{events}]}}\n  condition: sel\n"
                )
            })
            .collect();
        for at in 0..choices.between(1, 4) {
            documents.push(correlation(choices, at, &base));
        }
        let spread = choices.pick(&[40, 400, 4000]);
        let events = (0..choices.between(1, 60)).map(|at| event(choices, at, spread)).collect();
        Self { rules: documents.join("---\n"), events }
    }
}

fn correlation(choices: &mut Choices<'_>, at: usize, base: &[String]) -> String {
    let kind = choices.pick(&CorrelationKind::ALL);
    let mut rules: Vec<String> = base.to_vec();
    rules.truncate(choices.between(1, base.len()));
    if at > 0 && choices.chance(50) {
        rules.insert(choices.below(rules.len() + 1), format!("c{}", choices.below(at)));
    }
    let group = match choices.below(3) {
        0 => String::new(),
        1 => format!("  group-by: {}\n", choices.of(&FIELDS)),
        _ => format!("  group-by: [ip, {}]\n", choices.of(&FIELDS[1..])),
    };
    let alias = if choices.chance(20) {
        format!("  aliases: {{ip: {{{}: {}}}}}\n", rules[0], choices.of(&FIELDS))
    } else {
        String::new()
    };
    let field = if kind.has_field() { ", field: size" } else { "" };
    let percentile = match kind {
        CorrelationKind::ValuePercentile => {
            format!(", percentile: {}", choices.pick(&[0, 25, 50, 100]))
        }
        _ => String::new(),
    };
    let operator = choices.pick(&Operator::ALL).as_str();
    let least = choices.pick(&[2, 1, 3, 0, 5, 40]);
    let timespan = choices.of(&["10s", "1m", "5m", "2h"]);
    let generate = if choices.chance(30) { "  generate: true\n" } else { "" };
    format!(
        "title: c{at}\nid: c{at}\ncorrelation:\n  type: {}\n  rules: [{}]\n  timespan: {timespan}\n{group}{alias}\
         {generate}  condition: {{{operator}: {least}{field}{percentile}}}\n",
        kind.as_str(),
        rules.join(", "),
    )
}

fn event(choices: &mut Choices<'_>, at: usize, spread: usize) -> Value {
    let second = choices.below(spread);
    let mut event = json!({
        "eventID": format!("e{at:03}"),
        "eventName": choices.of(&["A", "B", "C", "D"]),
        "eventTime": format!("2024-05-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60),
    });
    if choices.chance(20) {
        let plain = event["eventTime"].as_str().expect("a text").trim_end_matches('Z').to_owned();
        let epoch = 1_714_521_600 + second as u64;
        let (name, value) = choices.pick(&[
            ("eventTime", json!(format!("{plain}.000Z"))),
            ("eventTime", json!(format!("{plain}+00:00"))),
            ("eventTime", json!(plain.replace('T', " "))),
            ("eventTime", json!(epoch)),
            ("eventTime", json!(epoch * 1000)),
            ("eventTime", json!(format!("{epoch}.000"))),
            ("@timestamp", json!(format!("{plain}.000Z"))),
        ]);
        event["eventTime"] = json!("soon");
        event[name] = value;
    }
    if choices.chance(5) {
        event["eventTime"] = json!("soon");
    }
    for (field, values) in [
        ("ip", vec![json!("192.0.2.1"), json!("192.0.2.2"), json!(7), Value::Null]),
        ("who", vec![json!({"name": "ann"}), json!([{"name": "ann"}, {"name": "bob"}]), json!({})]),
        ("tags", vec![json!("a"), json!(["a", "b"]), json!([]), json!({"k": "\u{0}\"é"})]),
        ("size", vec![json!(1), json!("2.5"), json!(-0.25), json!("x"), json!([3, "4", null])]),
    ] {
        if choices.chance(80) {
            event[field] = choices.pick(&values);
        }
    }
    event
}

/// Something a correlation looks at: an event, or what another correlation found.
#[derive(Clone)]
struct Row<'e> {
    time: i64,
    /// What tells events apart.
    name: String,
    members: BTreeSet<usize>,
    event: Option<&'e Value>,
    ids: BTreeSet<(i64, String)>,
}

struct Found {
    correlation: usize,
    group: BTreeMap<String, Option<String>>,
    count: f64,
    last: i64,
    ids: BTreeSet<(i64, String)>,
}

/// What all correlations of a set find.
fn by_hand(set: &RuleSet, events: &[Value]) -> Vec<Found> {
    let read = |event: &Value| Json::read(&event.to_string()).expect("it is JSON");
    let matching: Vec<Vec<&Value>> = set
        .rules
        .iter()
        .map(|loaded| {
            events
                .iter()
                .filter(|event| naive::matches(&loaded.rule.detection, &read(event)))
                .collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..set.correlations.len()).collect();
    order.sort_by_key(|&at| set.correlations[at].level);
    let mut found: Vec<Found> = Vec::new();
    for at in order {
        let groups = groups(&set.correlations[at], &matching, &found);
        for (group, rows) in groups {
            found.extend(of_group(at, &set.correlations[at], &group, rows));
        }
    }
    found
}

type Groups<'e> = BTreeMap<BTreeMap<String, Option<String>>, Vec<Row<'e>>>;

fn groups<'e>(
    loaded: &LoadedCorrelation,
    matching: &[Vec<&'e Value>],
    found: &[Found],
) -> Groups<'e> {
    let body = &loaded.correlation.body;
    let mut groups = Groups::new();
    let mut add = |group: BTreeMap<_, _>, row: Row<'e>| {
        let rows: &mut Vec<Row<'e>> = groups.entry(group).or_default();
        match rows.iter_mut().find(|other| other.name == row.name) {
            Some(other) => other.members.extend(row.members),
            None => rows.push(row),
        }
    };
    for (place, member) in loaded.members.iter().enumerate() {
        let called = &body.rules[place].name;
        let alias = |name: &String| -> String {
            let alias = body.aliases.iter().find(|alias| alias.name == *name);
            let field =
                alias.and_then(|it| it.fields.iter().find(|(rule, _)| rule.name == *called));
            field.map_or_else(|| name.clone(), |(_, field)| field.clone())
        };
        let members = BTreeSet::from([place]);
        match member {
            Member::Rule { rule, .. } => {
                for &event in &matching[*rule] {
                    let Some(time) = time(event) else { continue };
                    let id = event["eventID"].as_str().expect("a text").to_owned();
                    let key = |name: &String| (name.clone(), text(event, &alias(name)));
                    let group = body.group_by.iter().map(key).collect();
                    let ids = BTreeSet::from([(time, id.clone())]);
                    add(
                        group,
                        Row { time, name: id, members: members.clone(), event: Some(event), ids },
                    );
                }
            }
            Member::Correlation { correlation, .. } => {
                for (number, inner) in found.iter().enumerate() {
                    if inner.correlation != *correlation {
                        continue;
                    }
                    let key = |name: &String| {
                        let value = inner.group.get(name).or_else(|| inner.group.get(&alias(name)));
                        (name.clone(), value.cloned().flatten())
                    };
                    let group = body.group_by.iter().map(key).collect();
                    let name = format!("finding {number}");
                    let (members, ids) = (members.clone(), inner.ids.clone());
                    add(group, Row { time: inner.last, name, members, event: None, ids });
                }
            }
            Member::NotRun => {}
        }
    }
    groups
}

/// Every maximal window that satisfies the condition; those that share events are one.
fn of_group(
    at: usize,
    loaded: &LoadedCorrelation,
    group: &BTreeMap<String, Option<String>>,
    mut rows: Vec<Row<'_>>,
) -> Vec<Found> {
    let body = &loaded.correlation.body;
    rows.sort_by_key(|row| row.time);
    let within = |a: usize, b: usize| rows[b].time - rows[a].time <= body.timespan.cast_signed();
    let mut windows: Vec<(usize, usize, f64)> = Vec::new();
    for first in 0..rows.len() {
        for last in first..rows.len() {
            let longer = (first > 0 && within(first - 1, last))
                || (last + 1 < rows.len() && within(first, last + 1));
            if !within(first, last) || longer {
                continue;
            }
            let Some(value) = value(loaded, &rows[first..=last]) else { continue };
            let holds = |(operator, limit): &(Operator, Number)| {
                let limit: f64 = limit.text().parse().expect("a number");
                match operator {
                    Operator::Gt => value > limit,
                    Operator::Gte => value >= limit,
                    Operator::Lt => value < limit,
                    Operator::Lte => value <= limit,
                    Operator::Eq => (value - limit).abs() < 1e-9,
                    Operator::Neq => (value - limit).abs() >= 1e-9,
                }
            };
            if !body.condition.iter().all(holds) {
                continue;
            }
            match windows.last_mut() {
                Some(before) if first <= before.1 => {
                    *before = (before.0, last, before.2.max(value));
                }
                _ => windows.push((first, last, value)),
            }
        }
    }
    windows
        .into_iter()
        .map(|(first, last, count)| Found {
            correlation: at,
            group: group.clone(),
            count,
            last: rows[last].time,
            ids: rows[first..=last].iter().flat_map(|row| row.ids.clone()).collect(),
        })
        .collect()
}

fn value(loaded: &LoadedCorrelation, rows: &[Row<'_>]) -> Option<f64> {
    let body = &loaded.correlation.body;
    #[expect(clippy::cast_precision_loss, reason = "tests count to a hundred")]
    let count = |number: usize| number as f64;
    let fields = || rows.iter().filter_map(|row| row.event);
    let mut numbers: Vec<f64> = fields().flat_map(numbers).collect();
    numbers.sort_by(f64::total_cmp);
    match body.kind {
        CorrelationKind::EventCount => Some(count(rows.len())),
        CorrelationKind::ValueCount => {
            let texts: BTreeSet<String> =
                fields().filter_map(|event| text(event, &body.fields[0].name)).collect();
            Some(count(texts.len()))
        }
        CorrelationKind::Temporal => {
            Some(count(rows.iter().flat_map(|row| &row.members).collect::<BTreeSet<_>>().len()))
        }
        CorrelationKind::TemporalOrdered => Some(count(prefix(body.rules.len(), rows))),
        _ if numbers.is_empty() => None,
        CorrelationKind::ValueSum => Some(numbers.iter().sum()),
        CorrelationKind::ValueAvg => Some(numbers.iter().sum::<f64>() / count(numbers.len())),
        CorrelationKind::ValuePercentile | CorrelationKind::ValueMedian => {
            let share: f64 = body.percentile.expect("it has one").text().parse().expect("a number");
            let place = share / 100.0 * count(numbers.len() - 1);
            let low = numbers.iter().enumerate().rfind(|(at, _)| count(*at) <= place)?;
            let high = numbers.get(low.0 + 1).unwrap_or(low.1);
            Some(low.1 + (high - low.1) * (place - count(low.0)))
        }
    }
}

/// The longest row of rules, from the first on, with times that do not go back: tried from every event.
fn prefix(rules: usize, rows: &[Row<'_>]) -> usize {
    // The earliest time at which the rules up to here can have been seen, if they can.
    let mut earliest = Some(i64::MIN);
    for rule in 0..rules {
        let fits = |row: &&Row<'_>| row.members.contains(&rule) && Some(row.time) >= earliest;
        earliest = rows.iter().filter(fits).map(|row| row.time).min();
        if earliest.is_none() {
            return rule;
        }
    }
    rules
}

/// Seconds since the day began: of `eventTime`, or of `@timestamp` where that is no time.
fn time(event: &Value) -> Option<i64> {
    [&event["eventTime"], &event["@timestamp"]].into_iter().find_map(|value| {
        let number = value.as_i64().or_else(|| value.as_str()?.strip_suffix(".000")?.parse().ok());
        if let Some(number) = number {
            let seconds = if number > 99_999_999_999 { number / 1000 } else { number };
            return Some(seconds - 1_714_521_600);
        }
        let (clock, zone) = value.as_str()?.strip_prefix("2024-05-01")?.split_at_checked(9)?;
        if !["Z", ".000Z", "+00:00", ""].contains(&zone) {
            return None;
        }
        let clock = clock.strip_prefix(['T', ' '])?;
        clock.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))
    })
}

/// The values a name leads to, through lists on the way.
fn values<'e>(event: &'e Value, name: &str) -> Vec<&'e Value> {
    let mut here = vec![event];
    for part in name.split('.') {
        let items = |value: &'e Value| match value {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        };
        here = here.into_iter().flat_map(items).filter_map(|value| value.get(part)).collect();
    }
    here
}

fn text(event: &Value, name: &str) -> Option<String> {
    let values = values(event, name);
    let there: Vec<&Value> = values.into_iter().filter(|value| !value.is_null()).collect();
    match there[..] {
        [] => None,
        [Value::String(text)] => Some(text.clone()),
        [Value::Number(_)] => Some(naive_number(there[0])),
        [only] => Some(only.to_string()),
        _ => Some(json!(there).to_string()),
    }
}

fn naive_number(value: &Value) -> String {
    let float: f64 = value.to_string().parse().expect("a number");
    float.to_string()
}

fn numbers(event: &Value) -> Vec<f64> {
    let Some(size) = event.get("size") else { return Vec::new() };
    let items = match size {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let number = |value: &&Value| match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    items.iter().filter_map(number).collect()
}

/// The archive in four files; some events stand in two of them.
fn archive(folder: &Path, events: &[Value]) -> Vec<PathBuf> {
    (0..4)
        .map(|file| {
            let here = |at: &usize| at % 4 == file || at % 7 == file;
            let records: Vec<&Value> =
                (0..events.len()).filter(here).map(|at| &events[at]).collect();
            let path = folder.join(format!("{file}.json"));
            fs::write(&path, json!({"Records": records}).to_string()).expect("it can be written");
            path
        })
        .collect()
}

/// The findings of correlations as texts that can be compared. Nothing else is looked at.
fn shown_by_hand(set: &RuleSet, found: &[Found]) -> Vec<String> {
    let mut shown: Vec<String> = found
        .iter()
        .filter(|found| set.correlations[found.correlation].reported)
        .map(|found| {
            let id = &set.correlations[found.correlation].correlation.head.title;
            let ids: Vec<&String> = found.ids.iter().map(|(_, id)| id).collect();
            // What other findings are made of counts with all events behind it.
            let first = found.ids.first().expect("an event").0;
            let Found { group, count, last, .. } = found;
            format!("{id} {group:?} {count:.6} {first} {last} {ids:?}")
        })
        .collect();
    shown.sort();
    shown
}

fn shown_by_hunt(output: &str) -> Vec<String> {
    let findings = output.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let findings = findings.filter(|finding: &Value| finding.get("correlation").is_some());
    let mut shown: Vec<String> = findings
        .map(|finding| {
            let it = &finding["correlation"];
            let group: BTreeMap<String, Option<String>> =
                serde_json::from_value(it["group"].clone()).expect("texts");
            let count: f64 = it["count"].to_string().parse().expect("a number");
            let second = |name: &str| time(&json!({"eventTime": it[name]})).expect("a time");
            let ids: Vec<String> = serde_json::from_value(it["event_ids"].clone()).expect("ids");
            let id = finding["rule_title"].as_str().expect("a title");
            format!("{id} {group:?} {count:.6} {} {} {ids:?}", second("first"), second("last"))
        })
        .collect();
    shown.sort();
    shown
}

/// Numbers without end, the same in every run.
fn tape(seed: u64) -> Vec<u16> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u16::try_from(state >> 48).unwrap_or(0)
    };
    (0..800).map(|_| next()).collect()
}

#[test]
fn hunts_find_what_is_found_by_hand_in_every_order_and_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut all, mut chained) = (0, 0);
    for seed in 0..120 {
        let case = Case::new(&tape(seed));
        let set = load_text(&case.rules);
        assert_eq!(set.refused, 0, "{:?}\n{}", set.problems, case.rules);
        if set.correlations.is_empty() {
            continue;
        }
        let files = archive(folder.path(), &case.events);
        let found = by_hand(&set, &case.events);
        let output = hunted(&set, &files, Duplicates::Drop, (1, 1 << 30));
        let wanted = shown_by_hand(&set, &found);
        assert_eq!(shown_by_hunt(&output), wanted, "seed {seed}\n{}", case.rules);
        assert_eq!(
            hunted(&set, &files, Duplicates::Drop, (8, 1)),
            output,
            "seed {seed}: with all matches on disk"
        );
        // Plain findings follow the order of files, correlations do not.
        let backwards: Vec<PathBuf> = files.iter().rev().cloned().collect();
        let other = hunted(&set, &backwards, Duplicates::Drop, (2, 2000));
        let correlated = |output: &str| -> Vec<String> {
            let lines = output.lines().filter(|line| line.contains("\"correlation\":"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(correlated(&other), correlated(&output), "seed {seed}: in another order");
        all += wanted.len();
        chained += found.iter().filter(|it| set.correlations[it.correlation].level > 0).count();
    }
    assert!(all > 200 && chained > 20, "only {all} findings, {chained} of them over others");
}
