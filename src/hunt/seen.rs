//! What was found before, exactly, however much that is.
//!
//! What memory should not hold goes to disk as runs of entries in the order of their keys. Keys are hashes, so
//! they are spread evenly, and the place of one in a run can be guessed: a few bytes are read there. Runs of
//! one size are merged, so that few have to be asked.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

/// A key: 128 bits of a hash.
pub(super) type Unit = [u8; 16];

/// What is known of it.
pub(super) type Content = [u8; 8];

/// Bytes of an entry on disk.
const ENTRY: usize = size_of::<Unit>() + size_of::<Content>();

/// Bytes that an entry takes in memory at most, while the table grows.
const HELD: usize = 90;

/// Runs of one size before they are merged.
const FAN_IN: usize = 8;

/// Entries that are read at once.
const BLOCK: usize = 64;

/// A map from units to the content that was met first.
#[derive(Debug)]
pub(super) struct Seen {
    /// Entries that memory may hold.
    most: usize,
    held: HashMap<Unit, Content>,
    /// Runs by level: those of a level are of about one size.
    levels: Vec<Vec<Run>>,
}

/// Entries in the order of their units.
#[derive(Debug)]
struct Run {
    file: File,
    entries: u64,
}

impl Seen {
    /// A map that holds about `memory` bytes.
    pub(super) fn new(memory: usize) -> Self {
        Self { most: (memory / HELD).max(1), held: HashMap::new(), levels: Vec::new() }
    }

    /// The content that a unit was met with first; `None`, and from now on it is known with this one, if it was
    /// not met before.
    pub(super) fn meet(&mut self, unit: Unit, content: Content) -> io::Result<Option<Content>> {
        if let Some(known) = self.held.get(&unit) {
            return Ok(Some(*known));
        }
        for run in self.levels.iter_mut().flatten() {
            if let Some(known) = run.find(&unit)? {
                return Ok(Some(known));
            }
        }
        self.held.insert(unit, content);
        if self.held.len() >= self.most {
            self.spill()?;
        }
        Ok(None)
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut entries: Vec<_> = self.held.drain().collect();
        entries.sort_unstable();
        let mut run = Writer::new()?;
        for (unit, content) in entries {
            run.put(unit, content)?;
        }
        let mut run = run.finish()?;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(run);
            if self.levels[level].len() < FAN_IN {
                break;
            }
            run = merged(std::mem::take(&mut self.levels[level]))?;
        }
        Ok(())
    }
}

/// The first entry of a run that is merged, and which run that is.
type Front = Reverse<([u8; ENTRY], usize)>;

/// One run of all entries of some.
fn merged(runs: Vec<Run>) -> io::Result<Run> {
    let mut readers = Vec::new();
    let mut fronts = BinaryHeap::new();
    for mut run in runs {
        run.file.seek(SeekFrom::Start(0))?;
        readers.push(BufReader::with_capacity(1 << 16, run.file));
    }
    let mut next = |at: usize| -> io::Result<Option<Front>> {
        let mut entry = [0; ENTRY];
        if readers[at].read(&mut entry[..1])? == 0 {
            return Ok(None);
        }
        readers[at].read_exact(&mut entry[1..])?;
        Ok(Some(Reverse((entry, at))))
    };
    for at in 0..FAN_IN {
        fronts.extend(next(at)?);
    }
    let mut out = Writer::new()?;
    while let Some(Reverse((entry, at))) = fronts.pop() {
        out.file.write_all(&entry)?;
        out.entries += 1;
        fronts.extend(next(at)?);
    }
    out.finish()
}

struct Writer {
    file: BufWriter<File>,
    entries: u64,
}

impl Writer {
    fn new() -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?), entries: 0 })
    }

    fn put(&mut self, unit: Unit, content: Content) -> io::Result<()> {
        self.entries += 1;
        self.file.write_all(&unit)?;
        self.file.write_all(&content)
    }

    fn finish(self) -> io::Result<Run> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Run { file, entries: self.entries })
    }
}

impl Run {
    /// Looks where the unit should be among units that are spread evenly, and narrows that down from there.
    fn find(&mut self, unit: &Unit) -> io::Result<Option<Content>> {
        let share = u128::from(u64::from_be_bytes(unit[..8].try_into().unwrap_or_default()));
        let (mut low, mut high) = (0, self.entries);
        // The guess first, then halves: what is not spread evenly is found as well.
        let mut at = u64::try_from((u128::from(self.entries) * share) >> 64).unwrap_or(0);
        let mut block = [0; BLOCK * ENTRY];
        while low < high {
            let start = at.saturating_sub(BLOCK as u64 / 2).clamp(low, high - 1);
            let entries = (BLOCK as u64).min(high - start);
            let bytes = usize::try_from(entries).unwrap_or(BLOCK) * ENTRY;
            self.file.seek(SeekFrom::Start(start * ENTRY as u64))?;
            self.file.read_exact(&mut block[..bytes])?;
            let entries_here = block[..bytes].as_chunks::<ENTRY>().0;
            match entries_here.binary_search_by(|entry| entry[..16].cmp(unit)) {
                Ok(found) => {
                    let mut content = Content::default();
                    content.copy_from_slice(&entries_here[found][16..]);
                    return Ok(Some(content));
                }
                Err(0) => high = start,
                Err(place) if place as u64 == entries => low = start + entries,
                Err(_) => return Ok(None),
            }
            at = low + (high - low) / 2;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash of a number, and one that is not spread at all.
    fn units(number: u64) -> [Unit; 2] {
        let mut spread = Unit::default();
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        spread[..8].copy_from_slice(&mixed);
        let mut alike = [7; 16];
        alike[8..].copy_from_slice(&number.to_be_bytes());
        [spread, alike]
    }

    #[test]
    fn what_was_met_is_known_in_memory_and_on_disk() -> io::Result<()> {
        for memory in [0, 10 * HELD, 1 << 20] {
            for kind in [0, 1] {
                let mut seen = Seen::new(memory);
                let mut known = HashMap::new();
                for step in 0..3000_u64 {
                    let unit = units(step * step % 1009)[kind];
                    let content = step.to_le_bytes();
                    let first = known.get(&unit).copied();
                    assert_eq!(seen.meet(unit, content)?, first, "step {step}");
                    known.entry(unit).or_insert(content);
                }
                let runs: Vec<usize> = seen.levels.iter().map(Vec::len).collect();
                assert!(runs.iter().all(|runs| *runs < FAN_IN), "{runs:?}");
                assert_eq!(runs.is_empty(), memory == 1 << 20);
                assert!(seen.held.len() <= seen.most);
            }
        }
        Ok(())
    }
}
