//! `profile`: what a hunt through these files would cost, and which rule costs how much of it.

mod advice;
mod baseline;
mod report;
mod table;

use anyhow::{Context, Result, ensure};
use backtrail::{
    archive::{ListOptions, OwnFile},
    engine::Engine,
    hunt::{self, HuntSpec, Measured, Options, Spent},
    ruleset::RuleSet,
    text::{counted, escape, grouped},
};
use report::Report;

use super::{
    args::{ProfileArgs, ProfileFormat, group},
    exit::Status,
    inputs,
    outputs::Outputs,
    progress::Bar,
    render::{self, Voice},
    rules, signal,
};

/// Runs the command.
pub(super) fn profile(args: &ProfileArgs, voice: Voice) -> Result<Status> {
    let own_files = OwnFile::standard();
    args.bounds.check()?;
    ensure!(
        !(args.baseline && args.format == ProfileFormat::Csv),
        "--format csv has a line for each rule, and --baseline runs none: use table or json"
    );
    let rules = if args.baseline {
        RuleSet::default()
    } else {
        let rules = rules::usable(&args.rules, args.skip_bad_rules, voice)?;
        rules::ensure_one_runs(&rules)?;
        rules
    };
    let engine = Engine::compile(&rules.rules);
    let options = options(args, own_files)?;
    let bar = Bar::new(args.progress, voice)?;
    let interrupt = signal::interrupt(voice)?;
    let ran = if args.baseline {
        hunt::baseline(options, &bar, &interrupt)
    } else {
        hunt::profile(options, &rules, &engine, &bar, &interrupt)
    };
    bar.clear();
    let mut measured = ran.context("cannot measure")?;
    if let Some(failure) = measured.hunted.failure.take_if(|failure| failure.is_void()) {
        return Err(failure.into());
    }
    let scale = Scale::of(&measured, args.sample.is_some())?;
    let text = if args.baseline {
        baseline::told(&measured, &scale, args.format)?
    } else {
        let report = Report::new(&measured, &engine, &scale);
        match args.format {
            ProfileFormat::Table => table::drawn(&report, &scale, render::table_style(false)),
            ProfileFormat::Json => escape::json_text(&report)?,
            ProfileFormat::Csv => report.csv()?,
        }
    };
    render::print(text.as_bytes())?;
    tell(&measured, voice);
    Ok(Status::of_hunt(&measured.hunted, true, None))
}

/// The options of the hunt that is measured.
fn options(args: &ProfileArgs, own_files: Vec<OwnFile>) -> Result<Options> {
    let exclude = inputs::globs(&args.input.exclude)?;
    let inputs = inputs::inputs(&args.input)?;
    let listing = ListOptions { follow: args.input.follow, exclude, own_files };
    let outputs = Outputs::standard();
    outputs.inputs(&inputs)?;
    outputs.found(&inputs, &listing)?;
    Ok(Options {
        listing,
        spec: HuntSpec {
            bounds: group(&args.bounds)?,
            max_inflated: args.text.max_inflated,
            ..HuntSpec::default()
        },
        sample: args.sample,
        threads: args.work.threads(),
        access: args.work.access.0,
        ..Options::over(inputs)
    })
}

/// Tells on standard error what was not whole.
fn tell(measured: &Measured, voice: Voice) {
    let coverage = &measured.hunted.coverage;
    for file in &coverage.files {
        match file {
            Ok(file) if file.outcome == "skipped" => {}
            Ok(file) => {
                voice.note(&format!("{} {}: {}", file.outcome, file.name, file.reasons.join("; ")));
            }
            Err(error) => {
                render::warn(&format!("the list of files cannot be read again: {error}"));
            }
        }
    }
    if measured.hunted.links_not_followed > 0 {
        let links = counted(measured.hunted.links_not_followed, "link");
        voice.note(&format!("Skipped {links} to folders; --follow follows them."));
    }
    render::warn_without_files(&measured.hunted);
    if coverage.interrupted {
        render::warn("interrupted: the results cover the files read so far");
    }
    if let Some(failure) = &measured.hunted.failure {
        render::error(failure);
    }
}

/// From the files that were read to all that were listed.
#[derive(Debug, Clone, Copy)]
struct Scale {
    read: u64,
    listed: u64,
    sampled: bool,
}

impl Scale {
    fn of(measured: &Measured, sampled: bool) -> Result<Self> {
        let read = measured.hunted.coverage.totals.files;
        let listed = read + measured.left_out;
        ensure!(
            read > 0 || listed == 0,
            "--sample selects none of {}: take a larger share",
            counted(listed, "file")
        );
        Ok(Self { read, listed, sampled })
    }

    /// By what is multiplied.
    fn factor(&self) -> f64 {
        if self.read == 0 { 1.0 } else { real(self.listed) / real(self.read) }
    }

    /// A count, scaled up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of a count, which is no more than a float can hold"
    )]
    fn count(&self, count: u64) -> u64 {
        if self.read == self.listed { count } else { (real(count) * self.factor()).round() as u64 }
    }

    /// Processor time of the whole run in seconds, scaled up; the listing is never sampled.
    fn cpu(&self, spent: &Spent) -> f64 {
        let rest = spent.cpu.saturating_sub(spent.listing).as_secs_f64();
        spent.listing.as_secs_f64() + rest * self.factor()
    }

    /// One line that says so, if there is a sample.
    fn told(&self) -> Option<String> {
        self.sampled.then(|| {
            format!(
                "Sample: {} of {} read; counts and CPU time are multiplied by {:.2}.",
                grouped(self.read),
                counted(self.listed, "file"),
                self.factor()
            )
        })
    }
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "ratios are shown with a few digits")]
fn real(count: u64) -> f64 {
    count as f64
}

/// One number by another; 0 where there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
