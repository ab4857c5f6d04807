//! Runs rules over a log file in every way there is, so that the ways can be compared.

use std::{fs, path::Path};

use backtrail::{
    cloudtrail::{FileName, envelope::RECORD_KEYS},
    engine::Engine,
    rule::{Document, LoadedRule},
    ruleset::{Choice, RuleSet, RuleSource},
    scan::{Content, Origin, ScanOptions, Scanner},
    sigma::{self, Placeholders},
};

use crate::{
    naive,
    reader::{self, Json, squeezed},
};

/// One finding: the record, the rule, and the record's text on one line.
pub(crate) type Hit = (u64, usize, String);

/// A way to run an engine over a text.
pub(crate) type Way<'w> = &'w dyn Fn(&Engine, &str) -> Vec<Hit>;

/// Reads rule texts, one document each, into a set in which all of them run. `Err` tells what is wrong.
pub(crate) fn rule_set(texts: &[String]) -> Result<RuleSet, String> {
    let mut set = RuleSet::default();
    for text in texts {
        let parsed = sigma::parse(text, &Placeholders::new());
        let mut documents = parsed.documents.into_iter();
        match (documents.next(), documents.next()) {
            (Some(Document::Rule(rule)), None) => {
                set.rules.push(LoadedRule::new(*rule, 0));
            }
            _ => return Err(format!("not one rule: {:?}\n{text}", parsed.diagnostics)),
        }
    }
    Ok(set)
}

/// Loads a rule file or folder the way the program does.
pub(crate) fn load(source: RuleSource) -> RuleSet {
    RuleSet::load(&[source], &Choice::default(), &Placeholders::new())
        .expect("the rules can be read")
}

/// Loads rule text the way the program does, by way of a file.
pub(crate) fn load_text(text: &str) -> RuleSet {
    let folder = tempfile::tempdir().expect("a folder for the rule");
    let file = folder.path().join("rule.yml");
    fs::write(&file, text).expect("the rule can be written");
    load(RuleSource::Path(file))
}

/// What the slow evaluator finds. `None` if the text is not JSON.
pub(crate) fn by_hand(set: &RuleSet, text: &str) -> Option<Vec<Hit>> {
    let mut hits = Vec::new();
    for (at, (place, event)) in (0..).zip(reader::records(text)?) {
        for (rule, loaded) in set.rules.iter().enumerate() {
            if naive::matches(&loaded.rule.detection, &event) {
                hits.push((at, rule, squeezed(&text[place.clone()])));
            }
        }
    }
    Some(hits)
}

/// What the scanner finds.
pub(crate) fn scan(engine: &Engine, text: &str, options: ScanOptions) -> Vec<Hit> {
    whole(&Scanner::new(engine, options).expect("the gates can be built"), text)
}

/// What a scanner finds whose gates are broken.
#[cfg(debug_assertions)]
pub(crate) fn flawed(engine: &Engine, text: &str, flaw: backtrail::scan::Flaw) -> Vec<Hit> {
    whole(
        &Scanner::with_flaw(engine, ScanOptions::default(), flaw).expect("the gates can be built"),
        text,
    )
}

fn whole(scanner: &Scanner<'_>, text: &str) -> Vec<Hit> {
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let mut hits = Vec::new();
    scanner.scan(
        Origin { name: &name, integrity: None },
        text.as_bytes(),
        &mut scanner.scratch(),
        &mut |rule, finding| hits.push((finding.record, rule, finding.event.to_string())),
    );
    hits
}

pub(crate) fn gated(engine: &Engine, text: &str) -> Vec<Hit> {
    scan(engine, text, ScanOptions::default())
}

pub(crate) fn ungated(engine: &Engine, text: &str) -> Vec<Hit> {
    scan(engine, text, ScanOptions { no_prefilter: true, ..ScanOptions::default() })
}

