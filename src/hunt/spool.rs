//! Rendered findings on their way from a worker to the output, as frames of bytes.
//!
//! A frame holds what the collector must know of a finding (its rule, what makes it a duplicate,
//! where it sorts) and the finding as rendered. Frames are kept in memory up to a bound and in an
//! unnamed temporary file beyond it, so a file in which everything matches costs disk, not memory.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write},
};

/// Bytes of frames that one file may hold in memory, and that a spool keeps room for.
const MEMORY: usize = 2 << 20;

/// Bytes of a frame before its event id: rule, unit, content, event, whether it is shared and with what, time
/// and three lengths.
const HEAD: usize = 4 + 16 + 8 + 8 + 1 + 8 + 16 + 8 + 8 + 8;

/// What the collector must know of a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Index of the rule.
    pub(super) rule: u32,
    /// What makes a duplicate: a hash of the rule and the event id, or of the rule and the record.
    pub(super) unit: [u8; 16],
    /// Hash of the record, to tell copies that differ.
    pub(super) content: [u8; 8],
    /// Hash of the event id, whatever the rule.
    pub(super) event: [u8; 8],
    /// Hash of the `sharedEventID`, if there is one.
    pub(super) shared: Option<[u8; 8]>,
    /// Nanoseconds since the Unix epoch; the greatest number for a time that cannot be read.
    pub(super) time: i128,
}

/// One finding as it travels. Reused from finding to finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// What the collector must know.
    pub(super) mark: Mark,
    /// The event id; empty unless findings are sorted by time, or it feeds a correlation.
    pub(super) event_id: Vec<u8>,
    /// What it carries for correlations; empty if it feeds none.
    pub(super) fed: Vec<u8>,
    /// The finding as rendered; empty if it only feeds correlations.
    pub(super) body: Vec<u8>,
}

