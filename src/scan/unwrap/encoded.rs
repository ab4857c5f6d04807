//! From base64 to what it stands for, as streams and queues carry what they do not look into.

/// Appends what `text` stands for in base64 to `out`, blanks and the end of it aside. Gives whether all
/// of it is base64, in the alphabet of MIME or of URLs.
pub(super) fn decode(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in text.trim_ascii_end() {
        let Some(value) = value(byte) else {
            if byte.is_ascii_whitespace() {
                continue;
            }
            return byte == b'=' && text.trim_ascii_end().ends_with(b"=");
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_be_bytes()[3]);
        }
    }
    true
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_whatever_its_length_and_alphabet() {
        for (text, expected) in [
            ("", &b""[..]),
            ("eyJhIjoxfQ==", b"{\"a\":1}"),
            ("eyJhIjoxfQ", b"{\"a\":1}"),
            ("eyJh\r\nIjoxfQ==\n", b"{\"a\":1}"),
            ("-_-_", b"\xFB\xFF\xBF"),
            ("+/+/", b"\xFB\xFF\xBF"),
        ] {
            let mut out = Vec::new();
            assert!(decode(text.as_bytes(), &mut out), "{text}");
            assert_eq!(out, expected, "{text}");
        }
        for text in ["eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJ{", "eyJh=x"] {
            assert!(!decode(text.as_bytes(), &mut Vec::new()), "{text}");
        }
    }
}
