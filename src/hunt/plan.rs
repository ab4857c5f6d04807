//! From inputs to jobs: what is listed, minus what its name says need not be read.
//!
//! Names are streamed: at most [`AHEAD`] files are between the listing and the output, so neither
//! a long listing nor one slow file makes memory grow. Only a name that has the form of an AWS key
//! is ever pruned; of any other name nothing is known.

use std::{
    collections::BTreeMap,
    io,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use crossbeam_channel::Sender;
use jiff::{Span, Timestamp, civil::Date, tz::Offset};

use super::{
    checkpoint::StoredListing,
    job::{Job, Start},
    outcome,
    progress::{Progress, Signal},
    report::FileReport,
    sample::Sample,
    scope::RuledOut,
    spec::Bounds,
};
use crate::{
    archive::{Listed, Listing},
    cloudtrail::Key,
    coverage::Pruned,
};

/// How many files the listing may be ahead of the output.
const AHEAD: u64 = 1 << 16;

/// Holds the listing, and workers in large bundles, back until the output has caught up.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<Ahead>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Ahead {
    /// Every file before this one has been written.
    written: u64,
    /// Reports of files inside bundles that were handed over and not written yet.
    inner: u64,
}

impl Gate {
    /// Every file before `seq` has been written, and so many more of the files inside bundles.
    pub(super) fn advance(&self, seq: u64, inner: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.written = seq;
        state.inner = state.inner.saturating_sub(inner);
        self.moved.notify_all();
    }

    /// So many reports of files inside bundles are handed over.
    pub(super) fn left(&self, inner: u64) {
        if inner > 0 {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).inner += inner;
        }
    }

    /// Waits until `seq` may be handed out; `false` if the hunt stops first.
    fn wait(&self, seq: u64, signal: &Signal<'_>) -> bool {
        self.wait_for(signal, |ahead| seq < ahead.written + AHEAD)
    }

    /// Waits until further files inside the bundle `seq` may be handed over; `false` if the hunt
    /// stops first. The bundle that everything waits for never waits.
    pub(super) fn admits(&self, seq: u64, signal: &Signal<'_>) -> bool {
        self.wait_for(signal, |ahead| seq <= ahead.written || ahead.inner < AHEAD)
    }

    fn wait_for(&self, signal: &Signal<'_>, may: impl Fn(&Ahead) -> bool) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !signal.stopped() {
            if may(&state) {
                return true;
            }
            // An interrupt does not wake the condition, so it is looked for now and then.
            let waited = self.moved.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

/// Decides by name whether a file is opened.
#[derive(Debug)]
pub(super) struct Pruner<'o> {
    bounds: &'o Bounds,
    sample: Option<Sample>,
    first_day: Option<Date>,
    last_day: Option<Date>,
    /// The keys of what is not opened.
    pub(super) ruled_out: RuledOut,
}

impl<'o> Pruner<'o> {
    pub(super) fn new(bounds: &'o Bounds, sample: Option<Sample>) -> Self {
        let day = |time: Timestamp| Offset::UTC.to_datetime(time).date();
        // A key has the day of delivery, which comes after the event. `to` itself is not wanted.
        let last_day = bounds.to.map(|to| {
            let last = to.checked_sub(Span::new().nanoseconds(1)).unwrap_or(to);
            let late = Span::new().try_days(i64::from(bounds.late_days));
            late.and_then(|late| day(last).checked_add(late)).unwrap_or(Date::MAX)
        });
        Self {
            bounds,
            sample,
            first_day: bounds.from.map(day),
            last_day,
            ruled_out: RuledOut::default(),
        }
    }

    /// Whether the file of that name may hold what is asked for.
    pub(super) fn keeps(&self, name: &str) -> bool {
        let wanted = |wanted: &[String], is: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        let Some(key) = Key::parse(name) else { return true };
        let keeps = wanted(&self.bounds.accounts, key.account)
            && wanted(&self.bounds.regions, key.region)
            && self.first_day.is_none_or(|first| key.day >= first)
            && self.last_day.is_none_or(|last| key.day <= last);
        if !keeps {
            self.ruled_out.add(&key, self.bounds);
        }
        keeps
    }

