//! `verify`: which files are exactly what AWS delivered, and what is missing.

pub(super) mod args;
mod table;
mod words;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::{Context, Result, anyhow, ensure};
use args::{VerifyArgs, VerifyFormat};
use backtrail::{
    archive::{Input, ListOptions, OwnFile},
    hunt,
    sink::{Output, Sink, SinkError},
    text::{counted, escape},
    verify::{self, Evidence, KeyRequest, Keys, Options, Report, Rows, Scope, VerifyError, Watch},
};
use serde::Serialize;

use super::{
    exit::Status,
    format, inputs,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
    signal,
};

/// Runs the command.
pub(super) fn verify(args: &VerifyArgs, voice: Voice) -> Result<Status> {
    let own_files = OwnFile::standard();
    if let (Some(from), Some(to)) = (args.from, args.to) {
        ensure!(from < to, "--from {from} is not before --to {to}: nothing lies between them");
    }
    let format = format::of_report(args)?;
    let exclude = inputs::globs(&args.input.exclude)?;
    let keys = keys(&args.keys)?;
    let inputs = inputs::inputs(&args.input)?;
    let mut listing = ListOptions { follow: args.input.follow, exclude, own_files };
    let outputs = refuse_written_inputs(args, &inputs, &listing)?;
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
        threads: args.work.threads(),
        access: args.work.access.0,
        max_inflated: args.text.max_inflated,
    };
    let interrupt = signal::interrupt(voice)?;
    let bar = Bar::verifying(args.progress, voice)?;
    let ran = verify::run(&options, &keys, &bar, &interrupt);
    bar.clear();
    let report = ran.map_err(|error| explained(error, &options))?;
    if args.keys.is_empty() {
        explain_keys("without --keys", &report.key_requests, voice);
    }
    let closed = write(output, &report, format)?;
    tell(&report, format != VerifyFormat::Text || args.output.is_some(), voice);
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

/// Says what is there instead if there is nothing to verify with.
fn explained(error: VerifyError, options: &Options) -> anyhow::Error {
    let VerifyError::NoDigests { files, out_of_scope } = error else {
        return anyhow::Error::new(error).context("cannot verify");
    };
    let place = shown(&options.inputs);
    if files == 0 {
        return anyhow!("{place} holds no files; nothing was verified");
    }
    if out_of_scope.is_empty() {
        return anyhow!("{}", no_digests(&place));
    }
    let there = out_of_scope.join(", ");
    let scope = &options.scope;
    let is_account =
        |account: &&String| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if let Some(odd) = scope.accounts.iter().find(|account| !is_account(account)) {
        return anyhow!("{odd:?} is not a 12-digit account ID; there are digests of {there}");
    }
    let mut bounds: Vec<_> =
        [("account", &scope.accounts), ("region", &scope.regions), ("trail", &scope.trails)]
            .into_iter()
            .filter(|(_, chosen)| !chosen.is_empty())
            .map(|(what, chosen)| format!("{what} {}", chosen.join(", ")))
            .collect();
    if scope.from.is_some() || scope.to.is_some() {
        bounds.push("this time".to_owned());
    }
    anyhow!("no digest in {place} is of {}; there are digests of {there}", bounds.join(" and "))
}

/// The line for a folder without digests.
fn no_digests(place: &str) -> String {
    format!(
        "no digest files found in {place}; log file validation was off, or CloudTrail-Digest/ was \
         not copied"
    )
}

/// The inputs by name, as they were given.
fn shown(inputs: &[Input]) -> String {
    const MOST: usize = 3;
    let name = |input: &Input| match input {
        Input::Path(path) => path.display().to_string(),
        Input::Moved { name, .. } => name.display().to_string(),
        Input::Stdin => "standard input".to_owned(),
    };
    let mut names: Vec<_> = inputs.iter().take(MOST).map(name).collect();
    if inputs.len() > MOST {
        names.push(format!("{} more", inputs.len() - MOST));
    }
    names.join(", ")
}

/// Says that nothing is proved, and how the keys can be had.
fn explain_keys(what: &str, requests: &[KeyRequest], voice: Voice) {
    render::warn(&format!(
        "{what} no signature can be checked, so nothing is proved{}",
        if requests.is_empty() { "" } else { "; save the keys of each region with" }
    ));
    for KeyRequest { region, start, end } in requests {
        voice.note(&format!(
            "  aws cloudtrail list-public-keys --region {region} --start-time {start} --end-time {end} \
             --output json > {region}.keys.json"
        ));
    }
}

/// Digests are few and small: no progress is shown.
struct Unwatched;

