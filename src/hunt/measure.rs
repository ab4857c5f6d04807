//! Runs over an archive that are no hunts: what it costs, and what it holds.

use std::{path::PathBuf, sync::atomic::AtomicBool};

use super::{
    context::Work,
    drive::{Task, drive},
    hunted::{HuntError, Hunted},
    meter::{Meter, Spent},
    options::Options,
    progress::Progress,
    spec::Duplicates,
};
use crate::{
    engine::{Costs, Engine},
    ruleset::RuleSet,
    scan::Observer,
    sink::{FormatKind, Sink, SinkError, TableStyle, format},
};

/// What going through an archive cost.
#[derive(Debug)]
pub struct Measured {
    /// What was read, and how it ended.
    pub hunted: Hunted,
    /// Files that the sample left out; all that were read stand for these too.
    pub left_out: u64,
    /// What it took.
    pub spent: Spent,
    /// What each rule cost; of a baseline there is nothing to tell.
    pub costs: Costs,
}

/// Lists, reads and inflates what a hunt with these options would, by the same code and threads,
/// and looks at none of it: no hunt can be faster. Files count as read or salvaged by their packing
/// alone.
pub fn baseline(
    options: Options,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Measured, HuntError> {
    let rules = RuleSet::default();
    measure(options, &rules, &Engine::compile(&rules.rules), progress, interrupt, Work::Baseline)
}

/// Hunts as these options say and counts what each rule costs. Findings are rendered and thrown
/// away; duplicates count like others. A stream whose checksum fails is scanned twice, as in a hunt,
/// and counts twice.
pub fn profile(
    options: Options,
    rules: &RuleSet,
    engine: &Engine,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Measured, HuntError> {
    measure(options, rules, engine, progress, interrupt, Work::Profile)
}

/// Shows every record in what `options` name to `observer`, from several threads. No rule runs; files
/// are judged as in a hunt.
pub fn survey(
    options: Options,
    observer: &Observer<'_>,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Hunted, HuntError> {
    let rules = RuleSet::default();
    let engine = Engine::compile(&rules.rules);
    let measured = measure(options, &rules, &engine, progress, interrupt, Work::Survey(observer))?;
    Ok(measured.hunted)
}

fn measure(
    mut options: Options,
    rules: &RuleSet,
    engine: &Engine,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
    work: Work<'_>,
) -> Result<Measured, HuntError> {
    // Findings are rendered as a hunt would, each of them, and go nowhere.
    options.spec.output.duplicates = Duplicates::Keep;
    let style = TableStyle { color: false, width: 0, unicode: false, events: false };
    let format = format(FormatKind::Ndjson, style);
    let task = Task { rules, engine, format: &*format, progress, interrupt };
    let meter = Meter::start();
    let driven = drive(options, task, work, Box::new(Nowhere), None)?;
    let spent = Spent { listing: driven.listing, ..meter.spent() };
    let costs = driven.costs.map(|costs| *costs).unwrap_or_default();
    Ok(Measured { hunted: driven.hunted, left_out: driven.left_out, spent, costs })
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _bytes: &[u8]) -> Result<(), SinkError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}
