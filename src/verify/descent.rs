//! From a listed file to the files in it: zip and tar archives, packed and nested.
//!
//! A copy of a bucket is handed over in one of these as often as in a folder. Each file inside is read
//! as if it had been listed, one after the other, in the order of the archive. The bounds are those of
//! a hunt: how deep archives nest, what is kept on disk, and what all of it may inflate to.

use std::sync::atomic::{AtomicBool, Ordering};

use globset::GlobSet;
use sha2::{Digest, Sha256};

use super::{
    Watch,
    sweep::{Hands, Read, hash_stream},
};
use crate::{
    cloudtrail::FileName,
    source::{
        Damage, HEAD, InflateError, Inflated, Limits, LogFile, Member, Packed, Pieces, Shape,
        Source, Tar, TarContent, TextBuffer, Zip, inflate, spool, unpack,
    },
};

/// Archives in archives that are opened.
const LEVELS: usize = 4;

/// Bytes that one listed file may keep in temporary files at once.
const DISK: u64 = 8 << 30;

/// A file of a streamed tar is held in memory up to here, if the cap allows.
const MOST_HELD: usize = 64 << 20;
const LEAST_HELD: usize = 1 << 20;

/// All files in a listed one may inflate to so much, and to so many bytes for each of its own.
const ALLOWED: u64 = 64 << 20;
const RATIO: u64 = 1032;

/// What a file in an archive counts, beside its text: a million empty ones are not free.
pub(super) const EACH: u64 = 512;

/// What a digest in an archive counts, beside its text, as it is remembered. One that AWS wrote has
/// 300 bytes that do not compress, so [`RATIO`] allows it several times as much.
pub(super) const EACH_DIGEST: u64 = 64 << 10;

/// The text of a file that is not wanted is looked at so far, to see whether it is an archive.
const PEEK: usize = 64 << 10;

const TOO_MUCH: &str = "it inflates to more than any archive does";

/// What files are read with, the same for all.
#[derive(Clone, Copy)]
pub(super) struct Reader<'v> {
    pub(super) source: &'v dyn Source,
    pub(super) limits: Limits,
    pub(super) watch: &'v dyn Watch,
    /// Files that are left out, by their names.
    pub(super) exclude: &'v GlobSet,
    pub(super) interrupt: &'v AtomicBool,
    /// Files that are read; others are only opened to see whether they are archives.
    pub(super) wants: &'v (dyn Fn(&FileName) -> bool + Sync),
    /// Files that are opened.
    pub(super) opens: &'v (dyn Fn(&FileName) -> bool + Sync),
    /// What each file that is read counts in an archive.
    pub(super) each: u64,
}

/// Takes a file that is wanted: what it was read to. Or takes any file that cannot be read, and why.
pub(super) type Take<'t> = dyn FnMut(&FileName, Result<Read<'_>, Unread>) + 't;

/// Why a file was not read, or not all of an archive.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) reason: String,
    /// It is an archive, so no digest lists it.
    pub(super) is_archive: bool,
}

impl Unread {
    fn file(reason: String) -> Self {
        Self { reason, is_archive: false }
    }
}

impl Reader<'_> {
    /// Reads one listed file, or all that are wanted in it.
    pub(super) fn read(&self, file: &LogFile, hands: &mut Hands, take: &mut Take<'_>) {
        let mut buffer = std::mem::take(&mut hands.packed);
        let item = Item {
            name: &file.name,
            depth: 0,
            unpacked: false,
            wanted: (self.wants)(&file.name),
            told: Vec::new(),
        };
        match self.source.fetch(file, &mut buffer) {
            Ok(packed) => {
                let size = packed.bytes().len() as u64;
                let allowed = size.saturating_mul(RATIO).saturating_add(ALLOWED);
                let mut descent = Descent { reader: self, hands, take, allowed, disk: DISK };
                descent.stored(&item, &packed);
            }
            Err(error) => take(item.name, Err(Unread::file(error.to_string()))),
        }
        hands.packed = buffer;
        // Few files have more than one level.
        hands.levels.truncate(1);
    }
}

/// A file on the way down.
struct Item<'i> {
    name: &'i FileName,
    /// Archives it is in, and packings directly inside packings.
    depth: usize,
    /// It came out of a packing of its own.
    unpacked: bool,
    wanted: bool,
    /// What was wrong with what it came out of, as far as that is its own.
    told: Vec<String>,
}

impl Item<'_> {
    fn out_of(&self, damage: &[Damage]) -> Self {
        let told = self.told.iter().cloned().chain(damage.iter().map(ToString::to_string));
        Self { told: told.collect(), ..*self }
    }

    /// Without its packing; one that is packed again is a level deeper.
    fn unpacked(&self) -> Self {
        let depth = self.depth + usize::from(self.unpacked);
        Self { depth, unpacked: true, told: self.told.clone(), ..*self }
    }

    fn is_too_deep_for(&self, shape: Shape) -> bool {
        match shape {
            Shape::Packed => self.unpacked && self.depth >= LEVELS,
            shape => shape.is_bundle() && self.depth >= LEVELS,
        }
    }
}

