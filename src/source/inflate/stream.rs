//! A text that is read in pieces.

use std::fmt;

use flate2::Decompress;
use ruzstd::decoding::FrameDecoder;

use super::{Damage, gzip::Members, zstd::Frames};

/// The text of a file too large to hold, from its start. It cannot be read twice.
pub struct TextStream<'t> {
    decoder: Decoder<'t>,
}

enum Decoder<'t> {
    Gzip(Members<'t>),
    Zstd(Frames<'t>),
    Plain { length: usize, rest: &'t [u8] },
}

impl<'t> TextStream<'t> {
    pub(super) fn gzip(packed: &'t [u8], inflater: &'t mut Decompress) -> Self {
        Self { decoder: Decoder::Gzip(Members::new(packed, 0, inflater)) }
    }

    pub(super) fn zstd(packed: &'t [u8], decoder: &'t mut FrameDecoder, max: usize) -> Self {
        Self { decoder: Decoder::Zstd(Frames::new(packed, decoder, max)) }
    }

    pub(super) fn plain(packed: &'t [u8]) -> Self {
        Self { decoder: Decoder::Plain { length: packed.len(), rest: packed } }
    }

    /// Appends up to `up_to` further bytes to `into` and gives their number: `up_to`, unless the
    /// text ends before, and 0 at its end.
    pub fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
        if let Decoder::Plain { rest, .. } = &mut self.decoder {
            let (now, later) = rest.split_at(up_to.min(rest.len()));
            into.extend_from_slice(now);
            *rest = later;
            return now.len();
        }
        let start = into.len();
        into.resize(start.saturating_add(up_to), 0);
        let mut end = start;
        while end < into.len() {
            let made = self.fill(&mut into[end..]);
            if made == 0 {
                break;
            }
            end += made;
        }
        into.truncate(end);
        end - start
    }

    /// What was found to be wrong so far; complete once [`read`](Self::read) has given 0.
    pub fn damage(&self) -> &[Damage] {
        match &self.decoder {
            Decoder::Gzip(members) => members.damage(),
            Decoder::Zstd(frames) => frames.damage(),
            Decoder::Plain { .. } => &[],
        }
    }

    /// Stored bytes taken so far, for showing progress.
    pub fn packed_consumed(&self) -> u64 {
        let consumed = match &self.decoder {
            Decoder::Gzip(members) => members.consumed(),
            Decoder::Zstd(frames) => frames.consumed(),
            Decoder::Plain { length, rest } => length - rest.len(),
        };
        consumed as u64
    }

    fn fill(&mut self, out: &mut [u8]) -> usize {
        match &mut self.decoder {
            Decoder::Gzip(members) => members.fill(out),
            Decoder::Zstd(frames) => frames.fill(out),
            Decoder::Plain { .. } => 0,
        }
    }
}

impl fmt::Debug for TextStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextStream")
            .field("packed_consumed", &self.packed_consumed())
            .field("damage", &self.damage())
            .finish_non_exhaustive()
    }
}
