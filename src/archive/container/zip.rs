//! Zip archives (APPNOTE 6.3), over bytes that are all there.
//!
//! The directory at the end says what there is, and is read first; nothing of it is held, so a million
//! entries cost no memory. What it does not list is searched for afterwards (`unlisted`), so that every
//! byte is accounted for. Without a directory, as in an archive that was cut, the files are found by
//! the headers before them. Encrypted files and unknown methods are refused with a reason.

mod claims;
mod unlisted;

use std::ops::Range;

use memchr::memmem;

use self::{claims::Claims, unlisted::Unlisted};
use super::super::{Member, Method, Promise, Shape};

const DIRECTORY_END: &[u8; 4] = b"PK\x05\x06";
const DIRECTORY_END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const SIGNATURE: &[u8; 4] = b"PK\x05\x05";
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";

const DIRECTORY_END_SIZE: usize = 22;
const LOCATOR_SIZE: usize = 20;
const ENTRY_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;

/// Bits of the flags.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const SIZES_FOLLOW: u16 = 1 << 3;

/// The id of the extra field with the sizes that are too large for their places.
const EXTRA_64: u16 = 1;

/// A file inside a zip archive.
#[derive(Debug)]
pub struct ZipFile<'z> {
    /// Its name, as it stands there.
    pub name: &'z [u8],
    /// Its data, or why it cannot be read.
    pub data: Result<Member<'z>, String>,
}

/// Goes through the files of a zip archive, in the order of its directory.
#[derive(Debug)]
pub struct Zip<'z> {
    bytes: &'z [u8],
    /// The next entry of the directory, or local header where there is no directory.
    next: usize,
    /// The end of the directory.
    end: usize,
    /// Entries that the directory promises and that were not met yet.
    promised: u64,
    has_directory: bool,
    directory: Range<usize>,
    /// Where the end of the directory is, in its usual and in its larger form.
    end_at: usize,
    end_at_64: Option<usize>,
    /// What the files of the directory take.
    claims: Claims,
    unlisted: Unlisted,
    /// The directory is done.
    in_unlisted: bool,
    /// Bytes that files may still claim. Files that overlap use it up, a wrong size here or there
    /// does not.
    unused: u64,
    /// Where the data of the last file ended.
    reached: usize,
    ended: bool,
    trouble: Vec<String>,
}

/// What a header says of a file, whichever header it is.
struct Header<'z> {
    flags: u16,
    method: u16,
    promise: Promise,
    packed: u64,
    name: &'z [u8],
    extra: &'z [u8],
}

impl<'z> Zip<'z> {
    /// Opens an archive. Never refuses: what cannot be read is told by [`trouble`](Self::trouble).
    pub fn open(bytes: &'z [u8]) -> Self {
        let mut zip = Self {
            bytes,
            next: 0,
            end: bytes.len(),
            promised: 0,
            has_directory: false,
            directory: 0..0,
            end_at: 0,
            end_at_64: None,
            claims: Claims::default(),
            unlisted: Unlisted::default(),
            in_unlisted: false,
            unused: (bytes.len() as u64).saturating_mul(4),
            reached: 0,
            ended: false,
            trouble: Vec::new(),
        };
        if zip.find_directory().is_none() {
            zip.trouble.push("its directory is missing or does not fit".to_owned());
        }
        zip
    }

    /// What is wrong with the archive itself, known so far; complete once there is no next file.
    pub fn trouble(&self) -> &[String] {
        &self.trouble
    }

    /// Where in the archive the data of the last file ended.
    pub fn reached(&self) -> u64 {
        self.reached as u64
    }

