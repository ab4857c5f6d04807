//! Whole gzip files whose checksums are still to be compared.
//!
//! A large text does not fit the cache: who looks at it after its checksum was taken has to wait for
//! memory again. So the text is given first, and its checksum is taken piece by piece, ahead of those
//! who look at it. Until [`Unchecked::is_sound`] has said so, nothing that was found in it counts.

use super::{Limits, TextBuffer};
#[cfg(feature = "libdeflate")]
use super::{gzip, libdeflate::crc32};

/// Turns stored bytes into text without comparing its checksums yet. Nothing if the file is no large gzip
/// file, or nothing but whole members that fit: it is for [`super::inflate`] then.
pub fn inflate_unchecked<'t>(
    packed: &'t [u8],
    limits: Limits,
    buffer: &'t mut TextBuffer,
) -> Option<Unchecked<'t>> {
    /// Packed bytes from which it is worth it.
    const LARGE: usize = 32 << 10;
    if packed.len() < LARGE {
        return None;
    }
    Unchecked::of(packed, limits.max_inflated, buffer)
}

/// A text that is as long as it should be, and perhaps another than was packed.
#[derive(Debug)]
pub struct Unchecked<'t> {
    text: &'t [u8],
    /// Where the text of each member ends, and the checksum that is stored for it.
    members: std::vec::IntoIter<(usize, u32)>,
    /// The first of them that is not compared yet.
    present: Option<(usize, u32)>,
    /// Its checksum up to here.
    checksum: u32,
    taken: usize,
    sound: bool,
}

impl<'t> Unchecked<'t> {
    #[cfg(feature = "libdeflate")]
    pub(super) fn of(packed: &[u8], max: usize, buffer: &'t mut TextBuffer) -> Option<Self> {
        if !gzip::begins(packed) || gzip::check_start(packed).is_err() {
            return None;
        }
        let members = buffer.unchecked_members(packed, max)?;
        let text = buffer.text(members.last().map_or(0, |&(end, _)| end));
        let mut members = members.into_iter();
        let present = members.next();
        Some(Self { text, members, present, checksum: 0, taken: 0, sound: true })
    }

    #[cfg(not(feature = "libdeflate"))]
    pub(super) fn of(_: &[u8], _: usize, _: &'t mut TextBuffer) -> Option<Self> {
        None
    }

    /// All of it.
    pub fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Takes the checksum of what stands before byte `end` and was not looked at yet.
    pub fn check_ahead(&mut self, end: usize) {
        while let Some((member, stored)) = self.present {
            let to = member.min(end);
            if to > self.taken {
                self.checksum = crc32(self.checksum, &self.text[self.taken..to]);
                self.taken = to;
            }
            if self.taken < member {
                return;
            }
            self.sound &= self.checksum == stored;
            self.checksum = 0;
            self.present = self.members.next();
        }
    }

    /// Compares what is left, and gives whether all checksums are right.
    #[must_use]
    pub fn is_sound(mut self) -> bool {
        self.check_ahead(self.text.len());
        self.sound
    }
}

/// There is nothing to take checksums of.
#[cfg(not(feature = "libdeflate"))]
fn crc32(before: u32, _: &[u8]) -> u32 {
    before
}
