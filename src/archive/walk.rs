//! From a stored object to its texts: through compression and containers, entry by entry.
//!
//! Everything that reads an archive is a [`Visitor`] of this walk, so hunting, verifying and
//! profiling see the same texts under the same [limits](super::limits). One object is walked by one
//! worker, in the order of its container; nothing is extracted to disk under a name.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use globset::GlobSet;

use super::{
    Damage, HEAD, InflateError, Inflated, Member, ObjectRef, Pieces, Shape, Store, StoreError,
    Stored, Tar, TarContent, TextBuffer, Zip, inflate,
    limits::{ENTRY_COST, Limits, MAX_DISK, MAX_NESTING, MIN_WINDOW, RELEASE_EVERY, max_expansion},
    spool, unpack,
};
use crate::cloudtrail::FileName;

/// What is done with the texts of an archive.
///
/// For the object itself and for each of its entries that [`admit`](Self::admit) takes as
/// [`Interest::Text`], exactly one of [`text`](Self::text), [`failed`](Self::failed) and
/// [`container`](Self::container) is called, unless the visitor stops the walk.
pub trait Visitor {
    /// What the visitor needs of an entry of a container.
    fn admit(&mut self, name: &FileName) -> Interest;

    /// Bytes that an entry counts towards the limit on expansion, besides its text.
    fn entry_cost(&self, _name: &FileName) -> u64 {
        ENTRY_COST
    }

    /// The walk is about to open an entry of the outermost container.
    fn reached(&mut self, _position: Position) {}

    /// The text of an object or entry.
    fn text(&mut self, entry: &Entry<'_>, text: Text<'_>);

    /// An object or entry has no text that can be read.
    fn failed(&mut self, entry: &Entry<'_>, failure: Failure);

    /// All entries of a container that the walk opened have been visited. `problems`: what is wrong
    /// with the container itself. `visited`: its entries that were visited.
    fn container(&mut self, entry: &Entry<'_>, problems: Vec<String>, visited: u64);

    /// Whether no further entry is to be opened.
    fn is_stopped(&self) -> bool;
}

/// What a visitor needs of an object or entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: it is not opened.
    Nothing,
    /// Only its entries, if it is a container.
    Entries,
    /// Its text, or its entries if it is a container.
    Text,
}

/// An object or entry on the way to its text.
#[derive(Debug, Clone)]
pub struct Entry<'e> {
    /// Its name.
    pub name: &'e FileName,
    /// It is the object that was listed, not an entry of a container.
    pub is_object: bool,
    /// The checksum of something it came out of failed.
    pub unchecked: bool,
    /// What is wrong with what it came out of, as far as that concerns it alone.
    pub damage: Vec<String>,
    interest: Interest,
    /// Containers it is in, and packings directly inside packings.
    depth: usize,
    /// It came out of a packing of its own.
    unpacked: bool,
}

impl<'e> Entry<'e> {
    fn object(name: &'e FileName, interest: Interest) -> Self {
        Self {
            name,
            is_object: true,
            unchecked: false,
            damage: Vec::new(),
            interest,
            depth: 0,
            unpacked: false,
        }
    }

    fn inside<'n>(&self, name: &'n FileName, interest: Interest) -> Entry<'n> {
        Entry {
            name,
            is_object: false,
            unchecked: self.unchecked,
            damage: Vec::new(),
            interest,
            depth: self.depth + 1,
            unpacked: false,
        }
    }

    /// The same without its packing; one that is packed again is a level deeper.
    fn unpacked(&self) -> Self {
        let depth = self.depth + usize::from(self.unpacked);
        Self { depth, unpacked: true, ..self.clone() }
    }

    /// The same, out of something with this damage.
    fn out_of(mut self, damage: &[Damage]) -> Self {
        self.unchecked |= damage.iter().any(Damage::unchecked);
        self.damage.extend(damage.iter().map(ToString::to_string));
        self
    }

    /// Whether the limit on nesting forbids to open it if it has that shape. The packing of a
    /// container is no level of its own.
    fn is_too_deep_for(&self, shape: Shape) -> bool {
        match shape {
            Shape::Packed => self.unpacked && self.depth >= MAX_NESTING,
            shape => shape.is_container() && self.depth >= MAX_NESTING,
        }
    }
}