struct Descent<'d, 'v> {
    reader: &'d Reader<'v>,
    hands: &'d mut Hands,
    take: &'d mut Take<'d>,
    allowed: u64,
    disk: u64,
}

impl Descent<'_, '_> {
    fn give(&mut self, item: &Item<'_>, read: Result<Read<'_>, Unread>) {
        if item.wanted || read.is_err() {
            (self.take)(item.name, read);
        }
    }

    fn refuse(&mut self, item: &Item<'_>, reason: String) {
        let reasons = [&item.told[..], &[reason]].concat();
        self.give(item, Err(Unread::file(reasons.join("; "))));
    }

    /// A file that is all there, as it is stored.
    fn stored(&mut self, item: &Item<'_>, packed: &Packed<'_>) {
        let shape = Shape::of(packed.bytes());
        if item.is_too_deep_for(shape) {
            return self.refuse(item, format!("it is nested deeper than {LEVELS} archives"));
        }
        match shape {
            Shape::Zip => self.zip(item, packed),
            Shape::Tar => self.tar(item, Tar::in_bytes(packed.bytes())),
            _ if item.wanted || shape == Shape::Packed => {
                let mut text = self.hands.levels.pop().unwrap_or_default();
                self.text(item, packed, shape, &mut text);
                self.hands.levels.push(text);
            }
            _ => {}
        }
    }

    /// A file that is packed as a whole or not at all.
    fn text(
        &mut self,
        item: &Item<'_>,
        packed: &Packed<'_>,
        shape: Shape,
        buffer: &mut TextBuffer,
    ) {
        let mut limits = self.reader.limits;
        if !item.wanted {
            limits.max_inflated = limits.max_inflated.min(PEEK);
        }
        match inflate(packed.bytes(), limits, buffer) {
            Ok(Inflated::Whole { text, damage }) => {
                if shape == Shape::Packed {
                    self.spend(text.len() as u64);
                }
                let inner = if shape == Shape::Packed { Shape::of(text) } else { Shape::Plain };
                if inner.is_bundle() || (shape == Shape::Packed && inner == Shape::Packed) {
                    self.stored(&item.unpacked().out_of(&damage), &Packed::Bytes(text));
                } else if item.wanted {
                    self.whole(item, text, packed.bytes(), &damage);
                }
            }
            Ok(Inflated::Stream(mut stream)) => {
                self.stream(&item.unpacked(), &mut stream, Some(packed));
            }
            // Damage to a file that a digest lists; others may well be empty.
            Err(error @ InflateError::Empty) => {
                let item = Item { told: [&item.told[..], &[error.to_string()]].concat(), ..*item };
                self.whole(&item, b"", packed.bytes(), &[]);
            }
            Err(error) => self.refuse(item, error.to_string()),
        }
    }

    fn whole(&mut self, item: &Item<'_>, text: &[u8], stored: &[u8], damage: &[Damage]) {
        self.reader.watch.read(stored.len() as u64, text.len() as u64);
        let hash = Sha256::digest(text).into();
        let damage = item.out_of(damage).told;
        self.give(item, Ok(Read { hash, text: Some(text), stored: Some(stored), damage }));
    }

    /// A file that comes in pieces.
    fn stream(&mut self, item: &Item<'_>, stream: &mut dyn Pieces, packed: Option<&Packed<'_>>) {
        let mut head = Vec::new();
        stream.read(&mut head, HEAD);
        let shape = Shape::of(&head);
        match shape {
            _ if item.is_too_deep_for(shape) => {
                self.refuse(item, format!("it is nested deeper than {LEVELS} archives"));
            }
            Shape::Tar => match self.measured(stream) {
                Some(length) if length <= self.allowed => {
                    self.spend(length);
                    let item = item.out_of(stream.damage());
                    stream.rewind();
                    self.tar(&item, Tar::in_pieces(stream, length));
                }
                Some(_) => self.refuse(item, TOO_MUCH.to_owned()),
                None => self.spooled(item, head, stream),
            },
            Shape::Zip | Shape::Packed => self.spooled(item, head, stream),
            _ if !item.wanted => {}
            _ => {
                let stored = packed.map(Packed::bytes);
                let (hash, length, damage) =
                    hash_stream(head, stream, packed, &mut self.hands.piece);
                self.spend(length);
                self.reader.watch.read(stored.map_or(0, |stored| stored.len() as u64), length);
                let damage = item.out_of(&damage).told;
                self.give(item, Ok(Read { hash, text: None, stored, damage }));
            }
        }
    }

