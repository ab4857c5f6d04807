//! The listing of a hunt, as it was when it began.
//!
//! It is kept before anything is read, and the hunt takes its files from there, today and whenever it
//! goes on. So places in the listing never move. A file is told by its name, its size and the time of
//! its last change.

use std::{ffi::OsStr, io, os::unix::fs::MetadataExt};
use std::{fs, os::unix::ffi::OsStrExt, path::Path};

use super::{
    blocks::{Kind, Place, Reader, Writer},
    code::{Decoder, Encoder},
};
use crate::{
    archive::{self, Listed, Listing, ObjectRef},
    cloudtrail::FileName,
};

/// Bytes of a block of listed files.
const BLOCK: usize = 64 << 10;

/// At most so many differences are told one by one.
const TOLD: usize = 10;

/// How a file was when it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// The same of its last change, which may be one of its attributes only.
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// One line of the listing.
#[derive(Debug)]
struct Line {
    /// Which of the inputs it belongs to.
    input: u64,
    listed: Listed,
    stamp: Option<Stamp>,
}

impl Line {
    fn of(input: u64, listed: Listed) -> Self {
        let stamp = match &listed {
            Listed::File(ObjectRef { place: archive::Place::Path(path), .. }) => Stamp::of(path),
            Listed::File(_) | Listed::Failed { .. } => None,
        };
        Self { input, listed, stamp }
    }

    fn name(&self) -> &FileName {
        match &self.listed {
            Listed::File(file) => &file.name,
            Listed::Failed { name, .. } => name,
        }
    }

    /// What it goes by in the order of the listing.
    fn place(&self) -> (u64, &FileName) {
        (self.input, self.name())
    }

    fn put(&self, out: &mut Encoder) {
        out.number(self.input);
        let name = self.name();
        let (kind, rest) = match &self.listed {
            Listed::File(file) => (u64::from(file.named), path(file).as_os_str().as_bytes()),
            Listed::Failed { reason, .. } => (2, reason.as_bytes()),
        };
        out.number(kind);
        out.name(name.display.as_bytes());
        out.optional(name.raw_hex.as_deref());
        // A path is mostly the name.
        let is_name = kind < 2 && rest == name.display.as_bytes();
        out.flag(is_name);
        if !is_name {
            out.slice(rest);
        }
        out.flag(self.stamp.is_some());
        if let Some(Stamp { size, modified, changed }) = self.stamp {
            out.number(size);
            for number in [modified.0, modified.1, changed.0, changed.1] {
                out.bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
    }

    fn read(from: &mut Decoder<'_>) -> Option<Self> {
        let (input, kind) = (from.number()?, from.number()?);
        let display = String::from_utf8(from.name()?.to_vec()).ok()?;
        let name = FileName { display, raw_hex: from.optional()? };
        let rest =
            if from.flag()? { name.display.clone().into_bytes() } else { from.slice()?.to_vec() };
        let stamp = if from.flag()? { Some(stamp(from)?) } else { None };
        let listed = if kind == 2 {
            Listed::Failed { name, reason: String::from_utf8(rest).ok()? }
        } else {
            let place = archive::Place::Path(OsStr::from_bytes(&rest).into());
            Listed::File(ObjectRef { place, name, named: kind == 1 })
        };
        Some(Self { input, listed, stamp })
    }
}

fn path(file: &ObjectRef) -> &Path {
    match &file.place {
        archive::Place::Path(path) => path,
        archive::Place::Stdin => Path::new("-"),
    }
}

fn stamp(from: &mut Decoder<'_>) -> Option<Stamp> {
    let size = from.number()?;
    let mut numbers = [0; 4];
    for number in &mut numbers {
        let (bytes, rest) = from.bytes.split_first_chunk()?;
        from.bytes = rest;
        *number = i64::from_le_bytes(*bytes);
    }
    let [modified, modified_nanos, changed, changed_nanos] = numbers;
    Some(Stamp { size, modified: (modified, modified_nanos), changed: (changed, changed_nanos) })
}

/// Writes a listing down, as it is now; `false` if `stop` says so before its end.
pub(super) fn write(
    mut listing: Listing,
    writer: &mut Writer,
    stop: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let mut out = Encoder::default();
    while let Some(listed) = listing.next() {
        if stop() {
            return Ok(false);
        }
        Line::of(listing.input(), listed).put(&mut out);
        if out.bytes.len() >= BLOCK {
            writer.append(Kind::Listed, &out.bytes)?;
            out.clear();
        }
    }
    writer.append(Kind::Listed, &out.bytes)?;
    out.clear();
    out.number(listing.links_not_followed());
    writer.append(Kind::Ended, &out.bytes)?;
    writer.sync()?;
    Ok(true)
}

/// The files of a listing that was written down, in its order.
#[derive(Debug)]
pub(in crate::hunt) struct Kept {
    reader: Reader,
    /// What has been read of the block, and the name before.
    at: usize,
    name: Vec<u8>,
    ended: Option<u64>,
    broken: Option<io::Error>,
}

impl Kept {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, at: 0, name: Vec::new(), ended: None, broken: None }
    }