/// A text, decompressed.
#[derive(Debug)]
pub struct Text<'t> {
    /// Its bytes.
    pub body: Body<'t>,
    /// The bytes that are stored for it, if they are in memory.
    pub stored: Option<&'t [u8]>,
    /// The unsupported format that it has, with what to do about it. Its bytes are as stored.
    pub unsupported: Option<&'static str>,
}

/// The bytes of a text.
pub enum Body<'t> {
    /// All of them.
    Whole {
        /// The bytes.
        text: &'t [u8],
        /// What is wrong with them.
        damage: &'t [Damage],
    },
    /// They are more than [`Limits::max_inflated`]. Their damage is known at their end.
    Stream(&'t mut dyn Pieces),
}

impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole { .. } => "Whole",
            Self::Stream(_) => "Stream",
        })
    }
}

/// Why an object or entry has no text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No bytes are stored for it.
    #[error("empty file")]
    Empty,
    /// Its bytes cannot be read, or not be kept.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// It cannot be decompressed.
    #[error("{0}")]
    Inflate(#[from] InflateError),
    /// Too many containers around it.
    #[error("archives are nested more than {MAX_NESTING} levels deep; unpack it first")]
    Nesting,
    /// More bytes than the limit on expansion allows.
    #[error("{TOO_LARGE}")]
    Expansion,
    /// Its container says why.
    #[error("{0}")]
    Entry(String),
    /// The visitor or the walk panicked. What the visitor has in hand may be in any state.
    #[error("internal error: {0}")]
    Panic(String),
}

const TOO_LARGE: &str = "decompression limit exceeded (possible zip bomb)";

/// A place in the outermost container, at the beginning of one of its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Entries before it.
    pub entry: u64,
    /// Bytes that may still be decompressed.
    pub allowed: u64,
    /// Entries visited before it, those of inner containers included.
    pub visited: u64,
}

/// A worker's buffers, reused from object to object.
#[derive(Default)]
pub struct Buffers {
    stored: Vec<u8>,
    /// One for each level of nesting; the first is all that most objects need.
    levels: Vec<Level>,
    piece: Vec<u8>,
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").field("levels", &self.levels.len()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Level {
    text: TextBuffer,
    entry: Vec<u8>,
}

/// How objects are walked, the same for all.
#[derive(Clone, Copy)]
pub struct Walk<'w> {
    /// Where objects are opened.
    pub store: &'w dyn Store,
    /// Bounds on memory.
    pub limits: Limits,
    /// Entries that are not opened: globs on their names, whole or within their container.
    pub exclude: &'w GlobSet,
}

impl std::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Walk<'_> {
    /// Walks one object and returns its size as stored. Of its entries those before `from` are not
    /// opened.
    pub fn object(
        &self,
        file: &ObjectRef,
        interest: Interest,
        from: Option<Position>,
        buffers: &mut Buffers,
        visitor: &mut dyn Visitor,
    ) -> u64 {
        let mut stored = std::mem::take(&mut buffers.stored);
        let mut size = 0;
        let entry = Entry::object(&file.name, interest);
        let mut descent =
            Descent { walk: self, buffers, visitor, allowed: 0, disk: MAX_DISK, from, visited: 0 };
        descent.guarded(&entry, |descent| match self.store.open(file, &mut stored) {
            Ok(packed) => {
                size = packed.bytes().len() as u64;
                descent.allowed = max_expansion(size);
                descent.stored(&entry, &packed);
            }
            Err(error) => descent.failed(&entry, error.into()),
        });
        buffers.stored = stored;
        // Few objects are nested deeper.
        buffers.levels.truncate(1);
        size
    }
}

