//! A hunt as a visitor of an archive: each text is scanned, each object and entry gets one report.

use super::{
    outcome::{self, Expected},
    pass::{Done, Pass},
    spool::Spool,
    worker::{Report, Shop},
};
use crate::{
    archive::{Body, Buffers, Entry, Failure, Interest, ObjectRef, Position, Text, Visitor, Walk},
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

/// How far a hunt is in a container, at the beginning of one of its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Entered {
    /// Entries of the outermost container before it.
    pub(super) entry: u64,
    /// Bytes that may still be decompressed.
    pub(super) allowed: u64,
    /// Entries reported before.
    pub(super) inner: u64,
    /// Entries not opened because of their names.
    pub(super) pruned: u64,
    /// Entries left out by a sample.
    pub(super) left_out: u64,
}

impl Entered {
    fn position(self) -> Position {
        Position { entry: self.entry, allowed: self.allowed, visited: self.inner }
    }
}

/// Hunts through one object: `put` takes the reports of its entries, and the report of the object
/// itself is returned. `only_inner`: a sample leaves the object out, unless it is a container.
pub(super) fn hunt<'h>(
    shop: &'h Shop<'h>,
    scratch: &mut Scratch,
    (seq, file): (u64, &ObjectRef),
    only_inner: bool,
    from: Option<Entered>,
    put: &mut dyn FnMut(Report) -> bool,
) -> Report {
    let is_sampled =
        shop.options.sample.is_some() && outcome::named_like_bundle(&file.name.display);
    let Entered { inner, pruned, left_out, .. } = from.unwrap_or_default();
    let Scratch { walk: buffers, scan, held, spool } = scratch;
    let entered = from.unwrap_or_default();
    let mut visitor = HuntVisitor {
        shop,
        scan,
        held,
        spool,
        put,
        seq,
        file,
        is_sampled,
        entered,
        inner,
        pruned,
        left_out,
        stopped: false,
        object: None,
    };
    let limits = shop.options.limits();
    let walk = Walk { store: shop.store, limits, exclude: shop.exclude };
    let interest = if only_inner { Interest::Entries } else { Interest::Text };
    let packed = walk.object(file, interest, from.map(Entered::position), buffers, &mut visitor);
    let HuntVisitor { inner, pruned, left_out, stopped, object, .. } = visitor;
    if only_inner && inner == 0 && pruned + left_out == 0 {
        return Report { listed: false, left_out: 1, ..Report::default() };
    }
    let report = object.unwrap_or_else(|| Report { listed: false, ..Report::default() });
    Report { packed, pruned, left_out, cut: stopped, ..report }
}

struct HuntVisitor<'v, 'h> {
    shop: &'h Shop<'h>,
    scan: &'v mut scan::Scratch,
    held: &'v mut Vec<u8>,
    spool: &'v mut Spool,
    /// Takes the reports of entries; `false` if no more are needed.
    put: &'v mut dyn FnMut(Report) -> bool,
    /// The place of the object in the listing.
    seq: u64,
    file: &'v ObjectRef,
    /// Entries are visited only if the sample takes them.
    is_sampled: bool,
    entered: Entered,
    /// Entries that were reported, were not opened because of their names, or left out by a sample.
    inner: u64,
    pruned: u64,
    left_out: u64,
    stopped: bool,
    /// The report of the object itself.
    object: Option<Report>,
}

impl HuntVisitor<'_, '_> {
    fn expected(&self, entry: &Entry<'_>) -> Expected {
        if entry.is_object && self.file.named {
            Expected::Log
        } else {
            Expected::by_name(&entry.name.display)
        }
    }

    fn report(&mut self, entry: &Entry<'_>, report: Report) {
        if entry.is_object {
            self.object = Some(report);
            return;
        }
        self.inner += 1;
        self.shop.progress.listed(1);
        self.shop.progress.file_done(report.packed, report.inflated);
        if !(self.put)(Report { name: entry.name.clone(), entered: self.entered, ..report }) {
            self.stopped = true;
        }
    }
}

impl Visitor for HuntVisitor<'_, '_> {
    fn admit(&mut self, name: &FileName) -> Interest {
        if !self.shop.pruner.keeps(&name.display) {
            self.pruned += 1;
            return Interest::Nothing;
        }
        if self.is_sampled && !self.shop.pruner.takes(&name.display) {
            self.left_out += 1;
            return Interest::Nothing;
        }
        Interest::Text
    }

    fn reached(&mut self, Position { entry, allowed, .. }: Position) {
        let Self { inner, pruned, left_out, .. } = *self;
        self.entered = Entered { entry, allowed, inner, pruned, left_out };
    }

    fn text(&mut self, entry: &Entry<'_>, text: Text<'_>) {
        if let Some(what) = text.unsupported {
            // Whatever its name, it may hold records.
            return self.failed(entry, Failure::Entry(what.to_owned()));
        }
        // A panic may have left something of another text.
        self.spool.clear();
        let mut pass = Pass {
            shop: self.shop,
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
        let report = Report {
            outcome,
            scanned,
            inflated,
            sha256,
            integrity,
            findings,
            broken,
            ..Report::default()
        };
        self.report(entry, report);
    }

    fn failed(&mut self, entry: &Entry<'_>, failure: Failure) {
        if let Failure::Panic(_) = failure {
            // The buffers may have been left in any state.
            let costs = self.scan.costs().take();
            *self.scan = self.shop.scanner.scratch();
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
        self.report(entry, Report { outcome, ..Report::default() });
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
        self.report(entry, Report { outcome, ..Report::default() });
    }

    fn is_stopped(&self) -> bool {
        self.stopped
    }
}
