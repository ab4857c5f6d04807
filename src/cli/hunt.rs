//! `hunt`: everything is checked before anything is read, then told as it was done.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use backtrail::{
    archive::{Input, ListOptions, OwnFile, missing, read_names},
    coverage::Coverage,
    engine::Engine,
    hunt::{self, Bounds, HuntError, Hunted, Journal, Options, record::Beside},
    ruleset::RuleSet,
    sink::{self, FormatKind, Output, Sink},
    text::counted,
};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::{Value, json};

use super::{
    args::{BoundArgs, HuntArgs, InputArgs, RuleArgs, WorkArgs},
    exit::Status,
    format,
    outputs::{self, Outputs},
    progress::Bar,
    record::{self, Recording},
    render::{self, Voice},
    resume::{self, Plan},
    rules,
    values::placeholder_file,
    verify,
};

/// Rules whose findings are counted in the summary.
const RULES_SHOWN: usize = 10;

/// Runs the command.
pub(super) fn hunt(mut args: HuntArgs, voice: Voice) -> Result<Status> {
    // Before a message is written to one of them.
    let own_files = OwnFile::standard();
    check_bounds(&args.bounds)?;
    let exclude = globs(&args.input.exclude)?;
    let rules = usable_rules(&args.rules, args.skip_bad_rules, voice)?;
    // Without a rule a hunt only makes sense for its coverage, and fails all the same.
    if args.output.coverage.is_none() {
        ensure_rules(&rules)?;
    }
    let kind = format::chosen(&args.output)?;
    let command = resolved(&args, kind);
    let named = args.input.paths.len();
    let inputs = inputs(&mut args.input)?;
    record::refuse_what_comes_once(&args, &inputs)?;
    let keys = verify::keys(&args.keys)?;
    let mut listing = ListOptions { follow: args.input.follow, exclude, own_files };
    let outputs = refuse_written_inputs(&args, &inputs, &listing)?;
    listing.own_files.extend(outputs.descriptors());

    let interrupt = interrupt(voice)?;
    let mut style = render::table_style(args.output.events);
    style.color &= args.output.output.is_none() || render::is_color_forced();
    let plan = Plan { rules: &rules, inputs: &inputs, named, listing: &listing, kind };
    let journal = resume::open(&args, &plan, &mut style, &interrupt, voice)?;
    if journal.is_none() && args.output.resume.is_some() {
        return Ok(Status::Interrupted);
    }
    let (findings, coverage) = open_outputs(&args, journal.as_ref())?;
    let created = [Some(&findings), coverage.as_ref()].into_iter().flatten();
    listing.own_files.extend(created.filter_map(Output::created).map(OwnFile::created));
    let wanted = args.output.record.is_some();
    let asked = wanted.then(|| record::asked(&args, &inputs, named)).transpose()?;
    let goes_on = journal.as_ref().is_some_and(Journal::goes_on);
    let recording = Recording::begin(&args, &rules, asked.as_ref(), goes_on)?;
    let mut options = Options {
        inputs,
        listing,
        bounds: bounds(&args.bounds),
        sample: None,
        threads: threads(&args.work),
        access: args.work.access.0,
        max_inflated: args.work.max_inflated,
        no_prefilter: args.no_prefilter,
        detail: args.output.coverage_detail.0,
        hash_files: recording.is_some(),
        duplicates: args.output.duplicates.0,
        sort: args.output.sort.0,
        evidence: None,
        limit: args.output.limit,
        memory: hunt::Memory(args.memory),
        journal,
        command,
    };
    if args.verify {
        options.evidence = Some(verify::evidence(&options, &keys, &interrupt, voice)?);
    }
    let engine = Engine::compile(&rules.rules);
    let bar = Bar::new(args.output.progress, voice)?;
    let sink = bar.beside(Box::new(findings));
    let (beside, recording) = match recording {
        Some(mut recording) => (recording.beside(kind, style, sink)?, Some(recording)),
        None => (Beside { format: sink::format(kind, style), sink }, None),
    };
    voice.detail(&format!(
        "hunting with {} rules on {} threads",
        rules.rules.len(),
        options.threads
    ));
    let ran = hunt::run(options, &rules, &engine, &*beside.format, beside.sink, &bar, &interrupt);
    bar.clear();
    let hunted = ran.context("cannot hunt")?;
    // A table ends with the first line of the summary; on a terminal it would stand there twice.
    let shown = kind == FormatKind::Table && args.output.output.is_none();
    tell(&hunted, voice, usize::from(shown && hunted.failure.is_none()));
    resume::tell(&args, &hunted, goes_on, voice);
    let told = coverage.is_none_or(|output| write_coverage(output, &hunted.coverage, &args));
    let recorded =
        recording.zip(asked).is_none_or(|(recording, asked)| recording.end(asked, &hunted, voice));
    let told = told && recorded;
    Ok(Status::of_hunt(&hunted, told, args.output.fail_on.map(|level| level.0)))
}