    /// Links to folders that were not entered; known at the end.
    pub(in crate::hunt) fn links_not_followed(&self) -> u64 {
        self.ended.unwrap_or(0)
    }

    /// Why it ended before its end.
    pub(in crate::hunt) fn broken(self) -> Option<io::Error> {
        self.broken.or_else(|| self.ended.is_none().then(|| io::ErrorKind::UnexpectedEof.into()))
    }

    /// The end of the listing, if it has one.
    fn end(&self) -> Option<Place> {
        self.ended.map(|_| self.reader.place)
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        while self.at >= self.reader.content.len() {
            if self.ended.is_some() {
                return Ok(None);
            }
            match self.reader.next()? {
                Some(Kind::Listed) => (self.at, self.name) = (0, Vec::new()),
                Some(Kind::Ended) => {
                    let mut from = Decoder::new(&self.reader.content);
                    self.ended = Some(from.number().ok_or(io::ErrorKind::InvalidData)?);
                    self.at = self.reader.content.len();
                }
                Some(_) | None => return Ok(None),
            }
        }
        let bytes = &self.reader.content[self.at..];
        let mut from = Decoder::resumed(bytes, std::mem::take(&mut self.name));
        let line = Line::read(&mut from).ok_or(io::ErrorKind::InvalidData)?;
        self.at += bytes.len() - from.bytes.len();
        self.name = from.into_name();
        Ok(Some(line))
    }
}

impl Iterator for Kept {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        match self.line() {
            Ok(line) => line.map(|line| line.listed),
            Err(error) => {
                self.broken = Some(error);
                None
            }
        }
    }
}

/// What a listing that was written down is against the one of now.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The first differences.
    pub(super) told: Vec<String>,
    pub(super) differences: u64,
    /// Files of the same size and time whose attributes were changed since.
    pub(super) touched: u64,
    /// The end of the listing; nothing if it was not written to its end.
    pub(super) end: Option<Place>,
    pub(super) stopped: bool,
}

impl Compared {
    fn tell(&mut self, line: &Line, what: &str) {
        self.differences += 1;
        if self.told.len() < TOLD {
            self.told.push(format!("{} {what}", line.name().display));
        }
    }
}

/// Compares a listing that was written down with that of now. Both come in one order, so neither is
/// held.
pub(super) fn compare(
    mut kept: Kept,
    mut listing: Listing,
    stop: &dyn Fn() -> bool,
) -> io::Result<Compared> {
    let mut compared = Compared::default();
    let next =
        |listing: &mut Listing| listing.next().map(|listed| Line::of(listing.input(), listed));
    let mut was = kept.line()?;
    let mut is = next(&mut listing);
    while was.is_some() || is.is_some() {
        if stop() {
            compared.stopped = true;
            return Ok(compared);
        }
        match (&was, &is) {
            (Some(old), Some(new)) if old.place() == new.place() => {
                differences(old, new, &mut compared);
                (was, is) = (kept.line()?, next(&mut listing));
            }
            (Some(old), new) if new.as_ref().is_none_or(|new| old.place() < new.place()) => {
                compared.tell(old, "is gone");
                was = kept.line()?;
            }
            (_, new) => {
                if let Some(new) = new {
                    compared.tell(new, "is new");
                }
                is = next(&mut listing);
            }
        }
    }
    compared.end = kept.end();
    Ok(compared)
}

fn differences(old: &Line, new: &Line, compared: &mut Compared) {
    match (&old.listed, &new.listed) {
        (Listed::File(_), Listed::Failed { .. }) => compared.tell(new, "cannot be listed any more"),
        (Listed::Failed { .. }, Listed::File(_)) => compared.tell(new, "could not be listed then"),
        _ => {}
    }
    let (Some(old), Some(stamp)) = (old.stamp, new.stamp) else {
        return if old.stamp != new.stamp {
            compared.tell(new, "was there only once");
        };
    };
    if old.size != stamp.size {
        compared.tell(new, &format!("had {} bytes and has {}", old.size, stamp.size));
    } else if old.modified != stamp.modified {
        compared.tell(new, "was written to since");
    } else if old.changed != stamp.changed {
        compared.touched += 1;
    }
}
