//! Bytes that are appended and read back: in memory up to a limit, then in an unnamed temporary
//! file.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    os::unix::fs::FileExt,
};

/// Bytes that wait to be written once the file exists.
const WRITE: usize = 256 << 10;

/// Appended bytes.
#[derive(Debug)]
pub(super) struct Spill {
    /// The last bytes, behind those in the file.
    held: Vec<u8>,
    /// Bytes in the file.
    filed: u64,
    file: Option<File>,
    limit: usize,
}

impl Spill {
    /// Holds up to `limit` bytes in memory.
    pub(super) fn new(limit: usize) -> Self {
        Self { held: Vec::new(), filed: 0, file: None, limit }
    }

    /// Bytes in all.
    pub(super) fn len(&self) -> u64 {
        self.filed + self.held.len() as u64
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.held.len() + bytes.len() > self.limit {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile()?),
            };
            file.write_all(&self.held)?;
            self.filed += self.held.len() as u64;
            self.held.clear();
            self.limit = self.limit.min(WRITE);
            self.held.shrink_to(self.limit);
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads up to `out.len()` bytes from `at` on; 0 at the end.
    pub(super) fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        match &self.file {
            Some(file) if at < self.filed => {
                let most = usize::try_from(self.filed - at).unwrap_or(usize::MAX).min(out.len());
                file.read_at(&mut out[..most], at)
            }
            _ => {
                let start = usize::try_from(at - self.filed).unwrap_or(usize::MAX);
                let rest = self.held.get(start..).unwrap_or_default();
                let length = rest.len().min(out.len());
                out[..length].copy_from_slice(&rest[..length]);
                Ok(length)
            }
        }
    }

    /// Reads from `at` on until `out` is full or the bytes end; returns how many there were.
    pub(super) fn fill_at(&self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.read_at(at + filled as u64, &mut out[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Reads everything from the start on.
    pub(super) fn reader(&self) -> BufReader<SpillReader<'_>> {
        BufReader::with_capacity(1 << 16, SpillReader { spill: self, at: 0 })
    }
}

/// Reads a [`Spill`] from its start.
pub(super) struct SpillReader<'s> {
    spill: &'s Spill,
    at: u64,
}

impl Read for SpillReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.spill.read_at(self.at, out)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn bytes_come_back_from_memory_and_from_the_file() {
        for limit in [0, 1, 7, 1 << 20] {
            let mut spill = Spill::new(limit);
            let mut expected = Vec::new();
            for number in 0..500_u32 {
                let bytes = number.to_string();
                spill.push(bytes.as_bytes()).unwrap();
                expected.extend_from_slice(bytes.as_bytes());
            }
            assert_eq!(spill.file.is_some(), limit < 1000);
            assert_eq!(spill.len(), expected.len() as u64);
            let mut all = Vec::new();
            spill.reader().read_to_end(&mut all).unwrap();
            assert_eq!(all, expected, "limit {limit}");
            let mut part = [0; 100];
            assert_eq!(spill.fill_at(700, &mut part).unwrap(), 100);
            assert_eq!(part, expected[700..800]);
            assert_eq!(spill.fill_at(spill.len() - 1, &mut part).unwrap(), 1);
        }
    }
}
