//! What lints tell: of rules made for each of them, of our own rules, and of public ones.
//!
//! `testdata/lints/CODE.yml` has what a lint speaks of, with near misses; its snapshot has everything that is
//! told of the file, so that a lint that begins to speak where it should not is seen.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "rules and expectations are read from disk")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use backtrail::{
    cloudtrail::Parser,
    lint::{self, Checked, LINTS, Options, Survey},
    ruleset::{Choice, RuleSet, RuleSource},
    sigma::Placeholders,
};

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn load(source: RuleSource) -> RuleSet {
    RuleSet::load(&[source], &Choice::default(), &Placeholders::new()).unwrap()
}

fn survey(rules: &RuleSet, lines: &str) -> Survey {
    let mut survey = Survey::new(rules);
    for line in lines.lines() {
        Parser::default().parse(line.as_bytes(), |event| survey.note(event)).unwrap();
    }
    survey
}

/// What is told of a file, one thing a line, and what its fixes make of it.
fn told(rules: &RuleSet, checked: &Checked) -> String {
    let text = &rules.files[0].text;
    let mut out = String::new();
    for told in &checked.told {
        let diagnostic = &told.diagnostic;
        let (line, column) = diagnostic.span.line_column(text);
        let severity = format!("{:?}", diagnostic.severity).to_lowercase();
        let (code, message) = (diagnostic.code, &diagnostic.message);
        writeln!(out, "{line}:{column} {severity}[{code}] {message}").unwrap();
        writeln!(out, "    help: {}", diagnostic.help.as_deref().unwrap_or("-")).unwrap();
        if let Some(fix) = &told.fix {
            writeln!(out, "    fix: {}", fix.what).unwrap();
        }
    }
    let fixes: Vec<_> = checked.told.iter().filter_map(|told| told.fix.as_ref()).collect();
    if !fixes.is_empty() {
        let (fixed, _) = lint::fixed(text, fixes);
        let kept: BTreeSet<&str> = fixed.lines().collect();
        let before: BTreeSet<&str> = text.lines().collect();
        out.push_str("fixed:\n");
        for line in text.lines().filter(|line| !kept.contains(line)) {
            writeln!(out, "-{line}").unwrap();
        }
        for line in fixed.lines().filter(|line| !before.contains(line)) {
            writeln!(out, "+{line}").unwrap();
        }
    }
    out
}

#[test]
fn every_lint_speaks_where_it_should_and_nowhere_else() {
    for lint in LINTS {
        let path = here("testdata/lints").join(format!("{}.yml", lint.code));
        let rules = load(RuleSource::Path(path));
        let lines = fs::read_to_string(here("testdata/lints/cannot-fire.jsonl")).unwrap();
        let survey = (lint.code == "cannot-fire").then(|| survey(&rules, &lines));
        let options = Options { survey: survey.as_ref(), ..Options::default() };
        let checked = lint::check(&rules, &options);
        let codes = checked.told.iter().map(|told| told.diagnostic.code);
        assert!(codes.into_iter().any(|code| code == lint.code), "{} says nothing", lint.code);
        assert_eq!(rules.refused, 0, "{}", lint.code);
        insta::with_settings!({
            snapshot_path => "lint/snapshots", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(lint.code, told(&rules, &checked));
        });
    }
}

#[test]
fn what_is_fixed_needs_no_fix_and_is_read_as_before() {
    for lint in LINTS.iter().filter(|lint| lint.fixes) {
        let path = here("testdata/lints").join(format!("{}.yml", lint.code));
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("rule.yml");
        fs::copy(path, &copy).unwrap();
        let mut rounds = 0;
        loop {
            let rules = load(RuleSource::Path(copy.clone()));
            assert_eq!(rules.refused, 0, "{}", lint.code);
            let checked = lint::check(&rules, &Options::default());
            let fixes: Vec<_> = checked.told.iter().filter_map(|told| told.fix.as_ref()).collect();
            if fixes.is_empty() {
                break;
            }
            let (text, applied) = lint::fixed(&rules.files[0].text, fixes);
            assert!(!applied.is_empty(), "{}", lint.code);
            fs::write(&copy, text).unwrap();
            rounds += 1;
            assert!(rounds < 5, "{} is never done", lint.code);
        }
        assert!(rounds > 0, "{} fixes nothing", lint.code);
    }
}

