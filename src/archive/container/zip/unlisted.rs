//! What an archive holds beside the files of its directory.
//!
//! A file whose entry was taken out of the directory is still there, and so is one that stands before
//! the archive, in a comment or inside another file. Once the directory is done, everything that no
//! entry claims is searched for the headers of files, then for entries of other directories. What is
//! left is reported unless archives are known to have it: padding, descriptors, a program in front,
//! a block of signatures.

use std::{mem, ops::Range};

use memchr::memmem;

use super::{
    DESCRIPTOR, DIRECTORY_END, DIRECTORY_END_SIZE, ENTRY, Header, LOCAL, LOCATOR_64, LOCATOR_SIZE,
    SIZES_FOLLOW, Zip, ZipFile, method, read_entry, read_local, u32_at, u64_at,
};
use crate::{
    archive::{Member, Shape},
    cloudtrail::envelope::Traces,
};

/// Parts of files that are kept to be searched.
const MOST_PARTS: usize = 1 << 16;

/// The fixed part of the larger form of the directory's end.
const DIRECTORY_END_64_SIZE: usize = 56;

/// Where the search is.
#[derive(Debug, Default)]
pub(super) struct Unlisted {
    /// Parts that are still to be searched, the first one last.
    parts: Vec<Range<usize>>,
    /// Headers of files are searched for; then entries.
    entries: bool,
    /// Files that were found.
    found: u64,
    /// Files of the directory with headers that say something else.
    pub(super) different: u64,
    /// Parts of stored files that have headers in them.
    inside: Vec<Range<usize>>,
}

impl<'z> Zip<'z> {
    /// Notes that a file of the directory takes its place in the archive, and what its own header
    /// says of it. `start` is where its data begins.
    pub(super) fn claim(&mut self, header: &Header<'_>, at: usize, start: usize) {
        let bytes = self.bytes;
        let length = usize::try_from(header.packed).unwrap_or(usize::MAX);
        let end = start.saturating_add(length).min(bytes.len());
        let behind = descriptor_end(bytes, end, header);
        self.claims.add(at..behind);
        if let Some((own, _)) = read_local(bytes, at)
            && is_different(header, &own)
        {
            self.unlisted.different += 1;
        }
        // The extra field of a header has room for a file, and so has the data of one that is no
        // archive itself.
        let data = &bytes[start..end];
        let is_text = header.method == 0 && Shape::of(data) == Shape::Plain;
        let parts = [at + super::LOCAL_SIZE..start, start..if is_text { end } else { start }];
        for part in parts {
            let begun = header_within(bytes, part.clone());
            if let Some(begun) = begun.filter(|_| self.unlisted.inside.len() < MOST_PARTS) {
                self.unlisted.inside.push(begun..part.end);
            }
        }
    }

    /// Begins the search for what the directory does not list.
    pub(super) fn begin_unlisted(&mut self) {
        if self.claims.overflowed() {
            self.trouble.push("its files are too scattered to find others between them".to_owned());
            self.ended = true;
            return;
        }
        let mut parts = self.claims.gaps(self.bytes.len());
        parts.append(&mut self.unlisted.inside);
        parts.reverse();
        self.unlisted.parts = parts;
        self.in_unlisted = true;
    }

