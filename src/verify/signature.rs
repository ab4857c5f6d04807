//! Signatures of digests: RSASSA-PKCS1-v1_5 over SHA-256, and the files people keep them in.
//!
//! A digest's own signature is not in its file but in the metadata of the stored object. Two kinds
//! of side files are known by their content: the JSON of `aws s3api head-object`, and bare hex.

use jiff::{Span, Timestamp};
use rsa::Pkcs1v15Sign;
use serde_json::Value;
use sha2::Sha256;

use super::Keys;
use crate::text;

/// The longest RSA signature that is checked, in bytes.
const LONGEST: usize = 2048;

/// The shortest bare signature: a shorter run of hex digits may be a checksum, up to SHA-512.
const SHORTEST: usize = 65;

/// What came of checking one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checked {
    /// It is that of a given key; if that key was valid at another time only, when.
    Good {
        /// In words.
        outside: Option<String>,
    },
    /// It is not hex.
    NotHex,
    /// No key of that name was given.
    UnknownKey,
    /// It is not that of the key that the digest names.
    Bad,
}

/// When something was signed, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    /// Not before.
    pub(super) first: Timestamp,
    /// Not after.
    pub(super) last: Timestamp,
}

impl Signed {
    /// It was signed then, or some time after: what AWS asks its own keys for are two hours.
    pub(super) fn soon_after(first: Timestamp) -> Self {
        let last = first.checked_add(Span::new().hours(2)).unwrap_or(Timestamp::MAX);
        Self { first, last }
    }
}

/// A signature as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Signature {
    /// Its bytes.
    Bytes(Box<[u8]>),
    /// It is not hex, or longer than any.
    NotHex,
}

impl Signature {
    pub(super) fn of_hex(text: &str) -> Self {
        bytes_of_hex(text).map_or(Self::NotHex, |bytes| Self::Bytes(bytes.into()))
    }
}

/// Checks the signature of a text by the keys of one fingerprint. `hash`: SHA-256 of the text.
pub(super) fn check(
    keys: &Keys,
    fingerprint: &str,
    signature: &Signature,
    hash: &[u8; 32],
    signed: Option<&Signed>,
) -> Checked {
    let Signature::Bytes(signature) = signature else { return Checked::NotHex };
    let keys = keys.of(fingerprint);
    if keys.is_empty() {
        return Checked::UnknownKey;
    }
    let mut outside = None;
    for known in keys {
        if known.key.verify(Pkcs1v15Sign::new::<Sha256>(), hash, signature).is_err() {
            continue;
        }
        outside = signed.and_then(|signed| known.outside(signed));
        if outside.is_none() {
            return Checked::Good { outside };
        }
    }
    if outside.is_some() { Checked::Good { outside } } else { Checked::Bad }
}

/// The signature that a side file holds; `None` if it is no such file.
///
/// Of JSON the member `signature` or `x-amz-meta-signature` counts, in any case, at the top or in
/// `Metadata`.
pub(super) fn of_side_file(text: &[u8]) -> Option<Signature> {
    let text = text::decode(text).ok()?;
    let text = text.trim();
    if let Some(bytes) = bytes_of_hex(text).filter(|bytes| bytes.len() >= SHORTEST) {
        return Some(Signature::Bytes(bytes.into()));
    }
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return None };
    let metadata = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("metadata"));
    let inner = metadata.and_then(|(_, value)| value.as_object());
    inner.into_iter().chain([&object]).flatten().find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("x-amz-meta-").unwrap_or(&name);
        if name == "signature" { Some(Signature::of_hex(value.as_str()?.trim())) } else { None }
    })
}

pub(super) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) || bytes.len() > 2 * LONGEST {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = bytes.chunks_exact(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_file_is_known_by_what_it_holds() {
        let hex = "0aF".repeat(128);
        let cases = [
            (hex.clone(), true),
            (format!("{hex}\n"), true),
            (format!("{hex}\r\n"), true),
            (format!("{{\r\n\"Metadata\": {{\r\n\"signature\": \"{hex}\"\r\n}}\r\n}}\r\n"), true),
            (format!(r#"{{"Metadata":{{"signature-algorithm":"x","signature":"{hex}"}}}}"#), true),
            (format!(r#"{{"metadata":{{"X-Amz-Meta-Signature":"{hex}"}}}}"#), true),
            (format!(r#"{{"ETag":"","x-amz-meta-signature":"{hex}"}}"#), true),
            (format!(r#"{{"digestSignature":"{hex}"}}"#), false),
            (r#"{"Metadata":{"signature":1}}"#.to_owned(), false),
            (hex[1..].to_owned(), false),
            ("00".to_owned(), false),
            ("ab".repeat(64), false),
            (format!("[\"{hex}\"]"), false),
            (String::new(), false),
        ];
        for (text, is_side_file) in cases {
            let expected = is_side_file.then(|| Signature::of_hex(&hex));
            assert_eq!(of_side_file(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(of_side_file(&[0xff; 256]), None);
        for text in [hex.clone(), format!("{{\"Metadata\":{{\"signature\":\"{hex}\"}}}}\r\n")] {
            let units = format!("\u{FEFF}{text}").encode_utf16().collect::<Vec<_>>();
            let utf16: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
            assert_eq!(of_side_file(&utf16), Some(Signature::of_hex(&hex)), "{text}");
            let marked = format!("\u{FEFF}{text}");
            assert_eq!(of_side_file(marked.as_bytes()), Some(Signature::of_hex(&hex)));
        }
    }
}