#[test]
fn every_lint_is_a_page() {
    for lint in LINTS {
        for part in [lint.finds, lint.matters, lint.instead] {
            assert!(part.len() > 15 && part.ends_with(['.', '`', ')']), "{}: {part}", lint.code);
        }
        let file = here("src/lint").join(lint.code.replace('-', "_")).with_extension("rs");
        let in_comments = ["unused-allow", "unknown-allow"].contains(&lint.code);
        assert!(file.exists() || in_comments, "{} has no file of its own", lint.code);
    }
}

#[test]
fn what_a_filter_adds_is_told_of_the_filter_alone() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "title: a\nid: 7d1c0000-0000-4000-8000-000000000001\nlevel: low\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  one: {eventName: StopLogging}\n  two: {eventName: UpdateTrail}\n  condition: one\n";
    let filter = "title: b\nlogsource: {product: aws, service: cloudtrail}\nfilter:\n  rules: any\n  own: {status: b}\n  other: {eventName: UpdateTrail}\n  condition: not own\n";
    fs::write(folder.path().join("a.yml"), rule).unwrap();
    fs::write(folder.path().join("b.yml"), filter).unwrap();
    let rules = load(RuleSource::Path(folder.path().to_owned()));
    let told: Vec<_> = lint::check(&rules, &Options::default())
        .told
        .iter()
        .map(|told| {
            let (text, span) = (&rules.files[told.file].text, told.diagnostic.span);
            format!("{} {} {}", told.file, told.diagnostic.code, &text[span.start..span.end])
        })
        .collect();
    assert_eq!(
        told,
        ["0 unused-selection two", "1 unknown-field status", "1 unused-selection other"]
    );
}

#[test]
fn a_comment_in_what_is_not_looked_at_is_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "title: a # backtrail: allow(missing-id)\nstatus: unsupported\nlogsource: {product: aws}\ndetection:\n  one: {a: b}\n  condition: one\n";
    fs::write(folder.path().join("a.yml"), rule).unwrap();
    let rules = load(RuleSource::Path(folder.path().to_owned()));
    assert_eq!(lint::check(&rules, &Options::default()).told.len(), 0);
}

