//! `verify`: which files are exactly what AWS delivered, and what is missing.

pub(super) mod args;
mod table;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::{Context, Result, ensure};
use args::{VerifyArgs, VerifyFormat};
use backtrail::{
    hunt,
    sink::{Output, Sink, SinkError},
    source::{Input, ListOptions, OwnFile},
    text::escape,
    verify::{self, Evidence, Keys, Options, Report, Row, Scope, Watch},
};
use serde_json::json;

use super::{
    exit::Status,
    hunt as hunting,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
};

/// Runs the command.
pub(super) fn verify(mut args: VerifyArgs, voice: Voice) -> Result<Status> {
    let own_files = OwnFile::standard();
    if let (Some(from), Some(to)) = (args.from, args.to) {
        ensure!(from < to, "--from {from} is not before --to {to}: nothing lies between them");
    }
    let exclude = hunting::globs(&args.input.exclude)?;
    let keys = keys(&args.keys)?;
    if args.keys.is_empty() {
        render::warn("without --keys no signature can be checked, and nothing is proved");
    }
    let inputs = hunting::inputs(&mut args.input)?;
    let mut listing = ListOptions { follow: args.input.follow, exclude, own_files };
    let outputs = refuse_written_inputs(&args, &inputs, &listing)?;
    listing.own_files.extend(outputs.descriptors());
    let output = match &args.output {
        Some(path) if path == Path::new("-") => Output::stdout(),
        Some(path) if args.force => Output::replacing(path).context("--output")?,
        Some(path) => Output::file(path).context("--output")?,
        None => Output::stdout(),
    };
    listing.own_files.extend(output.created().map(OwnFile::created));
    let options = Options {
        inputs,
        listing,
        scope: Scope {
            from: args.from,
            to: args.to,
            accounts: args.account.clone(),
            regions: args.region.clone(),
            trails: args.trail.clone(),
        },
        threads: hunting::threads(&args.work),
        access: args.work.access.0,
        max_inflated: args.work.max_inflated,
    };
    let interrupt = hunting::interrupt(voice)?;
    let bar = Bar::verifying(args.progress, voice)?;
    let ran = verify::run(&options, &keys, &bar, &interrupt);
    bar.clear();
    let report = ran.context("cannot verify")?;
    let closed = write(output, &rendered(&report, args.format)?)?;
    tell(&report, &args, voice);
    Ok(if closed { Status::Done } else { Status::of_verify(&report) })
}

/// Compares the report's file with everything that is read, before it is created.
fn refuse_written_inputs(
    args: &VerifyArgs,
    inputs: &[Input],
    listing: &ListOptions,
) -> Result<Outputs> {
    let mut outputs = Outputs::standard();
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    outputs.file("--output", output)?;
    outputs.inputs(inputs)?;
    match &args.input.files_from {
        Some(list) if list == Path::new("-") => outputs.standard_input("--files-from -")?,
        Some(list) => outputs.file_read("--files-from", list)?,
        None => {}
    }
    for path in &args.keys {
        outputs.file_read("--keys", path)?;
    }
    outputs.found(inputs, listing)?;
    if !args.force {
        outputs.refuse_existing()?;
    }
    Ok(outputs)
}

/// Nobody watches: digests are small.
struct Unwatched;

impl Watch for Unwatched {
    fn listed(&self) {}
    fn listing_done(&self) {}
    fn read(&self, _packed: u64, _inflated: u64) {}
}

/// The digests among the inputs of a hunt, judged.
pub(super) fn evidence(
    hunt: &hunt::Options,
    keys: &Keys,
    interrupt: &AtomicBool,
    voice: Voice,
) -> Result<Evidence> {
    let options = Options {
        inputs: hunt.inputs.clone(),
        listing: hunt.listing.clone(),
        scope: Scope {
            accounts: hunt.bounds.accounts.clone(),
            regions: hunt.bounds.regions.clone(),
            ..Scope::default()
        },
        threads: hunt.threads,
        access: hunt.access,
        max_inflated: hunt.max_inflated,
    };
    let evidence =
        Evidence::gather(&options, keys, &Unwatched, interrupt).context("cannot verify")?;
    if evidence.digests() == 0 {
        render::warn("--verify: there is no digest among the files, so every one is unlisted");
    }
    for told in evidence.doubts() {
        voice.note(&told);
    }
    Ok(evidence)
}

/// Reads key files. One that cannot be used is an error, before anything else is read.
#[expect(clippy::disallowed_methods, reason = "the files are named on the command line")]
pub(super) fn keys(files: &[PathBuf]) -> Result<Keys> {
    let mut keys = Keys::default();
    for file in files {
        let told = || format!("--keys {}", file.display());
        let text = fs::read(file).with_context(told)?;
        keys.add(&text).with_context(told)?;
    }
    Ok(keys)
}

fn rendered(report: &Report, format: VerifyFormat) -> Result<Vec<u8>> {
    Ok(match format {
        VerifyFormat::Text => table::drawn(report, render::table_style(false)).into_bytes(),
        VerifyFormat::Json => {
            let mut value = json!({
                "tool": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
                "told": words::conclusion(report),
            });
            if let (Some(all), serde_json::Value::Object(report)) =
                (value.as_object_mut(), serde_json::to_value(report)?)
            {
                all.extend(report);
            }
            escape::json_text(&value)?.into_bytes()
        }
        VerifyFormat::Csv => csv(&report.not_valid),
    })
}

/// What is not valid, a line each.
fn csv(rows: &[Row]) -> Vec<u8> {
    let mut text = b"kind,verdict,name,reason,digest\n".to_vec();
    for row in rows {
        let cells = [
            words::kind(row.kind),
            row.verdict.as_str(),
            &row.name,
            &row.reason,
            row.digest.as_deref().unwrap_or_default(),
        ];
        for (at, cell) in cells.into_iter().enumerate() {
            text.extend_from_slice(if at == 0 { b"" } else { b"," });
            escape::csv(cell, &mut text);
        }
        text.push(b'\n');
    }
    text
}

/// Writes the report; whether its reader went away.
fn write(output: Output, bytes: &[u8]) -> Result<bool> {
    let mut output: Box<dyn Sink> = Box::new(output);
    match output.write(bytes).and_then(|()| output.finish()) {
        Ok(()) => Ok(false),
        Err(SinkError::Closed) => Ok(true),
        Err(error) => Err(error).context("cannot write the report"),
    }
}

/// Tells on standard error what stands in no report that a person is looking at.
fn tell(report: &Report, args: &VerifyArgs, voice: Voice) {
    voice.note(&words::summary(report));
    if args.format != VerifyFormat::Text || args.output.is_some() {
        voice.note(&words::conclusion(report));
    }
    if report.links_not_followed > 0 {
        voice.note(&format!(
            "{} links to folders were not entered; --follow enters them",
            report.links_not_followed
        ));
    }
    if report.interrupted {
        render::warn("interrupted: what is told is of the files until then");
    }
}
