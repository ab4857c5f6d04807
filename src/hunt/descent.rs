//! From a stored file to its texts: through packings and bundles, to the bottom.
//!
//! A file that holds files is worked by one worker, one inner file after another, in the order of the
//! bundle. Each inner file is judged and reported like any other as soon as it is done. How deep
//! bundles nest, what is kept on disk and how much all of it may inflate to are bounded, and what is
//! beyond is told.

mod item;
mod judged;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::item::Item;

use super::{
    context::WorkerContext,
    job::Position,
    outcome,
    pass::{LEAST_WINDOW, RELEASED_AT_ONCE},
    report::FileReport,
    spool::Spool,
};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Costs,
    scan::{self, Scanner},
    source::{
        Damage, HEAD, Inflated, Limits, LogFile, Member, Packed, Pieces, Shape, Tar, TarContent,
        TextBuffer, Zip, inflate, inflate_unchecked, spool, unpack,
    },
};

/// Bytes that one file may keep in temporary files at once.
const DISK: u64 = 8 << 30;

/// A file of a streamed tar is held in memory up to here, if the cap allows.
const MOST_HELD: usize = 64 << 20;

/// What all files in a bundle may inflate to: that much, and [`RATIO`] bytes for each byte of the
/// bundle. Deflate cannot give more, so that only bundles of bundles made for nothing else do.
const ALLOWED: u64 = 64 << 20;
const RATIO: u64 = 1032;

/// What a file inside a bundle counts, beside its text: a million empty ones are not free.
const EACH: u64 = 512;

/// What is told of a file that inflates to more.
const TOO_MUCH: &str = "it inflates to more than any archive does";

/// A worker's buffers, reused from file to file.
pub(super) struct Scratch {
    packed: Vec<u8>,
    /// One for each level that a descent has reached; the first is all that most files need.
    levels: Vec<Level>,
    pub(super) scan: scan::Scratch,
    held: Vec<u8>,
    /// What was found in a text, until it is reported.
    spool: Spool,
}

#[derive(Default)]
struct Level {
    text: TextBuffer,
    bytes: Vec<u8>,
}

impl Scratch {
    pub(super) fn new(scanner: &Scanner<'_>, costs: Option<Box<Costs>>) -> Self {
        let mut scan = scanner.scratch();
        *scan.costs() = costs;
        Self {
            packed: Vec::new(),
            levels: Vec::new(),
            scan,
            held: Vec::new(),
            spool: Spool::default(),
        }
    }
}

/// A way down through one listed file.
pub(super) struct Descent<'d, 'h> {
    context: &'h WorkerContext<'h>,
    scratch: &'d mut Scratch,
    /// Takes the reports of inner files; `false` if no more are wanted.
    put: &'d mut dyn FnMut(FileReport) -> bool,
    /// Bytes that may still be inflated, and be kept on disk.
    allowed: u64,
    disk: u64,
    ended: bool,
    /// Inner files are looked at only if a sample takes them.
    sampled: bool,
    /// The file itself is left out by a sample.
    only_inner: bool,
    /// The place of the listed file, and how many files in it have been reported.
    seq: u64,
    inner: u64,
    pruned: u64,
    left_out: u64,
    /// Bundles it is in.
    within: usize,
    /// Where it is in the outermost of them, and where it is to go on.
    position: Position,
    from: Option<Position>,
}

impl<'d, 'h> Descent<'d, 'h> {
    pub(super) fn new(
        context: &'h WorkerContext<'h>,
        scratch: &'d mut Scratch,
        seq: u64,
        put: &'d mut dyn FnMut(FileReport) -> bool,
    ) -> Self {
        Self {
            context,
            scratch,
            put,
            allowed: 0,
            disk: DISK,
            ended: false,
            sampled: false,
            only_inner: false,
            seq,
            inner: 0,
            pruned: 0,
            left_out: 0,
            within: 0,
            position: Position::default(),
            from: None,
        }
    }

    /// Goes on where an earlier way through the same bundle was: entries before are not opened.
    pub(super) fn starting_at(self, from: Option<Position>) -> Self {
        Self { from, ..self }
    }

