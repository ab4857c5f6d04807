//! Signatures of digests: RSASSA-PKCS1-v1_5 over SHA-256, and the files people keep them in.
//!
//! A digest's own signature is not in its file but in the metadata of the stored object. Two kinds
//! of side files are known by their content: the JSON of `aws s3api head-object`, and bare hex.

use jiff::{Span, Timestamp};
use rsa::Pkcs1v15Sign;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Keys;
use crate::text;

/// The longest RSA signature that is looked at, in bytes.
const LONGEST: usize = 2048;

/// What came of checking one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checked {
    /// It is that of a key which was given; if that key was valid at another time only, when.
    Good {
        /// In words.
        outside: Option<String>,
    },
    /// It is not hex.
    NotHex,
    /// No key of that name was given.
    UnknownKey,
    /// It is none of the key that the digest names.
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

/// Checks the signature, as hex, of a text by the keys of one fingerprint.
pub(super) fn check(
    keys: &Keys,
    fingerprint: &str,
    signature: &str,
    text: &str,
    signed: Option<&Signed>,
) -> Checked {
    let Some(signature) = bytes_of_hex(signature) else { return Checked::NotHex };
    let keys = keys.of(fingerprint);
    if keys.is_empty() {
        return Checked::UnknownKey;
    }
    let hash = Sha256::digest(text.as_bytes());
    let mut outside = None;
    for known in keys {
        if known.key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature).is_err() {
            continue;
        }
        outside = signed.and_then(|signed| known.outside(signed));
        if outside.is_none() {
            return Checked::Good { outside };
        }
    }
    if outside.is_some() { Checked::Good { outside } } else { Checked::Bad }
}

/// The signature that a side file holds, as hex; `None` if it is no such file.
///
/// Of JSON the member `signature` or `x-amz-meta-signature` counts, in any case, at the top or in
/// `Metadata`.
pub(super) fn of_side_file(text: &[u8]) -> Option<String> {
    let text = text::decode(text).ok()?;
    let text = text.trim();
    if bytes_of_hex(text).is_some_and(|bytes| bytes.len() >= 64) {
        return Some(text.to_owned());
    }
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return None };
    let metadata = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("metadata"));
    let inner = metadata.and_then(|(_, value)| value.as_object());
    inner.into_iter().chain([&object]).flatten().find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("x-amz-meta-").unwrap_or(&name);
        if name == "signature" { Some(value.as_str()?.trim().to_owned()) } else { None }
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
            (format!("[\"{hex}\"]"), false),
            (String::new(), false),
        ];
        for (text, is_side_file) in cases {
            let expected = is_side_file.then_some(hex.clone());
            assert_eq!(of_side_file(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(of_side_file(&[0xff; 256]), None);
        for text in [hex.clone(), format!("{{\"Metadata\":{{\"signature\":\"{hex}\"}}}}\r\n")] {
            let units = format!("\u{FEFF}{text}").encode_utf16().collect::<Vec<_>>();
            let utf16: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
            assert_eq!(of_side_file(&utf16), Some(hex.clone()), "{text}");
            assert_eq!(of_side_file(format!("\u{FEFF}{text}").as_bytes()), Some(hex.clone()));
        }
    }
}