impl Frame {
    /// Reads the next frame of `reader` into `self`; `false` at the end.
    pub(super) fn read(&mut self, reader: &mut dyn Read) -> io::Result<bool> {
        let mut head = [0; HEAD];
        let mut filled = 0;
        while filled < HEAD {
            match reader.read(&mut head[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut rest = &head[..];
        self.mark = Mark {
            rule: u32::from_le_bytes(take(&mut rest)),
            unit: take(&mut rest),
            content: take(&mut rest),
            event: take(&mut rest),
            shared: {
                let (is_shared, id) = (take(&mut rest) == [1], take(&mut rest));
                is_shared.then_some(id)
            },
            time: i128::from_le_bytes(take(&mut rest)),
        };
        let id = u64::from_le_bytes(take(&mut rest));
        let fed = u64::from_le_bytes(take(&mut rest));
        let body = u64::from_le_bytes(take(&mut rest));
        fill(reader, &mut self.event_id, id)?;
        fill(reader, &mut self.fed, fed)?;
        fill(reader, &mut self.body, body)?;
        Ok(true)
    }

    /// Appends the frame as [`read`](Self::read) reads it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let parts = [&self.event_id, &self.fed, &self.body];
        out.extend_from_slice(&head(&self.mark, parts.map(Vec::len)));
        for part in parts {
            out.extend_from_slice(part);
        }
    }
}

/// Takes the first `N` bytes off `bytes`, which the caller knows to be there.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let (first, rest) = bytes.split_at(N);
    out.copy_from_slice(first);
    *bytes = rest;
    out
}

/// Reads exactly `length` bytes into `buffer`, which grows only as they arrive.
fn fill(reader: &mut dyn Read, buffer: &mut Vec<u8>, length: u64) -> io::Result<()> {
    buffer.clear();
    let read = reader.take(length).read_to_end(buffer)?;
    if read as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The fixed part of a frame.
fn head(mark: &Mark, [event_id, fed, body]: [usize; 3]) -> [u8; HEAD] {
    let mut out = [0; HEAD];
    let fields: [&[u8]; 10] = [
        &mark.rule.to_le_bytes(),
        &mark.unit,
        &mark.content,
        &mark.event,
        &[u8::from(mark.shared.is_some())],
        &mark.shared.unwrap_or_default(),
        &mark.time.to_le_bytes(),
        &(event_id as u64).to_le_bytes(),
        &(fed as u64).to_le_bytes(),
        &(body as u64).to_le_bytes(),
    ];
    let mut at = 0;
    for field in fields {
        out[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    out
}

/// The frames of one file, in order: first what is in `file`, then what is in `memory`. Reused from
/// file to file.
#[derive(Debug, Default)]
pub(super) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    filed: u64,
}

impl Spool {
    /// Appends a finding; `render` appends its text to the buffer it is given, if it has any.
    pub(super) fn push(
        &mut self,
        mark: &Mark,
        event_id: &[u8],
        fed: &[u8],
        render: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        let start = self.memory.len();
        self.memory.extend_from_slice(&[0; HEAD]);
        self.memory.extend_from_slice(event_id);
        self.memory.extend_from_slice(fed);
        let body = self.memory.len();
        render(&mut self.memory);
        let head = head(mark, [event_id.len(), fed.len(), self.memory.len() - body]);
        self.memory[start..start + HEAD].copy_from_slice(&head);
        if self.memory.len() > MEMORY { self.spill() } else { Ok(()) }
    }

    /// Moves what is in memory to the file.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.memory)?;
        self.filed += self.memory.len() as u64;
        self.memory.clear();
        Ok(())
    }

    /// Takes the frames out, in no more memory than they need. What they were rendered into stays here
    /// for the next file.
    pub(super) fn take(&mut self) -> Self {
        let memory = self.memory.as_slice().into();
        let taken = Self { memory, file: self.file.take(), filed: self.filed };
        self.clear();
        taken
    }

    /// Throws the frames away.
    pub(super) fn clear(&mut self) {
        self.memory.clear();
        // One huge finding must not keep its memory for ever.
        self.memory.shrink_to(MEMORY);
        (self.file, self.filed) = (None, 0);
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.filed == 0 && self.memory.is_empty()
    }

    /// Whether some of the frames are in a file.
    pub(super) fn is_filed(&self) -> bool {
        self.file.is_some()
    }

    /// Bytes held in memory.
    pub(super) fn held(&self) -> usize {
        self.memory.capacity()
    }

    /// The frames as bytes.
    pub(super) fn into_reader(self) -> io::Result<Box<dyn Read>> {
        let memory = Cursor::new(self.memory);
        let Some(mut file) = self.file else { return Ok(Box::new(memory)) };
        file.seek(SeekFrom::Start(0))?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, file).chain(memory)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(rule: u32) -> Mark {
        Mark {
            rule,
            unit: [7; 16],
            content: [9; 8],
            event: [3; 8],
            shared: (rule == 2).then_some([4; 8]),
            time: -5,
        }
    }

    fn frames(spool: Spool) -> io::Result<Vec<Frame>> {
        let mut reader = spool.into_reader()?;
        let mut frames = Vec::new();
        let mut frame = Frame::default();
        while frame.read(&mut reader)? {
            frames.push(frame.clone());
        }
        Ok(frames)
    }

    #[test]
    fn frames_come_back_as_they_went_in() -> io::Result<()> {
        let mut spool = Spool::default();
        spool.push(&mark(1), b"id", b"fed", |out| out.extend_from_slice(b"first"))?;
        spool.push(&mark(2), b"", b"", |_| {})?;
        let back = frames(spool)?;
        assert_eq!(back.len(), 2);
        assert_eq!(
            back[0],
            Frame {
                mark: mark(1),
                event_id: b"id".to_vec(),
                fed: b"fed".to_vec(),
                body: b"first".to_vec()
            }
        );
        assert_eq!(back[1], Frame { mark: mark(2), ..Frame::default() });
        Ok(())
    }

    #[test]
    fn what_memory_does_not_hold_keeps_its_order_in_the_file() -> io::Result<()> {
        let mut spool = Spool::default();
        let body = vec![b'x'; MEMORY / 3];
        for rule in 0..10 {
            spool.push(&mark(rule), b"", b"", |out| out.extend_from_slice(&body))?;
        }
        assert!(spool.is_filed());
        assert!(spool.held() < 3 * MEMORY, "memory stays near its bound");
        let rules: Vec<u32> = frames(spool)?.iter().map(|frame| frame.mark.rule).collect();
        assert_eq!(rules, (0..10).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn what_is_taken_is_what_was_pushed_since_and_holds_no_more_than_that() -> io::Result<()> {
        let mut spool = Spool::default();
        for count in [3, 0, 100, 1] {
            let body = vec![b'x'; MEMORY / 20];
            let mut alone = Spool::default();
            for spool in [&mut spool, &mut alone] {
                for rule in 0..count {
                    spool.push(&mark(rule), b"id", b"fed", |out| out.extend_from_slice(&body))?;
                }
            }
            let taken = spool.take();
            assert!(spool.is_empty() && !spool.is_filed());
            assert_eq!((taken.is_empty(), taken.is_filed()), (count == 0, count == 100));
            assert_eq!(taken.held(), taken.memory.len());
            assert_eq!(frames(taken)?, frames(alone)?, "of {count}");
        }
        Ok(())
    }

    #[test]
    fn room_is_kept_for_the_next_file_up_to_the_bound() -> io::Result<()> {
        let mut spool = Spool::default();
        for (length, kept) in [(1000, 1000..MEMORY), (3 * MEMORY, MEMORY..2 * MEMORY)] {
            spool.push(&mark(1), b"", b"", |out| out.resize(out.len() + length, b'x'))?;
            spool.take();
            assert!(kept.contains(&spool.held()), "{} after {length}", spool.held());
        }
        spool.push(&mark(1), b"", b"", |out| out.push(b'x'))?;
        spool.clear();
        assert!(frames(spool)?.is_empty());
        Ok(())
    }

    #[test]
    fn a_frame_that_ends_early_is_an_error() -> io::Result<()> {
        let mut spool = Spool::default();
        spool.push(&mark(1), b"id", b"fed", |out| out.extend_from_slice(b"whole"))?;
        let mut bytes = Vec::new();
        spool.into_reader()?.read_to_end(&mut bytes)?;
        for cut in 1..bytes.len() {
            assert!(Frame::default().read(&mut &bytes[..cut]).is_err(), "cut at {cut}");
        }
        Ok(())
    }
}
