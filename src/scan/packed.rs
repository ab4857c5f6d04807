//! Packed data inside a text: what subscriptions, queues and streams put into base64.

use std::io::Read;

/// Bytes of text at most. A message of a stream or a function has a few MB when it is packed, and
/// a subscription puts no more than 1 MB into one.
pub(super) const LARGEST: usize = 16 << 20;

/// How data is packed, as far as its first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 1951, which has no magic bytes.
    Deflate,
    /// RFC 8878.
    Zstd,
    /// Bzip2.
    Bzip2,
    /// A packing or container that is not read: xz, LZ4, Snappy, zip.
    Unknown,
}

/// Why data could not be unpacked to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// It is broken, or ends too early.
    #[error("it is broken")]
    Broken,
    /// More text is in it than was asked for.
    #[error("it has more than 16 MiB")]
    TooLarge,
}

impl Packing {
    /// The packing of data that begins like this. Raw deflate cannot be told from other data.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const UNKNOWN: [&[u8]; 4] =
            [b"\xFD7zXZ\0", b"\x04\x22\x4D\x18", b"\xFF\x06\0\0sNaPpY", b"PK\x03\x04"];
        let first = |magic: &[u8]| bytes.starts_with(magic);
        match bytes {
            _ if first(b"\x1F\x8B") => Some(Self::Gzip),
            _ if first(b"\x28\xB5\x2F\xFD") => Some(Self::Zstd),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Self::Bzip2),
            [method, flags, ..] if is_zlib(*method, *flags) => Some(Self::Zlib),
            _ => UNKNOWN.into_iter().any(first).then_some(Self::Unknown),
        }
    }

    /// Whether other data may begin like this too.
    pub(super) fn is_guess(self) -> bool {
        matches!(self, Self::Zlib | Self::Deflate)
    }
}

/// The two first bytes of zlib: deflate with a window of 32 KiB at most, no dictionary, and a check.
fn is_zlib(method: u8, flags: u8) -> bool {
    method & 0xF == 8
        && method >> 4 <= 7
        && flags & 0x20 == 0
        && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0
}

/// Appends what can be unpacked of `bytes` to `out`, up to `most` bytes. An error says why that is
/// not all.
#[expect(clippy::disallowed_types, reason = "what is read is bounded")]
pub(super) fn unpack(
    packing: Packing,
    bytes: &[u8],
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    match packing {
        Packing::Gzip => read(flate2::read::MultiGzDecoder::new(bytes), most, out),
        Packing::Zlib => read(flate2::read::ZlibDecoder::new(bytes), most, out),
        Packing::Deflate => read(flate2::read::DeflateDecoder::new(bytes), most, out),
        Packing::Bzip2 => read(bzip2::read::MultiBzDecoder::new(bytes), most, out),
        Packing::Zstd => {
            let mut rest = bytes;
            // Frames may follow one another.
            while !rest.is_empty() {
                let decoder = ruzstd::decoding::StreamingDecoder::new(&mut rest);
                let left = most.saturating_sub(out.len());
                read(decoder.map_err(|_| Error::Broken)?, left, out)?;
            }
            Ok(())
        }
        Packing::Unknown => Err(Error::Broken),
    }
}

fn read(decoder: impl Read, most: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let before = out.len();
    let read = decoder.take(most as u64 + 1).read_to_end(out).map_err(|_| Error::Broken)?;
    if read > most {
        out.truncate(before + most);
        return Err(Error::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_are_read_to_their_end_and_what_is_broken_up_to_there() {
        let both = [gzip(b"one "), gzip(b"two")].concat();
        let mut text = Vec::new();
        unpack(Packing::Gzip, &both, LARGEST, &mut text).unwrap();
        assert_eq!(text, b"one two");
        for cut in 1..both.len() {
            let mut part = Vec::new();
            let whole = cut == gzip(b"one ").len();
            let unpacked = unpack(Packing::Gzip, &both[..cut], LARGEST, &mut part);
            assert_eq!(unpacked.is_ok(), whole, "{cut}");
            assert!(text.starts_with(&part));
        }
    }

    #[test]
    fn each_packing_is_known_by_its_beginning_but_deflate() {
        let text = b"some text, some more text, and some more text".repeat(3);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        bzip2.write_all(&text).unwrap();
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(&text[..], level);
        let packed = [
            (Some(Packing::Gzip), gzip(&text)),
            (Some(Packing::Zlib), zlib.finish().unwrap()),
            (None, deflate.finish().unwrap()),
            (Some(Packing::Bzip2), bzip2.finish().unwrap()),
            (Some(Packing::Zstd), [zstd.clone(), zstd].concat()),
        ];
        for (packing, bytes) in packed {
            assert_eq!(Packing::of(&bytes), packing);
            let mut out = Vec::new();
            unpack(packing.unwrap_or(Packing::Deflate), &bytes, LARGEST, &mut out).unwrap();
            assert!(out.starts_with(&text), "{packing:?}");
        }
        assert_eq!(Packing::of(b"\xFD7zXZ\0\0"), Some(Packing::Unknown));
        assert_eq!(Packing::of(b"{\"a\":1}"), None);
    }

    #[test]
    fn a_bomb_ends_at_the_bound() {
        let mut text = Vec::new();
        let bomb = gzip(&vec![b' '; LARGEST + 1]);
        assert_eq!(unpack(Packing::Gzip, &bomb, LARGEST, &mut text), Err(Error::TooLarge));
        assert_eq!(text.len(), LARGEST);
        text.clear();
        unpack(Packing::Gzip, &gzip(&vec![b' '; LARGEST]), LARGEST, &mut text).unwrap();
        assert_eq!(text.len(), LARGEST);
    }
}
