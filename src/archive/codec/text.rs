//! The buffer that holds one file's whole text, and the decoders that fill it.
//!
//! A worker has one and keeps it from file to file: memory is zeroed and decoders are built once,
//! not for each file. It grows to the largest text met, never beyond the limit.

use std::fmt;

use flate2::Decompress;
use ruzstd::decoding::FrameDecoder;

#[cfg(feature = "libdeflate")]
use super::libdeflate::{self, Libdeflate};
use super::{
    Damage,
    bzip2::Streams,
    gzip,
    gzip::{Members, Start},
    member::{Member, Unpacking},
    room::Room,
    zstd::Frames,
};

/// The smallest buffer worth having.
const MIN_TEXT: usize = 64 << 10;

/// `CloudTrail` logs are seldom packed worse than this; a first guess where nothing better is known.
const USUAL_RATIO: usize = 8;

/// A worker's reusable buffer and decoders.
#[derive(Default)]
pub struct TextBuffer {
    room: Room,
    inflater: Option<Box<Decompress>>,
    zstd: Option<Box<FrameDecoder>>,
    #[cfg(feature = "libdeflate")]
    libdeflate: Option<Libdeflate>,
}

/// A whole text, as its length in the buffer, and its damage; `None` if it is over the limit.
type Whole = Option<(usize, Vec<Damage>)>;

impl TextBuffer {
    pub(super) fn text(&self, length: usize) -> &[u8] {
        &self.room.bytes()[..length]
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.room.len()
    }

    pub(super) fn inflater(&mut self) -> &mut Decompress {
        self.inflater.get_or_insert_with(new_inflater)
    }

    pub(super) fn zstd_decoder(&mut self) -> &mut FrameDecoder {
        self.zstd.get_or_insert_default()
    }

    pub(super) fn gzip_whole(&mut self, packed: &[u8], max: usize) -> Whole {
        self.reserve_for_gzip(packed, max)?;
        let (at, length) = self.sound_members(packed, max)?;
        self.remaining_members(packed, at, length, max)
    }

    /// Makes room for what `packed` promises; `None` if that is over the limit.
    fn reserve_for_gzip(&mut self, packed: &[u8], max: usize) -> Option<()> {
        let hint = gzip::length_hint(packed);
        if hint.is_some_and(|hint| hint > max) {
            // Most likely true, so inflating up to the limit first would be for nothing.
            return None;
        }
        let guess = hint.unwrap_or(0).max(packed.len().saturating_mul(USUAL_RATIO));
        self.reserve(0, guess.clamp(MIN_TEXT, max.max(MIN_TEXT)), max);
        Some(())
    }

    /// Inflates members for as long as they are whole and sound; gives the place of the first that
    /// is not, or of the end, and the length of the text so far.
    #[cfg(feature = "libdeflate")]
    fn sound_members(&mut self, packed: &[u8], max: usize) -> Option<(usize, usize)> {
        let (mut next, mut length) = (0, 0);
        if self.libdeflate.is_none() {
            self.libdeflate = Libdeflate::new();
        }
        while let Start::Member { at } = gzip::start(packed, next) {
            // Without memory for it, the other decoder does all the work.
            let Some(libdeflate) = &mut self.libdeflate else { break };
            let end = self.room.len().min(max);
            match libdeflate.member(&packed[at..], &mut self.room.bytes_mut()[length..end]) {
                libdeflate::Member::Whole { taken, made } => {
                    next = at + taken;
                    length += made;
                }
                libdeflate::Member::NoSpace if end == max => return None,
                libdeflate::Member::NoSpace => self.grow(length, max),
                libdeflate::Member::Bad => break,
            }
        }
        Some((next, length))
    }

    #[cfg(not(feature = "libdeflate"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "has work with libdeflate")]
    fn sound_members(&mut self, _: &[u8], _: usize) -> Option<(usize, usize)> {
        Some((0, 0))
    }

    /// Inflates what stands at `from`, with text before it, and finds out what is wrong with it.
    pub(super) fn remaining_members(
        &mut self,
        packed: &[u8],
        from: usize,
        length: usize,
        max: usize,
    ) -> Whole {
        if gzip::start(packed, from) == Start::End {
            return Some((length, Vec::new()));
        }
        let mut inflater = self.inflater.take().unwrap_or_else(new_inflater);
        let mut members = Members::new(packed, from, &mut inflater);
        let length = self.collect(length, max, |out| members.fill(out));
        let damage = members.into_damage();
        self.inflater = Some(inflater);
        Some((length?, damage))
    }