    /// The next file; folders and links are passed over.
    #[expect(clippy::should_implement_trait, reason = "it stands beside that of tar, which lends")]
    pub fn next(&mut self) -> Option<ZipFile<'z>> {
        while !self.ended {
            let found = match (self.in_unlisted, self.has_directory) {
                (true, _) => self.next_unlisted(),
                (false, true) => self.next_entry(),
                (false, false) => self.next_local(),
            };
            if let Some(file) = found {
                return Some(file);
            }
        }
        None
    }

    fn end(&mut self, trouble: Option<&str>) -> Option<ZipFile<'z>> {
        self.ended = true;
        self.trouble.extend(trouble.map(str::to_owned));
        None
    }

    /// Finds the directory, looking from the end.
    fn find_directory(&mut self) -> Option<()> {
        let bytes = self.bytes;
        let from = bytes.len().saturating_sub(DIRECTORY_END_SIZE + usize::from(u16::MAX));
        let tail = &bytes[from..];
        let ends = || {
            memmem::rfind_iter(tail, DIRECTORY_END).filter_map(|at| {
                let comment = u16_at(bytes, from + at + 20)?;
                Some((from + at, from + at + DIRECTORY_END_SIZE + usize::from(comment)))
            })
        };
        // A comment may hold anything, so what ends where the archive ends is preferred.
        let (at, end) = ends()
            .find(|(_, end)| *end == bytes.len())
            .or_else(|| ends().find(|(_, end)| *end <= bytes.len()))?;
        let (mut entries, mut size, mut offset) = (
            u64::from(u16_at(bytes, at + 10)?),
            u64::from(u32_at(bytes, at + 12)?),
            u64::from(u32_at(bytes, at + 16)?),
        );
        let mut stands_before = at;
        if let Some((place, [entries_64, size_64, offset_64])) = directory_64(bytes, at) {
            (entries, size, offset) = (entries_64, size_64, offset_64);
            stands_before = place;
            self.end_at_64 = Some(place);
        }
        // A directory that is not where it says belongs to an archive inside this one, or to the
        // last of several: it would hide the files before.
        let size = usize::try_from(size).ok()?;
        let start = stands_before.checked_sub(size)?;
        if start as u64 != offset || (entries > 0 && !bytes[start..].starts_with(ENTRY)) {
            return None;
        }
        self.next = start;
        self.end = start + size;
        self.directory = self.next..self.end;
        self.end_at = at;
        self.promised = entries;
        self.has_directory = true;
        if bytes[end..].iter().any(|byte| *byte != 0) {
            self.trouble.push(format!("{} bytes of other data behind it", bytes.len() - end));
        }
        Some(())
    }

    /// The file of the next entry; `None` if it is no file, or at the end.
    fn next_entry(&mut self) -> Option<ZipFile<'z>> {
        let directory = &self.bytes[..self.end];
        let at = self.next;
        if at == self.end {
            if self.promised > 0 {
                self.trouble.push("its directory has fewer entries than it says".to_owned());
            }
            self.begin_unlisted();
            return None;
        }
        // Such a directory is signed: the signature is behind the last entry.
        if directory[at..].starts_with(SIGNATURE) {
            self.next = self.end;
            return None;
        }
        let read = read_entry(directory, at);
        let Some((header, made_by, attributes, offset, behind)) = read else {
            self.trouble.push("its directory is broken".to_owned());
            self.promised = 0;
            self.next = self.end;
            return None;
        };
        self.next = behind;
        // The count is modulo 2^16 without the larger form, so more than was promised is no damage.
        self.promised = self.promised.saturating_sub(1);
        let name = header.name;
        let data = self.data(&header, offset);
        // A folder has no data, whatever it is called; of what is packed, not even a byte is left.
        let is_folder = name.ends_with(b"/") && header.promise.length == 0 && header.packed <= 2;
        if is_folder || (is_no_file(made_by, attributes) && holds_path_only(&header, &data)) {
            return None;
        }
        if self.ended { None } else { Some(ZipFile { name, data }) }
    }

    /// The data of a file of a directory.
    fn data(&mut self, header: &Header<'_>, offset: u64) -> Result<Member<'z>, String> {
        let bytes = self.bytes;
        let place = usize::try_from(offset)
            .ok()
            .filter(|start| bytes.get(*start..).is_some_and(|rest| rest.starts_with(LOCAL)))
            .and_then(|at| Some((at, data_start(bytes, at)?)));
        if let Some((at, start)) = place {
            self.claim(header, at, start);
        }
        let method = method(header)?;
        let (_, start) = place.ok_or("it is not where the directory says")?;
        let length = usize::try_from(header.packed).unwrap_or(usize::MAX);
        let end = start.saturating_add(length);
        let cut = end > bytes.len();
        let data = &bytes[start..end.min(bytes.len())];
        self.reached = start + data.len();
        self.spend(data.len());
        Ok(Member { data, method, promise: Some(header.promise), cut })
    }

    /// Takes so many bytes from what files may claim.
    fn spend(&mut self, bytes: usize) {
        match self.unused.checked_sub(bytes as u64) {
            Some(unused) => self.unused = unused,
            None => {
                self.end(Some("its files overlap: the rest is not searched"));
            }
        }
    }

    /// The next file where there is no directory.
    fn next_local(&mut self) -> Option<ZipFile<'z>> {
        let rest = &self.bytes[self.next..];
        let Some(at) = memmem::find(rest, LOCAL).map(|at| self.next + at) else {
            return self.end(None);
        };
        let Some((header, start)) = read_local(self.bytes, at) else {
            // Only the last header can be cut; four bytes of other data may look like one.
            self.next = at + LOCAL.len();
            return None;
        };
        let (data, promise, behind) = self.local_data(&header, start);
        self.next = behind;
        if data.is_empty() && (header.name.is_empty() || header.name.ends_with(b"/")) {
            return None;
        }
        self.reached = start + data.len();
        let cut =
            behind == self.bytes.len() && promise.is_some() && (data.len() as u64) < header.packed;
        let data = method(&header).map(|method| Member { data, method, promise, cut });
        Some(ZipFile { name: header.name, data })
    }

    /// The data behind a local header, what it must come to, and where it ends. Where the sizes
    /// follow the data, their place is found by the length that they state.
    fn local_data(&self, header: &Header<'_>, start: usize) -> (&'z [u8], Option<Promise>, usize) {
        let bytes = self.bytes;
        if header.flags & SIZES_FOLLOW == 0 || (header.packed > 0 && header.promise.checksum != 0) {
            let length = usize::try_from(header.packed).unwrap_or(usize::MAX);
            let end = start.saturating_add(length).min(bytes.len());
            return (&bytes[start..end], Some(header.promise), end);
        }
        for found in memmem::find_iter(&bytes[start..], DESCRIPTOR) {
            let at = start + found;
            let [Some(checksum), Some(packed), Some(length)] =
                [4, 8, 12].map(|offset| u32_at(bytes, at + offset))
            else {
                break;
            };
            if packed as usize == found {
                let promise = Promise { checksum, length: u64::from(length) };
                return (&bytes[start..at], Some(promise), at + 16);
            }
            if u64_at(bytes, at + 8) == Some(found as u64) {
                let length = u64_at(bytes, at + 16).unwrap_or_default();
                let promise = Promise { checksum, length };
                return (&bytes[start..at], Some(promise), at + 24);
            }
        }
        // All that is left: nothing is looked at twice, whatever stands there.
        (&bytes[start..], None, bytes.len())
    }
}

