//! The threads of a hunt: one lister, workers, and the collector on the caller's own.
//!
//! Every way of going through an archive comes here, so that a floor and a profile measure the
//! hunt itself and not something like it.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crossbeam_channel::{bounded, unbounded};
use jiff::Timestamp;

use super::{
    HuntError, Hunted, Options, Progress, Signal,
    collect::{Collector, Ended},
    meter,
    plan::{self, Files, Gate, Outlets, Pruner},
    scope::Scope,
    worker::{Outlet, Shop, Worker},
};
use crate::{
    archive::{Listing, LocalStore},
    engine::{Costs, Engine},
    ruleset::RuleSet,
    scan::Scanner,
    sink::{Format, Sink},
};

/// What is done with the text of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It is searched.
    Hunt,
    /// Nothing: it is only inflated.
    Floor,
    /// It is searched, and what each rule costs is counted.
    Profile,
}

/// What goes through an archive, beside the options.
#[derive(Clone, Copy)]
pub(super) struct Task<'h> {
    pub(super) rules: &'h RuleSet,
    pub(super) engine: &'h Engine,
    pub(super) format: &'h dyn Format,
    pub(super) progress: &'h dyn Progress,
    pub(super) interrupt: &'h AtomicBool,
    pub(super) work: Work,
}

/// What a drive came to.
pub(super) struct Driven {
    pub(super) hunted: Hunted,
    /// Files that a sample left out.
    pub(super) left_out: u64,
    /// Processor time of the lister, if time is measured.
    pub(super) listing: Duration,
    /// What the rules cost, if that was to be counted.
    pub(super) costs: Option<Box<Costs>>,
}

/// Goes through everything `options` name. When `interrupt` becomes true no new file is started.
/// An error means that nothing was read.
pub(super) fn drive(
    mut options: Options,
    task: Task<'_>,
    sink: Box<dyn Sink>,
) -> Result<Driven, HuntError> {
    let Task { rules, engine, format, progress, interrupt, work } = task;
    let mut started = now().to_string();
    if let Some(journal) = &options.journal {
        started.clone_from(&journal.asked().started);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.get())
        .build()
        .map_err(HuntError::Threads)?;
    let signal = Signal { interrupt, halt: AtomicBool::new(false) };
    let gate = Gate::default();
    // A long list of names is not kept twice.
    let exclude = options.listing.exclude.clone();
    let inputs = mem::take(&mut options.inputs);
    let names = Scope::names(&inputs);
    let files = match &options.journal {
        Some(journal) => Files::Kept(journal.kept()?),
        None => Files::Walked(Listing::new(inputs, mem::take(&mut options.listing))),
    };
    let options = &options;
    let pruner = Pruner::new(&options.bounds, options.sample);
    let store = LocalStore::new(options.access).until(interrupt);
    let scanner = Scanner::new(engine, options.scan()).map_err(HuntError::Rules)?;
    let shop = Shop {
        options,
        pruner: &pruner,
        exclude: &exclude,
        store: &store,
        scanner: &scanner,
        format,
        progress,
        work,
    };
    let mut collector = Collector::new(options, rules, format, sink, progress);

    let start = collector.begin(&gate, &signal);

    let (jobs_in, jobs) = unbounded();
    let (reports_in, reports) = bounded(options.threads.get() * 2);
    let (ended, costs) = thread::scope(|scope| -> Result<_, HuntError> {
        let outlets = Outlets {
            jobs: jobs_in,
            reports: reports_in.clone(),
            gate: &gate,
            signal: &signal,
            progress,
        };
        let start_thread = thread::Builder::new;
        let lister = start_thread().spawn_scoped(scope, || {
            let outlets = outlets;
            let end = plan::list(files, start, &pruner, &outlets);
            let measured = work != Work::Hunt;
            (end, if measured { meter::of_this_thread() } else { Duration::ZERO })
        });
        let lister = lister.map_err(HuntError::Thread)?;
        let (shop, signal, gate) = (&shop, &signal, &gate);
        let workers = start_thread().spawn_scoped(scope, move || {
            let outlet = || Outlet::new(&reports_in, gate, signal);
            pool.broadcast(|_| Worker::new(shop).run(&jobs, outlet()))
        });
        // Without workers nobody takes what is listed.
        let workers = workers.map_err(HuntError::Thread).inspect_err(|_| signal.halt())?;
        collector.collect(&reports, gate, signal);
        let listed = lister.join().map_err(|_| HuntError::Listing);
        Ok((listed, merged(workers.join().unwrap_or_default())))
    })?;
    let ((mut end, listing), mut failure) =
        ended.map_or_else(|error| (Default::default(), Some(error)), |end| (end, None));
    if let Some((journal, broken)) = options.journal.as_ref().zip(end.broken.take()) {
        failure = Some(journal.failed(broken).into());
    }
    let interrupted = signal.interrupt.load(Ordering::Relaxed);
    let left_out = end.left_out + collector.left_out();
    let scope = Scope {
        bounds: &options.bounds,
        ruled_out: &pruner.ruled_out,
        inputs: names,
        excluded: end.excluded,
        left_out,
        no_rule: if work == Work::Floor { None } else { rules.why_none_runs() },
    };
    let ended = Ended { started, interrupted, failure };
    let mut hunted = collector.finish(pruner.pruned(end.pruned), &scope, ended, now);
    hunted.links_not_followed = end.links_not_followed;
    Ok(Driven { hunted, left_out, listing, costs })
}

/// What all workers counted together.
fn merged(costs: Vec<Option<Box<Costs>>>) -> Option<Box<Costs>> {
    costs.into_iter().flatten().reduce(|mut all, one| {
        all.merge(&one);
        all
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the coverage record says when; nothing else of a hunt asks the clock"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
