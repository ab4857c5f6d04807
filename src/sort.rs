//! Rows in the order of their keys, however many there are.
//!
//! An external merge sort: what memory holds is sorted and written as a run to a temporary file;
//! runs of one size are merged into a larger one before there are too many to keep open. Keys are
//! compared as bytes; rows of one key stay in the order they came in. A merge holds a row of each run, so large
//! payloads are apart, in a file of their own, and rows only say where.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

/// Runs merged at once: so many files are open per level.
const FAN_IN: usize = 32;

/// Payloads beyond this many bytes are kept apart.
const LARGE: usize = 64 << 10;

/// Before a payload that is in its row.
const HERE: u8 = 0;

/// Before the place and the length of a payload that is apart.
const APART: u8 = 1;

/// Takes a key and what belongs to it; `false` for no more.
pub(crate) type Emit<'e> = dyn FnMut(&[u8], &[u8]) -> io::Result<bool> + 'e;

/// Sorts rows by their keys.
#[derive(Debug)]
pub(crate) struct Sorter {
    memory_limit: usize,
    /// Keys and payloads, one after the other.
    bytes: Vec<u8>,
    rows: Vec<Place>,
    /// Runs by level, older ones first; those of a higher level are older than those below.
    levels: Vec<Vec<File>>,
    large: Large,
}

/// Large payloads, one after the other.
#[derive(Debug, Default)]
struct Large {
    file: Option<File>,
    end: u64,
}

impl Large {
    /// Appends a payload; gives what stands for it in its row.
    fn put(&mut self, payload: &[u8]) -> io::Result<[u8; 16]> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(payload)?;
        let mut place = [0; 16];
        place[..8].copy_from_slice(&self.end.to_le_bytes());
        place[8..].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        self.end += payload.len() as u64;
        Ok(place)
    }

    /// Reads the payload that a row stands for.
    fn get(&mut self, place: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let number = |at: usize| {
            let bytes = place[at..].first_chunk().ok_or(io::ErrorKind::InvalidData);
            bytes.map(|bytes| u64::from_le_bytes(*bytes))
        };
        let file = self.file.as_mut().ok_or(io::ErrorKind::InvalidData)?;
        file.seek(SeekFrom::Start(number(0)?))?;
        fill(file, out, number(8)?)
    }
}

/// Where a row stands in memory.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    key: usize,
    payload: usize,
}

impl Place {
    fn key(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.start + self.key]
    }

    fn payload(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start + self.key..self.start + self.key + self.payload]
    }
}

impl Sorter {
    /// A sorter that holds about `memory_limit` bytes before it writes to disk.
    pub(crate) fn new(memory_limit: usize) -> Self {
        let (bytes, rows, levels, large) = Default::default();
        Self { memory_limit, bytes, rows, levels, large }
    }

    /// Takes one row.
    pub(crate) fn push(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        if payload.len() > LARGE {
            self.bytes.push(APART);
            self.bytes.extend_from_slice(&self.large.put(payload)?);
        } else {
            self.bytes.push(HERE);
            self.bytes.extend_from_slice(payload);
        }
        let payload = self.bytes.len() - start - key.len();
        self.rows.push(Place { start, key: key.len(), payload });
        if self.bytes.len() + self.rows.len() * size_of::<Place>() < self.memory_limit {
            return Ok(());
        }
        self.sort_memory();
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for place in &self.rows {
            write(place.key(&self.bytes), place.payload(&self.bytes), &mut run)?;
        }
        self.rows.clear();
        self.bytes.clear();
        // One huge row must not keep its memory for ever.
        self.bytes.shrink_to(self.memory_limit);
        let run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.keep(run, 0)
    }

    /// Files a run and merges its level when that is full.
    fn keep(&mut self, mut run: File, mut level: usize) -> io::Result<()> {
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(run);
            if self.levels[level].len() < FAN_IN {
                return Ok(());
            }
            let runs = std::mem::take(&mut self.levels[level]);
            let mut merged = BufWriter::new(tempfile::tempfile()?);
            let nothing = Held::default();
            merge(runs, nothing, &mut |key, payload| {
                write(key, payload, &mut merged).map(|()| true)
            })?;
            run = merged.into_inner().map_err(io::IntoInnerError::into_error)?;
            level += 1;
        }
    }

    fn sort_memory(&mut self) {
        let bytes = &self.bytes;
        self.rows.sort_by(|a, b| a.key(bytes).cmp(b.key(bytes)));
    }

    /// Gives every row in order, until `emit` answers `false`.
    pub(crate) fn finish(mut self, emit: &mut Emit<'_>) -> io::Result<()> {
        self.sort_memory();
        let runs = self.levels.into_iter().rev().flatten().collect();
        let mut large = self.large;
        let mut buffer = Vec::new();
        let held = Held { bytes: self.bytes, rows: self.rows.into_iter() };
        merge(runs, held, &mut |key, payload| match payload.split_first() {
            Some((&HERE, payload)) => emit(key, payload),
            Some((&APART, place)) => {
                large.get(place, &mut buffer)?;
                let goes_on = emit(key, &buffer);
                buffer.shrink_to(LARGE);
                goes_on
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        })
    }
}

fn write(key: &[u8], payload: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&(key.len() as u64).to_le_bytes())?;
    out.write_all(&(payload.len() as u64).to_le_bytes())?;
    out.write_all(key)?;
    out.write_all(payload)
}