impl Watch for Unwatched {
    fn listed(&self) {}
    fn listing_done(&self) {}
    fn read(&self, _packed: u64, _inflated: u64) {}
}

/// Reads and judges the digests among the inputs of a hunt.
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
            accounts: hunt.spec.bounds.accounts.clone(),
            regions: hunt.spec.bounds.regions.clone(),
            ..Scope::default()
        },
        threads: hunt.threads,
        access: hunt.access,
        max_inflated: hunt.spec.max_inflated,
    };
    let evidence =
        Evidence::gather(&options, keys, &Unwatched, interrupt).context("cannot verify")?;
    if evidence.digests() == 0 {
        let line = no_digests(&shown(&hunt.inputs));
        render::warn(&format!("--verify: {line}; every file is unlisted"));
    } else if keys.count() == 0 {
        explain_keys("--verify without --keys:", &evidence.key_requests(), voice);
    }
    for line in evidence.doubts() {
        voice.note(&line);
    }
    Ok(evidence)
}

/// Reads key files. One that cannot be used is an error, before anything else is read.
#[expect(clippy::disallowed_methods, reason = "the files are named on the command line")]
pub(super) fn keys(files: &[PathBuf]) -> Result<Keys> {
    let mut keys = Keys::default();
    for file in files {
        let option = || format!("--keys {}", file.display());
        let text = fs::read(file).with_context(option)?;
        keys.add(&text).with_context(option)?;
    }
    Ok(keys)
}

/// A report as JSON.
#[derive(Serialize)]
struct Document<'r> {
    tool: Tool,
    summary: String,
    #[serde(flatten)]
    report: &'r Report,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

fn render(report: &Report, format: VerifyFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        VerifyFormat::Text => table::draw(report, render::table_style(false), out),
        VerifyFormat::Json => {
            let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
            let summary = words::conclusion(report);
            escape::write_json(&Document { tool: Tool { name, version }, summary, report }, out)
        }
        VerifyFormat::Csv => csv(&report.not_valid, out),
    }
}

/// What is not valid, a line each.
fn csv(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"kind,verdict,name,reason,digest\n")?;
    let mut line = Vec::new();
    for row in rows.iter() {
        let row = row?;
        let cells = [
            words::kind(row.kind),
            row.verdict.as_str(),
            &row.name,
            &row.reason,
            row.digest.as_deref().unwrap_or_default(),
        ];
        line.clear();
        for (at, cell) in cells.into_iter().enumerate() {
            line.extend_from_slice(if at == 0 { b"" } else { b"," });
            escape::csv(cell, &mut line);
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// Passes a report on in pieces, so that it is never held as a whole.
struct Pieces<'o> {
    output: &'o mut dyn Sink,
    piece: Vec<u8>,
    /// Why the output takes no more.
    failure: Option<SinkError>,
}

/// Bytes that are passed on at once.
const PIECE: usize = 64 << 10;

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.output.write(&self.piece);
        self.piece.clear();
        written.map_err(|error| {
            self.failure = Some(error);
            io::Error::other("the output takes no more")
        })
    }
}

/// Writes the report; returns whether its reader closed the pipe.
fn write(output: Output, report: &Report, format: VerifyFormat) -> Result<bool> {
    let mut output: Box<dyn Sink> = Box::new(output);
    let mut pieces = Pieces { output: &mut *output, piece: Vec::new(), failure: None };
    let rendered = render(report, format, &mut pieces).and_then(|()| pieces.flush());
    let failed = pieces.failure;
    match (rendered, failed) {
        (_, Some(SinkError::Closed)) => return Ok(true),
        (_, Some(error)) => return Err(error).context("cannot write the report"),
        (Err(error), None) => return Err(error).context("cannot write the report"),
        (Ok(()), None) => {}
    }
    match output.finish() {
        Ok(()) => Ok(false),
        Err(SinkError::Closed) => Ok(true),
        Err(error) => Err(error).context("cannot write the report"),
    }
}

/// Prints on standard error what a person who looks at the report does not see there, also the
/// conclusion if `concluding`.
fn tell(report: &Report, concluding: bool, voice: Voice) {
    voice.note(&words::counts(report));
    if concluding {
        voice.note(&words::conclusion(report));
    }
    match report.links_not_followed {
        0 => {}
        1 => voice.note("1 link to a folder was not entered; --follow enters it"),
        links => voice.note(&format!(
            "{} to folders were not entered; --follow enters them",
            counted(links, "link")
        )),
    }
    if report.interrupted {
        render::warn("interrupted: the report covers the files until then");
    }
}