/// With every record split and parsed: then their number is exact, and a sound file shows no damage.
pub(crate) fn counting(engine: &Engine, text: &str) -> Vec<Hit> {
    let options = ScanOptions { parse_all: true, event_times: true, ..ScanOptions::default() };
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let scanner = Scanner::new(engine, options).expect("the gates can be built");
    let mut hits = Vec::new();
    let scanned = scanner.scan(
        Origin { name: &name, integrity: None },
        text.as_bytes(),
        &mut scanner.scratch(),
        &mut |rule, finding| hits.push((finding.record, rule, finding.event.to_string())),
    );
    let records = reader::records(text).unwrap_or_default();
    let records = records.iter().filter(|(_, record)| has_record_key(record)).count() as u64;
    if scanned.content == Content::Trail {
        assert_eq!(
            (scanned.records, scanned.damage.as_slice()),
            (records, [].as_slice()),
            "{text}"
        );
    }
    hits
}

/// Whether an object has a key of a record: what has none is evaluated in `Records` and does not count.
fn has_record_key(object: &Json) -> bool {
    let Json::Object(members) = object else { return false };
    members.iter().any(|(key, _)| RECORD_KEYS.contains(&key.as_str()))
}

/// Feeds the text in pieces of `step` bytes through a window that holds the largest record and little else.
pub(crate) fn streamed(engine: &Engine, text: &str, step: usize) -> Vec<Hit> {
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let records = reader::records(text).unwrap_or_default();
    let largest = records.iter().map(|(place, _)| place.len()).max().unwrap_or(0);
    let mut rest = text.as_bytes();
    let mut read = |buffer: &mut Vec<u8>, room: usize| {
        let (now, later) = rest.split_at(room.min(step).min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        now.len()
    };
    let mut hits = Vec::new();
    let scanner = Scanner::new(engine, ScanOptions::default()).expect("the gates can be built");
    scanner.scan_stream(
        Origin { name: &name, integrity: None },
        &mut read,
        largest + 64,
        &mut scanner.scratch(),
        &mut |rule, finding| hits.push((finding.record, rule, finding.event.to_string())),
    );
    hits
}

/// Where two lists of findings part, for people. `None` if they are the same.
pub(crate) fn difference(a: (&str, &[Hit]), b: (&str, &[Hit])) -> Option<String> {
    let only = |these: &[Hit], those: &[Hit]| -> Vec<String> {
        let shown = |hit: &&Hit| format!("record {} rule {} {}", hit.0, hit.1, hit.2);
        these.iter().filter(|hit| !those.contains(hit)).take(3).map(|hit| shown(&hit)).collect()
    };
    if a.1 == b.1 {
        return None;
    }
    let (first, second) = (only(a.1, b.1), only(b.1, a.1));
    if first.is_empty() && second.is_empty() {
        return Some(format!("{} and {} differ in order or number", a.0, b.0));
    }
    Some(format!("only {}: {first:#?}\nonly {}: {second:#?}", a.0, b.0))
}

/// Holds every way against the slow evaluator. `Err` tells the first difference.
pub(crate) fn agree(set: &RuleSet, text: &str) -> Result<usize, String> {
    let engine = Engine::compile(&set.rules);
    let slow = by_hand(set, text).ok_or("the log file is not JSON")?;
    let ways: [(&str, Way<'_>); 5] = [
        ("without prefilter", &ungated),
        ("with prefilter", &gated),
        ("with everything parsed", &counting),
        ("streamed in small pieces", &|engine, text| streamed(engine, text, 37)),
        ("streamed", &|engine, text| streamed(engine, text, usize::MAX)),
    ];
    for (name, way) in ways {
        if let Some(difference) =
            difference(("the slow evaluator", &slow), (name, &way(&engine, text)))
        {
            return Err(difference);
        }
    }
    Ok(slow.len())
}

/// A folder beside the package, if this checkout has it.
pub(crate) fn beside(folder: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("shared").join(folder);
    if path.exists() {
        return Some(path);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("skipped: {} is not there", path.display());
    }
    None
}
