//! A second opinion: `rsigma-eval`, where it reads the specification as we do.

use std::collections::BTreeSet;

use backtrail::{engine::Engine, ruleset::RuleSource};
use rsigma_eval::event::JsonEvent;

use crate::{
    generate::Grammar,
    generated::search,
    given::samples,
    reader,
    trial::{beside, gated, load, rule_set},
};

/// The (record, rule) pairs that the foreign engine finds. Rules are told apart by their titles.
fn foreign(
    rules: &[String],
    titles: &[String],
    text: &str,
) -> Result<BTreeSet<(u64, usize)>, String> {
    let mut engine = rsigma_eval::Engine::new();
    for rule in rules {
        let collection =
            rsigma_parser::parse_sigma_yaml(rule).map_err(|error| error.to_string())?;
        engine.add_collection(&collection).map_err(|error| error.to_string())?;
    }
    let mut found = BTreeSet::new();
    for (at, (_, record)) in (0..).zip(reader::records(text).ok_or("the log file is not JSON")?) {
        let value: serde_json::Value =
            serde_json::from_str(&record.compact()).map_err(|error| error.to_string())?;
        for result in engine.evaluate(&JsonEvent::borrow(&value)) {
            let title = &result.header.rule_title;
            found.insert((
                at,
                titles.iter().position(|known| known == title).ok_or("an unknown title")?,
            ));
        }
    }
    Ok(found)
}

fn ours(set: &backtrail::ruleset::RuleSet, text: &str) -> BTreeSet<(u64, usize)> {
    gated(&Engine::compile(&set.rules), text)
        .into_iter()
        .map(|(record, rule, _)| (record, rule))
        .collect()
}

#[test]
fn generated_cases_are_judged_alike() {
    let outcome = search(Grammar::Shared, 400, |case| {
        let set = rule_set(&case.rules)?;
        let titles: Vec<String> =
            set.rules.iter().map(|loaded| loaded.rule.head.title.clone()).collect();
        let (ours, theirs) = (ours(&set, &case.file), foreign(&case.rules, &titles, &case.file)?);
        if ours == theirs {
            return Ok(());
        }
        let (lost, extra): (Vec<_>, Vec<_>) =
            (theirs.difference(&ours).collect(), ours.difference(&theirs).collect());
        Err(format!("only theirs: {lost:?}, only ours: {extra:?}"))
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
}

/// Published rules that are judged differently on real records, each with the reason.
const KNOWN: &[(&str, &str)] = &[];

#[test]
fn published_rules_are_judged_alike_on_real_records() {
    let Some(folder) = beside("samples/sigmahq-rules") else { return };
    let set = load(RuleSource::Path(folder));
    let titles: Vec<String> =
        set.rules.iter().map(|loaded| loaded.rule.head.title.clone()).collect();
    let texts: Vec<String> = set.files.iter().map(|file| file.text.to_string()).collect();
    let mut differing = BTreeSet::new();
    for (_, text) in samples() {
        let (ours, theirs) =
            (ours(&set, &text), foreign(&texts, &titles, &text).expect("the rules are read"));
        differing
            .extend(ours.symmetric_difference(&theirs).map(|(_, rule)| titles[*rule].as_str()));
    }
    let known: BTreeSet<&str> = KNOWN.iter().map(|(title, _)| *title).collect();
    assert_eq!(differing, known, "rules that are judged differently");
}
