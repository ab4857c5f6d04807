//! JSON without raw control characters: every JSON output of the program goes through here.
//!
//! JSON requires `"`, `\` and U+0000 to U+001F to be escaped. Terminals also obey DEL and U+0080 to U+009F, some
//! readers split lines at U+2028 and U+2029, and bidirectional controls reorder what a person sees. All of these are
//! written as `\u` escapes, which parse to the same value.

use std::{
    io::{self, Write},
    iter,
};

use serde::Serialize;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes of a JSON string that need a closer look.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[DEL as usize] = true;
    special[LEAD_C1 as usize] = true;
    special[LEAD_ARABIC as usize] = true;
    special[LEAD_GENERAL_PUNCTUATION as usize] = true;
    special
};

const DEL: u8 = 0x7F;
/// First byte of U+0080 to U+00BF.
const LEAD_C1: u8 = 0xC2;
/// First byte of U+0600 to U+063F, which has a bidirectional control: the Arabic letter mark.
const LEAD_ARABIC: u8 = 0xD8;
/// First byte of U+2000 to U+2FFF, which has the separators and the bidirectional controls.
const LEAD_GENERAL_PUNCTUATION: u8 = 0xE2;

/// Writes `text` as a JSON string, quotes included.
pub fn json(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    out.push(b'"');
    // Most strings are printable ASCII, which this loop finds out without branches.
    let plain = |byte: u8| matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
    if bytes.iter().fold(true, |all, &byte| all & plain(byte)) {
        at = bytes.len();
    }
    while let Some(run) = bytes[at..].iter().position(|&byte| SPECIAL[usize::from(byte)]) {
        at += run;
        let unit = match bytes[at] {
            byte @ (0..0x20 | b'"' | b'\\') => Some((1, u16::from(byte))),
            _ => unsafe_unit(&bytes[at..]),
        };
        if let Some((length, unit)) = unit {
            out.extend_from_slice(&bytes[copied..at]);
            push_escape(unit, out);
            at += length;
            copied = at;
        } else {
            at += 1;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// Appends JSON text that was written elsewhere, with the characters escaped that JSON allows and [`json`] escapes.
/// Valid JSON has them only in strings. Costs two searches when there are none.
pub fn embed_json(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for at in suspects(bytes) {
        if let Some((length, unit)) = unsafe_unit(&bytes[at..]) {
            out.extend_from_slice(&bytes[copied..at]);
            push_escape(unit, out);
            copied = at + length;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// A value as indented JSON with a line feed at its end.
///
/// # Errors
///
/// An error of the value's `Serialize`.
#[expect(clippy::disallowed_methods, reason = "its output is escaped here")]
pub fn json_text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    serde_json::to_writer_pretty(Escaping(&mut out), value)?;
    out.push(b'\n');
    into_text(out)
}

/// A value as JSON on one line, without a line feed.
///
/// # Errors
///
/// An error of the value's `Serialize`.
#[expect(clippy::disallowed_methods, reason = "its output is escaped here")]
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    serde_json::to_writer(Escaping(&mut out), value)?;
    into_text(out)
}

/// Writes a value as [`json_text`] does, piece by piece.
///
/// # Errors
///
/// An error of `out` or of the value's `Serialize`.
#[expect(clippy::disallowed_methods, reason = "its output is escaped here")]
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(Escaping(&mut *out), value)?;
    out.write_all(b"\n")
}

fn into_text(json: Vec<u8>) -> serde_json::Result<String> {
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

/// Where the bytes are that may begin a character which [`unsafe_unit`] knows, in order.
fn suspects(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut most = memchr::memchr3_iter(DEL, LEAD_C1, LEAD_GENERAL_PUNCTUATION, bytes).peekable();
    let mut arabic = memchr::memmem::find_iter(bytes, b"\xD8\x9C").peekable();
    iter::from_fn(move || match (most.peek(), arabic.peek()) {
        (Some(at), Some(mark)) if mark < at => arabic.next(),
        (Some(_), _) => most.next(),
        (None, _) => arabic.next(),
    })
}

/// Escapes what passes through it. The serializer writes whole characters at a time.
struct Escaping<W>(W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        if suspects(json).next().is_none() {
            self.0.write_all(json)?;
        } else {
            let text = std::str::from_utf8(json).map_err(io::Error::other)?;
            let mut escaped = Vec::with_capacity(json.len() + 16);
            embed_json(text, &mut escaped);
            self.0.write_all(&escaped)?;
        }
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The character at the start of `rest`, as its length in bytes and its number, if JSON allows it raw and terminals or
/// readers may obey it: DEL, U+0080 to U+009F, U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
fn unsafe_unit(rest: &[u8]) -> Option<(usize, u16)> {
    match *rest {
        [DEL, ..] => Some((1, u16::from(DEL))),
        [LEAD_C1, second @ 0x80..=0x9F, ..] => Some((2, u16::from(second))),
        [LEAD_ARABIC, 0x9C, ..] => Some((2, 0x061C)),
        [LEAD_GENERAL_PUNCTUATION, 0x80, third @ (0x8E | 0x8F | 0xA8..=0xAE), ..] => {
            Some((3, 0x2000 + u16::from(third - 0x80)))
        }
        [LEAD_GENERAL_PUNCTUATION, 0x81, third @ 0xA6..=0xA9, ..] => {
            Some((3, 0x2066 + u16::from(third - 0xA6)))
        }
        _ => None,
    }
}

fn push_escape(unit: u16, out: &mut Vec<u8>) {
    let short = match unit {
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        0x22 => b'"',
        0x5C => b'\\',
        _ => {
            let digit = |shift: u16| HEX[usize::from(unit >> shift & 0xF)];
            out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
