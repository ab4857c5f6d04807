//! Rendered findings on their way from a worker to the output, as frames of bytes.
//!
//! A frame holds what the collector must know of a finding (its rule, what makes it a duplicate,
//! where it sorts) and the finding as rendered. Frames are kept in memory up to a bound and in an
//! unnamed temporary file beyond it, so a file in which everything matches costs disk, not memory.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
};

use serde::{Deserialize, Serialize};

/// Bytes of frames that one file may hold in memory, and that a spool keeps room for.
const MEMORY: usize = 2 << 20;

/// Bytes of a frame before its event id: rule, unit, content, whether its action is shared, which one and by
/// whom, time and three lengths.
const HEAD: usize = 4 + 16 + 8 + 1 + 8 + 8 + 16 + 8 + 8 + 8;

/// What the collector must know of a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Index of the rule.
    pub(super) rule: u32,
    /// What makes a duplicate: a hash of the rule and the event id, or of the rule and the record.
    pub(super) unit: [u8; 16],
    /// Hash of the record, to tell copies that differ.
    pub(super) content: [u8; 8],
    /// The action that several accounts may have received, if it can be told.
    pub(super) shared: Option<SharedAction>,
    /// Nanoseconds since the Unix epoch; the greatest number for a time that cannot be read.
    pub(super) time: i128,
}

/// An action as one account received it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SharedAction {
    /// Hash of the `sharedEventID`.
    pub(super) id: [u8; 8],
    /// Hash of the `recipientAccountId`.
    pub(super) recipient: [u8; 8],
}

/// One finding as it travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Frame<'f> {
    /// What the collector must know.
    pub(super) mark: Mark,
    /// The event id; empty unless findings are sorted by time, or it feeds a correlation.
    pub(super) event_id: &'f [u8],
    /// What it carries for correlations; empty if it feeds none.
    pub(super) fed: &'f [u8],
    /// The finding as rendered; empty if it only feeds correlations.
    pub(super) body: &'f [u8],
}

impl<'f> Frame<'f> {
    /// Takes the first frame off `bytes`; `None` if it is not whole.
    pub(super) fn split(bytes: &mut &'f [u8]) -> Option<Self> {
        let (head, mut rest) = bytes.split_first_chunk()?;
        let (mark, lengths) = read_head(head);
        let mut parts: [&[u8]; 3] = [&[]; 3];
        for (part, length) in parts.iter_mut().zip(lengths) {
            (*part, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        }
        *bytes = rest;
        let [event_id, fed, body] = parts;
        Some(Self { mark, event_id, fed, body })
    }
}

/// Reads the bytes of the next frame of `reader` into `buffer`, which grows only as they arrive;
/// `false` at the end.
fn read_frame(reader: &mut dyn Read, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    if reader.take(HEAD as u64).read_to_end(buffer)? == 0 {
        return Ok(false);
    }
    let head = buffer.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
    let (_, lengths) = read_head(head);
    let length = lengths.into_iter().fold(0, u64::saturating_add);
    let read = reader.take(length).read_to_end(buffer)?;
    if read as u64 == length { Ok(true) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// What [`head`] wrote: the mark, and the lengths of event id, what is fed and body.
fn read_head(head: &[u8; HEAD]) -> (Mark, [u64; 3]) {
    let mut rest = &head[..];
    let mark = Mark {
        rule: u32::from_le_bytes(take(&mut rest)),
        unit: take(&mut rest),
        content: take(&mut rest),
        shared: {
            let is_shared = take(&mut rest) == [1];
            let action = SharedAction { id: take(&mut rest), recipient: take(&mut rest) };
            is_shared.then_some(action)
        },
        time: i128::from_le_bytes(take(&mut rest)),
    };
    (mark, [(); 3].map(|()| u64::from_le_bytes(take(&mut rest))))
}

/// Takes the first `N` bytes off `bytes`, which the caller knows to be there.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let (first, rest) = bytes.split_at(N);
    out.copy_from_slice(first);
    *bytes = rest;
    out
}

/// The fixed part of a frame.
fn head(mark: &Mark, [event_id, fed, body]: [usize; 3]) -> [u8; HEAD] {
    let mut out = [0; HEAD];
    let shared = mark.shared.unwrap_or_default();
    let fields: [&[u8]; 10] = [
        &mark.rule.to_le_bytes(),
        &mark.unit,
        &mark.content,
        &[u8::from(mark.shared.is_some())],
        &shared.id,
        &shared.recipient,
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

    /// The frames, one after the other.
    pub(super) fn into_frames(self) -> io::Result<Frames<'static>> {
        let mut filed = Frames::default();
        if let Some(mut file) = self.file {
            file.rewind()?;
            filed = Frames::filed(file);
        }
        Ok(Frames { memory: self.memory, ..filed })
    }

    /// Writes the frames to `out`; gives how many bytes they take.
    pub(super) fn copy(self, out: &mut File) -> io::Result<u64> {
        let mut copied = self.memory.len() as u64;
        if let Some(mut file) = self.file {
            file.rewind()?;
            copied += io::copy(&mut file, out)?;
        }
        out.write_all(&self.memory)?;
        Ok(copied)
    }
}

/// Gives frames, in order: first what is in a file, then what is in memory.
#[derive(Default)]
pub(super) struct Frames<'w> {
    filed: Option<Box<dyn Read + 'w>>,
    /// The last frame that was read of the file.
    buffer: Vec<u8>,
    memory: Vec<u8>,
    /// Bytes of `memory` that have been given.
    given: usize,
}

impl<'w> Frames<'w> {
    /// The frames that stand in a file, from where it stands to its end.
    pub(super) fn filed(file: impl Read + 'w) -> Self {
        let filed = BufReader::with_capacity(1 << 16, file);
        Self { filed: Some(Box::new(filed)), ..Self::default() }
    }

