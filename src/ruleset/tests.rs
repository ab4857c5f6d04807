//! What loads from which files, and what is told of the rest.

use std::{fs, path::PathBuf};

use super::*;
use crate::rule::{Condition, Level, Member};

fn rule(title: &str, id: &str, more: &str) -> String {
    format!(
        "title: {title}\nid: {id}\n{more}logsource: {{product: aws}}\n\
         detection:\n  sel:\n    eventName: {title}\n  condition: sel\n"
    )
}

/// A correlation over `rules`, whose title is also its id and name.
fn correlation(title: &str, rules: &str, more: &str) -> String {
    format!(
        "title: {title}\nid: id-{title}\nname: {title}\n{more}correlation:\n  type: event_count\n  \
         rules: {rules}\n  timespan: 1h\n  condition: {{gte: 2}}\n  group-by: [g]\n"
    )
}

fn filter(title: &str, rules: &str, more: &str) -> String {
    format!(
        "title: {title}\n{more}logsource: {{product: aws}}\nfilter:\n  rules: {rules}\n  \
         sel:\n    user: {title}\n  condition: not sel\n"
    )
}

/// A folder with one file of these documents.
fn documents(documents: &[String]) -> tempfile::TempDir {
    folder(&[("all.yml", documents.join("---\n").as_bytes())])
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    folder
}

fn load_with(path: PathBuf, choice: &Choice) -> Result<RuleSet, RuleSetError> {
    RuleSet::load(&[RuleSource::Path(path)], choice, &Placeholders::new())
}

fn load(folder: &tempfile::TempDir) -> RuleSet {
    load_with(folder.path().to_owned(), &Choice::default()).expect("a rule set")
}

fn titles(set: &RuleSet) -> Vec<&str> {
    set.rules.iter().map(|loaded| loaded.rule.head.title.as_str()).collect()
}

fn codes(set: &RuleSet) -> Vec<&'static str> {
    set.problems.iter().map(|problem| problem.diagnostic.code).collect()
}

#[test]
fn folders_are_read_in_the_order_of_full_names() {
    let content = |title: &str| rule(title, title, "").into_bytes();
    let folder = folder(&[
        ("b.yml", &content("four")),
        ("a/z.yaml", &content("three")),
        ("a.yml", &content("two")),
        (".hidden/x.yml", &content("left out")),
        ("B.YML", &content("one")),
        ("readme.md", b"no rule"),
        ("a/test.json", b"{}"),
    ]);
    let set = load(&folder);
    assert_eq!(titles(&set), ["one", "two", "three", "four"]);
    assert_eq!(set.files.len(), 4);
    assert!(set.files[2].name.ends_with("a/z.yaml") || cfg!(windows));
    assert_eq!(set.left_out, LeftOut { hidden: 1, not_sigma: 0 });
    assert_eq!(set.sha256().len(), 64);
}

#[test]
fn a_named_file_is_read_whatever_its_name() {
    let folder = folder(&[("rule.txt", rule("one", "1a", "").as_bytes())]);
    let set = load_with(folder.path().join("rule.txt"), &Choice::default()).expect("a rule set");
    assert_eq!(titles(&set), ["one"]);
}

#[test]
fn what_cannot_be_read_ends_the_run_and_what_is_wrong_does_not() {
    assert!(matches!(
        load_with(PathBuf::from("/no/such/rules"), &Choice::default()),
        Err(RuleSetError::Read { .. })
    ));
    let empty = folder(&[("readme.md", b"")]);
    assert!(matches!(
        load_with(empty.path().to_owned(), &Choice::default()),
        Err(RuleSetError::Empty { .. })
    ));
    let broken = folder(&[
        ("a.yml", b"title: \xFFx\ndetection: 1\n"),
        ("b.yml", format!("detection:{}", "#".repeat(1 << 20)).as_bytes()),
        ("c.yml", b"detection: [\n"),
        ("d.yml", rule("good", "1a", "").as_bytes()),
    ]);
    let set = load(&broken);
    assert_eq!(titles(&set), ["good"]);
    assert_eq!(set.refused, 3);
    assert_eq!(codes(&set), ["not-utf8", "file-too-big", "yaml-syntax"]);
    assert_eq!(set.problems[0].diagnostic.span.start, 7);
}