pub(super) fn check_bounds(bounds: &BoundArgs) -> Result<()> {
    if let (Some(from), Some(to)) = (bounds.from, bounds.to) {
        ensure!(from < to, "--from must be before --to: {from} is not before {to}");
    }
    Ok(())
}

/// The bounds as the library takes them.
pub(super) fn bounds(args: &BoundArgs) -> Bounds {
    Bounds {
        from: args.from,
        to: args.to,
        late_days: args.late_days,
        accounts: args.account.clone(),
        regions: args.region.clone(),
    }
}

pub(super) fn globs(globs: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob).with_context(|| format!("--exclude {glob}"))?);
    }
    Ok(set.build()?)
}

/// Loads the rules and tells what is wrong with them or does not run.
pub(super) fn usable_rules(args: &RuleArgs, skip_bad: bool, voice: Voice) -> Result<RuleSet> {
    let rules = rules::load(args, &[])?;
    rules::report_problems(&rules, skip_bad, voice)?;
    Ok(rules)
}

/// Refuses to hunt without a rule that runs.
pub(super) fn ensure_rules(rules: &RuleSet) -> Result<()> {
    rules.why_none_runs().map_or(Ok(()), |why| Err(HuntError::NoRule(why).into()))
}

/// What to search. Names on the command line must exist; those of a list may be gone, and then
/// count as failed files.
pub(super) fn inputs(args: &mut InputArgs) -> Result<Vec<Input>> {
    let dash = Path::new("-");
    if args.paths.is_empty() && args.files_from.is_none() {
        bail!("no input: name files or folders, - for standard input, or --files-from FILE");
    }
    let stdins = args.paths.iter().chain(&args.files_from).filter(|path| *path == dash).count();
    ensure!(stdins < 2, "- (standard input) can be named only once");
    let named = args.paths.drain(..);
    let mut inputs: Vec<_> =
        named.map(|path| if path == dash { Input::Stdin } else { Input::Path(path) }).collect();
    if let Some(path) = missing(&inputs).first() {
        bail!("{}", no_such_input(path));
    }
    if let Some(list) = &args.files_from {
        let told = || format!("--files-from {}: cannot read the names", list.display());
        inputs.append(&mut names(list, args.null).with_context(told)?);
    }
    Ok(inputs)
}

/// Why an input that is not there cannot be searched.
fn no_such_input(path: &Path) -> String {
    let name = path.display().to_string();
    let is =
        |scheme: &str| name.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    if is("s3://") {
        format!("S3 is not read directly: aws s3 sync {name} logs/")
    } else if is("http://") || is("https://") || is("gs://") || is("az://") || is("abfs://") {
        format!("{name}: only local files are read; download it first")
    } else {
        format!("{name}: no such file or folder")
    }
}

#[expect(clippy::disallowed_methods, reason = "the list is named on the command line")]
fn names(list: &Path, nul: bool) -> io::Result<Vec<Input>> {
    if list == Path::new("-") {
        read_names(io::stdin().lock(), nul)
    } else {
        read_names(File::open(list)?, nul)
    }
}

/// Compares everything that the hunt writes with everything it reads, before anything is created.
fn refuse_written_inputs(
    args: &HuntArgs,
    inputs: &[Input],
    listing: &ListOptions,
) -> Result<Outputs> {
    let mut outputs = Outputs::standard();
    let HuntArgs { input, rules, output, keys, .. } = args;
    let findings = output.output.as_deref().filter(|path| *path != Path::new("-"));
    outputs.file("--output", findings)?;
    outputs.file("--coverage", output.coverage.as_deref())?;
    outputs.folder("--record", output.record.as_deref())?;
    if let Some(state) = &output.resume {
        outputs.in_place(format!("--resume {}", state.display()), state)?;
    }
    outputs.inputs(inputs)?;
    match &input.files_from {
        Some(list) if list == Path::new("-") => outputs.standard_input("--files-from -")?,
        Some(list) => outputs.file_read("--files-from", list)?,
        None => {}
    }
    for path in keys {
        outputs.file_read("--keys", path)?;
    }
    for path in rules::rule_files(rules)? {
        outputs.file_read("the rule file", &path)?;
    }
    for path in rules.placeholder.iter().filter_map(|given| placeholder_file(given)) {
        outputs.file_read("--placeholder", path)?;
    }
    outputs.found(inputs, listing)?;
    // Whether a hunt that is resumed wrote what is there, its state tells.
    let resumes = output.resume.as_deref().map(outputs::is_not_empty).transpose()? == Some(true);
    if !output.force && !resumes {
        outputs.refuse_existing()?;
    }
    Ok(outputs)
}

