//! `hunt --resume`: what must be the same when a hunt goes on, and what is said of it.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, ensure};
use backtrail::{
    archive::{Input, ListOptions},
    hunt::{
        HuntError, Hunted, Journal,
        journal::{Asked, JournalError},
        record::PathText,
    },
    ruleset::RuleSet,
    sink::{Destination, FormatKind, TableStyle},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    args::HuntArgs,
    record::place,
    render::{self, Voice},
    values::parse_placeholders,
};

/// What a hunt reads, how it shows it, and where that goes.
pub(super) struct Plan<'p> {
    pub(super) rules: &'p RuleSet,
    pub(super) inputs: &'p [Input],
    /// How many of the inputs were named; the others came from a list.
    pub(super) named: usize,
    pub(super) listing: &'p ListOptions,
    pub(super) kind: FormatKind,
}

/// Opens the state that was asked for, and tells if the hunt goes on from it. The style of tables stays
/// what it was. Nothing if none was asked for, or if the user interrupted the listing.
pub(super) fn open(
    args: &HuntArgs,
    plan: &Plan<'_>,
    style: &mut TableStyle,
    interrupt: &AtomicBool,
    voice: Voice,
) -> Result<Option<Journal>> {
    let Some(path) = &args.output.resume else { return Ok(None) };
    let output = args.output.output.as_deref().filter(|path| *path != Path::new("-"));
    let output = output.map(Destination::of).transpose();
    ensure!(
        matches!(output.context("--output")?, Some(Destination::File { .. })),
        "--resume needs a file for the findings: what went into a pipe or a device cannot be written again"
    );
    let coverage = args.output.coverage.as_deref().map(PathText::from);
    let kept = json!({
        "color": style.color, "width": style.width, "unicode": style.unicode, "coverage": coverage,
    });
    let asked = Asked::new(same(args, plan)?, kept);
    let stop = || interrupt.load(Ordering::Relaxed);
    let journal = match Journal::open(path, asked, plan.inputs, plan.listing, &stop) {
        Err(JournalError::Interrupted) => return Ok(None),
        opened => opened.context("--resume")?,
    };
    restyle(&journal.asked().kept, style);
    if journal.goes_on() {
        // Fractions of a second tell nobody anything.
        let began = journal.asked().started.split(['.', 'Z']).next().unwrap_or_default();
        voice.note(&format!("going on with the hunt that began at {began}Z"));
    }
    if journal.touched() > 0 {
        voice.note(&format!(
            "{} of the files have the size and time they had, but their attributes were changed since",
            journal.touched()
        ));
    }
    Ok(Some(journal))
}

/// Whether the coverage report at that path is that of the hunt which is resumed.
pub(super) fn wrote_coverage(journal: &Journal, path: &Path) -> bool {
    journal.asked().kept["coverage"] == json!(PathText::from(path))
}

/// Tells what came of it.
pub(super) fn tell(args: &HuntArgs, hunted: &Hunted, goes_on: bool, voice: Voice) {
    let Some(path) = &args.output.resume else { return };
    if hunted.failure.as_ref().is_some_and(HuntError::is_void) {
        // There is nothing in it to resume from, and other options are what is needed next.
        if !goes_on && let Err(error) = fs::remove_file(path) {
            render::warn(&format!("cannot remove {}: {error}", path.display()));
        }
        return;
    }
    if hunted.before > 0 {
        voice.note(&format!("{} of the files had been gone through before.", hunted.before));
    }
    if hunted.coverage.interrupted || hunted.failure.is_some() {
        voice.note(&format!("the same command goes on from {}", path.display()));
    }
}

fn restyle(kept: &Value, style: &mut TableStyle) {
    let flag = |name: &str, or: bool| kept[name].as_bool().unwrap_or(or);
    let width = kept["width"].as_u64().and_then(|width| usize::try_from(width).ok());
    style.color = flag("color", style.color);
    style.unicode = flag("unicode", style.unicode);
    style.width = width.unwrap_or(style.width);
}

/// Everything that says what is found and how it is written, by its name on the command line. How the
/// work is done (threads, access) and what is only told (progress, coverage) may change.
fn same(args: &HuntArgs, plan: &Plan<'_>) -> Result<BTreeMap<String, Value>> {
    let text = |path: &Path| json!(PathText::from(path));
    let option = |path: &Option<PathBuf>| path.as_deref().map(text);
    let (named, listed) = plan.inputs.split_at(plan.named.min(plan.inputs.len()));
    let HuntArgs { input, bounds, output, work, rules, .. } = args;
    let same = [
        (
            "the list of paths",
            json!(named.iter().map(|input| place(input).map(text)).collect::<Vec<_>>()),
        ),
        ("--files-from", json!(input.files_from.as_ref().map(|_| hash_of(listed)))),
        ("--follow", json!(input.follow)),
        ("--exclude", json!(input.exclude)),
        ("--rules", json!(rules.rules.iter().map(|path| text(path)).collect::<Vec<_>>())),
        ("the rules", hashes(plan.rules.files.iter().map(|file| (&*file.name, &*file.sha256)))),
        ("--rule", json!(rules.rule)),
        ("--exclude-rule", json!(rules.exclude_rule)),
        ("--level", json!(rules.level.map(|level| level.0))),
        ("--placeholder", json!(parse_placeholders(&rules.placeholder)?)),
        ("--skip-bad-rules", json!(args.skip_bad_rules)),
        ("--from", json!(bounds.from.map(|time| time.to_string()))),
        ("--to", json!(bounds.to.map(|time| time.to_string()))),
        ("--late-days", json!(bounds.late_days)),
        ("--account", json!(bounds.account)),
        ("--region", json!(bounds.region)),
        ("--verify", json!(args.verify)),
        ("--keys", keys(&args.keys)?),
        ("--format", json!(format!("{:?}", plan.kind).to_ascii_lowercase())),
        ("--output", json!(option(&output.output))),
        ("--events", json!(output.events)),
        ("--record", json!(option(&output.record))),
        ("--coverage-detail", json!(output.coverage_detail.0)),
        ("--duplicates", json!(output.duplicates.0)),
        ("--sort", json!(output.sort.0)),
        ("--limit", json!(output.limit)),
        ("--max-inflated", json!(work.max_inflated)),
        ("--no-prefilter", json!(args.no_prefilter)),
    ];
    Ok(same.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A list of names may be long.
fn hash_of(inputs: &[Input]) -> String {
    let mut hash = Sha256::new();
    for path in inputs.iter().filter_map(place) {
        let bytes = path.as_os_str().as_encoded_bytes();
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

fn hashes<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> Value {
    Value::Object(files.map(|(name, sha256)| (name.to_owned(), json!(sha256))).collect())
}

#[expect(clippy::disallowed_methods, reason = "the keys are named on the command line")]
fn keys(keys: &[PathBuf]) -> Result<Value> {
    let mut hashes = Map::new();
    for key in keys {
        let bytes = fs::read(key).with_context(|| format!("--keys {}", key.display()))?;
        hashes.insert(key.display().to_string(), json!(hex(&Sha256::digest(&bytes))));
    }
    Ok(Value::Object(hashes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
