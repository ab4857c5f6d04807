//! Public keys as `aws cloudtrail list-public-keys` prints them, saved per region.
//!
//! A key file that cannot be read as such is an error with its place: a key that is left out
//! silently would look like evidence that cannot be proved.

use std::collections::HashMap;

use base64ct::{Base64, Encoding};
use rsa::{PublicKey, pkcs1::DecodeRsaPublicKey};
use serde::Deserialize;

/// Keys by their fingerprints, in lower case. Two files may give different keys one fingerprint;
/// then each is tried.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    by_fingerprint: HashMap<String, Vec<PublicKey>>,
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// It is not the JSON that the AWS CLI prints.
    #[error("not what `aws cloudtrail list-public-keys` prints: {0}")]
    Json(serde_json::Error),
    /// It has nothing in it.
    #[error("not what `aws cloudtrail list-public-keys` prints: it is empty")]
    Empty,
    /// The value of a key is not base64.
    #[error("key {number}, {fingerprint}: its Value is not base64")]
    Base64 {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
    /// The value of a key is no RSA key.
    #[error("key {number}, {fingerprint}: its Value is no RSA key as PKCS #1 has it")]
    Key {
        /// The place in the file, from 1.
        number: usize,
        /// Its fingerprint as written.
        fingerprint: String,
    },
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
}

impl Keys {
    /// Adds the keys of one file: one page, or several one after the other. Gives their number.
    pub fn add(&mut self, text: &[u8]) -> Result<usize, KeysError> {
        let mut number = 0;
        let mut pages = 0;
        for page in serde_json::Deserializer::from_slice(text).into_iter::<Page>() {
            pages += 1;
            let (Page::Page { keys } | Page::List(keys)) = page.map_err(KeysError::Json)?;
            for Key { value, fingerprint } in keys {
                number += 1;
                let value: String = value.split_ascii_whitespace().collect();
                let Ok(der) = Base64::decode_vec(&value) else {
                    return Err(KeysError::Base64 { number, fingerprint });
                };
                let Ok(key) = PublicKey::from_pkcs1_der(&der) else {
                    return Err(KeysError::Key { number, fingerprint });
                };
                let known =
                    self.by_fingerprint.entry(fingerprint.to_ascii_lowercase()).or_default();
                if !known.contains(&key) {
                    known.push(key);
                }
            }
        }
        if pages == 0 { Err(KeysError::Empty) } else { Ok(number) }
    }

    /// The number of keys.
    pub fn count(&self) -> usize {
        self.by_fingerprint.values().map(Vec::len).sum()
    }

    /// The keys of that fingerprint.
    pub(super) fn of(&self, fingerprint: &str) -> &[PublicKey] {
        self.by_fingerprint.get(&fingerprint.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(told(&with("é")), "key 1, AB: its Value is not base64");
        for value in ["", "AAAA", VALUE] {
            let expected = "key 1, AB: its Value is no RSA key as PKCS #1 has it";
            assert_eq!(told(&with(value)), expected, "{value}");
        }
    }
}
