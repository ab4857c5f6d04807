//! What a hunt needs before it can begin: options filled in, named files read, outputs checked.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use backtrail::{
    archive::{Input, ListOptions, OwnFile},
    hunt::HuntSpec,
    ruleset::RuleSet,
    sigma::Placeholders,
    sink::TableStyle,
    verify::Keys,
};

use super::{
    args::HuntArgs,
    format,
    inputs::{globs, inputs, refuse_what_comes_once},
    outputs::{self, Outputs},
    render::{self, Voice},
    rules,
    values::{parse_placeholders, placeholder_file},
};

/// Fills in the defaults that depend on the machine, the terminal or other options.
pub(super) fn fill_defaults(args: &mut HuntArgs) -> Result<()> {
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
    pub(super) fn new(args: &HuntArgs, own_files: Vec<OwnFile>, voice: Voice) -> Result<Self> {
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