/// The larger form of the directory's end, which stands before the end at `at`: its place, and
/// entries, size and offset of the directory.
fn directory_64(bytes: &[u8], at: usize) -> Option<(usize, [u64; 3])> {
    let locator = at.checked_sub(LOCATOR_SIZE)?;
    if !bytes[locator..].starts_with(LOCATOR_64) {
        return None;
    }
    let place = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
    let is_there =
        |place: &usize| bytes.get(*place..).is_some_and(|rest| rest.starts_with(DIRECTORY_END_64));
    // With something before the archive it stands later than it says; it has no fixed length, but
    // nobody writes more than the fixed part.
    let place = Some(place).filter(is_there).or(locator.checked_sub(56).filter(is_there))?;
    Some((
        place,
        [u64_at(bytes, place + 32)?, u64_at(bytes, place + 40)?, u64_at(bytes, place + 48)?],
    ))
}

/// An entry of the directory: what it says, who made it, the attributes of the file, the place of
/// the file, and where the next entry is.
fn read_entry(directory: &[u8], at: usize) -> Option<(Header<'_>, u8, u32, u64, usize)> {
    if !directory.get(at..)?.starts_with(ENTRY) {
        return None;
    }
    let name_at = at + ENTRY_SIZE;
    let extra_at = name_at + usize::from(u16_at(directory, at + 28)?);
    let comment_at = extra_at + usize::from(u16_at(directory, at + 30)?);
    let behind = comment_at + usize::from(u16_at(directory, at + 32)?);
    let mut header = Header {
        flags: u16_at(directory, at + 8)?,
        method: u16_at(directory, at + 10)?,
        promise: Promise {
            checksum: u32_at(directory, at + 16)?,
            length: u64::from(u32_at(directory, at + 24)?),
        },
        packed: u64::from(u32_at(directory, at + 20)?),
        name: directory.get(name_at..extra_at)?,
        extra: directory.get(extra_at..comment_at)?,
    };
    let mut offset = u64::from(u32_at(directory, at + 42)?);
    header.read_64(Some(&mut offset));
    let made_by = *directory.get(at + 5)?;
    let attributes = u32_at(directory, at + 38)?;
    (behind <= directory.len()).then_some((header, made_by, attributes, offset, behind))
}