    pub(super) fn zstd_whole(&mut self, packed: &[u8], max: usize) -> Whole {
        let mut decoder = self.zstd.take().unwrap_or_default();
        let mut frames = Frames::new(packed, &mut decoder, max);
        let length = self.collect(0, max, |out| frames.fill(out));
        let damage = frames.into_damage();
        self.zstd = Some(decoder);
        Some((length?, damage))
    }

    pub(super) fn bzip2_whole(&mut self, packed: &[u8], max: usize) -> Whole {
        let mut streams = Streams::new(packed);
        let length = self.collect(0, max, |out| streams.fill(out));
        Some((length?, streams.into_damage()))
    }

    /// The length that is promised may lie, so it is a hint only.
    pub(super) fn member_whole(&mut self, member: Member<'_>, max: usize) -> Whole {
        let promised = member.promise.map_or(0, |promise| promise.length);
        let promised = usize::try_from(promised).unwrap_or(usize::MAX);
        if promised > max {
            return None;
        }
        let possible = member.data.len().saturating_mul(gzip::MAX_RATIO);
        self.reserve(0, promised.min(possible).max(MIN_TEXT), max);
        if let Some(sound) = self.sound_deflate(member, max) {
            return Some(sound);
        }
        let mut inflater = self.inflater.take().unwrap_or_else(new_inflater);
        let mut zstd = self.zstd.take().unwrap_or_default();
        let mut unpacking = Unpacking::new(member, &mut inflater, &mut zstd, max);
        let length = self.collect(0, max, |out| unpacking.fill(out));
        let damage = unpacking.into_damage();
        (self.inflater, self.zstd) = (Some(inflater), Some(zstd));
        Some((length?, damage))
    }

    /// A member whose deflate stream is whole and sound and no longer than promised.
    #[cfg(feature = "libdeflate")]
    fn sound_deflate(&mut self, member: Member<'_>, max: usize) -> Option<(usize, Vec<Damage>)> {
        if member.method != super::Method::Deflate || member.promise.is_none() {
            return None;
        }
        if self.libdeflate.is_none() {
            self.libdeflate = Libdeflate::new();
        }
        let end = self.room.len().min(max);
        match self.libdeflate.as_mut()?.raw(member.data, &mut self.room.bytes_mut()[..end]) {
            // What is wrong is for the other decoder to tell, which is stricter: so streams tell the same.
            libdeflate::Member::Whole { taken, made } if taken == member.data.len() => {
                let damage = member.damage(&self.room.bytes()[..made]);
                damage.is_empty().then_some((made, damage))
            }
            _ => None,
        }
    }

    #[cfg(not(feature = "libdeflate"))]
    #[expect(clippy::unused_self, reason = "has work with libdeflate")]
    fn sound_deflate(&mut self, _: Member<'_>, _: usize) -> Option<(usize, Vec<Damage>)> {
        None
    }

    /// Both decoders that a member may need.
    pub(super) fn decoders(&mut self) -> (&mut Decompress, &mut FrameDecoder) {
        (self.inflater.get_or_insert_with(new_inflater), self.zstd.get_or_insert_default())
    }

    /// Collects the text that `fill` gives behind the first `length` bytes; `None` if it is over
    /// the limit.
    fn collect(
        &mut self,
        mut length: usize,
        max: usize,
        mut fill: impl FnMut(&mut [u8]) -> usize,
    ) -> Option<usize> {
        loop {
            if length == max {
                // A text that just fits is whole: one byte more would not.
                return (fill(&mut [0]) == 0).then_some(length);
            }
            if length == self.room.len() {
                self.grow(length, max);
            }
            let end = self.room.len().min(max);
            match fill(&mut self.room.bytes_mut()[length..end]) {
                0 => return Some(length),
                made => length += made,
            }
        }
    }

    fn grow(&mut self, keep: usize, max: usize) {
        let wanted = self.room.len().saturating_mul(2).max(MIN_TEXT);
        self.reserve(keep, wanted.min(max.max(MIN_TEXT)), max);
    }

    /// Makes room for `wanted` bytes, and some more for the next file; only what is to be kept is
    /// copied.
    fn reserve(&mut self, keep: usize, wanted: usize, max: usize) {
        if self.room.len() < wanted {
            let mut larger = Room::new(wanted.saturating_add(wanted / 4).min(max.max(wanted)));
            larger.bytes_mut()[..keep].copy_from_slice(&self.room.bytes()[..keep]);
            self.room = larger;
        }
    }
}

fn new_inflater() -> Box<Decompress> {
    Box::new(Decompress::new(false))
}

impl fmt::Debug for TextBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextBuffer").field("size", &self.room.len()).finish_non_exhaustive()
    }
}
