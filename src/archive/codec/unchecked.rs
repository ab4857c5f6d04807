//! A gzip file whose checksum is still to be compared.
//!
//! A large text does not fit the cache: who looks at it after its checksum was taken has to wait for
//! memory again. So the text is given first, and its checksum is taken piece by piece, ahead of those
//! who look at it, or by them: they may give a few bytes with the same checksum. Until
//! [`Unchecked::is_sound`] has said so, nothing that was found in it counts.
//! That is done for files of one member, as AWS delivers them.

use super::{Limits, TextBuffer};
#[cfg(feature = "libdeflate")]
use super::{gzip, libdeflate::crc32};

/// Turns stored bytes into text without comparing its checksum yet. Nothing if the file is no large gzip
/// file, or anything else than one whole member that fits: it is for [`super::inflate`] then.
pub fn inflate_unchecked<'t>(
    packed: &'t [u8],
    limits: Limits,
    buffer: &'t mut TextBuffer,
) -> Option<Unchecked<'t>> {
    /// Packed bytes from which it is worth it.
    const LARGE: usize = 8 << 10;
    if packed.len() < LARGE {
        return None;
    }
    Unchecked::of(packed, limits.max_inflated, buffer)
}

/// A text that is as long as it should be, and perhaps another than was packed.
#[derive(Debug)]
pub struct Unchecked<'t> {
    text: &'t [u8],
    /// The checksum that is stored for it.
    stored: u32,
    /// The checksum of the bytes taken until now.
    checksum: u32,
    taken: usize,
}

impl<'t> Unchecked<'t> {
    #[cfg(feature = "libdeflate")]
    pub(super) fn of(packed: &[u8], max: usize, buffer: &'t mut TextBuffer) -> Option<Self> {
        if !gzip::begins(packed) || gzip::check_start(packed).is_err() {
            return None;
        }
        let (length, stored) = buffer.unchecked_member(packed, max)?;
        Some(Self { text: buffer.text(length), stored, checksum: 0, taken: 0 })
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
        if let Some(piece) = self.text.get(self.taken..end) {
            self.checksum = crc32(self.checksum, piece);
            self.taken = end;
        }
    }

    /// Takes it that what stands before byte `end` has the same checksum as the bytes of `like`.
    pub fn check_like(&mut self, like: &[u8], end: usize) {
        if self.taken == 0 && end <= self.text.len() {
            self.checksum = crc32(0, like);
            self.taken = end;
        }
    }

    /// Looks at what is left, and gives whether the checksum is right.
    #[must_use]
    pub fn is_sound(mut self) -> bool {
        self.check_ahead(self.text.len());
        self.checksum == self.stored
    }
}

/// There is nothing to take checksums of.
#[cfg(not(feature = "libdeflate"))]
fn crc32(before: u32, _: &[u8]) -> u32 {
    before
}
