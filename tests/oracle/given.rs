//! What is given: the conformance vectors, and real records under published and built-in rules.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use backtrail::ruleset::{RuleSet, RuleSource};

use crate::{
    naive,
    reader::Json,
    trial::{self, agree, beside, load, load_text},
    vectors::{self, Vector},
};

fn vectors() -> Option<Vec<Vector>> {
    let folder = beside("conformance/vectors")?;
    let found: Vec<Vector> =
        files_below(&folder).iter().flat_map(|path| vectors::read(path)).collect();
    assert!(found.len() > 400, "only {} vectors found", found.len());
    Some(found)
}

/// Those that ask of each event whether it is found. What correlations find is another question.
fn of_single_events() -> Option<Vec<Vector>> {
    let mut vectors = vectors()?;
    vectors.retain(|vector| vector.error || !vector.expect.is_empty());
    Some(vectors)
}

#[test]
fn refused_rules_are_refused() {
    let Some(vectors) = vectors() else { return };
    let wrong: Vec<String> = vectors
        .iter()
        .filter(|vector| vector.error == (load_text(&vector.rule).refused == 0))
        .map(|vector| {
            format!(
                "{} {} (error: {}) {:?}",
                vector.id,
                vector.title,
                vector.error,
                load_text(&vector.rule).problems
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{} vectors:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_slow_evaluator_answers_as_the_vectors_expect() {
    let Some(vectors) = of_single_events() else { return };
    let mut wrong = Vec::new();
    for vector in vectors.iter().filter(|vector| !vector.error) {
        let set = load_text(&vector.rule);
        for (at, event) in vector.events.iter().enumerate() {
            let event = Json::read(event).expect("events of vectors are JSON");
            let found =
                set.rules.iter().any(|loaded| naive::matches(&loaded.rule.detection, &event));
            if vector.expect[at].is_some_and(|expected| expected != found) {
                wrong.push(format!("{} {}: event {at} gives {found}", vector.id, vector.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_scanner_answers_as_the_slow_evaluator_on_the_vectors() {
    let Some(vectors) = of_single_events() else { return };
    let mut wrong = Vec::new();
    for vector in vectors.iter().filter(|vector| !vector.error) {
        let set = load_text(&vector.rule);
        let mut texts = vec![format!("{{\"Records\":[{}]}}", vector.events.join(","))];
        // Without a wrapping a line must look like a record by itself.
        if vector
            .events
            .iter()
            .all(|event| event.starts_with('{') && event.contains("\"eventName\""))
        {
            texts.push(
                vector.events.iter().map(|event| event.replace(['\n', '\r'], " ") + "\n").collect(),
            );
        }
        for text in texts {
            if let Err(difference) = agree(&set, &text) {
                wrong.push(format!("{} {}: {difference}", vector.id, vector.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every rule of all vectors at once, over every event of all vectors at once: hits hide one another.
#[test]
fn the_scanner_answers_alike_with_all_vectors_in_one_file() {
    let Some(vectors) = of_single_events() else { return };
    let mut set = RuleSet::default();
    // One vector tries whether a pattern takes exponential time; a slow evaluator need not.
    let small =
        |vector: &&Vector| !vector.error && vector.rule.len() + vector.events.concat().len() < 5000;
    let small: Vec<&Vector> = vectors.iter().filter(small).collect();
    for vector in &small {
        set.rules.extend(load_text(&vector.rule).rules);
    }
    for part in small.chunks(24) {
        let events: Vec<&str> =
            part.iter().flat_map(|vector| &vector.events).map(String::as_str).collect();
        let found = agree(&set, &format!("{{\"Records\":[{}]}}", events.join(",\n")));
        assert!(found.clone().is_ok_and(|found| found > 0), "{found:?}");
    }
}

#[test]
fn the_scanner_answers_alike_on_real_records_under_published_rules() {
    let Some(folder) = beside("samples/sigmahq-rules") else { return };
    on_real_records(&load(RuleSource::Path(folder)));
}

#[test]
fn the_scanner_answers_alike_on_real_records_under_built_in_rules() {
    on_real_records(&load(RuleSource::Builtin));
}

fn on_real_records(set: &RuleSet) {
    assert!(!set.rules.is_empty(), "no rules");
    let mut found = 0;
    let mut files = 0;
    for (path, text) in samples() {
        match agree(set, &text) {
            Ok(hits) => found += hits,
            Err(difference) => panic!("{}: {difference}", path.display()),
        }
        files += 1;
    }
    assert!(files == 0 || found > 50, "only {found} findings in {files} files");
}

/// The real log files that are whole, as text.
pub(crate) fn samples() -> Vec<(PathBuf, String)> {
    let Some(folder) = beside("samples") else { return Vec::new() };
    let mut samples = Vec::new();
    for path in files_below(&folder) {
        let name = path.to_string_lossy();
        let text = if name.ends_with(".json.gz") {
            let mut text = String::new();
            let packed = fs::File::open(&path).expect("the sample can be read");
            flate2::read::MultiGzDecoder::new(packed)
                .read_to_string(&mut text)
                .expect("the sample is whole");
            text
        } else if name.ends_with(".json") {
            fs::read_to_string(&path).expect("the sample can be read")
        } else {
            continue;
        };
        if trial::by_hand(&RuleSet::default(), &text).is_some() {
            samples.push((path, text));
        }
    }
    assert!(samples.len() > 80, "only {} samples found", samples.len());
    samples
}

/// Every file below a folder, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