    /// The next frame; `None` at the end. What is in memory is not copied.
    pub(super) fn next(&mut self) -> io::Result<Option<Frame<'_>>> {
        if let Some(filed) = &mut self.filed {
            if read_frame(filed, &mut self.buffer)? {
                return whole(&mut &self.buffer[..]).map(Some);
            }
            self.filed = None;
        }
        let mut rest = &self.memory[self.given..];
        if rest.is_empty() {
            return Ok(None);
        }
        let frame = whole(&mut rest)?;
        self.given = self.memory.len() - rest.len();
        Ok(Some(frame))
    }
}

/// The first frame of `bytes`, which is there.
fn whole<'f>(bytes: &mut &'f [u8]) -> io::Result<Frame<'f>> {
    Frame::split(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frame as a spool holds it.
    fn bytes(frame: &Frame<'_>) -> Vec<u8> {
        let parts = [frame.event_id, frame.fed, frame.body];
        let head = head(&frame.mark, parts.map(<[u8]>::len));
        [&head[..], parts[0], parts[1], parts[2]].concat()
    }

    fn mark(rule: u32) -> Mark {
        Mark {
            rule,
            unit: [7; 16],
            content: [9; 8],
            shared: (rule == 2).then_some(SharedAction { id: [4; 8], recipient: [3; 8] }),
            time: -5,
        }
    }

    /// The frames of a spool, written once more, each on its own.
    fn frames(spool: Spool) -> io::Result<Vec<Vec<u8>>> {
        given(spool.into_frames()?)
    }

    fn given(mut frames: Frames<'_>) -> io::Result<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        while let Some(frame) = frames.next()? {
            all.push(bytes(&frame));
        }
        Ok(all)
    }

    #[test]
    fn frames_come_back_as_they_went_in() -> io::Result<()> {
        let mut spool = Spool::default();
        spool.push(&mark(1), b"id", b"fed", |out| out.extend_from_slice(b"first"))?;
        spool.push(&mark(2), b"", b"", |_| {})?;
        let mut frames = spool.into_frames()?;
        let first = Frame { mark: mark(1), event_id: b"id", fed: b"fed", body: b"first" };
        assert_eq!(frames.next()?, Some(first));
        assert_eq!(frames.next()?, Some(Frame { mark: mark(2), ..Frame::default() }));
        assert_eq!(frames.next()?, None);
        Ok(())
    }

    #[test]
    fn frames_in_memory_are_those_read_from_a_file() -> io::Result<()> {
        let mut memory = Spool::default();
        let mut file = Spool::default();
        let mut both = Spool::default();
        for (rule, length) in (0..20).zip((0..).step_by(500)) {
            for spool in [&mut memory, &mut file, &mut both] {
                let id = b"an id".split_at(length % 6).0;
                spool.push(&mark(rule), id, b"fed", |out| out.resize(out.len() + length, b'x'))?;
            }
            file.spill()?;
            if rule == 10 {
                both.spill()?;
            }
        }
        assert_eq!([&memory, &file, &both].map(Spool::is_filed), [false, true, true]);
        let wanted = frames(memory)?;
        assert_eq!(wanted.len(), 20);
        let mut copy = tempfile::tempfile()?;
        let length = file.copy(&mut copy)?;
        assert_eq!(length, wanted.iter().map(Vec::len).sum::<usize>() as u64);
        copy.rewind()?;
        assert_eq!(given(Frames::filed(copy))?, wanted);
        assert_eq!(frames(both)?, wanted);
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
        let mut frames = spool.into_frames()?;
        let mut rules = Vec::new();
        while let Some(frame) = frames.next()? {
            rules.push(frame.mark.rule);
        }
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
    fn a_frame_that_ends_early_is_an_error() {
        let whole = bytes(&Frame { mark: mark(1), event_id: b"id", fed: b"fed", body: b"whole" });
        for cut in 1..whole.len() {
            let bytes = &whole[..cut];
            assert_eq!(Frame::split(&mut &bytes[..]), None, "cut at {cut}");
            let memory = Frames { memory: bytes.to_vec(), ..Frames::default() };
            assert!(given(memory).is_err(), "cut at {cut}");
            assert!(given(Frames::filed(bytes)).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn lengths_that_no_file_has_are_an_error() {
        let mut bytes = head(&mark(1), [usize::MAX, usize::MAX, 1]).to_vec();
        bytes.extend_from_slice(b"some");
        assert_eq!(Frame::split(&mut &bytes[..]), None);
        assert!(given(Frames::filed(&bytes[..])).is_err());
    }
}
