//! `hunt --resume`: opens the checkpoint, and reports what came of it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, ensure};
use backtrail::{
    hunt::{
        Checkpoint, HuntError, Hunted,
        checkpoint::{CheckpointError, FileHashes, Header},
        spec::PathText,
    },
    sink::Destination,
    text::{grouped, hex},
};
use sha2::{Digest, Sha256};

use super::{
    args::RunArgs,
    inputs,
    plan::Plan,
    render::{self, Voice},
    values::placeholder_file,
};

/// Opens the checkpoint at `path`; `None` if the user interrupted the listing. Tables keep the style
/// that they began with.
pub(super) fn open(
    path: &Path,
    args: &RunArgs,
    plan: &mut Plan,
    interrupt: &AtomicBool,
    voice: Voice,
) -> Result<Option<Checkpoint>> {
    let output = plan.spec.output.output.as_deref().filter(|path| *path != Path::new("-"));
    let output = output.map(Destination::of).transpose();
    ensure!(
        matches!(output.context("--output")?, Some(Destination::File { .. })),
        "--resume needs a file for the findings: what went into a pipe or a device cannot be written again"
    );
    let coverage = args.coverage.as_deref().map(PathText::from);
    let header = Header::new(plan.spec.clone(), file_hashes(plan), plan.style, coverage);
    let stop = || interrupt.load(Ordering::Relaxed);
    let checkpoint = match Checkpoint::open(path, header, &plan.inputs, &plan.listing, &stop) {
        Err(CheckpointError::Interrupted) => return Ok(None),
        opened => opened.context("--resume")?,
    };
    plan.style = checkpoint.header().style;
    if checkpoint.resumes() {
        // Fractions of a second are of no use here.
        let started = checkpoint.header().started.split(['.', 'Z']).next().unwrap_or_default();
        voice.note(&format!("resuming the hunt that began at {started}Z"));
    }
    if checkpoint.touched() > 0 {
        voice.note(&format!(
            "{} of the files have the same size and time as before, but their attributes were changed",
            grouped(checkpoint.touched())
        ));
    }
    Ok(Some(checkpoint))
}

/// Whether the coverage report at that path was written by the hunt that is resumed.
pub(super) fn wrote_coverage(checkpoint: &Checkpoint, path: &Path) -> bool {
    checkpoint.header().coverage.as_deref() == Some(path)
}

/// Reports how much was resumed, and how to continue if the hunt did not complete.
pub(super) fn report(args: &RunArgs, hunted: &Hunted, resumes: bool, voice: Voice) {
    let Some(path) = &args.resume else { return };
    if hunted.failure.as_ref().is_some_and(HuntError::is_void) {
        // There is nothing in it to resume from, and the next try has other options.
        if !resumes && let Err(error) = fs::remove_file(path) {
            render::warn(&format!("cannot remove {}: {error}", path.display()));
        }
        return;
    }
    if hunted.before > 0 {
        voice.note(&format!("{} of the files were already processed.", grouped(hunted.before)));
    }
    if hunted.coverage.interrupted || hunted.failure.is_some() {
        voice.note(&format!("the same command resumes from {}", path.display()));
    }
}

/// Hashes of the files that options name, as far as they decide what is found.
fn file_hashes(plan: &Plan) -> BTreeMap<String, FileHashes> {
    let rules = plan.rules.files.iter().map(|file| (file.name.clone(), file.sha256.clone()));
    let keys = plan.keys.iter().map(|(path, text)| (path.display().to_string(), hash([&**text])));
    let listed = plan.spec.input.files_from.as_deref().map(|list| {
        let names = plan.listed().iter().filter_map(inputs::name);
        (list.display().to_string(), hash(names.map(|name| name.as_os_str().as_bytes())))
    });
    let placeholders = plan.spec.rules.placeholder.iter().filter_map(|given| {
        let (name, _) = given.split_once('=')?;
        let values = plan.placeholders.get(name.trim_matches('%'))?;
        let file = placeholder_file(given)?.display().to_string();
        Some((file, hash(values.iter().map(String::as_bytes))))
    });
    [
        ("rules", rules.collect()),
        ("keys", keys.collect()),
        ("files_from", listed.into_iter().collect()),
        ("placeholder", placeholders.collect()),
    ]
    .map(|(option, files)| (option.to_owned(), files))
    .into()
}

/// A hash over `parts` and the lengths of each.
fn hash<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}