#[test]
fn identical_documents_load_once_and_doubled_ids_are_told() {
    let one = rule("one", "same", "");
    let folder = folder(&[
        ("a.yml", one.as_bytes()),
        ("b.yml", one.as_bytes()),
        ("c.yml", format!("# a comment\n---\n{one}---\n{}", rule("two", "same", "")).as_bytes()),
    ]);
    let set = load(&folder);
    assert_eq!(titles(&set), ["one", "two"]);
    assert_eq!(codes(&set), ["doubled-id"]);
    let Problem { file, diagnostic } = &set.problems[0];
    let (span, text) = (diagnostic.span, &set.files[*file].text);
    assert_eq!(&text[span.start..span.end], "same");
    assert_eq!(set.refused, 0);
}

#[test]
fn documents_that_do_not_run_are_counted_by_reason() {
    let folder = folder(&[
        ("a.yml", rule("one", "1a", "status: unsupported\n").as_bytes()),
        ("b.yml", rule("two", "2b", "").replace("aws", "windows").as_bytes()),
        ("c.yml", correlation("three", "[1a]", "status: unsupported\n").as_bytes()),
        ("d.yml", correlation("four", "[2b]", "").as_bytes()),
    ]);
    let set = load(&folder);
    assert!(set.rules.is_empty() && set.correlations.is_empty());
    let counts: Vec<_> =
        set.not_run_counts().into_iter().map(|(reason, count)| (reason.as_str(), count)).collect();
    assert_eq!(counts, [("unsupported", 2), ("other-log-source", 1), ("no-rule-runs", 1)]);
}