    /// Goes through a listed file, and gives what is left to report.
    pub(super) fn file(mut self, file: &LogFile, only_inner: bool) -> FileReport {
        let mut buffer = std::mem::take(&mut self.scratch.packed);
        let report = match self.context.source.fetch(file, &mut buffer) {
            Ok(packed) => self.fetched(file, &packed, only_inner),
            Err(error) => FileReport::failed(error.to_string()),
        };
        self.scratch.packed = buffer;
        // Buffers of deeper levels are not kept: few files have any.
        self.scratch.levels.truncate(1);
        if only_inner && self.inner == 0 && self.pruned + self.left_out == 0 {
            return FileReport { listed: false, left_out: 1, ..FileReport::default() };
        }
        FileReport { pruned: self.pruned, left_out: self.left_out, cut: self.ended, ..report }
    }

    fn fetched(&mut self, file: &LogFile, packed: &Packed<'_>, only_inner: bool) -> FileReport {
        let size = packed.bytes().len() as u64;
        self.allowed = size.saturating_mul(RATIO).saturating_add(ALLOWED);
        self.sampled =
            self.context.options.sample.is_some() && outcome::named_like_bundle(&file.name.display);
        self.only_inner = only_inner;
        let item = Item::listed(file);
        FileReport { packed: size, ..self.stored(&item, packed) }
    }

    /// A file that is all there, as it is stored.
    fn stored(&mut self, item: &Item<'_>, packed: &Packed<'_>) -> FileReport {
        let bytes = packed.bytes();
        if bytes.is_empty() {
            return match item.told.as_slice() {
                [] if item.name.display == "-" => {
                    FileReport::failed("standard input was empty".to_owned())
                }
                [] => {
                    FileReport { outcome: outcome::empty(item.expected), ..FileReport::default() }
                }
                told => FileReport::failed(told.join("; ")),
            };
        }
        let shape = Shape::of(bytes);
        if item.is_too_deep_for(shape) {
            return item.too_deep();
        }
        match shape {
            Shape::Zip => self.zip(item, packed),
            Shape::Tar => self.tar(item, Tar::in_bytes(bytes), Some(packed)),
            Shape::Foreign(what) => item.foreign(what),
            Shape::Packed | Shape::Plain => {
                let mut level = self.scratch.levels.pop().unwrap_or_default();
                let report = self.text(item, packed, shape, &mut level.text);
                self.scratch.levels.push(level);
                report
            }
        }
    }

    fn limits(&self) -> Limits {
        Limits { max_inflated: self.context.options.spec.max_inflated }
    }

    /// A file that is packed as a whole or not at all.
    fn text(
        &mut self,
        item: &Item<'_>,
        packed: &Packed<'_>,
        shape: Shape,
        buffer: &mut TextBuffer,
    ) -> FileReport {
        if let Some(unchecked) = inflate_unchecked(packed.bytes(), self.limits(), buffer) {
            let text = unchecked.text();
            if Shape::of(text) == Shape::Plain {
                let report = self.scan_if_sound(item, |pass| pass.unchecked(unchecked));
                if let Some(report) = report {
                    return report;
                }
            } else if unchecked.is_sound() {
                return self.stored(&item.unpacked().out_of(&[]), &Packed::Bytes(text));
            }
        }
        match inflate(packed.bytes(), self.limits(), buffer) {
            Ok(Inflated::Whole { text, damage }) => {
                // What is not packed has been looked at.
                let inner = if shape == Shape::Plain { shape } else { Shape::of(text) };
                if inner == Shape::Plain {
                    self.scan(item, |pass| pass.whole(text, &damage))
                } else {
                    self.stored(&item.unpacked().out_of(&damage), &Packed::Bytes(text))
                }
            }
            Ok(Inflated::Stream(mut stream)) if shape == Shape::Plain => {
                self.scan(item, |pass| pass.stream(Vec::new(), &mut stream, Some(packed)))
            }
            Ok(Inflated::Stream(mut stream)) => {
                self.stream(&item.unpacked(), &mut stream, Some(packed))
            }
            Err(error) => item.failed(error.to_string()),
        }
    }

