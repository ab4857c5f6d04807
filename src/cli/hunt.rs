//! `hunt`: parses, plans, runs, reports. Everything is checked before anything is searched.

use std::{path::Path, sync::atomic::AtomicBool};

use anyhow::{Context, Result};
use backtrail::{
    archive::OwnFile,
    coverage::Coverage,
    engine::Engine,
    hunt::{self, Checkpoint, HuntSpec, Hunted, Options, Task, bundle::BundleOutput},
    sink::{self, FormatKind, Output, Sink},
    text::counted,
    verify::Keys,
};

use super::{
    args::{HuntArgs, RunArgs},
    bundle::Bundling,
    exit::Status,
    plan::{Plan, fill_defaults},
    progress::Bar,
    render::{self, Voice},
    resume,
    signal::interrupt,
    verify,
};

/// Rules whose findings are counted in the summary.
const RULES_SHOWN: usize = 10;

/// Runs the command.
pub(super) fn hunt(mut args: HuntArgs, voice: Voice) -> Result<Status> {
    // Before a message is written to one of them.
    let own_files = OwnFile::standard();
    fill_defaults(&mut args)?;
    let mut plan = Plan::new(&args, own_files, voice)?;
    let interrupt = interrupt(voice)?;
    let checkpoint = match &args.run.resume {
        Some(path) => match resume::open(path, &args.run, &mut plan, &interrupt, voice)? {
            Some(checkpoint) => Some(checkpoint),
            None => return Ok(Status::Interrupted),
        },
        None => None,
    };
    run(&args, plan, checkpoint.as_ref(), &interrupt, voice)
}

/// Runs the hunt and reports how it went.
fn run(
    args: &HuntArgs,
    mut plan: Plan,
    checkpoint: Option<&Checkpoint>,
    interrupt: &AtomicBool,
    voice: Voice,
) -> Result<Status> {
    let resumes = checkpoint.is_some_and(Checkpoint::resumes);
    let (findings, coverage) = open_outputs(&plan.spec, &args.run, checkpoint)?;
    let created = [Some(&findings), coverage.as_ref()].into_iter().flatten();
    plan.listing.own_files.extend(created.filter_map(Output::created).map(OwnFile::created));
    let mut bundling = Bundling::begin(&plan, resumes)?;
    let options = options(args, &plan, interrupt, voice)?;
    let bar = Bar::new(args.run.progress, voice)?;
    let sink = bar.beside(Box::new(findings));
    let BundleOutput { format, sink } = match &mut bundling {
        Some(bundling) => bundling.output(&plan, sink)?,
        None => BundleOutput { format: sink::format(plan.spec.output.format, plan.style), sink },
    };
    voice.detail(&format!(
        "hunting with {} rules on {} threads",
        plan.rules.rules.len(),
        options.threads
    ));
    let engine = Engine::compile(&plan.rules.rules);
    let task =
        Task { rules: &plan.rules, engine: &engine, format: &*format, progress: &bar, interrupt };
    let ran = hunt::run(options, task, sink, checkpoint);
    bar.clear();
    let hunted = ran.context("cannot hunt")?;
    report(&hunted, &plan.spec, voice);
    resume::report(&args.run, &hunted, resumes, voice);
    let covered = coverage.is_none_or(|output| write_coverage(output, &hunted.coverage, &args.run));
    let bundled = bundling.is_none_or(|bundling| bundling.end(&hunted, voice));
    let fail_on = args.run.fail_on.map(|level| level.0);
    Ok(Status::of_hunt(&hunted, covered && bundled, fail_on))
}

/// The options of this run, with the digests to verify against.
fn options(args: &HuntArgs, plan: &Plan, interrupt: &AtomicBool, voice: Voice) -> Result<Options> {
    let mut keys = Keys::default();
    for (path, text) in &plan.keys {
        keys.add(text).with_context(|| format!("--keys {}", path.display()))?;
    }
    let mut options = Options {
        spec: plan.spec.clone(),
        listing: plan.listing.clone(),
        threads: args.run.work.threads(),
        access: args.run.work.access.0,
        command: args.command(),
        ..Options::over(plan.inputs.clone())
    };
    if plan.spec.verify {
        options.evidence = Some(verify::evidence(&options, &keys, interrupt, voice)?);
    }
    Ok(options)
}

/// Opens the files for findings and coverage. A hunt that is resumed replaces its own.
fn open_outputs(
    spec: &HuntSpec,
    run: &RunArgs,
    checkpoint: Option<&Checkpoint>,
) -> Result<(Output, Option<Output>)> {
    let resumed = checkpoint.filter(|checkpoint| checkpoint.resumes());
    let open = |path: &Path, own: bool| {
        if run.force || own { Output::replacing(path) } else { Output::file(path) }
    };
    let findings = match spec.output.output.as_deref() {
        Some(path) if path != Path::new("-") => {
            open(path, resumed.is_some()).context("--output")?
        }
        _ => Output::stdout(),
    };
    let coverage = run.coverage.as_deref().map(|path| {
        let own = resumed.is_some_and(|checkpoint| resume::wrote_coverage(checkpoint, path));
        open(path, own).context("--coverage")
    });
    Ok((findings, coverage.transpose()?))
}

/// Writes the coverage report; `false` if that failed.
fn write_coverage(output: Output, coverage: &Coverage, args: &RunArgs) -> bool {
    let mut output: Box<dyn Sink> = Box::new(output);
    let written = sink::stream(&mut *output, |out| coverage.write_json(out));
    let written = written.and_then(|()| output.finish());
    if let Err(error) = written {
        let path = args.coverage.as_deref().unwrap_or(Path::new(""));
        let error = anyhow::Error::new(error).context(format!("--coverage {}", path.display()));
        render::error(error.as_ref());
        return false;
    }
    true
}

/// Reports on standard error how the hunt went.
fn report(hunted: &Hunted, spec: &HuntSpec, voice: Voice) {
    // A table ends with the first line of the summary, which a terminal would show twice.
    let is_shown = spec.output.format == FormatKind::Table && spec.output.output.is_none();
    let shown = usize::from(is_shown && hunted.failure.is_none());
    for (at, line) in hunted.coverage.summary_lines().iter().enumerate().skip(shown) {
        voice.note(line);
        // A table on standard output has the counts already.
        if at == 1 && shown == 0 {
            for line in hunted.coverage.findings_by_rule(RULES_SHOWN) {
                voice.note(&line);
            }
        }
    }
    if hunted.links_not_followed > 0 {
        let links = counted(hunted.links_not_followed, "link");
        voice.note(&format!("Skipped {links} to folders; --follow follows them."));
    }
    render::warn_without_files(hunted);
    if let Some(failure) = &hunted.failure {
        render::error(failure);
    }
    if let Some(kept) = &hunted.kept {
        render::warn(&format!("partial findings kept in {}", kept.display()));
    }
}