#[test]
fn our_own_rules_are_clean() {
    let rules = load(RuleSource::Builtin);
    let checked = lint::check(&rules, &Options::default());
    let told: Vec<_> = checked
        .told
        .iter()
        .map(|told| format!("{}: {}", rules.files[told.file].name, told.diagnostic.message))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn every_code_that_loading_tells_is_known() {
    let known: BTreeSet<&str> = lint::codes().map(|code| code.code).collect();
    let mut open = vec![here("src/sigma"), here("src/ruleset"), here("src/ruleset.rs")];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text: String = fs::read_to_string(&path).unwrap().split_whitespace().collect();
        for start in ["Diagnostic::error(\"", "Diagnostic::warning(\""] {
            for rest in text.split(start).skip(1) {
                let code = rest.split('"').next().unwrap();
                assert!(known.contains(code), "{code} of {} is not in the table", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

/// The expectation: a line for each file, `NAME: CODE CODE`, or `NAME: -`; the comment above says why.
fn expected(text: &str) -> BTreeMap<String, Vec<String>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let codes = |codes: &str| {
        codes.split_whitespace().filter(|code| *code != "-").map(str::to_owned).collect()
    };
    lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, of)| (name.to_owned(), codes(of)))
        .collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn public_rules_have_the_warnings_that_were_read_through() {
    let folder = here("../shared/samples/sigmahq-rules");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let rules = load(RuleSource::Path(folder));
    let checked = lint::check(&rules, &Options::default());
    let short = |at: usize| rules.files[at].name.rsplit('/').next().unwrap().to_owned();
    let mut found: BTreeMap<String, Vec<String>> =
        (0..rules.files.len()).map(|at| (short(at), Vec::new())).collect();
    for told in &checked.told {
        found.get_mut(&short(told.file)).unwrap().push(told.diagnostic.code.to_owned());
    }
    let text = fs::read_to_string(here("tests/lint/samples.txt")).unwrap();
    let expected = expected(&text);
    let differs: Vec<_> =
        found.iter().filter(|(name, codes)| expected.get(*name) != Some(codes)).collect();
    assert!(differs.is_empty(), "{differs:#?}");
    assert_eq!(found.len(), expected.len(), "files that are gone");
}

/// A small rule and small records over few values, so that each way of a condition is met.
mod made {
    use proptest::{prelude::*, sample::select};

    fn item() -> impl Strategy<Value = String> {
        let field = select(vec!["eventName", "errorCode", "requestParameters.names", "userAgent"]);
        let value = select(vec!["Ab", "abc", "b", "Cab", "''", "'*'"]);
        prop_oneof![
            (field.clone(), value.clone()).prop_map(|(field, value)| format!("{field}: {value}")),
            (field.clone(), value.clone(), value.clone())
                .prop_map(|(field, one, two)| format!("{field}: [{one}, {two}]")),
            (
                field.clone(),
                select(vec!["contains", "startswith", "endswith", "neq", "contains|neq", "re"]),
                select(vec!["Ab", "abc", "b"])
            )
                .prop_map(|(field, modifier, value)| format!("{field}|{modifier}: {value}")),
            (field.clone(), value.clone(), value)
                .prop_map(|(field, one, two)| format!("{field}|all: [{one}, {two}]")),
            (field.clone(), any::<bool>()).prop_map(|(field, is)| format!("{field}|exists: {is}")),
            field.prop_map(|field| format!("{field}: null")),
        ]
    }

    fn condition() -> impl Strategy<Value = String> {
        let leaf =
            select(vec!["one", "two", "three", "1 of t*", "all of them"]).prop_map(str::to_owned);
        leaf.prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| format!("not ({inner})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) or ({b})")),
            ]
        })
    }

    /// The text of a rule.
    pub(crate) fn rule() -> impl Strategy<Value = String> {
        // A list of maps asks for one of them, a map for all of its lines.
        let selection = (any::<bool>(), prop::collection::vec(item(), 1..3));
        (prop::collection::vec(selection, 3), condition()).prop_map(|(selections, condition)| {
            let mut text = "title: t\nlogsource: {product: aws}\ndetection:\n".to_owned();
            for (name, (list, items)) in ["one", "two", "three"].iter().zip(selections) {
                text.push_str(name);
                text.insert_str(text.len() - name.len(), "  ");
                text.push_str(":\n");
                for item in items {
                    text.push_str(if list { "    - " } else { "    " });
                    text.push_str(&item);
                    text.push('\n');
                }
            }
            text + "  condition: " + &condition + "\n"
        })
    }

    /// A record.
    pub(crate) fn record() -> impl Strategy<Value = String> {
        let text = select(vec!["\"ab\"", "\"ABC\"", "\"b\"", "\"cab\"", "\"\"", "\"x\"", "null"]);
        let optional = prop::option::of(text.clone());
        (prop::collection::vec(optional, 3), prop::collection::vec(text, 0..3)).prop_map(
            |(tops, names)| {
                let mut parts =
                    vec![format!("\"requestParameters\":{{\"names\":[{}]}}", names.join(","))];
                for (name, value) in ["eventName", "errorCode", "userAgent"].iter().zip(tops) {
                    parts.extend(value.map(|value| format!("\"{name}\":{value}")));
                }
                format!("{{{}}}", parts.join(","))
            },
        )
    }
}

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(Options::default);

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1000))]

    #[test]
    fn what_can_never_hold_never_matches_and_what_always_holds_always_does(
        text in made::rule(),
        records in proptest::collection::vec(made::record(), 20),
    ) {
        let parsed = backtrail::sigma::parse(&text, &Placeholders::new());
        let Some(backtrail::rule::Document::Rule(rule)) = parsed.documents.into_iter().next() else {
            return Ok(());
        };
        let set = RuleSet {
            rules: vec![backtrail::rule::LoadedRule::new((*rule).clone(), 0)],
            ..RuleSet::default()
        };
        let checked = lint::check(&set, &OPTIONS);
        let says = |code: &str| checked.told.iter().any(|told| told.diagnostic.code == code);
        let (never, always) = (says("never-matches"), says("always-matches"));
        proptest::prop_assert!(!(never && always));
        let engine = backtrail::engine::Engine::from_rules([&*rule]);
        let mut scratch = backtrail::engine::EvalScratch::default();
        for record in &records {
            let matches = Parser::default()
                .parse(record.as_bytes(), |event| engine.matches(0, event, &mut scratch))
                .unwrap();
            proptest::prop_assert!(!(never && matches), "{text}\n{record}");
            proptest::prop_assert!(!always || matches, "{text}\n{record}");
        }
    }
}
