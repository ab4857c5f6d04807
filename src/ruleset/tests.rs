//! What loads from which files, and what is told of the rest.

use std::fs;

use super::*;

fn rule(title: &str, id: &str, more: &str) -> String {
    format!(
        "title: {title}\nid: {id}\n{more}logsource: {{product: aws}}\n\
         detection:\n  sel:\n    eventName: {title}\n  condition: sel\n"
    )
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
    set.rules.iter().map(|loaded| loaded.rule.title.as_str()).collect()
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
        (".hidden/x.yml", &content("one")),
        ("readme.md", b"no rule"),
        ("a/test.json", b"{}"),
    ]);
    let set = load(&folder);
    assert_eq!(titles(&set), ["one", "two", "three", "four"]);
    assert_eq!(set.files.len(), 4);
    assert!(set.files[2].name.ends_with("a/z.yaml") || cfg!(windows));
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
        ("a.yml", b"title: \xFFx\n"),
        ("b.yml", "#".repeat((1 << 20) + 1).as_bytes()),
        ("c.yml", b"title: [\n"),
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
        ("c.yml", b"title: three\ncorrelation: {}\n"),
        ("d.yml", b"title: four\nlogsource: {product: aws}\nfilter: {}\n"),
    ]);
    let set = load(&folder);
    assert!(set.rules.is_empty());
    let counts: Vec<_> =
        set.not_run_counts().into_iter().map(|(reason, count)| (reason.as_str(), count)).collect();
    assert_eq!(
        counts,
        [("unsupported", 1), ("other-log-source", 1), ("correlation", 1), ("filter", 1)]
    );
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
