//! `repeat`: checks a run bundle, repeats its hunt, and compares.

pub(super) mod args;
mod words;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use args::{RepeatArgs, RepeatFormat};
use backtrail::{
    archive::{Input, ListOptions, OwnFile, missing},
    coverage::Tool,
    engine::Engine,
    hunt::{
        self, Options, Task,
        bundle::{Bundle, CoverageCompared, FindingsCompared, RuleNow},
    },
    sink::{self, FormatKind},
    text::escape,
    verify::Keys,
};
use serde::Serialize;

use super::{
    exit::Status,
    inputs::globs,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
    signal::interrupt,
    verify,
};

/// How the repeated hunt compares with that of the bundle.
#[derive(Debug, Serialize)]
struct Comparison {
    /// `same`, `findings-differ` or `files-differ`.
    conclusion: &'static str,
    /// When the hunt of the bundle began.
    started: String,
    /// SHA-256 of the manifest of the bundle.
    manifest_sha256: String,
    /// What is in the folder of the bundle and is not part of it.
    added_to_bundle: Vec<String>,
    hunted_with: Tool,
    repeated_with: Tool,
    findings: FindingsCompared,
    coverage: CoverageCompared,
    /// Rules that are no longer the same where they came from. Those of the bundle ran.
    rules_changed_since: Vec<RuleNow>,
}

/// Runs the command.
pub(super) fn repeat(args: &RepeatArgs, voice: Voice) -> Result<Status> {
    let own_files = OwnFile::standard();
    let context = || format!("cannot repeat {}", args.bundle.display());
    let bundle = Bundle::open(&args.bundle).with_context(context)?;
    let inputs = inputs(&bundle, &args.inputs)?;
    let rules = bundle.rules().with_context(context)?;
    let outputs = Outputs::standard();
    outputs.inputs(&inputs)?;
    let interrupt = interrupt(voice)?;
    let spec = bundle.hunt().spec.clone();
    let exclude = globs(&spec.input.exclude)?;
    let listing = ListOptions { follow: spec.input.follow, exclude, own_files };
    outputs.found(&inputs, &listing)?;
    let mut options = Options {
        listing,
        spec,
        threads: args.work.threads(),
        access: args.work.access.0,
        ..Options::over(inputs)
    };
    if options.spec.verify {
        let mut keys = Keys::default();
        for text in bundle.keys().with_context(context)? {
            keys.add(&text).with_context(context)?;
        }
        options.evidence = Some(verify::evidence(&options, &keys, &interrupt, voice)?);
    }
    let comparing = bundle.comparing().with_context(context)?;
    let bar = Bar::new(args.progress, voice)?;
    let task = Task {
        rules: &rules,
        engine: &Engine::compile(&rules.rules),
        format: &*sink::format(FormatKind::Ndjson, render::table_style(false)),
        progress: &bar,
        interrupt: &interrupt,
    };
    let ran = hunt::run(options, task, bar.beside(comparing.sink()), None);
    bar.clear();
    let hunted = ran.with_context(context)?;
    if hunted.coverage.interrupted {
        render::warn("interrupted: nothing was compared");
        return Ok(Status::Interrupted);
    }
    if let Some(failure) = hunted.failure {
        return Err(failure).with_context(context);
    }
    voice.note(&hunted.coverage.searched());
    let findings = comparing.conclude().with_context(context)?;
    let coverage = CoverageCompared::new(&bundle, &hunted.coverage).with_context(context)?;
    let status = Status::of_repeat(&findings, &coverage);
    let repeated = Comparison {
        conclusion: conclusion(status),
        started: bundle.started().to_owned(),
        manifest_sha256: bundle.manifest_sha256().to_owned(),
        added_to_bundle: bundle.added().to_vec(),
        hunted_with: bundle.tool().clone(),
        repeated_with: Tool::default(),
        findings,
        coverage,
        rules_changed_since: bundle.rules_now(),
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

/// The inputs of the bundle where they are now. Those that were named must be there.
fn inputs(bundle: &Bundle, moved: &[PathBuf]) -> Result<Vec<Input>> {
    let inputs = bundle.inputs(moved).with_context(|| {
        format!(
            "--inputs: {} given, and the bundle has {}; give one place for each input, in their order ({})",
            moved.len(),
            bundle.hunt().inputs().count(),
            words::first_inputs(bundle),
        )
    })?;
    let named = bundle.hunt().spec.input.paths.len();
    if let Some(path) = missing(&inputs[..named.min(inputs.len())]).first() {
        ensure!(moved.is_empty(), "--inputs {}: no such file or folder", path.display());
        anyhow::bail!(
            "{}: no such file or folder; if the files were moved, name their place with --inputs",
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
