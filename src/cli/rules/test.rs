//! `rules test`: rules against their example events.
//!
//! Each example goes through the scanner as a log file of one record, and past the gates to the rule
//! itself; both must answer alike. The examples of a correlation are archives, which are hunted through.

use std::{collections::HashMap, fmt::Write as _};

use anyhow::{Result, bail};
use backtrail::{
    cloudtrail::{FileName, Parser},
    engine::{Engine, EvalScratch},
    ruleset::RuleSet,
    scan::{Origin, ScanOptions, Scanner},
    text::{counted, escape, grouped},
};
use serde::Serialize;

use super::{
    archives,
    examples::{self, Asks, Examples},
};
use crate::cli::{
    args::{CheckFormat, TestArgs},
    exit::Status,
    outputs::Outputs,
    render::{self, Voice, harmless},
};

/// What became of all examples.
#[derive(Debug, Serialize)]
struct Report<'r> {
    passed: usize,
    failed: usize,
    without_examples: usize,
    /// Those that only feed correlations and have no examples of their own: the correlations have them.
    only_feeding: usize,
    /// How many examples were tried.
    examples: usize,
    rules: Vec<Tested<'r>>,
    /// Files with examples of what is not loaded.
    unused: Vec<&'r str>,
}

/// What became of the examples of one rule or correlation.
#[derive(Debug, Serialize)]
struct Tested<'r> {
    outcome: Outcome,
    id: Option<&'r str>,
    title: &'r str,
    file: &'r str,
    kind: &'static str,
    /// How many examples were tried.
    examples: usize,
    failures: Vec<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Passed,
    Failed,
    NoExamples,
    /// It has none and needs none: it only feeds correlations.
    Feeds,
}

/// An example that went otherwise than it says.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    /// The file it stands in.
    pub(super) file: String,
    /// Which one: `match 1`, `near miss 2`, `archive 1`; counted from 1.
    pub(super) example: String,
    /// What it says of itself.
    pub(super) why: Option<String>,
    pub(super) expected: String,
    pub(super) found: String,
}

/// `rules test`.
pub(in crate::cli) fn test(args: &TestArgs, voice: Voice) -> Result<Status> {
    let mut rules = super::load(&args.rules, &args.paths)?;
    voice.problems(&rules);
    if rules.refused > 0 {
        bail!("{} cannot run: fix what is wrong", counted(rules.refused, "rule document"));
    }
    // What only feeds correlations has examples of its own, and is looked at for itself here.
    let mut needs = Vec::new();
    let of_rules = rules.rules.iter_mut().map(|loaded| &mut loaded.reported);
    let of_correlations = rules.correlations.iter_mut().map(|loaded| &mut loaded.reported);
    for reported in of_rules.chain(of_correlations) {
        needs.push(std::mem::replace(reported, true));
    }
    let mut examples = examples::collect(&rules, args.examples.as_deref())?;
    for findings in &args.from_findings {
        Outputs::standard().file_read("--from-findings", findings)?;
        examples.append(&mut examples::of_findings(findings)?);
    }
    let report = report(&rules, &needs, &examples)?;
    let text = match args.format {
        CheckFormat::Json => escape::json_text(&report)?,
        CheckFormat::Text => text(&report),
    };
    render::print(text.as_bytes())?;
    for line in super::not_run_lines(&rules) {
        voice.note(&line);
    }
    let all = args.rules.rule.is_empty() && args.rules.exclude_rule.is_empty();
    if all && (args.examples.is_some() || !args.from_findings.is_empty()) {
        for file in &report.unused {
            render::warn(&format!("{file} has examples of a rule that is not loaded"));
        }
    }
    let lacking = args.require_examples && report.without_examples > 0;
    if lacking {
        let rules = counted(report.without_examples, "rule");
        render::warn(&format!("--require-examples: {rules} without examples"));
    } else if report.examples == 0 {
        voice.note(
            "No examples to test: put NAME.json beside NAME.yml, or take the findings of a hunt with --from-findings FILE.",
        );
    }
    Ok(if report.failed > 0 || lacking { Status::Failing } else { Status::Done })
}

/// Tries everything. `needs`: for each rule, then for each correlation, whether it should have examples.
fn report<'r>(rules: &'r RuleSet, needs: &[bool], examples: &'r [Examples]) -> Result<Report<'r>> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, file) in examples.iter().enumerate() {
        by_name.entry(file.of.to_lowercase()).or_default().push(at);
    }
    let mut used = vec![false; examples.len()];
    let mut own = |id: Option<&str>, title: &str, of_rule: bool| -> Vec<&'r Examples> {
        let files = by_name.get(&id.unwrap_or(title).to_lowercase());
        let fits = |at: &&usize| matches!(examples[**at].asks, Asks::Rule { .. }) == of_rule;
        let files = files.into_iter().flatten().filter(fits);
        files.inspect(|at| used[**at] = true).map(|at| &examples[*at]).collect()
    };
    let engine = Engine::compile(&rules.rules);
    let mut bench = Bench::new(&engine)?;
    let name = |file: usize| rules.files.get(file).map_or("", |file| file.name.as_str());
    let mut tested = Vec::new();
    for (index, loaded) in rules.rules.iter().enumerate() {
        let (id, title) = (loaded.rule.head.id.as_deref(), &*loaded.rule.head.title);
        let files = own(id, title, true);
        let tried = files.iter().map(|file| bench.try_rule(index, file));
        tested.push(Tested::new("rule", id, title, name(loaded.file), tried));
    }
    for loaded in &rules.correlations {
        let (id, title) = (loaded.correlation.head.id.as_deref(), &*loaded.correlation.head.title);
        let files = own(id, title, false);
        let tried = files.iter().map(|file| match &file.asks {
            Asks::Correlation(asked) => {
                archives::try_correlation(rules, &engine, (id, title), &file.file, asked)
            }
            Asks::Rule { .. } => (0, Vec::new()),
        });
        tested.push(Tested::new("correlation", id, title, name(loaded.file), tried));
    }
    for (each, needs) in tested.iter_mut().zip(needs) {
        if each.outcome == Outcome::NoExamples && !needs {
            each.outcome = Outcome::Feeds;
        }
    }
    let count = |outcome| tested.iter().filter(|each| each.outcome == outcome).count();
    Ok(Report {
        passed: count(Outcome::Passed),
        failed: count(Outcome::Failed),
        without_examples: count(Outcome::NoExamples),
        only_feeding: count(Outcome::Feeds),
        examples: tested.iter().map(|each| each.examples).sum(),
        unused: {
            let unused = examples.iter().zip(used).filter(|(_, used)| !used);
            let mut files: Vec<_> = unused.map(|(file, _)| &*file.file).collect();
            files.dedup();
            files
        },
        rules: tested,
    })
}

