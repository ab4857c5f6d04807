//! A file that only grows, block by block, each with a checksum.
//!
//! The checksum of a block covers the one before it, so a block counts only if everything before it
//! is what was written. What stands behind the last whole block (a write that was cut off, or blocks
//! that a power failure lost) is not read, and is written over.

use std::{fs::File, io, os::unix::fs::FileExt};

use sha2::{Digest, Sha256};

/// The beginning of a checkpoint file; the number is the version of its format.
pub(super) const MAGIC: &[u8; 23] = b"backtrail checkpoint 2\n";

/// The beginnings of checkpoints of other versions.
pub(super) const VERSIONS: [&[u8]; 2] = [b"backtrail state\n", b"backtrail checkpoint "];

/// Bytes of a checksum.
const SUM: usize = 16;

/// Bytes before the content of a block: its length, its kind, its checksum.
const HEAD: usize = 8 + 1 + SUM;

/// Bytes of content at most. A block is one batch of reports, or one finding that is larger.
const MOST_CONTENT: u64 = 4 << 30;

/// Larger content is compared with its checksum before it is read into memory.
const CHECKED_FIRST: u64 = 1 << 20;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Which hunt it is.
    Header = 1,
    /// Listed files.
    Listed = 2,
    /// The end of the listing.
    ListingEnd = 3,
    /// Findings and reports of files.
    Items = 4,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Header, Self::Listed, Self::ListingEnd, Self::Items]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// The end of a whole block, where another may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: u64,
    sum: [u8; SUM],
}

impl Place {
    /// Before the first block.
    pub(super) fn first() -> Self {
        Self { at: MAGIC.len() as u64, sum: cut(Sha256::digest(MAGIC).as_slice()) }
    }

    /// Behind a block of that kind and content.
    fn behind(self, kind: u8, content: &[u8]) -> Self {
        let mut hash = self.begin(kind);
        hash.update(content);
        let sum = cut(hash.finalize().as_slice());
        Self { at: self.at + (HEAD + content.len()) as u64, sum }
    }

    /// The checksum of a block that follows, before its content.
    fn begin(self, kind: u8) -> Sha256 {
        let mut hash = Sha256::new();
        hash.update(self.sum);
        hash.update([kind]);
        hash
    }
}

fn cut(hash: &[u8]) -> [u8; SUM] {
    let mut sum = [0; SUM];
    for (to, from) in sum.iter_mut().zip(hash) {
        *to = *from;
    }
    sum
}

/// Appends blocks.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    pub(super) end: Place,
    bytes: Vec<u8>,
}

impl Writer {
    /// Goes on at `end`; what stands behind it is dropped.
    pub(super) fn at(file: File, end: Place) -> io::Result<Self> {
        file.set_len(end.at)?;
        Ok(Self { file, end, bytes: Vec::new() })
    }

    /// Appends a block. What was written survives the end of this process, however it comes.
    pub(super) fn append(&mut self, kind: Kind, content: &[u8]) -> io::Result<()> {
        let behind = self.end.behind(kind as u8, content);
        self.bytes.clear();
        self.bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        self.bytes.push(kind as u8);
        self.bytes.extend_from_slice(&behind.sum);
        self.bytes.extend_from_slice(content);
        self.file.write_all_at(&self.bytes, self.end.at)?;
        self.end = behind;
        Ok(())
    }

    /// Waits until all of it is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Reads blocks. Several may read one file, and one may write it meanwhile.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    /// Behind the last block that was read.
    pub(super) place: Place,
    length: u64,
    pub(super) content: Vec<u8>,
}

