//! An archive as lints need it: every record of it is shown to a survey.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
    thread,
};

use anyhow::{Context, Result};
use backtrail::{
    archive::{Input, ListOptions, OwnFile},
    cloudtrail::Event,
    hunt::{self, HuntError, Options},
    lint::Survey,
    ruleset::RuleSet,
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
    let survey = Mutex::new(Survey::new(rules));
    let observer = |event: &Event<'_>| {
        survey.lock().unwrap_or_else(PoisonError::into_inner).note(event);
    };
    let bar = Bar::new(progress, voice)?;
    let ran = hunt::survey(options, &observer, &bar, interrupt);
    bar.clear();
    let hunted = ran.context("cannot read the archive")?;
    if let Some(failure) = &hunted.failure {
        render::error(failure);
    }
    let status = Status::of_hunt(&hunted, true, None);
    let survey = survey.into_inner().unwrap_or_else(PoisonError::into_inner);
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
    Options {
        threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        listing: ListOptions { own_files: OwnFile::standard(), ..ListOptions::default() },
        ..Options::over(inputs)
    }
}
