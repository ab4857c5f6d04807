//! The files of a coverage report, in little memory, however many there are.
//!
//! A million files may fail, and each of them is told. They are kept as they are read again, one behind
//! the other, each text by where it differs from the same text of the file before: names come in
//! their order and most reasons are alike, so a file takes some thirty bytes. What memory should not
//! hold goes to an unnamed temporary file.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Visitor},
    ser::{Error as _, SerializeSeq},
};

use super::word::Word;
use crate::text::hex;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCovered {
    /// Its name.
    pub name: String,
    /// Its raw name in hex, if that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_raw: Option<String>,
    /// `read`, `salvaged`, `skipped` or `failed`.
    pub outcome: Word,
    /// Why it is not plainly read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Records hunted.
    pub records: u64,
    /// What is known of its integrity, by its checksum or by digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Word>,
    /// SHA-256 of the inflated bytes; only with full detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Bytes of files that are held in memory.
const MEMORY: usize = 48 << 20;

/// Outcomes and kinds of integrity that a report may have. There are ten.
const MOST_WORDS: usize = 32;

/// Bytes of a SHA-256.
const HASH: usize = 32;

/// A list of files that only grows, and is read from its beginning.
#[derive(Debug)]
pub struct FilesCovered {
    /// Bytes that `memory` may hold before they go to the file.
    limit: usize,
    memory: Vec<u8>,
    /// What stands before `memory`.
    filed: Option<File>,
    filed_bytes: u64,
    count: u64,
    /// Outcomes and what is known of integrity: a handful.
    words: Vec<Word>,
    last: Texts,
}

/// Texts of the file before, by which the next ones are told.
#[derive(Debug, Default)]
struct Texts {
    name: Vec<u8>,
    name_raw: Vec<u8>,
    reasons: Vec<Vec<u8>>,
}

impl Texts {
    /// The text where reason `at` of the file before was.
    fn reason(&mut self, at: usize) -> &mut Vec<u8> {
        if at >= self.reasons.len() {
            self.reasons.resize_with(at + 1, Vec::new);
        }
        &mut self.reasons[at]
    }
}

/// Which of the parts that a file need not have are there.
#[derive(Debug, Clone, Copy, Default)]
struct Parts(u8);

impl Parts {
    const RAW: u8 = 1;
    const INTEGRITY: u8 = 2;
    /// The hash, as its bytes.
    const HASH: u8 = 4;
    /// What stands in the place of a hash and is none, as text.
    const TEXT: u8 = 8;

    fn of(file: &FileCovered, hash: Option<[u8; HASH]>) -> Self {
        let parts = [
            (Self::RAW, file.name_raw.is_some()),
            (Self::INTEGRITY, file.integrity.is_some()),
            (Self::HASH, hash.is_some()),
            (Self::TEXT, hash.is_none() && file.sha256.is_some()),
        ];
        Self(parts.iter().filter(|(_, there)| *there).map(|(part, _)| part).sum())
    }

    fn has(self, part: u8) -> bool {
        self.0 & part != 0
    }
}

impl Default for FilesCovered {
    /// No files yet.
    fn default() -> Self {
        Self::with_memory(MEMORY)
    }
}

impl FilesCovered {
    /// A list that holds about `limit` bytes before it writes to disk.
    pub(crate) fn with_memory(limit: usize) -> Self {
        Self {
            limit,
            memory: Vec::new(),
            filed: None,
            filed_bytes: 0,
            count: 0,
            words: Vec::new(),
            last: Texts::default(),
        }
    }

    /// Adds a file. If it cannot be kept, the list is as it was.
    pub fn push(&mut self, file: &FileCovered) -> io::Result<()> {
        if self.memory.len() >= self.limit {
            self.spill()?;
        }
        let hash = file.sha256.as_deref().and_then(unhex);
        let parts = Parts::of(file, hash);
        let outcome = self.word(&file.outcome);
        let integrity = file.integrity.as_ref().map(|word| self.word(word));
        let (out, last) = (&mut self.memory, &mut self.last);
        out.push(parts.0);
        put_number(outcome, out);
        if let Some(integrity) = integrity {
            put_number(integrity, out);
        }
        put_number(file.records, out);
        put_text(&file.name, &mut last.name, out);
        if let Some(raw) = &file.name_raw {
            put_text(raw, &mut last.name_raw, out);
        }
        put_number(file.reasons.len() as u64, out);
        for (at, reason) in file.reasons.iter().enumerate() {
            put_text(reason, last.reason(at), out);
        }
        match (hash, &file.sha256) {
            (Some(hash), _) => out.extend_from_slice(&hash),
            (None, Some(text)) => put_text(text, &mut Vec::new(), out),
            (None, None) => {}
        }
        self.count += 1;
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The files in their order. An error is one of the temporary file, and the last item.
    pub fn iter(&self) -> FilesIter<'_> {
        let filed = Filed { file: self.filed.as_ref(), at: 0, end: self.filed_bytes };
        FilesIter {
            reader: BufReader::with_capacity(1 << 16, filed).chain(&self.memory),
            words: &self.words,
            left: self.count,
            last: Texts::default(),
        }
    }

    /// Moves what is in memory to the file.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.filed {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        // What an earlier try may have left there is written over.
        file.write_all_at(&self.memory, self.filed_bytes)?;
        self.filed_bytes += self.memory.len() as u64;
        self.memory.clear();
        // One huge file must not keep its memory for ever.
        self.memory.shrink_to(self.limit);
        Ok(())
    }

    /// The number of a word.
    fn word(&mut self, word: &Word) -> u64 {
        let known = self.words.iter().position(|known| known == word);
        known.unwrap_or_else(|| {
            self.words.push(word.clone());
            self.words.len() - 1
        }) as u64
    }
}