impl Reader {
    pub(super) fn at(file: &File, place: Place) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file: file.try_clone()?, place, length, content: Vec::new() })
    }

    /// Reads the next block into `content` and gives its kind; nothing where no whole one follows.
    pub(super) fn next(&mut self) -> io::Result<Option<Kind>> {
        let left = self.length.saturating_sub(self.place.at);
        if left < HEAD as u64 {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, self.place.at)?;
        let mut length = [0; 8];
        length.copy_from_slice(&head[..8]);
        let length = u64::from_le_bytes(length);
        // A file can be as long as it says without a byte on the disk, so its length is no measure of
        // what memory has to hold.
        if length > left - HEAD as u64 || length > MOST_CONTENT {
            return Ok(None);
        }
        let at = self.place.at + HEAD as u64;
        let Some(kind) = Kind::of(head[8]) else { return Ok(None) };
        if length > CHECKED_FIRST && self.sum(head[8], at, length)? != head[9..] {
            return Ok(None);
        }
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.content.clear();
        self.content.try_reserve_exact(length).map_err(io::Error::other)?;
        self.content.resize(length, 0);
        self.file.read_exact_at(&mut self.content, at)?;
        let behind = self.place.behind(head[8], &self.content);
        if behind.sum != head[9..] {
            return Ok(None);
        }
        self.place = behind;
        Ok(Some(kind))
    }

    /// The checksum of a large block, computed piece by piece before memory is allocated for it.
    fn sum(&self, kind: u8, mut at: u64, length: u64) -> io::Result<[u8; SUM]> {
        let mut hash = self.place.begin(kind);
        let mut piece = vec![0; 1 << 20];
        let end = at + length;
        while at < end {
            let size = piece.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
            self.file.read_exact_at(&mut piece[..size], at)?;
            hash.update(&piece[..size]);
            at += size as u64;
        }
        Ok(cut(hash.finalize().as_slice()))
    }

    /// Whether the next block was cut off while it was written, and nothing follows it.
    pub(super) fn is_torn(&self) -> io::Result<bool> {
        let left = self.length.saturating_sub(self.place.at);
        if left < HEAD as u64 {
            return Ok(true);
        }
        let mut length = [0; 8];
        self.file.read_exact_at(&mut length, self.place.at)?;
        Ok(u64::from_le_bytes(length) > left - HEAD as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(contents: &[&[u8]]) -> io::Result<(File, Vec<Place>)> {
        let file = tempfile::tempfile()?;
        file.write_all_at(MAGIC, 0)?;
        let mut writer = Writer::at(file.try_clone()?, Place::first())?;
        let mut places = vec![writer.end];
        for content in contents {
            writer.append(Kind::Items, content)?;
            places.push(writer.end);
        }
        Ok((file, places))
    }

    fn read(file: &File) -> io::Result<Vec<Vec<u8>>> {
        let mut reader = Reader::at(file, Place::first())?;
        let mut contents = Vec::new();
        while reader.next()?.is_some() {
            contents.push(reader.content.clone());
        }
        Ok(contents)
    }

    #[test]
    fn a_cut_file_has_its_whole_blocks_and_goes_on_behind_them() -> io::Result<()> {
        let blocks: [&[u8]; 3] = [b"first", b"", b"third"];
        let (_, places) = written(&blocks)?;
        let last = places[3].at;
        for cut in MAGIC.len() as u64..=last {
            let (file, places) = written(&blocks)?;
            file.set_len(cut)?;
            let whole = places.iter().skip(1).filter(|place| place.at <= cut).count();
            assert_eq!(read(&file)?, blocks[..whole], "cut at {cut}");
            let mut writer = Writer::at(file.try_clone()?, places[whole])?;
            writer.append(Kind::Items, b"more")?;
            assert_eq!(read(&file)?.last().map(Vec::as_slice), Some(&b"more"[..]));
            assert_eq!(read(&file)?.len(), whole + 1);
        }
        Ok(())
    }

    #[test]
    fn any_other_byte_ends_what_is_read() -> io::Result<()> {
        let blocks: [&[u8]; 3] = [b"first", b"second", b"third"];
        let (file, places) = written(&blocks)?;
        for at in places[0].at..places[3].at {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at)?;
            file.write_all_at(&[byte[0] ^ 1], at)?;
            let whole = places.iter().skip(1).filter(|place| place.at <= at).count();
            assert_eq!(read(&file)?, blocks[..whole], "changed at {at}");
            file.write_all_at(&byte, at)?;
        }
        assert_eq!(read(&file)?, blocks);
        Ok(())
    }

    #[test]
    fn a_block_that_claims_more_than_was_written_costs_no_memory() -> io::Result<()> {
        for claimed in [2 << 20, MOST_CONTENT + 1, 1 << 40, u64::MAX] {
            let (file, places) = written(&[b"whole"])?;
            // The file says that it is as long, and holds nothing there.
            file.set_len(places[1].at + (HEAD as u64 + claimed.min(1 << 41)))?;
            file.write_all_at(&claimed.to_le_bytes(), places[1].at)?;
            file.write_all_at(&[Kind::Items as u8], places[1].at + 8)?;
            let mut reader = Reader::at(&file, Place::first())?;
            assert!(reader.next()?.is_some());
            assert!(reader.next()?.is_none(), "{claimed}");
            assert!(reader.content.capacity() < 1 << 20, "{claimed}");
        }
        Ok(())
    }

    #[test]
    fn a_large_block_is_read_as_it_was_written() -> io::Result<()> {
        let large: Vec<u8> = (0..3_000_001_u32).map(|i| i.to_le_bytes()[0] ^ 7).collect();
        let (file, _) = written(&[b"before", &large, b"behind"])?;
        assert!(read(&file)? == [b"before".to_vec(), large, b"behind".to_vec()]);
        Ok(())
    }

    #[test]
    fn a_block_stands_for_nothing_in_another_place() -> io::Result<()> {
        let (file, places) = written(&[b"one", b"two", b"one"])?;
        let mut block = vec![0; usize::try_from(places[3].at - places[2].at).unwrap_or(0)];
        file.read_exact_at(&mut block, places[2].at)?;
        file.write_all_at(&block, places[0].at)?;
        assert!(read(&file)?.is_empty());
        Ok(())
    }
}