impl<'r> Tested<'r> {
    /// `tried`: for each file, how many examples there are and which went wrong.
    fn new(
        kind: &'static str,
        id: Option<&'r str>,
        title: &'r str,
        file: &'r str,
        tried: impl Iterator<Item = (usize, Vec<Failure>)>,
    ) -> Self {
        let (mut examples, mut failures) = (0, Vec::new());
        for (count, wrong) in tried {
            examples += count;
            failures.extend(wrong);
        }
        let outcome = match (examples, failures.is_empty()) {
            (0, _) => Outcome::NoExamples,
            (_, true) => Outcome::Passed,
            (_, false) => Outcome::Failed,
        };
        Self { outcome, id, title, file, kind, examples, failures }
    }
}

/// What rules are tried on.
struct Bench<'e> {
    engine: &'e Engine,
    scanner: Scanner<'e>,
    parser: Parser,
    scratch: EvalScratch,
}

impl<'e> Bench<'e> {
    fn new(engine: &'e Engine) -> Result<Self> {
        let scanner = Scanner::new(engine, ScanOptions::default())?;
        Ok(Self { engine, scanner, parser: Parser::default(), scratch: EvalScratch::default() })
    }

    /// How many examples of a rule there are in the file, and which went wrong.
    fn try_rule(&mut self, index: usize, file: &Examples) -> (usize, Vec<Failure>) {
        let Asks::Rule { matches, near_misses } = &file.asks else { return (0, Vec::new()) };
        let matches = matches
            .iter()
            .enumerate()
            .map(|(at, record)| (match_name(file, at), None, record, true));
        let near_misses = near_misses
            .iter()
            .enumerate()
            .map(|(at, (why, record))| (format!("near miss {}", at + 1), Some(why), record, false));
        let mut failures = Vec::new();
        let mut count = 0;
        for (example, why, record, wanted) in matches.chain(near_misses) {
            count += 1;
            if let Err(found) = self.answers(index, record, wanted) {
                failures.push(Failure {
                    file: file.file.clone(),
                    example,
                    why: why.cloned(),
                    expected: if wanted { "a match" } else { "no match" }.to_owned(),
                    found,
                });
            }
        }
        (count, failures)
    }

    /// Whether the rule answers so; otherwise what was found instead.
    fn answers(&mut self, index: usize, record: &str, wanted: bool) -> Result<(), String> {
        let (engine, scratch) = (self.engine, &mut self.scratch);
        let matches = self
            .parser
            .parse(record.as_bytes(), |event| engine.matches(index, event, scratch))
            .map_err(|broken| broken.to_string())?;
        let name = FileName { display: "example.json".to_owned(), raw_hex: None };
        let text = format!("{{\"Records\":[{record}]}}");
        let mut times = 0;
        let scanned = self.scanner.scan(
            Origin { name: &name, integrity: None },
            text.as_bytes(),
            &mut self.scanner.scratch(),
            &mut |rule, _| times += usize::from(rule == index),
        );
        let word = |matches| if matches { "a match" } else { "no match" };
        if let Some(damage) = scanned.damage.first() {
            return Err(format!("a record that cannot be read: {damage}"));
        }
        if times != usize::from(matches) {
            return Err(format!("{} by the rule, {times} findings in a hunt", word(matches)));
        }
        if matches == wanted { Ok(()) } else { Err(word(matches).to_owned()) }
    }
}

/// What the match at `at` is called: its place in a file of examples, or its line in a file of findings.
fn match_name(file: &Examples, at: usize) -> String {
    match file.lines.get(at) {
        Some(line) => format!("line {line}"),
        None => format!("match {}", at + 1),
    }
}

/// The report for people.
fn text(report: &Report<'_>) -> String {
    let mut text = String::new();
    for rule in &report.rules {
        let word = match rule.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::NoExamples => "none",
            Outcome::Feeds => "feeds",
        };
        let count = match rule.examples {
            0 => "no examples".to_owned(),
            some => counted(some, "example"),
        };
        let (title, file) = (harmless(rule.title), harmless(rule.file));
        let _ = writeln!(text, "{word:6}  {count:>12}  {title}  ({file})");
        for failure in &rule.failures {
            let why = failure.why.as_deref().map_or_else(String::new, |why| format!(" ({why})"));
            let line = format!(
                "{}{why}: expected {}, found {}; {}",
                failure.example, failure.expected, failure.found, failure.file
            );
            let _ = writeln!(text, "        {}", harmless(&line));
        }
    }
    text + &format!(
        "{} passed, {} failed, {} without examples, {} used only by correlations; {} tried.\n",
        grouped(report.passed),
        grouped(report.failed),
        grouped(report.without_examples),
        grouped(report.only_feeding),
        counted(report.examples, "example")
    )
}
