//! The threads of a hunt: one lister, workers, and the collector on the caller's own.
//!
//! Every way of going through an archive comes here, so that a baseline and a profile measure the
//! hunt itself and not something like it.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crossbeam_channel::{bounded, unbounded};

use super::{
    checkpoint::Checkpoint,
    clock::now,
    collect::{Collector, Ended},
    context::{Work, WorkerContext},
    hunted::{HuntError, Hunted},
    meter,
    options::Options,
    plan::{self, Files, Gate, Outlets, Pruner},
    progress::{Progress, Signal},
    scope::Scope,
    worker::{Outlet, Worker},
};
use crate::{
    archive::{Listing, LocalStore},
    engine::{Costs, Engine},
    ruleset::RuleSet,
    scan::Scanner,
    sink::{Format, Sink},
};

/// What a hunt runs with, beside its options.
#[derive(Clone, Copy)]
pub struct Task<'h> {
    /// The rules.
    pub rules: &'h RuleSet,
    /// The same, compiled.
    pub engine: &'h Engine,
    /// Renders findings.
    pub format: &'h dyn Format,
    /// Is told of progress.
    pub progress: &'h dyn Progress,
    /// When it becomes true no new file is started; those in progress are finished and written.
    pub interrupt: &'h AtomicBool,
}

/// Searches everything that `options` name, and writes the findings to `sink`. With a checkpoint, the
/// hunt resumes from there, and writes what it does there.
///
/// An error means that nothing was searched; what fails later is in [`Hunted::failure`].
pub fn run(
    options: Options,
    task: Task<'_>,
    sink: Box<dyn Sink>,
    checkpoint: Option<&Checkpoint>,
) -> Result<Hunted, HuntError> {
    Ok(drive(options, task, Work::Hunt, sink, checkpoint)?.hunted)
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
    work: Work<'_>,
    sink: Box<dyn Sink>,
    checkpoint: Option<&Checkpoint>,
) -> Result<Driven, HuntError> {
    let Task { rules, engine, format, progress, interrupt } = task;
    let started = checkpoint
        .map_or_else(|| now().to_string(), |checkpoint| checkpoint.header().started.clone());
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
    let files = match checkpoint {
        Some(checkpoint) => Files::Stored(checkpoint.listing()?),
        None => Files::Walked(Listing::new(inputs, mem::take(&mut options.listing))),
    };
    let options = &options;
    let pruner = Pruner::new(&options.spec.bounds, options.sample);
    let store = LocalStore::new(options.access).until(interrupt);
    let scanner = match work {
        Work::Survey(observer) => Scanner::observed(engine, options.scan(), observer),
        _ => Scanner::new(engine, options.scan()),
    };
    let scanner = scanner.map_err(HuntError::Rules)?;
    let context = WorkerContext {
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

    let start = collector.begin(checkpoint, &gate, &signal);

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
            let measured = work.is_baseline() || work.is_profile();
            (end, if measured { meter::of_this_thread() } else { Duration::ZERO })
        });
        let lister = lister.map_err(HuntError::Thread)?;
        let (context, signal, gate) = (&context, &signal, &gate);
        let workers = start_thread().spawn_scoped(scope, move || {
            let outlet = || Outlet::new(&reports_in, gate, signal);
            pool.broadcast(|_| Worker::new(context).run(&jobs, outlet()))
        });
        // Without workers nobody takes what is listed.
        let workers = workers.map_err(HuntError::Thread).inspect_err(|_| signal.halt())?;
        collector.collect(&reports, gate, signal);
        let listed = lister.join().map_err(|_| HuntError::Listing);
        Ok((listed, merged(workers.join().unwrap_or_default())))
    })?;
    let ((mut end, listing), mut failure) =
        ended.map_or_else(|error| (Default::default(), Some(error)), |end| (end, None));
    if let Some((checkpoint, broken)) = checkpoint.zip(end.broken.take()) {
        failure = Some(checkpoint.failed(broken).into());
    }
    let interrupted = signal.interrupt.load(Ordering::Relaxed);
    let left_out = end.left_out + collector.left_out();
    let scope = Scope {
        bounds: &options.spec.bounds,
        ruled_out: &pruner.ruled_out,
        inputs: names,
        excluded: end.excluded,
        left_out,
        no_rule: match work {
            Work::Hunt | Work::Profile => rules.why_none_runs(),
            Work::Baseline | Work::Survey(_) => None,
        },
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
