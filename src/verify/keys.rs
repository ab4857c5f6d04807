//! Public keys as `aws cloudtrail list-public-keys` prints them, saved per region.
//!
//! A key file that cannot be read is an error with its place: a key that is left out silently would
//! look like evidence that cannot be proved.

use std::collections::HashMap;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use rsa::{PublicKey, pkcs1::DecodeRsaPublicKey};
use serde::Deserialize;
use serde_json::Value;

use super::signature::Signed;
use crate::text::{self, TextError};

/// Different keys of one fingerprint, at most: each is tried with each signature.
const MOST_OF_ONE_NAME: usize = 16;

/// Keys by their fingerprints, in lower case. Two files may have different keys with one fingerprint;
/// then each is tried.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    by_fingerprint: HashMap<String, Vec<Known>>,
}

/// A key, and when it is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) key: PublicKey,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Known {
    /// When the key is valid, if it was not valid at the time of signing.
    pub(super) fn outside(&self, signed: &Signed) -> Option<String> {
        match (self.from, self.to) {
            (Some(from), _) if signed.last < from => {
                Some(format!("before it was valid, from {from} on"))
            }
            (_, Some(to)) if signed.first > to => Some(format!("after it was valid, until {to}")),
            _ => None,
        }
    }
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// It is not text.
    #[error("{0}")]
    Text(TextError),
    /// It is not the JSON that the AWS CLI prints.
    #[error("not what `aws cloudtrail list-public-keys` prints: {0}")]
    Json(serde_json::Error),
    /// It has nothing in it.
    #[error("not what `aws cloudtrail list-public-keys` prints: it is empty")]
    Empty,
    /// The value of a key is not base64.
    #[error("key {number}, {fingerprint}: Value is not base64")]
    Base64 {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
    /// A time of a key cannot be read.
    #[error("key {number}, {fingerprint}: invalid ValidityStartTime or ValidityEndTime")]
    Time {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
    /// The value of a key is no RSA key of at most 8,192 bits.
    #[error("key {number}, {fingerprint}: Value is not an RSA public key in PKCS #1 form")]
    Key {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
    /// Too many different keys have one fingerprint.
    #[error("key {number}, {fingerprint}: more than 16 different keys have this fingerprint")]
    Many {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
}

/// A time as the AWS CLI prints it: version 2 as text, version 1 as seconds.
fn time(printed: &Value) -> Option<Timestamp> {
    match printed {
        Value::String(text) => text.parse().ok(),
        // Fractions of a second do not matter.
        Value::Number(seconds) => {
            let seconds = seconds.to_string();
            let whole = seconds.split_once('.').map_or(&*seconds, |(whole, _)| whole);
            whole.parse().ok().and_then(|whole| Timestamp::from_second(whole).ok())
        }
        _ => None,
    }
}

/// One page of keys, or a bare list of them.
#[derive(Deserialize)]
#[serde(untagged, expecting = "an object with PublicKeyList, or a list of keys")]
enum Page {
    Page {
        #[serde(rename = "PublicKeyList", alias = "publicKeyList")]
        keys: Vec<Key>,
    },
    List(Vec<Key>),
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "Value", alias = "value")]
    value: String,
    #[serde(rename = "Fingerprint", alias = "fingerprint")]
    fingerprint: String,
    #[serde(rename = "ValidityStartTime", alias = "validityStartTime")]
    from: Option<Value>,
    #[serde(rename = "ValidityEndTime", alias = "validityEndTime")]
    to: Option<Value>,
}

impl Keys {
    /// Adds the keys of one file: one page, or several one after the other. Returns their number.
    pub fn add(&mut self, text: &[u8]) -> Result<usize, KeysError> {
        let mut number = 0;
        let mut pages = 0;
        let text = text::decode(text).map_err(KeysError::Text)?;
        for page in serde_json::Deserializer::from_str(&text).into_iter::<Page>() {
            pages += 1;
            let (Page::Page { keys } | Page::List(keys)) = page.map_err(KeysError::Json)?;
            for Key { value, fingerprint, from, to } in keys {
                number += 1;
                let value: String = value.split_ascii_whitespace().collect();
                let Ok(der) = Base64::decode_vec(&value) else {
                    return Err(KeysError::Base64 { number, fingerprint });
                };
                let Ok(key) = PublicKey::from_pkcs1_der(&der) else {
                    return Err(KeysError::Key { number, fingerprint });
                };
                let time = |printed: Option<Value>| match printed.map(|printed| time(&printed)) {
                    Some(None) => Err(KeysError::Time { number, fingerprint: fingerprint.clone() }),
                    read => Ok(read.flatten()),
                };
                let key = Known { key, from: time(from)?, to: time(to)? };
                let known =
                    self.by_fingerprint.entry(fingerprint.to_ascii_lowercase()).or_default();
                if known.contains(&key) {
                    continue;
                }
                if known.len() == MOST_OF_ONE_NAME {
                    return Err(KeysError::Many { number, fingerprint });
                }
                known.push(key);
            }
        }
        if pages == 0 { Err(KeysError::Empty) } else { Ok(number) }
    }

    /// The number of keys.
    pub fn count(&self) -> usize {
        let distinct = |known: &[Known]| {
            // The same key may be given with several times.
            let first = |at: usize| known[..at].iter().all(|before| before.key != known[at].key);
            (0..known.len()).filter(|&at| first(at)).count()
        };
        self.by_fingerprint.values().map(|known| distinct(known)).sum()
    }

    /// The keys of that fingerprint.
    pub(super) fn of(&self, fingerprint: &str) -> &[Known] {
        self.by_fingerprint.get(&fingerprint.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_both_versions_of_the_cli_print_them() {
        let read = |json: &str| {
            time(&serde_json::from_str(json).expect("JSON")).map(|time| time.to_string())
        };
        let expected = Some("2026-02-01T00:00:00Z".to_owned());
        for json in [
            r#""2026-02-01T00:00:00Z""#,
            r#""2026-02-01T01:00:00+01:00""#,
            r#""2026-02-01T00:00:00.000000+00:00""#,
            "1769904000",
            "1769904000.0",
        ] {
            assert_eq!(read(json), expected, "{json}");
        }
        for json in [r#""yesterday""#, "1e300", "null"] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    /// A key of 1024 bits that was made for this test.
    const VALUE: &str = "MIGJAoGBAL2n5dWnfLMFBVUUI7zPJgGbTjYGSmvBvhHSlfUWDMeuyVvYRB0AAAA=";

    #[test]
    fn what_is_no_key_file_is_refused_with_its_place() {
        let told = |text: &str| match Keys::default().add(text.as_bytes()) {
            Ok(number) => number.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told(r#"{"PublicKeyList":[]}"#), "0");
        assert_eq!(told("[]"), "0");
        for text in ["", " \n"] {
            assert!(told(text).contains("it is empty"), "{}", told(text));
        }
        for text in ["x", "{}", r#"{"PublicKeyList":[]"#, r#"{"PublicKeyList":[{"Value":"AA=="}]}"#]
        {
            assert!(told(text).starts_with("not what"), "{text}: {}", told(text));
        }
        let with = |value: &str| format!(r#"[{{"Fingerprint":"AB","Value":"{value}"}}]"#);
        assert_eq!(told(&with("é")), "key 1, AB: Value is not base64");
        for value in ["", "AAAA", VALUE] {
            let expected = "key 1, AB: Value is not an RSA public key in PKCS #1 form";
            assert_eq!(told(&with(value)), expected, "{value}");
        }
    }
}
