//! Our own rules and their examples belong together, and are what `rules/README.md` asks for.
//!
//! Each rule of `rules/` has its examples in `testdata/rules/`, told apart by its id. That it finds what they
//! say, and nothing that comes near, is the business of `rules test`, which `tests/it/examples.rs` and `.ci/run`
//! hold against them.

#![expect(clippy::disallowed_methods, reason = "the examples are read from disk")]

#[path = "rules/correlated.rs"]
mod correlated;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use backtrail::{
    rule::{Block, Level, Rule},
    ruleset::{Choice, RuleSet, RuleSource},
    sigma::Placeholders,
};
use serde::Deserialize;
use serde_json::Value;

/// The rule this program was begun for.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// One file of `testdata/rules/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    rule: String,
    #[serde(rename = "match")]
    matches: Vec<Value>,
    #[serde(rename = "no_match")]
    near_misses: Vec<NearMiss>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NearMiss {
    why: String,
    record: Value,
}

fn rules() -> RuleSet {
    RuleSet::load(&[RuleSource::Builtin], &Choice::default(), &Placeholders::new())
        .expect("the rules of the program can be read")
}

fn id(rule: &Rule) -> &str {
    rule.head.id.as_deref().expect("each of our rules has an id")
}

/// The examples, by where they stand below `testdata/rules` without the extension.
fn examples() -> BTreeMap<String, Examples> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules");
    let mut found = BTreeMap::new();
    for folder in entries(&top).into_iter().filter(|path| path.is_dir()) {
        for file in entries(&folder) {
            let text = fs::read_to_string(&file).expect("UTF-8");
            if correlated::are_of_a_correlation(&text) {
                continue;
            }
            let examples = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let name = file.with_extension("");
            let name = name.strip_prefix(&top).expect("it stands below").display().to_string();
            found.insert(name, examples);
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).expect("a folder");
    listed.map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn rules_and_examples_belong_together() {
    let rules = rules();
    let examples = examples();
    let rule_of = |name: &str| {
        let file = format!("builtin:{name}.yml");
        rules.rules.iter().find(|loaded| rules.files[loaded.file].name == file)
    };
    for (name, examples) in &examples {
        let loaded = rule_of(name).unwrap_or_else(|| panic!("{name}: there is no such rule"));
        assert_eq!(id(&loaded.rule), examples.rule, "{name}: the id of another rule");
    }
    let described: BTreeSet<&str> = examples.values().map(|file| file.rule.as_str()).collect();
    for loaded in rules.rules.iter().filter(|loaded| loaded.reported) {
        let file = &rules.files[loaded.file].name;
        assert!(described.contains(id(&loaded.rule)), "{file}: has no examples");
    }
}

#[test]
fn each_rule_has_both_kinds_of_examples_and_near_misses_are_near() {
    for (name, examples) in examples() {
        assert!(!examples.matches.is_empty(), "{name}: no match");
        assert!(!examples.near_misses.is_empty(), "{name}: no near miss");
        for NearMiss { why, record } in &examples.near_misses {
            let event = &record["eventName"];
            assert!(event.is_string(), "{name}: a record without eventName");
            assert!(
                examples.matches.iter().any(|other| other["eventName"] == *event),
                "{name}: no match is a {event} as well: {why}"
            );
        }
    }
}

#[test]
fn all_rules_load_and_run_and_no_two_share_a_name() {
    let rules = rules();
    assert!(rules.problems.is_empty(), "{:?}", rules.problems);
    assert!(rules.not_run.is_empty(), "{:?}", rules.not_run);
    let reported = rules.rules.iter().filter(|loaded| loaded.reported).count()
        + rules.correlations.iter().filter(|loaded| loaded.reported).count();
    assert_eq!((rules.refused, reported), (0, rules.files.len()), "one of each file is reported");
    let of_rules =
        rules.rules.iter().map(|loaded| (loaded.rule.head.id.as_deref(), &loaded.rule.head.title));
    let of_correlations = rules
        .correlations
        .iter()
        .map(|loaded| (loaded.correlation.head.id.as_deref(), &loaded.correlation.head.title));
    let all: Vec<_> = of_rules.chain(of_correlations).collect();
    let ids: BTreeSet<&str> = all.iter().map(|(id, _)| id.expect("it has an id")).collect();
    let titles: BTreeSet<String> = all.iter().map(|(_, title)| title.to_lowercase()).collect();
    assert_eq!((ids.len(), titles.len()), (all.len(), all.len()));
}

#[test]
fn the_seed_rule_is_there() {
    let rules = rules();
    let seed = rules.rules.iter().map(|loaded| &loaded.rule).find(|rule| id(rule) == SEED);
    let seed = seed.expect("it is built in");
    assert_eq!(seed.head.level, Some(Level::Medium));
    assert_eq!(seed.head.tags, ["attack.lateral-movement", "attack.t1021.007", "attack.t1550.001"]);
}

#[test]
fn many_rules_look_deeper_than_the_name_of_the_event() {
    let rules = rules();
    let deep = rules.rules.iter().filter(|loaded| {
        let selections = &loaded.rule.detection.selections;
        let mut fields = BTreeSet::new();
        for selection in selections {
            collect_fields(&selection.block, &mut fields);
        }
        // Whether a call was refused is no deep question either.
        fields.iter().any(|field| !["eventName", "eventSource", "errorCode"].contains(field))
    });
    assert!(deep.count() >= 15);
}

fn collect_fields<'r>(block: &'r Block, fields: &mut BTreeSet<&'r str>) {
    match block {
        Block::All(items) => {
            fields.extend(items.iter().filter_map(|item| Some(item.field.as_ref()?.name.as_str())));
        }
        Block::Any(blocks) => {
            for block in blocks {
                collect_fields(block, fields);
            }
        }
    }
}