    /// Bytes of a stream that can be read twice, up to what is allowed and one more piece.
    fn measured(&mut self, stream: &mut dyn Pieces) -> Option<u64> {
        if !stream.rewind() {
            return None;
        }
        let piece = &mut self.hands.piece;
        let mut length = 0;
        loop {
            piece.clear();
            match stream.read(piece, LEAST_HELD) {
                0 => return Some(length),
                read => length += read as u64,
            }
            if length > self.allowed {
                return Some(length);
            }
        }
    }

    /// What must be all there to be read, and comes in pieces: it is kept on disk meanwhile.
    fn spooled(&mut self, item: &Item<'_>, head: Vec<u8>, stream: &mut dyn Pieces) {
        match spool(head, stream, self.disk.min(self.allowed)) {
            Ok((packed, damage)) => {
                let size = packed.bytes().len() as u64;
                self.disk -= size;
                self.spend(size);
                self.stored(&item.out_of(&damage), &packed);
                self.disk += size;
            }
            Err(error) => self.refuse(item, error.to_string()),
        }
    }

    fn zip(&mut self, item: &Item<'_>, packed: &Packed<'_>) {
        let mut zip = Zip::open(packed.bytes());
        while let Some(file) = zip.next() {
            if self.is_over() {
                break;
            }
            let Some(name) = self.admitted(item, file.name) else { continue };
            let inner = self.inside(item, &name);
            match file.data {
                Ok(member) => self.member(&inner, member),
                Err(reason) => self.refuse(&inner, reason),
            }
        }
        self.bundle(item, zip.trouble());
    }

    fn member(&mut self, item: &Item<'_>, member: Member<'_>) {
        if let Some((bytes, damage)) = member.as_stored() {
            return self.stored(&item.out_of(&damage), &Packed::Bytes(bytes));
        }
        let mut text = self.hands.levels.pop().unwrap_or_default();
        match unpack(member, self.reader.limits, &mut text) {
            Inflated::Whole { text, damage } => {
                self.spend(text.len() as u64);
                self.stored(&item.out_of(&damage), &Packed::Bytes(text));
            }
            Inflated::Stream(mut stream) => self.stream(item, &mut stream, None),
        }
        self.hands.levels.push(text);
    }

    fn tar(&mut self, item: &Item<'_>, mut tar: Tar<'_>) {
        let hold = self.reader.limits.max_inflated.clamp(LEAST_HELD, MOST_HELD);
        let mut buffer = Vec::new();
        while let Some(file) = tar.next() {
            if self.is_over() {
                break;
            }
            let Some(name) = self.admitted(item, &file.name) else { continue };
            let mut inner = self.inside(item, &name);
            if file.cut {
                inner = inner.out_of(&[Damage::Ends]);
            }
            match (file.refused, tar.content(&mut buffer, hold)) {
                (Some(reason), _) => self.refuse(&inner, reason.to_owned()),
                (None, TarContent::Bytes(bytes)) => self.stored(&inner, &Packed::Bytes(bytes)),
                (None, TarContent::Pieces(mut pieces)) => self.stream(&inner, &mut pieces, None),
            }
        }
        self.bundle(item, tar.trouble());
    }

    /// The name of a file in an archive, if it is to be opened.
    fn admitted(&mut self, outer: &Item<'_>, inner: &[u8]) -> Option<FileName> {
        let name = outer.name.inside(inner);
        self.spend(if (self.reader.wants)(&name) { self.reader.each } else { EACH });
        let own = String::from_utf8_lossy(inner);
        let exclude = self.reader.exclude;
        let left_out =
            !exclude.is_empty() && (exclude.is_match(&name.display) || exclude.is_match(&*own));
        (!left_out && (self.reader.opens)(&name)).then_some(name)
    }

    fn inside<'n>(&self, outer: &Item<'_>, name: &'n FileName) -> Item<'n> {
        let wanted = (self.reader.wants)(name);
        Item { name, depth: outer.depth + 1, unpacked: false, wanted, told: Vec::new() }
    }

    /// So much more was inflated, whatever became of it.
    fn spend(&mut self, bytes: u64) {
        self.allowed = self.allowed.saturating_sub(bytes);
    }

    fn is_over(&self) -> bool {
        self.allowed == 0 || self.reader.interrupt.load(Ordering::Relaxed)
    }

    /// What is left of an archive: nothing to tell, unless it is damaged.
    fn bundle(&mut self, item: &Item<'_>, trouble: &[String]) {
        let mut reasons = [&item.told[..], trouble].concat();
        if self.allowed == 0 {
            reasons
                .push("it inflates to more than any archive does: the rest is not read".to_owned());
        }
        if !reasons.is_empty() {
            self.give(item, Err(Unread { reason: reasons.join("; "), is_archive: true }));
        }
    }
}
