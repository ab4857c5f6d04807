//! `repeat`: the record is checked, hunted again, and compared.

pub(super) mod args;
mod words;

use std::{num::NonZeroUsize, path::PathBuf, thread};

use anyhow::{Context, Result, ensure};
use args::{RepeatArgs, RepeatFormat};
use backtrail::{
    engine::Engine,
    hunt::{
        self,
        record::{CoverageCompared, FindingsCompared, Record, RuleNow, ToolNamed},
    },
    sink::{self, FormatKind},
    source::{Input, OwnFile, missing},
    text::escape,
    verify::Keys,
};
use serde::Serialize;

use super::{
    exit::Status,
    hunt as hunting,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
    verify,
};

/// What a repeated hunt came to.
#[derive(Debug, Serialize)]
struct Comparison {
    /// `same`, `findings-differ` or `files-differ`.
    conclusion: &'static str,
    /// When the recorded hunt began.
    recorded: String,
    /// SHA-256 of the manifest of the record.
    manifest_sha256: String,
    /// What is in the folder of the record and is no part of it.
    added_to_record: Vec<String>,
    recorded_with: ToolNamed,
    repeated_with: ToolNamed,
    findings: FindingsCompared,
    coverage: CoverageCompared,
    /// Rules that are not the same any more where they came from. Those of the record ran.
    rules_changed_since: Vec<RuleNow>,
}

/// Runs the command.
pub(super) fn repeat(args: &RepeatArgs, voice: Voice) -> Result<Status> {
    let own_files = OwnFile::standard();
    let told = || format!("cannot repeat {}", args.record.display());
    let record = Record::open(&args.record).with_context(told)?;
    let inputs = inputs(&record, &args.inputs)?;
    let rules = record.rules().with_context(told)?;
    let listing = record.listing(hunting::globs(&record.asked().exclude)?, own_files);
    let outputs = Outputs::standard();
    outputs.inputs(&inputs)?;
    outputs.found(&inputs, &listing)?;
    let threads =
        args.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let interrupt = hunting::interrupt(voice)?;
    let mut options = record.options(inputs, listing, None, threads).with_context(told)?;
    if record.asked().verify {
        let mut keys = Keys::default();
        for text in record.keys().with_context(told)? {
            keys.add(&text).with_context(told)?;
        }
        options.evidence = Some(verify::evidence(&options, &keys, &interrupt, voice)?);
    }
    let comparing = record.comparing().with_context(told)?;
    let format = sink::format(FormatKind::Ndjson, render::table_style(false));
    let engine = Engine::compile(&rules);
    let bar = Bar::new(args.progress, voice)?;
    let sink = bar.beside(comparing.sink());
    let ran = hunt::run(options, &rules, &engine, &*format, sink, &bar, &interrupt);
    bar.clear();
    let hunted = ran.with_context(told)?;
    if hunted.coverage.interrupted {
        render::warn("interrupted: nothing was compared");
        return Ok(Status::Interrupted);
    }
    if let Some(failure) = hunted.failure {
        return Err(failure).with_context(told);
    }
    voice.note(&hunted.coverage.searched());
    let findings = comparing.conclude().with_context(told)?;
    let coverage = CoverageCompared::new(&record, &hunted.coverage).with_context(told)?;
    let status = Status::of_repeat(&findings, &coverage);
    let repeated = Comparison {
        conclusion: conclusion(status),
        recorded: record.started().to_owned(),
        manifest_sha256: record.manifest_sha256().to_owned(),
        added_to_record: record.added().to_vec(),
        recorded_with: record.tool().clone(),
        repeated_with: ToolNamed::this(),
        findings,
        coverage,
        rules_changed_since: record.rules_now(),
    };
    render::print(&rendered(&repeated, args.format)?)?;
    Ok(status)
}

fn conclusion(status: Status) -> &'static str {
    match status {
        Status::Failing => "findings-differ",
        Status::NotWhole => "files-differ",
        _ => "same",
    }
}

/// The recorded inputs where they are now. Those that were named must be there.
fn inputs(record: &Record, moved: &[PathBuf]) -> Result<Vec<Input>> {
    let recorded = record.asked().inputs.len();
    let inputs = record.inputs(moved).with_context(|| {
        format!(
            "--inputs: {} given and {recorded} recorded; give one place for each recorded input, in their order ({})",
            moved.len(),
            words::first_inputs(record),
        )
    })?;
    let named = recorded.saturating_sub(record.asked().from_list);
    if let Some(path) = missing(&inputs[..named.min(inputs.len())]).first() {
        ensure!(moved.is_empty(), "--inputs {}: no such file or folder", path.display());
        anyhow::bail!(
            "{}: no such file or folder; if the files were moved, say with --inputs where they are now",
            path.display()
        );
    }
    Ok(inputs)
}

fn rendered(repeated: &Comparison, format: RepeatFormat) -> Result<Vec<u8>> {
    Ok(match format {
        RepeatFormat::Text => words::told(repeated).into_bytes(),
        RepeatFormat::Json => escape::json_text(repeated)?.into_bytes(),
    })
}
