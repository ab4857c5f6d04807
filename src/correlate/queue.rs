//! The events of a window, first in and first out: those in the middle of a long window wait on disk.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use super::held::Held;

/// A queue of events. Its two ends are in memory.
#[derive(Debug)]
pub(super) struct Queue {
    /// Bytes that `front` and `back` may hold each.
    limit: usize,
    front: VecDeque<Held>,
    front_bytes: usize,
    filed: Filed,
    back: VecDeque<Held>,
    back_bytes: usize,
    len: u64,
}

/// Events between those of `front` and `back`, as bytes, in one temporary file.
#[derive(Debug, Default)]
struct Filed {
    file: Option<File>,
    /// Where the next one is read, and where the next ones are written.
    read: u64,
    written: u64,
}

impl Queue {
    /// A queue that holds about `memory` bytes in memory.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            limit: memory / 2,
            front: VecDeque::new(),
            front_bytes: 0,
            filed: Filed::default(),
            back: VecDeque::new(),
            back_bytes: 0,
            len: 0,
        }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The first event.
    pub(super) fn first(&self) -> Option<&Held> {
        self.front.front()
    }

    /// The last event.
    pub(super) fn last(&self) -> Option<&Held> {
        self.back.back().or_else(|| self.front.back())
    }

    pub(super) fn push(&mut self, event: Held) -> io::Result<()> {
        self.len += 1;
        let bytes = event.bytes();
        let in_front = self.filed.is_empty() && self.back.is_empty();
        if self.front.is_empty() || in_front && self.front_bytes + bytes <= self.limit {
            self.front_bytes += bytes;
            self.front.push_back(event);
            return Ok(());
        }
        if !self.back.is_empty() && self.back_bytes + bytes > self.limit {
            self.filed.write(self.back.drain(..))?;
            self.back_bytes = 0;
        }
        self.back_bytes += bytes;
        self.back.push_back(event);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> io::Result<Option<Held>> {
        let Some(first) = self.front.pop_front() else { return Ok(None) };
        self.len -= 1;
        self.front_bytes -= first.bytes();
        if self.front.is_empty() {
            if self.filed.is_empty() {
                self.front = std::mem::take(&mut self.back);
                self.front_bytes = std::mem::take(&mut self.back_bytes);
            } else {
                self.front_bytes = self.filed.read(self.limit, &mut self.front)?;
            }
        }
        Ok(Some(first))
    }
}

impl Filed {
    fn is_empty(&self) -> bool {
        self.read == self.written
    }

    fn write(&mut self, events: impl Iterator<Item = Held>) -> io::Result<()> {
        if self.is_empty() {
            (self.read, self.written) = (0, 0);
        }
        let mut bytes = Vec::new();
        for event in events {
            let start = bytes.len();
            bytes.extend_from_slice(&[0; 8]);
            event.write(&mut bytes);
            let length = (bytes.len() - start - 8) as u64;
            bytes[start..start + 8].copy_from_slice(&length.to_le_bytes());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(self.written))?;
        file.write_all(&bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Reads events until they take `limit` bytes, at least one; gives how many bytes they take.
    fn read(&mut self, limit: usize, out: &mut VecDeque<Held>) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Ok(0) };
        file.seek(SeekFrom::Start(self.read))?;
        let mut reader = io::BufReader::with_capacity(1 << 16, file);
        let mut held = 0;
        let mut buffer = Vec::new();
        while self.read < self.written && (held == 0 || held < limit) {
            let mut length = [0; 8];
            reader.read_exact(&mut length)?;
            let length = u64::from_le_bytes(length);
            buffer.clear();
            (&mut reader).take(length).read_to_end(&mut buffer)?;
            let event = Held::read(&buffer).ok_or(io::ErrorKind::InvalidData)?;
            held += event.bytes();
            out.push_back(event);
            self.read += 8 + length;
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_leave_as_they_came_wherever_they_waited() -> io::Result<()> {
        for memory in [0, 300, 2000, 1 << 20] {
            let mut queue = Queue::new(memory);
            let mut model = VecDeque::new();
            let mut next = 0_u16;
            for step in 0..3000_u32 {
                // More come than go, then more go than come.
                let comes = step * 7919 % 10 < if step < 1500 { 7 } else { 2 };
                if comes {
                    let event = Held::for_test(next);
                    queue.push(event)?;
                    model.push_back(next);
                    next += 1;
                } else {
                    let first = queue.pop()?;
                    assert_eq!(first, model.pop_front().map(Held::for_test));
                }
                assert_eq!(queue.len(), model.len() as u64);
                assert_eq!(queue.first(), model.front().copied().map(Held::for_test).as_ref());
                assert_eq!(queue.last(), model.back().copied().map(Held::for_test).as_ref());
                assert!(queue.front_bytes + queue.back_bytes <= memory + 1000);
            }
            assert_eq!(queue.filed.file.is_some(), memory < 10_000);
        }
        Ok(())
    }
}
