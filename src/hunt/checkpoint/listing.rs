//! The listing of a hunt, as it was when it began.
//!
//! It is written before anything is searched, and every run takes its files from there, so places in
//! the listing never move. A file is recognized by its name, its size and the time of its last change.

use std::{ffi::OsStr, io, os::unix::fs::MetadataExt};
use std::{fs, os::unix::ffi::OsStrExt, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    blocks::{Kind, Place, Reader, Writer},
    names::{Bytes, CutName, LastName},
};
use crate::{
    archive::{self, Listed, Listing, ObjectRef},
    cloudtrail::FileName,
};

/// Bytes of a block of listed files.
const BLOCK: usize = 64 << 10;

/// At most so many differences are listed.
const SHOWN: usize = 10;

/// How a file was when it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    fn write(&self, last: &mut LastName, out: &mut Vec<u8>) -> io::Result<()> {
        let name = self.name();
        let kind = match &self.listed {
            Listed::File(file) => {
                let path = path(file).as_os_str().as_bytes();
                // A path is mostly the name.
                let path = (path != name.display.as_bytes()).then_some(Bytes(path));
                StoredKind::File { named: file.named, path }
            }
            Listed::Failed { reason, .. } => StoredKind::Failed { reason },
        };
        let line = StoredLine {
            input: self.input,
            name: last.cut(&name.display),
            raw_hex: name.raw_hex.as_deref(),
            kind,
            stamp: self.stamp,
        };
        postcard::to_io(&line, out).map(drop).map_err(io::Error::other)
    }

    /// Reads the first line of `bytes`, and what follows it; `None` if it is corrupt.
    fn read<'b>(bytes: &'b [u8], last: &mut LastName) -> Option<(Self, &'b [u8])> {
        let (line, rest) = postcard::take_from_bytes::<StoredLine<'b>>(bytes).ok()?;
        let display = last.join(line.name)?;
        let name = FileName { display, raw_hex: line.raw_hex.map(str::to_owned) };
        let listed = match line.kind {
            StoredKind::File { named, path } => {
                let path = path.map_or(name.display.as_bytes(), |path| path.0);
                let place = archive::Place::Path(OsStr::from_bytes(path).into());
                Listed::File(ObjectRef { place, name, named })
            }
            StoredKind::Failed { reason } => Listed::Failed { name, reason: reason.to_owned() },
        };
        Some((Self { input: line.input, listed, stamp: line.stamp }, rest))
    }
}

/// A line as blocks hold it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredLine<'l> {
    input: u64,
    #[serde(borrow)]
    name: CutName<'l>,
    raw_hex: Option<&'l str>,
    kind: StoredKind<'l>,
    stamp: Option<Stamp>,
}

#[derive(Debug, Serialize, Deserialize)]
enum StoredKind<'l> {
    /// A file; `path` only if it is not the name.
    File {
        named: bool,
        #[serde(borrow)]
        path: Option<Bytes<'l>>,
    },
    /// Something that could not be listed.
    Failed { reason: &'l str },
}

fn path(file: &ObjectRef) -> &Path {
    match &file.place {
        archive::Place::Path(path) => path,
        archive::Place::Stdin => Path::new("-"),
    }
}

/// Writes the listing as it is now; `false` if `stop` says so before its end.
pub(super) fn write(
    mut listing: Listing,
    writer: &mut Writer,
    stop: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let (mut last, mut out) = (LastName::default(), Vec::new());
    while let Some(listed) = listing.next() {
        if stop() {
            return Ok(false);
        }
        Line::of(listing.input(), listed).write(&mut last, &mut out)?;
        if out.len() >= BLOCK {
            writer.append(Kind::Listed, &out)?;
            out.clear();
            last.clear();
        }
    }
    writer.append(Kind::Listed, &out)?;
    writer.append(Kind::ListingEnd, &listing.links_not_followed().to_le_bytes())?;
    writer.sync()?;
    Ok(true)
}

/// A stored listing, read in its order.
#[derive(Debug)]
pub(in crate::hunt) struct StoredListing {
    reader: Reader,
    /// How much of the block was read.
    at: usize,
    last: LastName,
    /// The links that were not followed; known at the end.
    ended: Option<u64>,
    broken: Option<io::Error>,
}

impl StoredListing {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, at: 0, last: LastName::default(), ended: None, broken: None }
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
                Some(Kind::Listed) => {
                    self.at = 0;
                    self.last.clear();
                }
                Some(Kind::ListingEnd) => {
                    let links = self.reader.content.as_slice().try_into();
                    let links = links.map_err(|_| io::ErrorKind::InvalidData)?;
                    self.ended = Some(u64::from_le_bytes(links));
                    self.at = self.reader.content.len();
                }
                Some(_) | None => return Ok(None),
            }
        }
        let line = Line::read(&self.reader.content[self.at..], &mut self.last);
        let (line, rest) = line.ok_or(io::ErrorKind::InvalidData)?;
        self.at = self.reader.content.len() - rest.len();
        Ok(Some(line))
    }
}

impl Iterator for StoredListing {
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

/// How a stored listing and that of now differ.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The first differences.
    pub(super) messages: Vec<String>,
    pub(super) differences: u64,
    /// Files of the same size and time whose attributes were changed since.
    pub(super) touched: u64,
    /// The end of the listing; `None` if it was not written to its end.
    pub(super) end: Option<Place>,
    pub(super) stopped: bool,
}

impl Compared {
    fn add(&mut self, line: &Line, what: &str) {
        self.differences += 1;
        if self.messages.len() < SHOWN {
            self.messages.push(format!("{} {what}", line.name().display));
        }
    }
}

/// Compares a stored listing with that of now. Both come in the same order, so neither is held in
/// memory.
pub(super) fn compare(
    mut stored: StoredListing,
    mut listing: Listing,
    stop: &dyn Fn() -> bool,
) -> io::Result<Compared> {
    let mut compared = Compared::default();
    let next =
        |listing: &mut Listing| listing.next().map(|listed| Line::of(listing.input(), listed));
    let mut was = stored.line()?;
    let mut is = next(&mut listing);
    while was.is_some() || is.is_some() {
        if stop() {
            compared.stopped = true;
            return Ok(compared);
        }
        match (&was, &is) {
            (Some(old), Some(new)) if old.place() == new.place() => {
                differences(old, new, &mut compared);
                (was, is) = (stored.line()?, next(&mut listing));
            }
            (Some(old), new) if new.as_ref().is_none_or(|new| old.place() < new.place()) => {
                compared.add(old, "is gone");
                was = stored.line()?;
            }
            (_, new) => {
                if let Some(new) = new {
                    compared.add(new, "is new");
                }
                is = next(&mut listing);
            }
        }
    }
    compared.end = stored.end();
    Ok(compared)
}

fn differences(old: &Line, new: &Line, compared: &mut Compared) {
    match (&old.listed, &new.listed) {
        (Listed::File(_), Listed::Failed { .. }) => compared.add(new, "cannot be listed"),
        (Listed::Failed { .. }, Listed::File(_)) => compared.add(new, "could not be listed before"),
        _ => {}
    }
    let (Some(old), Some(stamp)) = (old.stamp, new.stamp) else {
        return if old.stamp != new.stamp {
            compared.add(new, "was not a file both times");
        };
    };
    if old.size != stamp.size {
        compared.add(new, &format!("had {} bytes and now has {}", old.size, stamp.size));
    } else if old.modified != stamp.modified {
        compared.add(new, "was modified");
    } else if old.changed != stamp.changed {
        compared.touched += 1;
    }
}