/// The first row of a run; of equal ones, that of the older run is less.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Front {
    key: Vec<u8>,
    run: usize,
    payload: Vec<u8>,
}

/// The sorted rows that never left memory.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    rows: std::vec::IntoIter<Place>,
}

/// A sorted run: on disk, or the rest that never left memory.
enum Run {
    Filed(BufReader<File>),
    Held(Held),
}

impl Run {
    /// Puts the next row into `front`; `false` at the end.
    fn advance(&mut self, front: &mut Front) -> io::Result<bool> {
        match self {
            Self::Filed(reader) => {
                let mut lengths = [0; 16];
                if reader.read(&mut lengths[..1])? == 0 {
                    return Ok(false);
                }
                reader.read_exact(&mut lengths[1..])?;
                let [key, payload] = [0, 8].map(|at| {
                    let mut length = [0; 8];
                    length.copy_from_slice(&lengths[at..at + 8]);
                    u64::from_le_bytes(length)
                });
                fill(reader, &mut front.key, key)?;
                fill(reader, &mut front.payload, payload)?;
                Ok(true)
            }
            Self::Held(held) => {
                let Some(place) = held.rows.next() else { return Ok(false) };
                front.key.clear();
                front.key.extend_from_slice(place.key(&held.bytes));
                front.payload.clear();
                front.payload.extend_from_slice(place.payload(&held.bytes));
                Ok(true)
            }
        }
    }
}

/// Reads exactly `length` bytes into `buffer`.
fn fill(reader: &mut impl Read, buffer: &mut Vec<u8>, length: u64) -> io::Result<()> {
    buffer.clear();
    let read = reader.take(length).read_to_end(buffer)?;
    if read as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Merges `runs`, oldest first, and then what is in memory, until `emit` answers `false`.
fn merge(runs: Vec<File>, held: Held, emit: &mut Emit<'_>) -> io::Result<()> {
    let mut open = Vec::with_capacity(runs.len() + 1);
    for mut file in runs {
        file.seek(SeekFrom::Start(0))?;
        open.push(Run::Filed(BufReader::with_capacity(1 << 16, file)));
    }
    open.push(Run::Held(held));
    let mut fronts = BinaryHeap::new();
    for (index, run) in open.iter_mut().enumerate() {
        let mut front = Front { key: Vec::new(), run: index, payload: Vec::new() };
        if run.advance(&mut front)? {
            fronts.push(Reverse(front));
        }
    }
    while let Some(Reverse(mut front)) = fronts.pop() {
        if !emit(&front.key, &front.payload)? {
            return Ok(());
        }
        if open[front.run].advance(&mut front)? {
            fronts.push(Reverse(front));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(sorter: Sorter) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut out = Vec::new();
        sorter.finish(&mut |key, payload| {
            out.push((key.to_vec(), payload.to_vec()));
            Ok(true)
        })?;
        Ok(out)
    }

    #[test]
    fn rows_come_in_the_order_of_their_keys_and_equal_ones_as_they_were_put_in() -> io::Result<()> {
        let mut sorter = Sorter::new(1 << 20);
        for (key, payload) in [("b", "1"), ("a", "2"), ("b", "0"), ("", "3"), ("ab", "4")] {
            sorter.push(key.as_bytes(), payload.as_bytes())?;
        }
        let payloads: Vec<_> = sorted(sorter)?.into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(payloads, [b"3", b"2", b"4", b"1", b"0"]);
        Ok(())
    }

    #[test]
    fn runs_on_disk_give_what_memory_gives() -> io::Result<()> {
        let mut held = Sorter::new(1 << 20);
        // One row in each run, so that two levels of merging are needed.
        let mut filed = Sorter::new(1);
        for index in 0..(FAN_IN * FAN_IN + 5) {
            // Few distinct keys, so that equal ones meet across runs and must keep their order.
            let key = (index * 7919 % 13).to_be_bytes();
            let payload = index.to_string();
            held.push(&key, payload.as_bytes())?;
            filed.push(&key, payload.as_bytes())?;
        }
        assert!(filed.rows.is_empty());
        assert_eq!(sorted(filed)?, sorted(held)?);
        Ok(())
    }

    #[test]
    fn large_payloads_come_back_whole_and_are_not_in_rows() -> io::Result<()> {
        let mut sorter = Sorter::new(1 << 20);
        let payload = |number: u8| vec![number; LARGE + 1 + usize::from(number)];
        for number in (0..100).rev() {
            sorter.push(&[number], &payload(number))?;
        }
        assert!(sorter.bytes.len() < 100 * 40 && sorter.levels.is_empty());
        let wanted: Vec<_> = (0..100).map(|number| (vec![number], payload(number))).collect();
        assert_eq!(sorted(sorter)?, wanted);
        Ok(())
    }

    #[test]
    fn the_reader_may_stop_early() -> io::Result<()> {
        let mut sorter = Sorter::new(1 << 20);
        for key in 0..5_u8 {
            sorter.push(&[key], b"")?;
        }
        let mut seen = 0;
        sorter.finish(&mut |_, _| {
            seen += 1;
            Ok(seen < 2)
        })?;
        assert_eq!(seen, 2);
        Ok(())
    }
}