    /// A file that comes in pieces, as it is larger than memory should hold.
    fn stream(
        &mut self,
        item: &Item<'_>,
        stream: &mut dyn Pieces,
        packed: Option<&Packed<'_>>,
    ) -> FileReport {
        let mut head = Vec::new();
        stream.read(&mut head, HEAD);
        match Shape::of(&head) {
            Shape::Plain => self.scan(item, |pass| pass.stream(head, stream, packed)),
            Shape::Foreign(what) => item.foreign(what),
            shape if item.is_too_deep_for(shape) => item.too_deep(),
            Shape::Tar => self.streamed_tar(item, head, stream),
            Shape::Zip | Shape::Packed => self.spooled(item, head, stream),
        }
    }

    /// A tar archive in pieces. Whether its checksum is right must be known before the first finding
    /// in it is told, so it is read to its end first, if it can be read twice.
    fn streamed_tar(
        &mut self,
        item: &Item<'_>,
        mut head: Vec<u8>,
        stream: &mut dyn Pieces,
    ) -> FileReport {
        if !stream.rewind() {
            return self.spooled(item, head, stream);
        }
        let mut length = 0;
        loop {
            head.clear();
            match stream.read(&mut head, LEAST_WINDOW) {
                0 => break,
                read => length += read as u64,
            }
            if length > self.allowed {
                self.allowed = 0;
                return item.failed(TOO_MUCH.to_owned());
            }
        }
        let damage = stream.damage().to_vec();
        stream.rewind();
        let item = item.out_of(&damage);
        self.tar(&item, Tar::in_pieces(stream, length), None)
    }

    /// What must be all there to be read, and comes in pieces: it is kept on disk meanwhile.
    fn spooled(&mut self, item: &Item<'_>, head: Vec<u8>, stream: &mut dyn Pieces) -> FileReport {
        match spool(head, stream, self.disk.min(self.allowed)) {
            Ok((packed, damage)) => {
                let size = packed.bytes().len() as u64;
                self.disk -= size;
                let report = self.stored(&item.out_of(&damage), &packed);
                self.disk += size;
                report
            }
            Err(error) => item.failed(error.to_string()),
        }
    }

    fn zip(&mut self, item: &Item<'_>, packed: &Packed<'_>) -> FileReport {
        let mut zip = Zip::open(packed.bytes());
        let (mut released, mut entries) = (0, 0);
        let before = self.inner;
        self.within += 1;
        while let Some(file) = zip.next() {
            if self.is_over() {
                break;
            }
            if !self.enters(&mut entries) {
                continue;
            }
            let Some(name) = self.admitted(item, file.name) else { continue };
            let inner = item.inside(&name);
            let report = match file.data {
                Ok(member) => self.guarded(|this| this.member(&inner, member)),
                Err(reason) => inner.failed(reason),
            };
            self.emit(name, report);
            release(packed, zip.reached(), &mut released);
        }
        self.within -= 1;
        self.bundle(item, zip.trouble(), before)
    }

    /// A file in a zip archive.
    fn member(&mut self, item: &Item<'_>, member: Member<'_>) -> FileReport {
        if let Some((bytes, damage)) = member.as_stored() {
            return self.stored(&item.out_of(&damage), &Packed::Bytes(bytes));
        }
        let mut level = self.scratch.levels.pop().unwrap_or_default();
        let report = match unpack(member, self.limits(), &mut level.text) {
            Inflated::Whole { text, damage } => {
                self.stored(&item.out_of(&damage), &Packed::Bytes(text))
            }
            Inflated::Stream(mut stream) => self.stream(item, &mut stream, None),
        };
        self.scratch.levels.push(level);
        report
    }

    fn tar(
        &mut self,
        item: &Item<'_>,
        mut tar: Tar<'_>,
        packed: Option<&Packed<'_>>,
    ) -> FileReport {
        let hold = self.context.options.spec.max_inflated.clamp(LEAST_WINDOW, MOST_HELD);
        let mut level = self.scratch.levels.pop().unwrap_or_default();
        let (mut released, mut entries) = (0, 0);
        let before = self.inner;
        self.within += 1;
        while let Some(file) = tar.next() {
            if self.is_over() {
                break;
            }
            if !self.enters(&mut entries) {
                continue;
            }
            let Some(name) = self.admitted(item, &file.name) else { continue };
            let mut inner = item.inside(&name);
            if file.cut {
                inner = inner.out_of(&[Damage::Ends]);
            }
            let report = match (file.refused, tar.content(&mut level.bytes, hold)) {
                (Some(reason), _) => inner.failed(reason.to_owned()),
                (None, TarContent::Bytes(bytes)) => {
                    self.guarded(|this| this.stored(&inner, &Packed::Bytes(bytes)))
                }
                (None, TarContent::Pieces(mut pieces)) => {
                    self.guarded(|this| this.stream(&inner, &mut pieces, None))
                }
            };
            self.emit(name, report);
            if let Some(packed) = packed {
                release(packed, tar.reached(), &mut released);
            }
        }
        self.scratch.levels.push(level);
        self.within -= 1;
        self.bundle(item, tar.trouble(), before)
    }