    /// Whether the file of that name is in the sample, if there is one.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.sample.is_none_or(|sample| sample.takes(name))
    }

    /// The bounds in force, for the coverage report.
    pub(super) fn pruned(&self, files: u64) -> Pruned {
        let mut bounds = BTreeMap::new();
        let mut note = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                bounds.insert(name.to_owned(), value);
            }
        };
        let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
        note("account", list(&self.bounds.accounts));
        note("region", list(&self.bounds.regions));
        note("first_day", self.first_day.map(|day| day.to_string()));
        note("last_day", self.last_day.map(|day| day.to_string()));
        note("late_days", self.last_day.map(|_| self.bounds.late_days.to_string()));
        Pruned { files, bounds }
    }
}

/// The channels and the signal that the lister works with.
pub(super) struct Outlets<'h> {
    pub(super) jobs: Sender<Job>,
    pub(super) reports: Sender<Vec<FileReport>>,
    pub(super) gate: &'h Gate,
    pub(super) signal: &'h Signal<'h>,
    pub(super) progress: &'h dyn Progress,
}

/// Where the listing comes from.
pub(super) enum Files {
    /// The inputs are walked.
    Walked(Listing),
    /// They were listed when the hunt began, and a checkpoint has the listing.
    Stored(StoredListing),
}

impl Iterator for Files {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        match self {
            Self::Walked(listing) => listing.next(),
            Self::Stored(stored) => stored.next(),
        }
    }
}

/// How a listing ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Files that were not handed out because of their names.
    pub(super) pruned: u64,
    /// Files that the sample left out.
    pub(super) left_out: u64,
    /// Files that globs left out.
    pub(super) excluded: u64,
    /// Links to folders that were met and not entered.
    pub(super) links_not_followed: u64,
    /// A stored listing cannot be read to its end.
    pub(super) broken: Option<io::Error>,
}

/// Lists everything and hands it out, in order, from `start` on.
pub(super) fn list(
    mut files: Files,
    start: Start,
    pruner: &Pruner<'_>,
    outlets: &Outlets<'_>,
) -> Ended {
    let (mut pruned, mut left_out) = (0, 0);
    let mut seq = 0;
    let mut whole = true;
    for listed in &mut files {
        whole = match listed {
            _ if outlets.signal.stopped() => false,
            Listed::File(file) if !pruner.keeps(&file.name.display) => {
                pruned += 1;
                continue;
            }
            // What a sample takes of a bundle are files inside it.
            Listed::File(file)
                if !pruner.takes(&file.name.display)
                    && !outcome::named_like_bundle(&file.name.display) =>
            {
                left_out += 1;
                continue;
            }
            // An earlier run processed it.
            _ if seq < start.place.0 => true,
            _ if !outlets.gate.wait(seq, outlets.signal) => false,
            Listed::File(file) => {
                let only_inner = !pruner.takes(&file.name.display);
                let position = start.position.filter(|_| seq == start.place.0);
                outlets.jobs.send(Job { seq, file, only_inner, position }).is_ok()
            }
            Listed::Failed { name, reason } => {
                outlets.reports.send(vec![FileReport::unlisted(seq, name, reason)]).is_ok()
            }
        };
        if !whole {
            break;
        }
        seq += 1;
        outlets.progress.listed(1);
    }
    if whole {
        outlets.progress.listing_done();
    }
    let excluded = match &files {
        Files::Walked(listing) => listing.excluded(),
        Files::Stored(_) => 0,
    };
    let (links_not_followed, broken) = match files {
        Files::Walked(listing) => (listing.links_not_followed(), None),
        Files::Stored(stored) if whole => (stored.links_not_followed(), stored.broken()),
        Files::Stored(stored) => (stored.links_not_followed(), None),
    };
    Ended { pruned, left_out, excluded, links_not_followed, broken }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_large_bundle_waits_for_the_output_unless_the_output_waits_for_it() {
        let interrupt = AtomicBool::new(true);
        let stopped = Signal { interrupt: &interrupt, halt: AtomicBool::new(false) };
        let interrupt = AtomicBool::new(false);
        let going = Signal { interrupt: &interrupt, halt: AtomicBool::new(false) };
        let gate = Gate::default();
        gate.left(AHEAD - 1);
        assert!(gate.admits(5, &going), "there is room");
        gate.left(1);
        assert!(gate.admits(0, &going), "everything waits for it");
        assert!(!gate.admits(5, &stopped), "it waits, and the hunt stops first");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.admits(5, &going));
            gate.advance(0, 1);
            assert!(waiting.join().expect("it does not panic"), "one was written");
            gate.left(1);
            let waiting = scope.spawn(|| gate.admits(5, &going));
            gate.advance(5, 0);
            assert!(waiting.join().expect("it does not panic"), "its turn came");
        });
    }
}
