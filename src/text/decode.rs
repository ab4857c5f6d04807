//! Text files that people write beside evidence: rules, keys, lists, values.
//!
//! Windows shells write them as UTF-16, and editors put a byte order mark before UTF-8. Both are read
//! everywhere such a file is. Log files are decoded elsewhere, as streams.

use std::borrow::Cow;

/// What is wrong with a text file. Offsets are bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// It is not UTF-8, and does not look like UTF-16.
    #[error("not UTF-8 at byte {0}; save it as UTF-8")]
    NotUtf8(usize),
    /// It is UTF-16 and half of a surrogate pair stands alone.
    #[error("half a character at byte {0} of UTF-16 text; save it as UTF-8")]
    Surrogate(usize),
    /// It is UTF-16 and ends within a character.
    #[error("UTF-16 text with an odd number of bytes; it may be cut")]
    Odd,
    /// It holds a character that no text has.
    #[error("a NUL character at byte {0}: this is not a text file")]
    Nul(usize),
}

/// How the bytes of a text are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or something that is not known.
    Utf8,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of a text that begins like this, and the length of its byte order mark. UTF-16
    /// without a mark is told by the zero byte of its first character, which is ASCII in any file
    /// read here.
    pub fn of(bytes: &[u8]) -> (Self, usize) {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (Self::Utf8, 3),
            [0xFF, 0xFE, ..] => (Self::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Self::Utf16Be, 2),
            [1..=0x7F, 0, ..] => (Self::Utf16Le, 0),
            [0, 1..=0x7F, ..] => (Self::Utf16Be, 0),
            _ => (Self::Utf8, 0),
        }
    }
}

/// The text of a file, without its byte order mark. Line ends stay as they are.
///
/// # Errors
///
/// A text with NUL characters, lone surrogates or bytes that are not UTF-8 is refused: it would be
/// read as something else than what was meant.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, TextError> {
    let (encoding, mark) = Encoding::of(bytes);
    let rest = &bytes[mark..];
    let read: fn([u8; 2]) -> u16 = match encoding {
        Encoding::Utf8 => {
            let text = str::from_utf8(rest)
                .map_err(|error| TextError::NotUtf8(mark + error.valid_up_to()))?;
            if let Some(at) = memchr::memchr(0, rest) {
                return Err(TextError::Nul(mark + at));
            }
            return Ok(Cow::Borrowed(text));
        }
        Encoding::Utf16Le => u16::from_le_bytes,
        Encoding::Utf16Be => u16::from_be_bytes,
    };
    let (units, []) = rest.as_chunks::<2>() else { return Err(TextError::Odd) };
    let mut text = String::with_capacity(units.len());
    let mut at = mark;
    for character in char::decode_utf16(units.iter().map(|unit| read(*unit))) {
        match character {
            Ok('\0') => return Err(TextError::Nul(at)),
            Ok(character) => {
                text.push(character);
                at += 2 * character.len_utf16();
            }
            Err(_) => return Err(TextError::Surrogate(at)),
        }
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "title: a\r\nb: ä€😀\n";
        let marked = format!("\u{FEFF}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            utf16(&marked, u16::to_le_bytes),
            utf16(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text, "{bytes:?}");
        }
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode(b"\xFF\xFE").unwrap(), "");
        assert_eq!(decode("ü".as_bytes()).unwrap(), "ü");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        for (bytes, error) in [
            (&b"ab\xFFcd"[..], TextError::NotUtf8(2)),
            (b"\xEF\xBB\xBFab\xC3", TextError::NotUtf8(5)),
            (b"abc\0d", TextError::Nul(3)),
            (b"\0\0\0", TextError::Nul(0)),
            (b"\xFF\xFEa\0\0\0b\0", TextError::Nul(4)),
            // UTF-32.
            (b"\xFF\xFE\0\0a\0\0\0", TextError::Nul(2)),
            (b"\xFF\xFEa\0b", TextError::Odd),
            (b"\xFF\xFEa\0\x3D\xD8b\0", TextError::Surrogate(4)),
            (b"a\0\x00\xDC", TextError::Surrogate(2)),
        ] {
            assert_eq!(decode(bytes), Err(error), "{bytes:?}");
        }
    }
}