    /// Takes the next entry of a bundle; `false` if an earlier way through it has done that entry.
    fn enters(&mut self, entries: &mut u64) -> bool {
        if self.within > 1 {
            return true;
        }
        let entry = *entries;
        *entries += 1;
        if let Some(from) = self.from {
            if entry < from.entry {
                return false;
            }
            self.from = None;
            (self.allowed, self.inner) = (from.allowed, from.inner);
            (self.pruned, self.left_out) = (from.pruned, from.left_out);
        }
        let Self { allowed, inner, pruned, left_out, .. } = *self;
        self.position = Position { entry, allowed, inner, pruned, left_out };
        true
    }

    /// The name of a file inside `outer`, if it is to be opened.
    fn admitted(&mut self, outer: &Item<'_>, inner: &[u8]) -> Option<FileName> {
        let name = outer.name.inside(inner);
        self.allowed = self.allowed.saturating_sub(EACH);
        let own = String::from_utf8_lossy(inner);
        let exclude = self.context.exclude;
        if !exclude.is_empty() && (exclude.is_match(&name.display) || exclude.is_match(&*own)) {
            return None;
        }
        if !self.context.pruner.keeps(&name.display) {
            self.pruned += 1;
            return None;
        }
        if self.sampled && !self.context.pruner.takes(&name.display) {
            self.left_out += 1;
            return None;
        }
        Some(name)
    }

    /// No further inner file is opened.
    fn is_over(&self) -> bool {
        self.ended || self.allowed == 0
    }

    /// Works on one inner file. A panic is that file's alone.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> FileReport) -> FileReport {
        let (disk, within) = (self.disk, self.within);
        let worked = catch_unwind(AssertUnwindSafe(|| work(self)));
        worked.unwrap_or_else(|panic| {
            // Buffers of texts that were in use are gone; these may have been left in any state.
            let costs = self.scratch.scan.costs().take();
            self.scratch.scan = self.context.scanner.scratch();
            *self.scratch.scan.costs() = costs;
            (self.disk, self.within) = (disk, within);
            FileReport::panicked(&*panic)
        })
    }

    /// Reports an inner file, unless it is a bundle that was gone through.
    fn emit(&mut self, name: FileName, report: FileReport) {
        if !report.listed {
            return;
        }
        self.inner += 1;
        self.allowed = self.allowed.saturating_sub(report.inflated);
        self.context.progress.listed(1);
        self.context.progress.file_done(report.packed, report.inflated);
        if !(self.put)(FileReport { name, position: self.position, ..report }) {
            self.ended = true;
        }
    }

    /// What is left of a bundle: nothing to list, unless it is damaged.
    fn bundle(&self, item: &Item<'_>, trouble: &[String], inner_before: u64) -> FileReport {
        let mut reasons = [&item.told[..], trouble].concat();
        if self.allowed == 0 {
            reasons.push(format!("{TOO_MUCH}: the rest is not searched"));
        }
        let outcome = if reasons.is_empty() || self.ended {
            return FileReport { listed: false, ..FileReport::default() };
        } else if self.inner == inner_before {
            Outcome::Failed(reasons.join("; "))
        } else {
            Outcome::Salvaged(reasons)
        };
        FileReport { outcome, ..FileReport::default() }
    }
}

/// Lets go of what was read of a mapped bundle.
fn release(packed: &Packed<'_>, reached: u64, released: &mut u64) {
    if reached >= *released + RELEASED_AT_ONCE {
        packed.release(reached);
        *released = reached;
    }
}
