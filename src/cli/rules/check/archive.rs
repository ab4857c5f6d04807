//! An archive as lints want it: every record shown to a survey, by way of a hunt that finds them all.

use std::{
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
    thread,
};

use anyhow::{Context, Result, bail};
use backtrail::{
    archive::{Input, ListOptions, OwnFile},
    cloudtrail::Parser,
    coverage::Coverage,
    engine::Engine,
    finding::{CorrelationFinding, Finding},
    hunt::{self, Duplicates, HuntError, HuntSpec, Options, Task},
    lint::Survey,
    rule::{Document, LoadedRule},
    ruleset::RuleSet,
    sigma::{self, Placeholders},
    sink::{Format, Sink, SinkError},
    text::counted,
};

use crate::cli::{
    args::{InputArgs, When},
    exit::Status,
    inputs,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
};

/// What every record is found by.
const EVERY_RECORD: &str = "\
title: every record
logsource: {product: aws, service: cloudtrail}
detection:
  named: {eventName|exists: true}
  condition: named or not named
";

/// An archive that was read.
pub(super) struct Archive {
    /// What it holds.
    pub(super) survey: Survey,
    /// Whether all of it was read.
    pub(super) status: Status,
}

/// Reads everything under `paths`; nothing if there are none.
pub(super) fn read(
    paths: &[PathBuf],
    rules: &RuleSet,
    progress: When,
    interrupt: &AtomicBool,
    voice: Voice,
) -> Result<Option<Archive>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let input = InputArgs {
        paths: paths.to_vec(),
        files_from: None,
        null: false,
        follow: false,
        exclude: Vec::new(),
    };
    let inputs = inputs::inputs(&input)?;
    let outputs = Outputs::standard();
    outputs.inputs(&inputs)?;
    let options = options(inputs);
    outputs.found(&options.inputs, &options.listing)?;
    let parsed = sigma::parse(EVERY_RECORD, &Placeholders::new());
    let every = parsed.documents.into_iter().find_map(|document| match document {
        Document::Rule(rule) => Some(LoadedRule::new(*rule, 0)),
        _ => None,
    });
    let Some(every) = every else { bail!("the rule for every record cannot be read") };
    let set = RuleSet { rules: vec![every], ..RuleSet::default() };
    let watching = Watching(Mutex::new((Parser::default(), Survey::new(rules))));
    let bar = Bar::new(progress, voice)?;
    let engine = Engine::compile(&set.rules);
    let task = Task { rules: &set, engine: &engine, format: &watching, progress: &bar, interrupt };
    let ran = hunt::run(options, task, Box::new(Nowhere), None);
    bar.clear();
    let hunted = ran.context("cannot read the archive")?;
    if let Some(failure) = &hunted.failure {
        render::error(failure);
    }
    let status = Status::of_hunt(&hunted, true, None);
    let (_, survey) = watching.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    voice.note(&format!(
        "archive: {}, {}, {}, {}",
        counted(hunted.coverage.totals.files, "file"),
        counted(survey.records(), "record"),
        counted(survey.fields() as u64, "field"),
        counted(survey.events() as u64, "event name"),
    ));
    for file in &hunted.coverage.files {
        let file = file.context("the list of files cannot be read again")?;
        voice.detail(&format!("{}: {} ({})", file.outcome, file.name, file.reasons.join("; ")));
    }
    if status != Status::Done && !hunted.failure.as_ref().is_some_and(HuntError::is_void) {
        render::warn("some files could not be read, so \"never occurs\" results may be wrong");
    }
    Ok(Some(Archive { survey, status }))
}

fn options(inputs: Vec<Input>) -> Options {
    let mut spec = HuntSpec::default();
    spec.output.duplicates = Duplicates::Keep;
    Options {
        threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        spec,
        listing: ListOptions { own_files: OwnFile::standard(), ..ListOptions::default() },
        ..Options::over(inputs)
    }
}

/// Shows each record to the survey instead of rendering it.
struct Watching(Mutex<(Parser, Survey)>);

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watching")
    }
}

impl Format for Watching {
    fn header(&self, _out: &mut Vec<u8>) {}

    fn render(&self, finding: &Finding<'_>, _out: &mut Vec<u8>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (parser, survey) = &mut *held;
        // It was parsed to be found, so it can be parsed again.
        let _ = parser.parse(finding.event.as_bytes(), |event| survey.note(event));
    }

    fn render_correlation(&self, _finding: &CorrelationFinding<'_>, _out: &mut Vec<u8>) {}

    fn footer(&self, _coverage: &Coverage, _out: &mut Vec<u8>) {}
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _bytes: &[u8]) -> Result<(), SinkError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}
