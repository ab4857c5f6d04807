//! `hunt`: parses, plans, runs, reports. Everything is checked before anything is searched.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::{Context, Result};
use backtrail::{
    coverage::Coverage,
    engine::Engine,
    hunt::{self, Checkpoint, HuntError, HuntSpec, Hunted, Options, Task, bundle::BundleOutput},
    ruleset::RuleSet,
    sigma::Placeholders,
    sink::{self, FormatKind, Output, Sink, TableStyle},
    source::{Input, ListOptions, OwnFile},
    text::counted,
    verify::Keys,
};

use super::{
    args::{HuntArgs, RunArgs},
    bundle::Bundling,
    exit::Status,
    format,
    inputs::{globs, inputs, refuse_what_comes_once},
    outputs::{self, Outputs},
    progress::Bar,
    render::{self, Voice},
    resume, rules,
    signal::interrupt,
    values::{parse_placeholders, placeholder_file},
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

/// Fills in the defaults that depend on the machine, the terminal or other options.
fn fill_defaults(args: &mut HuntArgs) -> Result<()> {
    args.spec.output.format = Some(format::chosen(&args.spec.output)?);
    args.run.work.threads = Some(args.run.work.threads());
    if args.spec.rules.rules.is_empty() {
        args.spec.rules.rules.push("builtin".into());
    }
    Ok(())
}

/// A hunt that was checked: the spec, and what the files that it names hold.
pub(super) struct Plan {
    pub(super) spec: HuntSpec,
    pub(super) rules: RuleSet,
    pub(super) placeholders: Placeholders,
    /// Files of public keys.
    pub(super) keys: Vec<(PathBuf, Vec<u8>)>,
    /// The named inputs, then those of a list.
    pub(super) inputs: Vec<Input>,
    pub(super) listing: ListOptions,
    pub(super) style: TableStyle,
}

impl Plan {
    /// Reads the files that options name, and refuses what cannot run. Nothing is created.
    fn new(args: &HuntArgs, own_files: Vec<OwnFile>, voice: Voice) -> Result<Self> {
        args.spec.bounds.check()?;
        let spec = args.spec.spec()?;
        let exclude = globs(&spec.input.exclude)?;
        let rules = rules::usable(&args.spec.rules, spec.skip_bad_rules, voice)?;
        // Without a rule a hunt is of use only for its coverage report, and fails all the same.
        if args.run.coverage.is_none() {
            rules::ensure_one_runs(&rules)?;
        }
        let inputs = inputs(&args.spec.input)?;
        refuse_what_comes_once(args, &inputs)?;
        let keys = key_files(&args.spec.keys)?;
        let mut listing = ListOptions { follow: spec.input.follow, exclude, own_files };
        let outputs = refuse_written_inputs(args, &inputs, &listing)?;
        listing.own_files.extend(outputs.descriptors());
        let mut style = render::table_style(spec.output.events);
        style.color &= spec.output.output.is_none() || render::is_color_forced();
        let placeholders = parse_placeholders(&spec.rules.placeholder)?;
        Ok(Self { spec, rules, placeholders, keys, inputs, listing, style })
    }

    /// The inputs of a list.
    pub(super) fn listed(&self) -> &[Input] {
        self.inputs.get(self.spec.input.paths.len()..).unwrap_or_default()
    }
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
    let engine = Engine::compile(&plan.rules);
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

/// Reads files of public keys, and refuses those that cannot be used.
#[expect(clippy::disallowed_methods, reason = "the keys are named on the command line")]
fn key_files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let read = |path: &PathBuf| {
        let option = || format!("--keys {}", path.display());
        let text = fs::read(path).with_context(option)?;
        Keys::default().add(&text).with_context(option)?;
        Ok((path.clone(), text))
    };
    paths.iter().map(read).collect()
}

/// Compares everything that the hunt writes with everything it reads, before anything is created.
fn refuse_written_inputs(
    args: &HuntArgs,
    inputs: &[Input],
    listing: &ListOptions,
) -> Result<Outputs> {
    let mut outputs = Outputs::standard();
    let HuntArgs { spec, run } = args;
    let findings = spec.output.output.as_deref().filter(|path| *path != Path::new("-"));
    outputs.file("--output", findings)?;
    outputs.file("--coverage", run.coverage.as_deref())?;
    outputs.folder("--bundle", spec.output.bundle.as_deref())?;
    if let Some(checkpoint) = &run.resume {
        outputs.in_place(format!("--resume {}", checkpoint.display()), checkpoint)?;
    }
    outputs.inputs(inputs)?;
    match &spec.input.files_from {
        Some(list) if list == Path::new("-") => outputs.standard_input("--files-from -")?,
        Some(list) => outputs.file_read("--files-from", list)?,
        None => {}
    }
    for path in &spec.keys {
        outputs.file_read("--keys", path)?;
    }
    for path in rules::rule_files(&spec.rules)? {
        outputs.file_read("the rule file", &path)?;
    }
    for path in spec.rules.placeholder.iter().filter_map(|given| placeholder_file(given)) {
        outputs.file_read("--placeholder", path)?;
    }
    outputs.found(inputs, listing)?;
    // The checkpoint says whether the hunt that is resumed wrote what is there.
    let resumes = run.resume.as_deref().map(outputs::is_not_empty).transpose()? == Some(true);
    if !run.force && !resumes {
        outputs.refuse_existing()?;
    }
    Ok(outputs)
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
    warn_without_files(hunted);
    if let Some(failure) = &hunted.failure {
        render::error(failure);
    }
    if let Some(kept) = &hunted.kept {
        render::warn(&format!("partial findings kept in {}", kept.display()));
    }
}

/// Warns about requested accounts and regions that no file has: they may be typing errors.
pub(super) fn warn_without_files(hunted: &Hunted) {
    if !hunted.failure.as_ref().is_some_and(HuntError::is_void) {
        hunted.without_files.iter().for_each(|message| render::warn(message));
    }
}