/// The walk through one object.
struct Descent<'d, 'w> {
    walk: &'d Walk<'w>,
    buffers: &'d mut Buffers,
    visitor: &'d mut dyn Visitor,
    /// Bytes that may still be decompressed, and be kept on disk.
    allowed: u64,
    disk: u64,
    from: Option<Position>,
    /// Entries visited so far.
    visited: u64,
}

impl Descent<'_, '_> {
    /// Works on an object or entry. A panic fails that one alone.
    fn guarded(&mut self, entry: &Entry<'_>, work: impl FnOnce(&mut Self)) {
        let disk = self.disk;
        // The visitor learns of the panic and discards its state; buffers in use are lost.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(self))) {
            self.disk = disk;
            self.failed(entry, Failure::Panic(message(&*panic)));
        }
    }

    fn failed(&mut self, entry: &Entry<'_>, failure: Failure) {
        self.visited += 1;
        self.visitor.failed(entry, failure);
    }

    fn visit(&mut self, entry: &Entry<'_>, text: Text<'_>) {
        if entry.interest == Interest::Text {
            self.visitor.text(entry, text);
            self.visited += 1;
        }
    }

    /// Counts bytes that were decompressed, whatever became of them.
    fn spend(&mut self, bytes: u64) {
        self.allowed = self.allowed.saturating_sub(bytes);
    }

    /// An object or entry whose stored bytes are all in memory.
    fn stored(&mut self, entry: &Entry<'_>, packed: &Stored<'_>) {
        let bytes = packed.bytes();
        if bytes.is_empty() {
            return self.failed(entry, Failure::Empty);
        }
        let shape = Shape::of(bytes);
        match shape {
            _ if entry.is_too_deep_for(shape) => self.failed(entry, Failure::Nesting),
            Shape::Zip => self.zip(entry, packed),
            Shape::Tar => self.tar(entry, Tar::in_bytes(bytes), Some(packed)),
            _ if entry.interest == Interest::Text || shape == Shape::Packed => {
                let mut level = self.buffers.levels.pop().unwrap_or_default();
                self.inflate(entry, packed, shape, &mut level.text);
                self.buffers.levels.push(level);
            }
            _ => {}
        }
    }

    /// Bytes that are packed as a whole or not at all.
    fn inflate(
        &mut self,
        entry: &Entry<'_>,
        packed: &Stored<'_>,
        shape: Shape,
        buffer: &mut TextBuffer,
    ) {
        let limits = self.walk.limits;
        let limits = if entry.interest == Interest::Text { limits } else { limits.peek() };
        match inflate(packed.bytes(), limits, buffer) {
            Ok(Inflated::Whole { text, damage }) => {
                let mut inner = shape;
                if shape == Shape::Packed {
                    self.spend(text.len() as u64);
                    inner = Shape::of(text);
                }
                if inner.is_container() || inner == Shape::Packed {
                    self.stored(&entry.unpacked().out_of(&damage), &Stored::Bytes(text));
                } else {
                    let body = Body::Whole { text, damage: &damage };
                    let stored = Some(packed.bytes());
                    self.visit(entry, Text { body, stored, unsupported: inner.unsupported() });
                }
            }
            Ok(Inflated::Stream(mut stream)) if shape != Shape::Packed => {
                self.visit_stream(entry, Vec::new(), &mut stream, Some(packed), shape);
            }
            Ok(Inflated::Stream(mut stream)) => {
                self.stream(&entry.unpacked(), &mut stream, Some(packed));
            }
            Err(error) => self.failed(entry, error.into()),
        }
    }

    /// Bytes that come in pieces, as they are more than memory should hold.
    fn stream(&mut self, entry: &Entry<'_>, stream: &mut dyn Pieces, packed: Option<&Stored<'_>>) {
        let mut head = Vec::new();
        stream.read(&mut head, HEAD);
        let shape = Shape::of(&head);
        match shape {
            _ if entry.is_too_deep_for(shape) => self.failed(entry, Failure::Nesting),
            Shape::Tar => self.streamed_tar(entry, head, stream),
            Shape::Zip | Shape::Packed => self.spooled(entry, head, stream),
            Shape::Plain | Shape::Foreign(_) => {
                self.visit_stream(entry, head, stream, packed, shape);
            }
        }
    }

    fn visit_stream(
        &mut self,
        entry: &Entry<'_>,
        head: Vec<u8>,
        stream: &mut dyn Pieces,
        packed: Option<&Stored<'_>>,
        shape: Shape,
    ) {
        let mut stream = Counted { head, stream, packed, released: 0, length: 0 };
        let stored = packed.map(Stored::bytes);
        let body = Body::Stream(&mut stream);
        self.visit(entry, Text { body, stored, unsupported: shape.unsupported() });
        let length = stream.length;
        self.spend(length);
    }

    /// A tar archive in pieces. Whether its checksum is right must be known before the first entry is
    /// visited, so it is read to its end first, if it can be read twice.
    fn streamed_tar(&mut self, entry: &Entry<'_>, head: Vec<u8>, stream: &mut dyn Pieces) {
        if !stream.rewind() {
            return self.spooled(entry, head, stream);
        }
        let mut length = 0;
        loop {
            self.buffers.piece.clear();
            match stream.read(&mut self.buffers.piece, MIN_WINDOW) {
                0 => break,
                read => length += read as u64,
            }
            if length > self.allowed {
                self.allowed = 0;
                return self.failed(entry, Failure::Expansion);
            }
        }
        self.spend(length);
        let entry = entry.clone().out_of(stream.damage());
        stream.rewind();
        self.tar(&entry, Tar::in_pieces(stream, length), None);
    }

    /// What must be whole to be read, and comes in pieces: it is kept on disk meanwhile.
    fn spooled(&mut self, entry: &Entry<'_>, head: Vec<u8>, stream: &mut dyn Pieces) {
        match spool(head, stream, self.disk.min(self.allowed)) {
            Ok((packed, damage)) => {
                let size = packed.bytes().len() as u64;
                self.disk -= size;
                self.spend(size);
                self.stored(&entry.clone().out_of(&damage), &packed);
                self.disk += size;
            }
            Err(error) => self.failed(entry, error.into()),
        }
    }

    fn zip(&mut self, entry: &Entry<'_>, packed: &Stored<'_>) {
        let mut zip = Zip::open(packed.bytes());
        let mut entries = Entries::new(self.visited);
        while let Some(file) = zip.next() {
            if self.is_over() {
                break;
            }
            let Some((name, interest)) = self.admitted(entry, &mut entries, file.name) else {
                continue;
            };
            let inner = entry.inside(&name, interest);
            match file.data {
                Ok(member) => self.guarded(&inner, |this| this.member(&inner, member)),
                Err(reason) => self.failed(&inner, Failure::Entry(reason)),
            }
            entries.release(packed, zip.reached());
        }
        self.container(entry, zip.trouble(), &entries);
    }

    /// An entry of a zip archive.
    fn member(&mut self, entry: &Entry<'_>, member: Member<'_>) {
        if let Some((bytes, damage)) = member.as_stored() {
            return self.stored(&entry.clone().out_of(&damage), &Stored::Bytes(bytes));
        }
        let mut level = self.buffers.levels.pop().unwrap_or_default();
        match unpack(member, self.walk.limits, &mut level.text) {
            Inflated::Whole { text, damage } => {
                self.spend(text.len() as u64);
                self.stored(&entry.clone().out_of(&damage), &Stored::Bytes(text));
            }
            Inflated::Stream(mut stream) => self.stream(entry, &mut stream, None),
        }
        self.buffers.levels.push(level);
    }

    fn tar(&mut self, entry: &Entry<'_>, mut tar: Tar<'_>, packed: Option<&Stored<'_>>) {
        let hold = self.walk.limits.held_entry();
        let mut level = self.buffers.levels.pop().unwrap_or_default();
        let mut entries = Entries::new(self.visited);
        while let Some(file) = tar.next() {
            if self.is_over() {
                break;
            }
            let Some((name, interest)) = self.admitted(entry, &mut entries, &file.name) else {
                continue;
            };
            let mut inner = entry.inside(&name, interest);
            if file.cut {
                inner = inner.out_of(&[Damage::Ends]);
            }
            match (file.refused, tar.content(&mut level.entry, hold)) {
                (Some(reason), _) => self.failed(&inner, Failure::Entry(reason.to_owned())),
                (None, TarContent::Bytes(bytes)) => {
                    self.guarded(&inner, |this| this.stored(&inner, &Stored::Bytes(bytes)));
                }
                (None, TarContent::Pieces(mut pieces)) => {
                    self.guarded(&inner, |this| this.stream(&inner, &mut pieces, None));
                }
            }
            if let Some(packed) = packed {
                entries.release(packed, tar.reached());
            }
        }
        self.buffers.levels.push(level);
        self.container(entry, tar.trouble(), &entries);
    }

    /// The name of the next entry of a container, if it is to be opened.
    fn admitted(
        &mut self,
        outer: &Entry<'_>,
        entries: &mut Entries,
        own_name: &[u8],
    ) -> Option<(FileName, Interest)> {
        let entry = entries.next;
        entries.next += 1;
        if outer.is_object {
            if let Some(from) = self.from {
                if entry < from.entry {
                    return None;
                }
                (self.allowed, self.visited) = (from.allowed, from.visited);
                self.from = None;
            }
            let (allowed, visited) = (self.allowed, self.visited);
            self.visitor.reached(Position { entry, allowed, visited });
        }
        let name = outer.name.inside(own_name);
        self.spend(self.visitor.entry_cost(&name));
        let exclude = self.walk.exclude;
        let own_name = String::from_utf8_lossy(own_name);
        if !exclude.is_empty() && (exclude.is_match(&name.display) || exclude.is_match(&*own_name))
        {
            return None;
        }
        match self.visitor.admit(&name) {
            Interest::Nothing => None,
            interest => Some((name, interest)),
        }
    }

    fn is_over(&self) -> bool {
        self.allowed == 0 || self.visitor.is_stopped()
    }

    fn container(&mut self, entry: &Entry<'_>, trouble: &[String], entries: &Entries) {
        let mut problems = [&entry.damage[..], trouble].concat();
        if self.allowed == 0 {
            problems.push(format!("{TOO_LARGE}: the rest was not read"));
        }
        let visited = self.visited - entries.visited_before;
        if !problems.is_empty() {
            self.visited += 1;
        }
        self.visitor.container(entry, problems, visited);
    }
}

