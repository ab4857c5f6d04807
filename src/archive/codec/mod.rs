//! Stored bytes to plain text.
//!
//! What is stored is recognised by its first bytes, never by its name: gzip, zstd, bzip2, or else
//! plain text. Never more than [`Limits::max_inflated`] bytes of text are held; a larger file is given as
//! a [`TextStream`]. A damaged file gives the text before the damage and says what is wrong, and
//! checksums are always verified. Whole gzip files are inflated by libdeflate if the feature of
//! that name is on, and by zlib-rs otherwise; text and damage are the same.

mod bzip2;
mod damage;
mod gzip;
#[cfg(feature = "libdeflate")]
mod libdeflate;
mod member;
mod room;
mod salvage;
mod stream;
mod text;
mod zstd;

pub use damage::Damage;
pub use member::{Member, Method, Promise};
pub use stream::{Pieces, TextStream};
pub use text::TextBuffer;

use super::limits::Limits;

/// The text of one file.
#[derive(Debug)]
pub enum Inflated<'t> {
    /// All of it.
    Whole {
        /// The text.
        text: &'t [u8],
        /// What is wrong with it, each kind once, in the order met.
        damage: Vec<Damage>,
    },
    /// It is larger than the limit and is read in pieces, from its start.
    Stream(TextStream<'t>),
}

/// Why a file gives no text at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InflateError {
    /// It has no bytes.
    #[error("empty file")]
    Empty,
    /// It begins like gzip and has a compression method other than deflate.
    #[error("not gzip: unknown compression method {0}")]
    Method(u8),
    /// It begins like gzip and sets header flags that have no meaning.
    #[error("not gzip: unknown header flags {0:#04x}")]
    Flags(u8),
    /// Its first frame cannot be decoded here.
    #[error("{0}")]
    Refused(Damage),
}

/// Turns stored bytes into text. A file that is cut before its first byte of text is not an error:
/// it is an empty text with [`Damage::Cut`].
pub fn inflate<'t>(
    packed: &'t [u8],
    limits: Limits,
    buffer: &'t mut TextBuffer,
) -> Result<Inflated<'t>, InflateError> {
    match Packing::of(packed) {
        _ if packed.is_empty() => Err(InflateError::Empty),
        Packing::Gzip => {
            gzip::check_start(packed)?;
            Ok(match buffer.gzip_whole(packed, limits.max_inflated) {
                Some((text, damage)) => Inflated::Whole { text: buffer.text(text), damage },
                None => Inflated::Stream(TextStream::gzip(packed, buffer.inflater())),
            })
        }
        Packing::Zstd => match buffer.zstd_whole(packed, limits.max_inflated) {
            Some((0, damage)) if damage.first().is_some_and(Damage::is_refusal) => {
                Err(InflateError::Refused(damage[0]))
            }
            Some((text, damage)) => Ok(Inflated::Whole { text: buffer.text(text), damage }),
            None => {
                let decoder = buffer.zstd_decoder();
                Ok(Inflated::Stream(TextStream::zstd(packed, decoder, limits.max_inflated)))
            }
        },
        Packing::Bzip2 => Ok(match buffer.bzip2_whole(packed, limits.max_inflated) {
            Some((text, damage)) => Inflated::Whole { text: buffer.text(text), damage },
            None => Inflated::Stream(TextStream::bzip2(packed)),
        }),
        Packing::Plain if packed.len() <= limits.max_inflated => {
            Ok(Inflated::Whole { text: packed, damage: Vec::new() })
        }
        Packing::Plain => Ok(Inflated::Stream(TextStream::plain(packed))),
    }
}

/// Unpacks a file inside a zip archive. What is wrong with it is told as for any other file.
pub fn unpack<'t>(member: Member<'t>, limits: Limits, buffer: &'t mut TextBuffer) -> Inflated<'t> {
    let max = limits.max_inflated;
    match buffer.member_whole(member, max) {
        Some((text, damage)) => Inflated::Whole { text: buffer.text(text), damage },
        None => Inflated::Stream(TextStream::member(member, buffer.decoders(), max)),
    }
}

/// How text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Plain,
}

impl Packing {
    /// By the first bytes. What is cut within them still counts, if it cannot begin a JSON text.
    pub(super) fn of(packed: &[u8]) -> Self {
        if gzip::begins(packed) {
            Self::Gzip
        } else if zstd::begins(packed) && packed.len() > 1 {
            Self::Zstd
        } else if bzip2::begins(packed) {
            Self::Bzip2
        } else {
            Self::Plain
        }
    }
}

#[cfg(test)]
mod tests;
