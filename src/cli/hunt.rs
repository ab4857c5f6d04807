//! `hunt`: everything is checked before anything is read, then told as it was done.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, IsTerminal},
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
    coverage::Coverage,
    engine::Engine,
    hunt::{self, Bounds, Hunted, Journal, Options, record::Beside},
    ruleset::RuleSet,
    sink::{self, FormatKind, Output, Sink},
    source::{Input, ListOptions, missing, read_names},
};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::{Value, json};

use super::{
    args::{BoundArgs, HuntArgs, InputArgs, RuleArgs, WorkArgs},
    exit::Status,
    progress::Bar,
    record::{self, Recording},
    render::{self, Voice},
    resume::{self, Plan},
    rules, verify,
};

/// Runs the command.
pub(super) fn hunt(mut args: HuntArgs, voice: Voice) -> Result<Status> {
    check_bounds(&args.bounds)?;
    let exclude = globs(&args.input.exclude)?;
    let rules = usable_rules(&args.rules, args.skip_bad_rules, voice)?;
    let kind = args.output.format.map_or_else(|| default_format(&args), |format| format.0);
    let command = resolved(&args, kind);
    let named = args.input.paths.len();
    let inputs = inputs(&mut args.input)?;
    record::refuse_what_comes_once(&args, &inputs)?;
    let Outputs { findings, coverage, mut files } = Outputs::open(&args)?;

    let keys = verify::keys(&args.keys)?;
    record::make_folder(&args)?;
    let own = args.keys.iter().chain(&args.output.record).chain(&args.output.resume);
    files.extend(own.cloned().map(canonical));
    let listing = ListOptions { follow: args.input.follow, exclude, leave_out: files };
    let interrupt = interrupt(voice)?;
    let mut style = render::table_style(args.output.events);
    let plan = Plan {
        rules: &rules,
        inputs: &inputs,
        named,
        listing: &listing,
        kind,
        findings: &findings,
    };
    let journal = resume::open(&args, &plan, &mut style, &interrupt, voice)?;
    if journal.is_none() && args.output.resume.is_some() {
        return Ok(Status::Interrupted);
    }
    let wanted = args.output.record.is_some();
    let asked = wanted.then(|| record::asked(&args, &inputs, named, &listing)).transpose()?;
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
        held_matches: hunt::HELD_MATCHES,
        journal,
        command,
    };
    if args.verify {
        if args.keys.is_empty() {
            render::warn(
                "--verify without --keys: no signature can be checked, and nothing is proved",
            );
        }
        options.evidence = Some(verify::evidence(&options, &keys, &interrupt, voice)?);
    }
    let engine = Engine::compile(&rules);
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
    tell(&hunted, voice, usize::from(shown));
    resume::tell(&args, &hunted, voice);
    let told = coverage.is_none_or(|output| write_coverage(output, &hunted.coverage, &args));
    let recorded =
        recording.zip(asked).is_none_or(|(recording, asked)| recording.end(asked, &hunted, voice));
    let told = told && recorded;
    Ok(Status::of_hunt(&hunted, told, args.output.fail_on.map(|level| level.0)))
}

pub(super) fn check_bounds(bounds: &BoundArgs) -> Result<()> {
    if let (Some(from), Some(to)) = (bounds.from, bounds.to) {
        ensure!(from < to, "--from {from} is not before --to {to}: nothing lies between them");
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
    voice.problems(&rules);
    if rules.refused > 0 && !skip_bad {
        bail!(
            "{} of the rule documents cannot be run as written: correct them, or hunt without them with --skip-bad-rules",
            rules.refused
        );
    }
    for (reason, count) in rules.not_run_counts() {
        let told = rules::not_run_told(reason);
        voice.note(&format!("{count} of the rule documents not run: each {told}"));
    }
    if rules.rules.is_empty() && rules.correlations.is_empty() {
        render::warn("no rule applies, so nothing can be found; the files are read all the same");
    }
    Ok(rules)
}

fn default_format(args: &HuntArgs) -> FormatKind {
    let shown = args.output.output.is_none() && io::stdout().is_terminal();
    if shown { FormatKind::Table } else { FormatKind::Ndjson }
}

/// What to search. Names on the command line must exist; those of a list may be gone, and then
/// count as failed files.
pub(super) fn inputs(args: &mut InputArgs) -> Result<Vec<Input>> {
    let dash = Path::new("-");
    if args.paths.is_empty() && args.files_from.is_none() {
        bail!(
            "nothing to hunt through: give files or folders, - for standard input, or --files-from FILE"
        );
    }
    let stdins = args.paths.iter().chain(&args.files_from).filter(|path| *path == dash).count();
    ensure!(stdins < 2, "- is named twice, but there is only one standard input");
    let named = args.paths.drain(..);
    let mut inputs: Vec<_> =
        named.map(|path| if path == dash { Input::Stdin } else { Input::Path(path) }).collect();
    if let Some(path) = missing(&inputs).first() {
        bail!("{}: no such file or folder", path.display());
    }
    if let Some(list) = &args.files_from {
        let told = || format!("--files-from {}: cannot read the names", list.display());
        inputs.append(&mut names(list, args.null).with_context(told)?);
    }
    Ok(inputs)
}

#[expect(clippy::disallowed_methods, reason = "the list is named on the command line")]
fn names(list: &Path, nul: bool) -> io::Result<Vec<Input>> {
    if list == Path::new("-") {
        read_names(io::stdin().lock(), nul)
    } else {
        read_names(File::open(list)?, nul)
    }
}

/// Where findings and coverage go.
struct Outputs {
    findings: Output,
    coverage: Option<Output>,
    /// What the hunt itself writes, to be left out of its listing.
    files: Vec<PathBuf>,
}

impl Outputs {
    /// Opened before anything is read, so that a hunt of hours does not end in a typing error.
    fn open(args: &HuntArgs) -> Result<Self> {
        let [output, coverage] = [&args.output.output, &args.output.coverage];
        if let (Some(output), Some(coverage)) = (output, coverage) {
            ensure!(
                output != coverage,
                "--output and --coverage name the same file, {}",
                output.display()
            );
        }
        let findings = match output {
            Some(path) if path != Path::new("-") => Output::file(path).context("--output")?,
            _ => Output::stdout(),
        };
        let coverage =
            coverage.as_ref().map(|path| Output::file(path).context("--coverage")).transpose()?;
        let files = findings.files().into_iter().chain(coverage.iter().flat_map(Output::files));
        let files = files.map(canonical).collect();
        Ok(Self { findings, coverage, files })
    }
}

/// The path without links, also of a file that is not there yet.
#[expect(
    clippy::disallowed_methods,
    reason = "outputs are told apart from inputs by their true paths"
)]
pub(super) fn canonical(path: PathBuf) -> PathBuf {
    if let Ok(path) = fs::canonicalize(&path) {
        return path;
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
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
        voice.note("interrupted: files in flight are finished; a second signal ends at once");
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
    for line in hunted.coverage.summary_lines().into_iter().skip(shown) {
        voice.note(&line);
    }
    if hunted.links_not_followed > 0 {
        voice.note(&format!(
            "{} links to folders were not entered; --follow enters them",
            hunted.links_not_followed
        ));
    }
    if let Some(failure) = &hunted.failure {
        render::error(failure);
    }
    if let Some(kept) = &hunted.kept {
        render::warn(&format!("findings so far stay in {}", kept.display()));
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
        ("no_prefilter", json!(args.no_prefilter)),
    ];
    options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