/// A local header, and where the data behind it starts.
fn read_local(bytes: &[u8], at: usize) -> Option<(Header<'_>, usize)> {
    let name_at = at + LOCAL_SIZE;
    let extra_at = name_at + usize::from(u16_at(bytes, at + 26)?);
    let start = data_start(bytes, at)?;
    let mut header = Header {
        flags: u16_at(bytes, at + 6)?,
        method: u16_at(bytes, at + 8)?,
        promise: Promise {
            checksum: u32_at(bytes, at + 14)?,
            length: u64::from(u32_at(bytes, at + 22)?),
        },
        packed: u64::from(u32_at(bytes, at + 18)?),
        name: bytes.get(name_at..extra_at)?,
        extra: bytes.get(extra_at..start)?,
    };
    header.read_64(None);
    Some((header, start))
}

/// Where the data behind the local header at `at` starts.
fn data_start(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at
        + LOCAL_SIZE
        + usize::from(u16_at(bytes, at + 26)?)
        + usize::from(u16_at(bytes, at + 28)?);
    (start <= bytes.len()).then_some(start)
}

impl Header<'_> {
    /// Takes the numbers that are too large for their places from the extra field that holds them.
    fn read_64(&mut self, offset: Option<&mut u64>) {
        const ABSENT: u64 = u32::MAX as u64;
        let mut rest = self.extra;
        while let (Some(id), Some(size)) = (u16_at(rest, 0), u16_at(rest, 2)) {
            let Some(field) = rest.get(4..4 + usize::from(size)) else { return };
            rest = &rest[4 + field.len()..];
            if id != EXTRA_64 {
                continue;
            }
            let mut at = 0;
            let places = [Some(&mut self.promise.length), Some(&mut self.packed), offset];
            for place in places.into_iter().flatten().filter(|place| **place == ABSENT) {
                let Some(value) = u64_at(field, at) else { return };
                *place = value;
                at += 8;
            }
            return;
        }
    }
}

fn method(header: &Header<'_>) -> Result<Method, String> {
    // 99 is encryption by AES, which hides the method behind it.
    if header.flags & ENCRYPTED != 0 || header.method == 99 {
        return Err("password-protected; unpack it first, for example with 7z x".to_owned());
    }
    match header.method {
        0 => Ok(Method::Stored),
        8 => Ok(Method::Deflate),
        12 => Ok(Method::Bzip2),
        93 => Ok(Method::Zstd),
        9 => Err("deflate64 in a zip is not supported; unpack it first".to_owned()),
        14 => Err("lzma in a zip is not supported; unpack it first".to_owned()),
        95 => Err("xz in a zip is not supported; unpack it first".to_owned()),
        other => Err(format!("zip method {other} is not supported; unpack it first")),
    }
}

/// Whether the attributes, of a maker that has those of Unix, say that it is a folder, a link or a
/// device.
fn is_no_file(made_by: u8, attributes: u32) -> bool {
    const UNIX: u8 = 3;
    const MAC: u8 = 19;
    const KINDS: u32 = 0o17_0000;
    const FILE: u32 = 0o10_0000;
    let kind = attributes >> 16 & KINDS;
    matches!(made_by, UNIX | MAC) && kind != 0 && kind != FILE
}

/// Whether the data of what is no file is a path, as that of a link is, or nothing at all.
fn holds_path_only(header: &Header<'_>, data: &Result<Member<'_>, String>) -> bool {
    const LONGEST_PATH: u64 = 4096;
    if header.packed == 0 || header.promise.length == 0 && header.packed <= 2 {
        return true;
    }
    data.as_ref().is_ok_and(|member| {
        member.method == Method::Stored
            && member.data.len() as u64 <= LONGEST_PATH
            && Shape::of(member.data) == Shape::Plain
            && !member.data.contains(&b'{')
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|number| u16::from_le_bytes(*number))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_le_bytes(*number))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|number| u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests;