/// Opens the files for findings and coverage. A hunt that is resumed replaces its own.
fn open_outputs(args: &HuntArgs, journal: Option<&Journal>) -> Result<(Output, Option<Output>)> {
    let force = args.output.force;
    let resumed = journal.is_some_and(Journal::goes_on);
    let open = |path, replace| if replace { Output::replacing(path) } else { Output::file(path) };
    let findings = match &args.output.output {
        Some(path) if path != Path::new("-") => open(path, force || resumed).context("--output")?,
        _ => Output::stdout(),
    };
    let coverage = args.output.coverage.as_ref().map(|path| {
        let own = resumed && journal.is_some_and(|journal| resume::wrote_coverage(journal, path));
        open(path, force || own).context("--coverage")
    });
    Ok((findings, coverage.transpose()?))
}

pub(super) fn threads(args: &WorkArgs) -> NonZeroUsize {
    args.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// Ends the hunt in good order on the first signal, and at once on the second.
pub(super) fn interrupt(voice: Voice) -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            #[expect(
                clippy::exit,
                reason = "who asks twice does not want to wait for a file that may never end"
            )]
            std::process::exit(Status::Interrupted.code().into());
        }
        voice.note("interrupted: finishing files in progress; press Ctrl-C again to abort");
    })
    .context("cannot handle signals")?;
    Ok(flag)
}

/// Writes the coverage record; whether that was possible.
fn write_coverage(output: Output, coverage: &Coverage, args: &HuntArgs) -> bool {
    let mut output: Box<dyn Sink> = Box::new(output);
    let written = sink::stream(&mut *output, |out| coverage.write_json(out));
    let written = written.and_then(|()| output.finish());
    if let Err(error) = written {
        let path = args.output.coverage.as_deref().unwrap_or(Path::new(""));
        let told = anyhow::Error::new(error).context(format!("--coverage {}", path.display()));
        render::error(told.as_ref());
        return false;
    }
    true
}

/// Tells how it went, on standard error, but for the first `shown` lines.
fn tell(hunted: &Hunted, voice: Voice, shown: usize) {
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

/// The options as resolved, for the coverage record, by their names on the command line.
fn resolved(args: &HuntArgs, format: FormatKind) -> BTreeMap<String, Value> {
    let text = |path: &PathBuf| path.display().to_string();
    let texts = |paths: &[PathBuf]| paths.iter().map(text).collect::<Vec<_>>();
    let rules = match texts(&args.rules.rules) {
        none if none.is_empty() => vec!["builtin".to_owned()],
        rules => rules,
    };
    let HuntArgs { input, bounds, output, work, .. } = args;
    let options = [
        ("paths", json!(texts(&input.paths))),
        ("files_from", json!(input.files_from.as_ref().map(text))),
        ("null", json!(input.null)),
        ("follow", json!(input.follow)),
        ("exclude", json!(input.exclude)),
        ("rules", json!(rules)),
        ("rule", json!(args.rules.rule)),
        ("exclude_rule", json!(args.rules.exclude_rule)),
        ("level", json!(args.rules.level.map(|level| level.0))),
        ("placeholder", json!(args.rules.placeholder)),
        ("skip_bad_rules", json!(args.skip_bad_rules)),
        ("from", json!(bounds.from.map(|time| time.to_string()))),
        ("to", json!(bounds.to.map(|time| time.to_string()))),
        ("late_days", json!(bounds.late_days)),
        ("account", json!(bounds.account)),
        ("region", json!(bounds.region)),
        ("verify", json!(args.verify)),
        ("keys", json!(texts(&args.keys))),
        ("format", json!(format!("{format:?}").to_ascii_lowercase())),
        ("output", json!(output.output.as_ref().map(text))),
        ("force", json!(output.force)),
        ("events", json!(output.events)),
        ("coverage", json!(output.coverage.as_ref().map(text))),
        ("record", json!(output.record.as_ref().map(text))),
        ("resume", json!(output.resume.as_ref().map(text))),
        ("coverage_detail", json!(output.coverage_detail.0)),
        ("duplicates", json!(output.duplicates.0)),
        ("sort", json!(output.sort.0)),
        ("limit", json!(output.limit)),
        ("fail_on", json!(output.fail_on.map(|level| level.0))),
        ("threads", json!(threads(work))),
        ("access", json!(format!("{:?}", work.access.0).to_ascii_lowercase())),
        ("max_inflated", json!(work.max_inflated)),
        ("memory", json!(args.memory)),
        ("no_prefilter", json!(args.no_prefilter)),
    ];
    options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