    /// The next file that the directory does not list.
    pub(super) fn next_unlisted(&mut self) -> Option<ZipFile<'z>> {
        let Some(part) = self.unlisted.parts.last().cloned() else {
            if self.unlisted.entries {
                return self.end_unlisted();
            }
            self.unlisted.entries = true;
            self.claims.add(self.directory.clone());
            self.unlisted.parts = self.claims.gaps(self.bytes.len());
            self.unlisted.parts.reverse();
            return None;
        };
        let mark = if self.unlisted.entries { ENTRY } else { LOCAL };
        let found = memmem::find(&self.bytes[part.clone()], mark).map(|found| part.start + found);
        let Some(at) = found else {
            self.unlisted.parts.pop();
            return None;
        };
        let (file, next) = if self.unlisted.entries { self.entry_at(at) } else { self.file_at(at) };
        if let Some(part) = self.unlisted.parts.last_mut() {
            part.start = next.min(part.end);
        }
        if file.is_some() {
            self.unlisted.found += 1;
        }
        file
    }

    /// The file whose header is at `at`, and where to search on.
    fn file_at(&mut self, at: usize) -> (Option<ZipFile<'z>>, usize) {
        let Some((header, start)) = plausible(self.bytes, at) else {
            return (None, at + LOCAL.len());
        };
        let (data, promise, behind) = self.local_data(&header, start);
        self.claims.add(at..behind);
        self.reached = start + data.len();
        if header.name.ends_with(b"/") && data.is_empty() {
            return (None, start);
        }
        self.spend(data.len());
        let cut = promise.is_some() && (data.len() as u64) < header.packed;
        let data = method(&header).map(|method| Member { data, method, promise, cut });
        (Some(ZipFile { name: header.name, data }), start)
    }

    /// The file of an entry at `at` that is not of the directory, unless it was met; and where to
    /// search on.
    fn entry_at(&mut self, at: usize) -> (Option<ZipFile<'z>>, usize) {
        let Some((header, _, _, offset, behind)) =
            read_entry(self.bytes, at).filter(|(header, ..)| is_plausible(header))
        else {
            return (None, at + ENTRY.len());
        };
        self.claims.add(at..behind);
        let is_known = usize::try_from(offset).is_ok_and(|offset| self.claims.cover(offset));
        if is_known || (header.name.ends_with(b"/") && header.packed == 0) {
            return (None, behind);
        }
        let data = self.data(&header, offset);
        (Some(ZipFile { name: header.name, data }), behind)
    }

    /// Reports what was found, and the bytes that nothing accounts for.
    fn end_unlisted(&mut self) -> Option<ZipFile<'z>> {
        let bytes = self.bytes;
        let mut told = Vec::new();
        let mut tell = |count: u64, one: &str, many: &str| match count {
            0 => {}
            1 => told.push(one.to_owned()),
            count => told.push(format!("{count} {many}")),
        };
        tell(
            self.unlisted.found,
            "a file that its directory does not list",
            "files that its directory does not list",
        );
        tell(
            self.unlisted.different,
            "a file has another name, method or size in its own header",
            "files have another name, method or size in their own headers",
        );
        let mut claims = mem::take(&mut self.claims);
        self.claim_structure(&mut claims);
        let mut traces = Traces::default();
        traces.look(&bytes[self.directory.start..]);
        let mut other = 0;
        for gap in claims.gaps(bytes.len()) {
            let data = &bytes[gap.clone()];
            if gap.start == 0 && !data.starts_with(b"PK") {
                // A program that unpacks the archive. It may still have text in it.
                traces.look(data);
            } else if data.iter().any(|byte| *byte != 0) {
                other += data.len() as u64;
            }
        }
        tell(
            other,
            "a byte of other data between its files",
            "bytes of other data between its files",
        );
        if traces.tell() {
            told.push("there may be records in its comments or before its files".to_owned());
        }
        self.trouble.append(&mut told);
        self.end(None)
    }

    /// Claims what belongs to every archive, and what some have.
    fn claim_structure(&self, claims: &mut super::claims::Claims) {
        let bytes = self.bytes;
        // What is behind the end of the directory has been told, if it is no comment.
        claims.add(self.end_at..bytes.len());
        if let Some(at) = self.end_at_64 {
            claims.add(at..at + DIRECTORY_END_64_SIZE);
        }
        if let Some(at) = self.end_at.checked_sub(LOCATOR_SIZE)
            && bytes[at..].starts_with(LOCATOR_64)
        {
            claims.add(at..self.end_at);
        }
        // The mark of an archive that is split, or was to be.
        if bytes.get(4..8) == Some(LOCAL) && matches!(&bytes[..4], b"PK00" | b"PK\x07\x08") {
            claims.add(0..4);
        }
        // Ends of other directories, whose entries were met.
        for gap in claims.gaps(bytes.len()) {
            for found in memmem::find_iter(&bytes[gap.clone()], DIRECTORY_END) {
                let at = gap.start + found;
                let comment = super::u16_at(bytes, at + 20).unwrap_or_default();
                if comment == 0 {
                    claims.add(at..(at + DIRECTORY_END_SIZE).min(bytes.len()));
                }
            }
        }
        // APK Signature Scheme: a block before the directory, with its size at both ends.
        let directory = self.directory.start;
        if bytes[..directory].ends_with(b"APK Sig Block 42")
            && let Some(size) = directory.checked_sub(24).and_then(|at| u64_at(bytes, at))
            && let Some(start) = usize::try_from(size)
                .ok()
                .and_then(|size| directory.checked_sub(size)?.checked_sub(8))
            && u64_at(bytes, start) == Some(size)
        {
            claims.add(start..directory);
        }
    }
}

/// Where the sizes behind a file's data end, if they are there.
fn descriptor_end(bytes: &[u8], end: usize, header: &Header<'_>) -> usize {
    let marked = bytes[end..].starts_with(DESCRIPTOR);
    if header.flags & SIZES_FOLLOW == 0 && !marked {
        return end;
    }
    let at = if marked { end + DESCRIPTOR.len() } else { end };
    let [packed, length] = [header.packed, header.promise.length];
    if u32_at(bytes, at) != Some(header.promise.checksum) {
        return end;
    }
    let short = |at, number: u64| u32_at(bytes, at).is_some_and(|short| u64::from(short) == number);
    if short(at + 4, packed) && short(at + 8, length) {
        at + 12
    } else if u64_at(bytes, at + 4) == Some(packed) && u64_at(bytes, at + 12) == Some(length) {
        at + 20
    } else {
        end
    }
}

/// Whether a file's own header says something else than the directory.
fn is_different(listed: &Header<'_>, own: &Header<'_>) -> bool {
    /// Names and sizes in headers are masked, as the directory is encrypted.
    const MASKED: u16 = 1 << 13;
    if (listed.flags | own.flags) & MASKED != 0 {
        return false;
    }
    let numbers =
        |header: &Header<'_>| (header.packed, header.promise.length, header.promise.checksum);
    let sizes = (listed.flags | own.flags) & SIZES_FOLLOW == 0
        && numbers(own) != (0, 0, 0)
        && numbers(own) != numbers(listed);
    sizes || own.name != listed.name || own.method != listed.method
}

/// The first header of a file within a part of an archive.
fn header_within(bytes: &[u8], part: Range<usize>) -> Option<usize> {
    memmem::find_iter(&bytes[part.clone()], LOCAL)
        .map(|found| part.start + found)
        .find(|at| plausible(bytes, *at).is_some())
}

/// A header at `at` that is one: four bytes alone may be anything.
fn plausible(bytes: &[u8], at: usize) -> Option<(Header<'_>, usize)> {
    /// 6.3, and later ones to come.
    const NEWEST: u8 = 100;
    read_local(bytes, at).filter(|(header, _)| {
        is_plausible(header) && bytes.get(at + 4).is_some_and(|it| *it <= NEWEST)
    })
}

fn is_plausible(header: &Header<'_>) -> bool {
    const RESERVED: u16 = 0xd780;
    const LONGEST_NAME: usize = 4096;
    header.flags & RESERVED == 0
        && matches!(header.method, 0..=20 | 93..=99)
        && (1..=LONGEST_NAME).contains(&header.name.len())
        && header.name.iter().all(|byte| *byte >= b' ')
}
