//! A hunt as a visitor of an archive: each text is scanned, each object and entry gets one report.

use super::{
    context::WorkerContext,
    job::Position,
    outcome::{self, Expected},
    pass::{Done, Pass},
    report::FileReport,
    spool::Spool,
};
use crate::{
    archive::{self, Body, Buffers, Entry, Failure, Interest, ObjectRef, Text, Visitor, Walk},
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Costs,
    finding::Integrity,
    scan::{self, Scanner},
};

/// A worker's buffers, reused from object to object.
pub(super) struct Scratch {
    walk: Buffers,
    pub(super) scan: scan::Scratch,
    held: Vec<u8>,
    /// What was found in a text, until it is reported.
    spool: Spool,
}

impl Scratch {
    pub(super) fn new(scanner: &Scanner<'_>, costs: Option<Box<Costs>>) -> Self {
        let mut scan = scanner.scratch();
        *scan.costs() = costs;
        Self { walk: Buffers::default(), scan, held: Vec::new(), spool: Spool::default() }
    }
}

/// Hunts through one object: `put` takes the reports of its entries, and the report of the object
/// itself is returned. `only_inner`: a sample leaves the object out, unless it is a container.
pub(super) fn hunt<'h>(
    context: &'h WorkerContext<'h>,
    scratch: &mut Scratch,
    (seq, file): (u64, &ObjectRef),
    only_inner: bool,
    from: Option<Position>,
    put: &mut dyn FnMut(FileReport) -> bool,
) -> FileReport {
    let is_sampled =
        context.options.sample.is_some() && outcome::named_like_bundle(&file.name.display);
    let Position { inner, pruned, left_out, .. } = from.unwrap_or_default();
    let Scratch { walk: buffers, scan, held, spool } = scratch;
    let position = from.unwrap_or_default();
    let mut visitor = HuntVisitor {
        context,
        scan,
        held,
        spool,
        put,
        seq,
        file,
        is_sampled,
        position,
        inner,
        pruned,
        left_out,
        stopped: false,
        object: None,
    };
    let limits = context.options.limits();
    let walk = Walk { store: context.store, limits, exclude: context.exclude };
    let interest = if only_inner { Interest::Entries } else { Interest::Text };
    let packed = walk.object(file, interest, from.map(walk_position), buffers, &mut visitor);
    let HuntVisitor { inner, pruned, left_out, stopped, object, .. } = visitor;
    if only_inner && inner == 0 && pruned + left_out == 0 {
        return FileReport { listed: false, left_out: 1, ..FileReport::default() };
    }
    let report = object.unwrap_or_else(|| FileReport { listed: false, ..FileReport::default() });
    FileReport { packed, pruned, left_out, cut: stopped, ..report }
}

/// The position as the walk knows it.
fn walk_position(Position { entry, allowed, inner, .. }: Position) -> archive::Position {
    archive::Position { entry, allowed, visited: inner }
}

struct HuntVisitor<'v, 'h> {
    context: &'h WorkerContext<'h>,
    scan: &'v mut scan::Scratch,
    held: &'v mut Vec<u8>,
    spool: &'v mut Spool,
    /// Takes the reports of entries; `false` if no more are needed.
    put: &'v mut dyn FnMut(FileReport) -> bool,
    /// The place of the object in the listing.
    seq: u64,
    file: &'v ObjectRef,
    /// Entries are visited only if the sample takes them.
    is_sampled: bool,
    position: Position,
    /// Entries that were reported, were not opened because of their names, or left out by a sample.
    inner: u64,
    pruned: u64,
    left_out: u64,
    stopped: bool,
    /// The report of the object itself.
    object: Option<FileReport>,
}

impl HuntVisitor<'_, '_> {
    fn expected(&self, entry: &Entry<'_>) -> Expected {
        if entry.is_object && self.file.named {
            Expected::Log
        } else {
            Expected::by_name(&entry.name.display)
        }
    }

    fn report(&mut self, entry: &Entry<'_>, report: FileReport) {
        if entry.is_object {
            self.object = Some(report);
            return;
        }
        self.inner += 1;
        self.context.progress.listed(1);
        self.context.progress.file_done(report.packed, report.inflated);
        if !(self.put)(FileReport { name: entry.name.clone(), position: self.position, ..report }) {
            self.stopped = true;
        }
    }
}

impl Visitor for HuntVisitor<'_, '_> {
    fn admit(&mut self, name: &FileName) -> Interest {
        if !self.context.pruner.keeps(&name.display) {
            self.pruned += 1;
            return Interest::Nothing;
        }
        if self.is_sampled && !self.context.pruner.takes(&name.display) {
            self.left_out += 1;
            return Interest::Nothing;
        }
        Interest::Text
    }

    fn reached(&mut self, archive::Position { entry, allowed, .. }: archive::Position) {
        let Self { inner, pruned, left_out, .. } = *self;
        self.position = Position { entry, allowed, inner, pruned, left_out };
    }

    fn text(&mut self, entry: &Entry<'_>, text: Text<'_>) {
        if let Some(what) = text.unsupported {
            // Whatever its name, it may hold records.
            return self.failed(entry, Failure::Entry(what.to_owned()));
        }
        // A panic may have left something of another text.
        self.spool.clear();
        let mut pass = Pass {
            context: self.context,
            place: (self.seq, self.inner),
            name: entry.name,
            scan: self.scan,
            held: self.held,
            integrity: entry.unchecked.then_some(Integrity::Unchecked),
            spool: self.spool,
            broken: None,
        };
        let done = match text.body {
            Body::Whole { text, damage } => pass.whole(text, damage),
            Body::Stream(stream) => pass.stream(stream),
        };
        let Done { mut scanned, inflated, damage, sha256, .. } = done;
        let (findings, broken, integrity) = (pass.spool.take(), pass.broken, pass.integrity);
        let damage = [&entry.damage[..], &damage].concat();
        let outcome = outcome::judge(self.expected(entry), damage, inflated, &mut scanned);
        let report = FileReport {
            outcome,
            scanned,
            inflated,
            sha256,
            integrity,
            findings,
            broken,
            ..FileReport::default()
        };
        self.report(entry, report);
    }

    fn failed(&mut self, entry: &Entry<'_>, failure: Failure) {
        if let Failure::Panic(_) = failure {
            // The buffers may have been left in any state.
            let costs = self.scan.costs().take();
            *self.scan = self.context.scanner.scratch();
            *self.scan.costs() = costs;
        }
        let outcome = match failure {
            Failure::Empty if entry.damage.is_empty() && entry.name.display == "-" => {
                Outcome::Failed("standard input was empty".to_owned())
            }
            Failure::Empty if entry.damage.is_empty() => outcome::empty(self.expected(entry)),
            Failure::Empty => Outcome::Failed(entry.damage.join("; ")),
            failure => {
                Outcome::Failed([&entry.damage[..], &[failure.to_string()]].concat().join("; "))
            }
        };
        self.report(entry, FileReport { outcome, ..FileReport::default() });
    }

    /// A container gets no report of its own, unless it is damaged.
    fn container(&mut self, entry: &Entry<'_>, problems: Vec<String>, visited: u64) {
        if problems.is_empty() || self.stopped {
            return;
        }
        let outcome = match visited {
            0 => Outcome::Failed(problems.join("; ")),
            _ => Outcome::Salvaged(problems),
        };
        self.report(entry, FileReport { outcome, ..FileReport::default() });
    }

    fn is_stopped(&self) -> bool {
        self.stopped
    }
}