impl<'f> IntoIterator for &'f FilesCovered {
    type Item = io::Result<FileCovered>;
    type IntoIter = FilesIter<'f>;

    fn into_iter(self) -> FilesIter<'f> {
        self.iter()
    }
}

impl Serialize for FilesCovered {
    /// As a sequence of files, of which one at a time is held.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut files = serializer.serialize_seq(usize::try_from(self.count).ok())?;
        for file in self {
            files.serialize_element(&file.map_err(S::Error::custom)?)?;
        }
        files.end()
    }
}

impl<'de> Deserialize<'de> for FilesCovered {
    /// From a sequence of files, of which one at a time is held.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Files;

        impl<'de> Visitor<'de> for Files {
            type Value = FilesCovered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FilesCovered, A::Error> {
                let mut files = FilesCovered::default();
                while let Some(file) = seq.next_element()? {
                    files.push(&file).map_err(A::Error::custom)?;
                    // Each push looks through the words, so a hostile report must not have many.
                    if files.words.len() > MOST_WORDS {
                        return Err(A::Error::custom("too many kinds of outcome"));
                    }
                }
                Ok(files)
            }
        }

        deserializer.deserialize_seq(Files)
    }
}

/// The files of a list, read again.
#[derive(Debug)]
pub struct FilesIter<'f> {
    reader: io::Chain<BufReader<Filed<'f>>, &'f [u8]>,
    words: &'f [Word],
    left: u64,
    last: Texts,
}

impl FilesIter<'_> {
    fn file(&mut self) -> io::Result<FileCovered> {
        let (reader, last) = (&mut self.reader, &mut self.last);
        let parts = Parts(byte(reader)?);
        let outcome = word(self.words, number(reader)?)?;
        let integrity = if parts.has(Parts::INTEGRITY) {
            Some(word(self.words, number(reader)?)?)
        } else {
            None
        };
        let records = number(reader)?;
        let name = text(&mut last.name, reader)?;
        let name_raw =
            if parts.has(Parts::RAW) { Some(text(&mut last.name_raw, reader)?) } else { None };
        let reasons = 0..usize::try_from(number(reader)?).unwrap_or(usize::MAX);
        let reasons = reasons.map(|at| text(last.reason(at), reader)).collect::<io::Result<_>>()?;
        let sha256 = if parts.has(Parts::HASH) {
            let mut hash = [0; HASH];
            reader.read_exact(&mut hash)?;
            Some(hex(&hash))
        } else if parts.has(Parts::TEXT) {
            Some(text(&mut Vec::new(), reader)?)
        } else {
            None
        };
        Ok(FileCovered { name, name_raw, outcome, reasons, records, integrity, sha256 })
    }
}

impl Iterator for FilesIter<'_> {
    type Item = io::Result<FileCovered>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let file = self.file();
        if file.is_err() {
            self.left = 0;
        }
        Some(file)
    }
}

/// What a temporary file holds, from its beginning; it may be read by several at once.
#[derive(Debug)]
struct Filed<'f> {
    file: Option<&'f File>,
    at: u64,
    end: u64,
}

impl Read for Filed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = self.file else { return Ok(0) };
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let count = file.read_at(&mut buffer[..wanted], self.at)?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// Seven bits at a time, the low ones first.
fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(low(number) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}

fn low(number: u64) -> u8 {
    u8::try_from(number & 0x7F).unwrap_or(0)
}

/// A text, by where it differs from `last`, which it replaces.
fn put_text(text: &str, last: &mut Vec<u8>, out: &mut Vec<u8>) {
    let same = last.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count();
    let rest = &text.as_bytes()[same..];
    put_number(same as u64, out);
    put_number(rest.len() as u64, out);
    out.extend_from_slice(rest);
    last.truncate(same);
    last.extend_from_slice(rest);
}

fn byte(reader: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    reader.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn number(reader: &mut impl Read) -> io::Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = byte(reader)?;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Reads a text, by where it differs from `last`, which it replaces.
fn text(last: &mut Vec<u8>, reader: &mut impl Read) -> io::Result<String> {
    let same = usize::try_from(number(reader)?).unwrap_or(usize::MAX);
    let rest = number(reader)?;
    if same > last.len() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    last.truncate(same);
    if reader.take(rest).read_to_end(last)? as u64 != rest {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    String::from_utf8(last.clone()).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn word(words: &[Word], number: u64) -> io::Result<Word> {
    let word = usize::try_from(number).ok().and_then(|number| words.get(number));
    word.cloned().ok_or_else(|| io::ErrorKind::InvalidData.into())
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The bytes of a hash in lower-case hex.
fn unhex(text: &str) -> Option<[u8; HASH]> {
    let digit = |byte: u8| DIGITS.iter().position(|digit| *digit == byte);
    let mut hash = [0; HASH];
    let pairs = text.as_bytes().chunks(2);
    if text.len() != 2 * HASH {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests;
