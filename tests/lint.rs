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
