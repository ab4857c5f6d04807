//! Base64, its three alignments, and UTF-16: what the encoding modifiers make of a text.

use super::Modifier;

/// The standard alphabet of RFC 4648.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The forms that `text` takes in a record under the encoding modifiers among `modifiers`.
///
/// Empty if no alignment keeps a character.
pub(super) fn encoded(text: &str, modifiers: &[Modifier]) -> Vec<String> {
    let bytes = bytes(text, modifiers);
    if modifiers.contains(&Modifier::Base64Offset) {
        alignments(&bytes)
    } else {
        vec![base64(&bytes)]
    }
}

/// The bytes that are encoded: UTF-8 unless a modifier asks for UTF-16.
fn bytes(text: &str, modifiers: &[Modifier]) -> Vec<u8> {
    let little_endian = || text.encode_utf16().flat_map(u16::to_le_bytes);
    for modifier in modifiers {
        match modifier {
            Modifier::Wide | Modifier::Utf16Le => return little_endian().collect(),
            Modifier::Utf16 => return [0xFF, 0xFE].into_iter().chain(little_endian()).collect(),
            Modifier::Utf16Be => return text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => {}
        }
    }
    text.as_bytes().to_vec()
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let sextet = (group >> (18 - 6 * at)) & 0x3F;
            out.push(if at <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    out
}

/// The base64 of `bytes` after 0, 1 or 2 other bytes, each without the characters that depend on
/// what stands before and behind. An alignment that keeps no character is left out.
fn alignments(bytes: &[u8]) -> Vec<String> {
    let mut out = Vec::with_capacity(3);
    for (offset, start) in [(0, 0), (1, 2), (2, 3)] {
        let padded: Vec<u8> = [b' ', b' '][..offset].iter().chain(bytes).copied().collect();
        let whole = base64(&padded);
        let cut = [0, 3, 2][padded.len() % 3];
        let end = whole.len().saturating_sub(cut);
        if start < end {
            out.push(whole[start..end].to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("ü?>", "w7w/Pg=="),
        ] {
            assert_eq!(encoded(text, &[Modifier::Base64]), [expected]);
        }
    }

    #[test]
    fn utf16_comes_in_both_orders_and_with_a_mark() {
        let form = |modifier| encoded("aü", &[modifier, Modifier::Base64]);
        assert_eq!(form(Modifier::Wide), ["YQD8AA=="]);
        assert_eq!(form(Modifier::Utf16Le), ["YQD8AA=="]);
        assert_eq!(form(Modifier::Utf16Be), ["AGEA/A=="]);
        assert_eq!(form(Modifier::Utf16), ["//5hAPwA"]);
    }

    #[test]
    fn each_alignment_is_found_in_a_longer_text() {
        for text in ["a", "ab", "abc", "abcd", "http://", "längere Texte"] {
            let forms = alignments(text.as_bytes());
            for before in 0..6 {
                for after in 0..4 {
                    let longer = format!("{}{text}{}", "x".repeat(before), "y".repeat(after));
                    let whole = base64(longer.as_bytes());
                    // One and two bytes keep too little in some alignments to be found there.
                    if text.len() > 2 {
                        assert!(
                            forms.iter().any(|form| whole.contains(form.as_str())),
                            "{text} {before} {after}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn an_alignment_without_characters_is_no_alternative() {
        assert_eq!(alignments(b""), [] as [&str; 0]);
        assert_eq!(alignments(b"a"), ["Y", "h"]);
        assert_eq!(alignments(b"ab"), ["YW", "Fi", "hY"]);
    }
}