#[test]
fn rules_are_chosen_by_id_title_and_level() {
    let folder = folder(&[
        ("a.yml", rule("Console Login", "aa-1", "level: high\n").as_bytes()),
        ("b.yml", rule("Console/Logout [x]", "aa-2", "level: low\n").as_bytes()),
        ("c.yml", rule("Other", "cc-3", "").as_bytes()),
    ]);
    let chosen = |rules: &[&str], exclude: &[&str], level| {
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let choice = Choice { rules: text(rules), exclude: text(exclude), level };
        load_with(folder.path().to_owned(), &choice)
            .map(|set| titles(&set).into_iter().map(str::to_owned).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    assert_eq!(chosen(&["AA-1"], &[], None).expect("one"), ["Console Login"]);
    assert_eq!(chosen(&["console*"], &[], None).expect("two").len(), 2);
    assert_eq!(chosen(&["console/logout [X]"], &[], None).expect("one").len(), 1);
    assert_eq!(chosen(&["aa-1", "other"], &[], None).expect("two"), ["Console Login", "Other"]);
    assert_eq!(chosen(&[], &["aa-*"], None).expect("one"), ["Other"]);
    assert_eq!(chosen(&[], &[], Some(Level::Medium)).expect("two"), ["Console Login", "Other"]);
    let error = chosen(&["consol login"], &[], None).expect_err("no such rule");
    assert!(error.contains("did you mean \"Console Login\"?"), "{error}");
    assert!(chosen(&[], &["zzz"], None).is_err());
    assert!(chosen(&["[z"], &[], None).expect_err("no glob").contains("not a valid pattern"));
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed_and_links_to_folders_are_not() {
    let elsewhere = folder(&[("x/linked.yml", rule("linked", "1a", "").as_bytes())]);
    let folder = folder(&[("a.yml", rule("plain", "2b", "").as_bytes())]);
    let link = |from: PathBuf, to: &str| {
        std::os::unix::fs::symlink(from, folder.path().join(to)).expect("a link");
    };
    link(elsewhere.path().join("x/linked.yml"), "b.yml");
    link(elsewhere.path().join("x"), "folder");
    link(folder.path().to_owned(), "loop.yml");
    assert_eq!(titles(&load(&folder)), ["plain", "linked"]);
}

#[test]
fn the_built_in_rules_load() {
    let set = RuleSet::load(&[RuleSource::Builtin], &Choice::default(), &Placeholders::new())
        .expect("a rule set");
    assert_eq!(codes(&set), [] as [&str; 0]);
    assert!(set.files.iter().all(|file| file.name.starts_with("builtin:")));
}

#[test]
fn references_are_found_by_id_then_name_then_title() {
    let folder = documents(&[
        rule("one", "x", "name: n\n"),
        rule("two", "y", "name: x\n"),
        rule("x", "z", ""),
        correlation("by-id", "[x]", ""),
        correlation("by-name", "[n]", ""),
        correlation("by-title", "[two]", ""),
    ]);
    let set = load(&folder);
    let rules: Vec<_> = set
        .correlations
        .iter()
        .map(|loaded| match &loaded.members[..] {
            [Member::Rule { rule, .. }] => &*set.rules[*rule].rule.head.title,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(rules, ["one", "one", "two"]);
    assert_eq!(codes(&set), ["reference-by-title"]);
}

#[test]
fn references_that_mean_nothing_or_several_things_refuse() {
    for (rules, code) in [
        ("[none]", "unknown-reference"),
        ("[twice]", "ambiguous-reference"),
        ("[name]", "ambiguous-reference"),
        ("[one]", "ambiguous-reference"),
        ("[me]", "correlation-cycle"),
        ("[a, other-a]", "repeated-rule"),
    ] {
        let folder = documents(&[
            rule("one", "twice", "name: name\nlevel: low\n"),
            rule("one", "twice", "name: name\n"),
            rule("three", "a", "name: other-a\n"),
            correlation("me", rules, ""),
            correlation("outer", "[id-me]", ""),
        ]);
        let set = load(&folder);
        assert_eq!(set.refused, 2, "{rules}: {:?}", set.problems);
        assert!(set.correlations.is_empty());
        assert!(codes(&set).contains(&code), "{rules}: {:?}", codes(&set));
        assert!(codes(&set).contains(&"refused-reference"), "{rules}: {:?}", codes(&set));
        assert!(set.rules.iter().all(|loaded| loaded.reported), "a refused one hides nothing");
    }
}

#[test]
fn circles_of_any_length_are_refused_and_long_chains_are_bounded() {
    let mut all: Vec<String> = (0..50)
        .map(|n| correlation(&format!("c{n}"), &format!("[c{}]", (n + 1) % 50), ""))
        .collect();
    all.push(correlation("beside", "[c7]", ""));
    let set = load(&documents(&all));
    assert_eq!((set.correlations.len(), set.refused), (0, 51));
    let mut all = vec![rule("one", "c0", "")];
    all.extend((1..40).map(|n| correlation(&format!("c{n}"), &format!("[c{}]", n - 1), "")));
    let set = load(&documents(&all));
    assert_eq!((set.correlations.len(), set.refused), (16, 23));
    assert!(codes(&set).iter().all(|code| *code == "chain-too-deep"));
}

#[test]
fn base_rules_of_a_correlation_feed_it_and_are_reported_only_where_it_says_so() {
    let generating = correlation("loud", "[b]", "generate: true\n");
    let folder = documents(&[
        rule("one", "a", ""),
        rule("two", "b", ""),
        rule("three", "c", ""),
        correlation("quiet", "[a, b]", ""),
        generating,
        correlation("over", "[quiet]", ""),
    ]);
    let states = |choice: &Choice| -> Vec<String> {
        let set = load_with(folder.path().to_owned(), choice).expect("a rule set");
        let rules = set
            .rules
            .iter()
            .map(|it| (&it.rule.head.title, it.reported, it.correlation_fields.is_some()));
        let rules: Vec<_> = rules
            .map(|(title, reported, feeds)| {
                format!(
                    "{title}{}{}",
                    if reported { " reported" } else { "" },
                    if feeds { " feeds" } else { "" }
                )
            })
            .collect();
        let correlations = set.correlations.iter();
        let correlations = correlations.map(|it| {
            format!("{}{}", it.correlation.head.title, if it.reported { " reported" } else { "" })
        });
        rules.into_iter().chain(correlations).collect()
    };
    let only = |rule: &str| Choice { rules: vec![rule.to_owned()], ..Choice::default() };
    let without = |rule: &str| Choice { exclude: vec![rule.to_owned()], ..Choice::default() };
    assert_eq!(
        states(&Choice::default()),
        [
            "one feeds",
            "two reported feeds",
            "three reported",
            "quiet",
            "loud reported",
            "over reported"
        ]
    );
    assert_eq!(states(&only("over")), ["one feeds", "two feeds", "quiet", "over reported"]);
    assert_eq!(states(&only("loud")), ["two reported feeds", "loud reported"]);
    assert_eq!(states(&only("one")), ["one reported"], "no correlation runs that would hide it");
    assert_eq!(
        states(&without("two")),
        ["one feeds", "two feeds", "three reported", "quiet", "loud reported", "over reported"]
    );
    assert_eq!(
        states(&without("o*er")),
        ["one feeds", "two reported feeds", "three reported", "quiet reported", "loud reported"]
    );
}

#[test]
fn a_rule_without_a_level_does_not_replace_a_correlation_that_the_level_removes() {
    let folder = documents(&[
        rule("fed", "a", ""),
        rule("free", "b", ""),
        rule("high", "c", "level: high\n"),
        correlation("low", "[a]", "level: low\n"),
    ]);
    let titles = |choice: &Choice| -> Vec<String> {
        let set = load_with(folder.path().to_owned(), choice).expect("a rule set");
        set.rules.iter().map(|loaded| loaded.rule.head.title.clone()).collect()
    };
    let level = Some(Level::High);
    assert_eq!(titles(&Choice { level, ..Choice::default() }), ["free", "high"]);
    let named = Choice { level, rules: vec!["fed".to_owned()], ..Choice::default() };
    assert_eq!(titles(&named), ["fed"], "it is named");
    assert_eq!(titles(&Choice::default()).len(), 3);
}

#[test]
fn fields_are_carried_once_and_members_know_their_places() {
    let sum = correlation("sum", "[a]", "").replace("event_count", "value_sum");
    let sum = sum.replace("gte: 2", "gte: 2, field: g").replace("[g]", "[g, h]");
    let alias =
        correlation("alias", "[a, b]", "").replace("[g]", "[who]\n  aliases: {who: {a: g, b: h}}");
    let set = load(&documents(&[rule("one", "a", ""), rule("two", "b", ""), sum, alias]));
    let carried = |rule: usize| -> Vec<_> {
        let fields = set.rules[rule].correlation_fields.iter().flatten();
        fields.map(|it| (&*it.field.name, it.numbers)).collect()
    };
    assert_eq!(carried(0), [("g", false), ("h", false), ("g", true)]);
    assert_eq!(carried(1), [("h", false)]);
    let member = |at: usize, place: usize| set.correlations[at].members[place].clone();
    assert_eq!(member(0, 0), Member::Rule { rule: 0, keys: vec![0, 1], values: vec![2] });
    assert_eq!(member(1, 0), Member::Rule { rule: 0, keys: vec![0], values: Vec::new() });
    assert_eq!(member(1, 1), Member::Rule { rule: 1, keys: vec![0], values: Vec::new() });
    assert_eq!(codes(&set), [""; 0]);
}

#[test]
fn filters_become_part_of_the_rules_they_are_for() {
    let folder = documents(&[
        filter("f1", "any", ""),
        filter("f2", "[a, none]", ""),
        filter("f3", "[b]", "id: f-3\n").replace("aws", "windows"),
        rule("one", "a", ""),
        rule("two", "b", ""),
    ]);
    let narrowed = |set: &RuleSet| -> Vec<_> {
        set.filters.iter().map(|it| (it.filter.head.title.clone(), it.narrowed)).collect()
    };
    let set = load(&folder);
    assert_eq!(codes(&set), ["unknown-reference"]);
    assert_eq!(narrowed(&set), [("f1".to_owned(), 2), ("f2".to_owned(), 1)]);
    let elsewhere: Vec<_> = set.not_run.iter().map(|it| (&*it.title, it.reason)).collect();
    assert_eq!(elsewhere, [("f3", NotRunReason::OtherLogSource)]);
    let one = &set.rules[0].rule.detection;
    assert_eq!(one.selections.len(), 3);
    let Condition::And(parts) = &one.condition else { panic!("{:?}", one.condition) };
    assert_eq!(parts.len(), 3, "one conjunction, however many filters");
    assert_eq!(set.rules[0].filters, [0, 1]);
    let choice = Choice { exclude: vec!["f1".to_owned()], ..Choice::default() };
    let set = load_with(folder.path().to_owned(), &choice).expect("a rule set");
    assert_eq!(narrowed(&set), [("f2".to_owned(), 1)]);
    assert!(
        load_with(
            folder.path().to_owned(),
            &Choice { rules: vec!["f1".to_owned()], ..Choice::default() }
        )
        .is_err()
    );
}

#[test]
fn a_filter_for_a_doubled_id_is_refused_and_filters_cannot_multiply_without_end() {
    let set =
        load(&documents(&[rule("one", "a", ""), rule("two", "a", ""), filter("f", "[a]", "")]));
    assert_eq!((set.refused, set.filters.len()), (1, 0));
    assert!(codes(&set).contains(&"ambiguous-reference"));
    let mut all: Vec<String> =
        (0..1500).map(|n| rule(&format!("r{n}"), &format!("id{n}"), "")).collect();
    all.extend((0..400).map(|n| filter(&format!("f{n}"), "any", "")));
    let set = load(&documents(&all));
    assert!(codes(&set).contains(&"too-many-filtered"));
    let selections: usize = set.rules.iter().map(|it| it.rule.detection.selections.len()).sum();
    assert!(selections <= 510_000, "{selections}");
}

#[test]
fn of_countless_problems_some_are_told_and_all_are_counted() {
    let all: Vec<String> =
        (0..1500).map(|n| correlation(&format!("c{n}"), &format!("[none{n}]"), "")).collect();
    let set = load(&documents(&all));
    assert_eq!((set.refused, set.problems.len()), (1500, 1002));
    assert_eq!(codes(&set).last(), Some(&"too-many-problems"));
}

/// A load of the built-in rules, either way, as text.
fn builtin(choice: &Choice, asked: fn(&[files::Read], &Choice) -> Vec<bool>) -> String {
    let sources = [RuleSource::Builtin];
    format!("{:?}", RuleSet::load_asked(&sources, choice, &Placeholders::new(), asked))
}

#[test]
fn built_in_rules_chosen_by_id_are_those_of_a_load_of_all() {
    let all: fn(&[files::Read], &Choice) -> Vec<bool> = |files, _| vec![true; files.len()];
    let set = RuleSet::load(&[RuleSource::Builtin], &Choice::default(), &Placeholders::new())
        .expect("the built-in rules");
    let rules = set.rules.iter().step_by(20).map(|loaded| loaded.rule.head.id.clone());
    let correlations = set.correlations.iter().map(|loaded| loaded.correlation.head.id.clone());
    let mut choices: Vec<Vec<String>> =
        rules.chain(correlations).map(|id| vec![id.expect("an id")]).collect();
    choices.push(choices[..2].concat());
    let one = choices[0][0].clone();
    choices.push(vec![one.to_uppercase()]);
    choices.push(vec![one.clone(), "12345678-1234-1234-1234-123456789abc".to_owned()]);
    choices.push(vec![one.clone(), "*console*".to_owned()]);
    for rules in choices {
        let choice = Choice { rules, ..Choice::default() };
        assert_eq!(
            builtin(&choice, builtin_selection::files_to_parse),
            builtin(&choice, all),
            "{:?}",
            choice.rules
        );
    }
}

#[test]
fn one_built_in_rule_chosen_by_id_is_the_only_file_parsed() {
    let files = files::read(&RuleSource::Builtin).expect("the built-in files").files;
    let parsed = |rules: &[&str]| {
        let rules = rules.iter().map(|&id| id.to_owned()).collect();
        let asked =
            builtin_selection::files_to_parse(&files, &Choice { rules, ..Choice::default() });
        asked.into_iter().filter(|asked| *asked).count()
    };
    let seed = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";
    assert_eq!(parsed(&[seed]), 1);
    assert_eq!(parsed(&["*"]), files.len());
    assert_eq!(parsed(&[]), files.len());
}
