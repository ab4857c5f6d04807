//! A text that is read in pieces.

use std::fmt;

use flate2::Decompress;
use ruzstd::decoding::FrameDecoder;

use super::{
    Damage,
    bzip2::Streams,
    gzip::Members,
    member::{Member, Unpacking},
    zstd::Frames,
};

/// Bytes that come in pieces, from their start on.
pub trait Pieces {
    /// Appends up to `up_to` further bytes to `into` and gives their number: `up_to`, unless they
    /// end before, and 0 at their end.
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize;

    /// What was found to be wrong so far; complete once [`read`](Self::read) has given 0.
    fn damage(&self) -> &[Damage];

    /// Stored bytes taken so far.
    fn packed_consumed(&self) -> u64;

    /// Starts anew; `false` if these bytes come once only, and then nothing has changed.
    fn rewind(&mut self) -> bool;
}

/// The text of a file too large to hold.
pub struct TextStream<'t> {
    decoder: Decoder<'t>,
}

enum Decoder<'t> {
    Gzip(Members<'t>),
    Zstd(Frames<'t>),
    Bzip2 { packed: &'t [u8], streams: Streams<'t> },
    Member(Unpacking<'t>),
    Plain { text: &'t [u8], rest: &'t [u8] },
}

impl<'t> TextStream<'t> {
    pub(super) fn gzip(packed: &'t [u8], inflater: &'t mut Decompress) -> Self {
        Self { decoder: Decoder::Gzip(Members::new(packed, 0, inflater)) }
    }

    pub(super) fn zstd(packed: &'t [u8], decoder: &'t mut FrameDecoder, max: usize) -> Self {
        Self { decoder: Decoder::Zstd(Frames::new(packed, decoder, max)) }
    }

    pub(super) fn plain(packed: &'t [u8]) -> Self {
        Self { decoder: Decoder::Plain { text: packed, rest: packed } }
    }

    pub(super) fn bzip2(packed: &'t [u8]) -> Self {
        Self { decoder: Decoder::Bzip2 { packed, streams: Streams::new(packed) } }
    }

    pub(super) fn member(
        member: Member<'t>,
        (inflater, zstd): (&'t mut Decompress, &'t mut FrameDecoder),
        max: usize,
    ) -> Self {
        Self { decoder: Decoder::Member(Unpacking::new(member, inflater, zstd, max)) }
    }

    fn fill(&mut self, out: &mut [u8]) -> usize {
        match &mut self.decoder {
            Decoder::Gzip(members) => members.fill(out),
            Decoder::Zstd(frames) => frames.fill(out),
            Decoder::Bzip2 { streams, .. } => streams.fill(out),
            Decoder::Member(unpacking) => unpacking.fill(out),
            Decoder::Plain { .. } => 0,
        }
    }
}

impl Pieces for TextStream<'_> {
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
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

    fn damage(&self) -> &[Damage] {
        match &self.decoder {
            Decoder::Gzip(members) => members.damage(),
            Decoder::Zstd(frames) => frames.damage(),
            Decoder::Bzip2 { streams, .. } => streams.damage(),
            Decoder::Member(unpacking) => unpacking.damage(),
            Decoder::Plain { .. } => &[],
        }
    }

    fn packed_consumed(&self) -> u64 {
        let consumed = match &self.decoder {
            Decoder::Gzip(members) => members.consumed(),
            Decoder::Zstd(frames) => frames.consumed(),
            Decoder::Bzip2 { streams, .. } => streams.consumed(),
            Decoder::Member(unpacking) => unpacking.consumed(),
            Decoder::Plain { text, rest } => text.len() - rest.len(),
        };
        consumed as u64
    }

    fn rewind(&mut self) -> bool {
        match &mut self.decoder {
            Decoder::Gzip(members) => members.rewind(),
            Decoder::Zstd(frames) => frames.rewind(),
            Decoder::Bzip2 { packed, streams } => *streams = Streams::new(packed),
            Decoder::Member(unpacking) => unpacking.rewind(),
            Decoder::Plain { text, rest } => *rest = text,
        }
        true
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