/// How far a container has been walked.
struct Entries {
    next: u64,
    visited_before: u64,
    released: u64,
}

impl Entries {
    fn new(visited_before: u64) -> Self {
        Self { next: 0, visited_before, released: 0 }
    }

    /// Releases what was read of a mapped container.
    fn release(&mut self, packed: &Stored<'_>, reached: u64) {
        if reached >= self.released + RELEASE_EVERY {
            packed.release(reached);
            self.released = reached;
        }
    }
}

/// A stream from its first byte on, after its head was read. Counts what it gives, and releases what
/// was read of a mapped object.
struct Counted<'s> {
    head: Vec<u8>,
    stream: &'s mut dyn Pieces,
    packed: Option<&'s Stored<'s>>,
    released: u64,
    length: u64,
}

impl Pieces for Counted<'_> {
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
        let from_head = up_to.min(self.head.len());
        into.extend(self.head.drain(..from_head));
        let more = up_to - from_head;
        let read = from_head + if more > 0 { self.stream.read(into, more) } else { 0 };
        self.length += read as u64;
        if let Some(packed) = self.packed {
            let consumed = self.stream.packed_consumed();
            if consumed >= self.released + RELEASE_EVERY {
                packed.release(consumed);
                self.released = consumed;
            }
        }
        read
    }

    fn damage(&self) -> &[Damage] {
        self.stream.damage()
    }

    fn packed_consumed(&self) -> u64 {
        self.stream.packed_consumed()
    }

    fn rewind(&mut self) -> bool {
        let rewound = self.stream.rewind();
        if rewound {
            self.head.clear();
            self.released = 0;
        }
        rewound
    }
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests;
