//! The headers of a tar archive.

use super::BLOCK;

/// What stands behind a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A file with holes, in the form of GNU.
    Sparse,
    /// The rest of a file that begins in another archive.
    Continued,
    /// The name of the next file.
    LongName,
    /// An extended header for the next file.
    Extended,
    /// Data of no interest: the name of a link, a header for all files, a label, a list of names.
    Passed,
    /// A folder, a link, a device, which have no data.
    NoFile,
}

/// A header whose checksum is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    pub(super) kind: Kind,
    /// The map of a sparse file goes on in the next block.
    pub(super) map_goes_on: bool,
}

/// `head` begins with a header whose checksum is right.
pub(in super::super) fn begins(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|block| head[0] != 0 && is_header(block))
}

/// The checksum of a header is the sum of its bytes, its own place taken as blanks. Old programs
/// took bytes as signed.
fn is_header(block: &[u8; BLOCK]) -> bool {
    let Some(stored) = octal(&block[148..156]) else { return false };
    let (mut unsigned, mut signed) = (0_u64, 0_i64);
    for (at, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&at) { b' ' } else { *byte };
        unsigned += u64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    stored == unsigned || i64::try_from(stored) == Ok(signed)
}

impl Header {
    /// Reads a block; `None` if it is no header.
    pub(super) fn read(block: &[u8; BLOCK]) -> Option<Self> {
        if !is_header(block) {
            return None;
        }
        let kind = match block[156] {
            b'1'..=b'6' => Kind::NoFile,
            b'L' => Kind::LongName,
            b'x' | b'X' => Kind::Extended,
            b'K' | b'g' | b'V' | b'D' | b'N' => Kind::Passed,
            b'S' => Kind::Sparse,
            b'M' => Kind::Continued,
            // What is not known is a file, as the standard wants it.
            _ => Kind::File,
        };
        let size = number(&block[124..136])?;
        let mut name = text(&block[..100]).to_vec();
        let prefix = text(&block[345..500]);
        // GNU keeps other things in the place of the prefix.
        if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let map_goes_on = kind == Kind::Sparse && block[482] != 0;
        Some(Self { name, size, kind, map_goes_on })
    }
}

/// Whether the map of a sparse file goes on behind this block of it.
pub(super) fn map_goes_on(block: &[u8; BLOCK]) -> bool {
    block[504] != 0
}

/// Gives the records of an extended header, `length key=value` and a line feed each, up to the first
/// that is broken.
pub(super) fn parse_pax(mut records: &[u8], mut record: impl FnMut(&[u8], &[u8])) {
    while let Some(blank) = records.iter().take(20).position(|byte| *byte == b' ') {
        let Some(length) = decimal(&records[..blank]).and_then(|n| usize::try_from(n).ok()) else {
            return;
        };
        let Some(body) = records.get(blank + 1..length) else { return };
        let Some((key, value)) = body.strip_suffix(b"\n").and_then(|body| {
            let equals = body.iter().position(|byte| *byte == b'=')?;
            Some((&body[..equals], &body[equals + 1..]))
        }) else {
            return;
        };
        record(key, value);
        records = &records[length..];
    }
}

/// A number in decimal digits.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Up to the first zero.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// A number in octal digits, or in base 256 if its first bit is set. One that is larger than any
/// archive is as good as the largest.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => {
            let number = rest.iter().try_fold(0_u64, |number, byte| {
                number.checked_mul(256).map(|number| number | u64::from(*byte))
            });
            Some(number.unwrap_or(u64::MAX))
        }
        [0x81..=0xff, ..] => Some(u64::MAX),
        // A size that was left out is none.
        _ if text(field).trim_ascii().is_empty() => Some(0),
        _ => octal(field),
    }
}

/// A number in octal digits, with blanks before it and a blank or zero behind it.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field).trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| match byte {
        b'0'..=b'7' => number.checked_mul(8).map(|number| number | u64::from(byte - b'0')),
        _ => None,
    })
}
