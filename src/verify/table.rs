//! Listed log files sorted by name, and found there: on disk where they are many.
//!
//! A record has a fixed length, so a place in the table is a number. Memory holds the first name of
//! each block; a lookup reads one block, rarely two.

use std::io;

use super::{load::NameHash, spill::Spill};

/// Bytes of records that stay in memory.
const HELD: usize = 16 << 20;

/// Records in a block.
const BLOCK: usize = 64;

/// One log file as one digest lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name without folders and packing, hashed.
    pub(super) name: NameHash,
    /// The digest is proved.
    pub(super) proved: bool,
    /// The digest, by its place among the nodes.
    pub(super) digest: u32,
    /// SHA-256 of its text; `None` if the digest has no usable value.
    pub(super) hash: Option<[u8; 32]>,
    /// A hash of its whole key.
    pub(super) object: u64,
    /// Its number among all entries, in the order they were read.
    pub(super) number: u64,
}

/// Bytes of an entry.
pub(super) const ENTRY: usize = 16 + 1 + 4 + 33 + 8 + 8;

impl Entry {
    /// Bytes that sort by name, proved digests first.
    pub(super) fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        let mut rest = &mut bytes[..];
        let mut put = |part: &[u8]| {
            let (now, later) = std::mem::take(&mut rest).split_at_mut(part.len());
            now.copy_from_slice(part);
            rest = later;
        };
        put(&self.name);
        put(&[u8::from(!self.proved)]);
        put(&self.digest.to_be_bytes());
        put(&[u8::from(self.hash.is_some())]);
        put(&self.hash.unwrap_or_default());
        put(&self.object.to_be_bytes());
        put(&self.number.to_be_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (name, bytes) = bytes.split_first_chunk()?;
        let ([unproved], bytes) = bytes.split_first_chunk()?;
        let (digest, bytes) = bytes.split_first_chunk()?;
        let ([has_hash], bytes) = bytes.split_first_chunk()?;
        let (hash, bytes) = bytes.split_first_chunk::<32>()?;
        let (object, bytes) = bytes.split_first_chunk()?;
        let (number, _) = bytes.split_first_chunk()?;
        Some(Self {
            name: *name,
            proved: *unproved == 0,
            digest: u32::from_be_bytes(*digest),
            hash: (*has_hash == 1).then_some(*hash),
            object: u64::from_be_bytes(*object),
            number: u64::from_be_bytes(*number),
        })
    }

    /// Whether both say the same.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        Self { number: 0, ..*self } == Self { number: 0, ..*other }
    }
}

/// Entries in the order of their names.
#[derive(Debug)]
pub(super) struct Table {
    entries: Spill,
    /// The name of the first entry in each block.
    firsts: Vec<NameHash>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { entries: Spill::new(HELD), firsts: Vec::new() }
    }

    /// Appends an entry; they come in order.
    pub(super) fn push(&mut self, entry: Entry) -> io::Result<()> {
        if self.entries.len().is_multiple_of((BLOCK * ENTRY) as u64) {
            self.firsts.push(entry.name);
        }
        self.entries.push(&entry.to_bytes())
    }

    /// Calls `take` with each entry of that name, proved ones first.
    pub(super) fn each(&self, name: &NameHash, mut take: impl FnMut(Entry)) -> io::Result<()> {
        // The name may begin in the block before the first one that begins with it.
        let first = self.firsts.partition_point(|first| first < name).saturating_sub(1);
        let mut block = [0; BLOCK * ENTRY];
        for number in first..self.firsts.len() {
            let at = (number * block.len()) as u64;
            let filled = self.entries.fill_at(at, &mut block)?;
            for entry in block[..filled].chunks_exact(ENTRY).filter_map(Entry::from_bytes) {
                match entry.name.cmp(name) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => take(entry),
                    std::cmp::Ordering::Greater => return Ok(()),
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_with_all_its_entries() -> io::Result<()> {
        let mut table = Table::new();
        table.entries = Spill::new(1000);
        let name = |number: u8| [number; 16];
        let mut number = 0;
        for at in (0..250).step_by(2) {
            for digest in 0..u32::from(at) % 70 {
                let entry = Entry {
                    name: name(at),
                    proved: digest < 3,
                    digest,
                    hash: (digest % 2 == 0).then_some([at; 32]),
                    object: u64::from(at) << 40,
                    number,
                };
                assert_eq!(Entry::from_bytes(&entry.to_bytes()), Some(entry));
                table.push(entry)?;
                number += 1;
            }
        }
        for at in 0..=255 {
            let mut found = Vec::new();
            table.each(&name(at), |entry| found.push(entry.digest))?;
            let expected = if at < 250 && at % 2 == 0 { u32::from(at) % 70 } else { 0 };
            assert_eq!(found, (0..expected).collect::<Vec<_>>(), "{at}");
        }
        Ok(())
    }

    #[test]
    fn entries_of_proved_digests_sort_first() {
        let entry =
            Entry { name: [1; 16], proved: true, digest: 9, hash: None, object: 5, number: 9 };
        let unproved = Entry { proved: false, digest: 1, number: 1, ..entry };
        let next = Entry { name: [2; 16], digest: 0, number: 0, ..entry };
        assert!(entry.to_bytes() < unproved.to_bytes() && unproved.to_bytes() < next.to_bytes());
    }
}
