//! Saved results of `CloudTrail` Lake queries: the files that `result_sign.json` lists beside itself.
//!
//! Other than in digests the hashes are those of the files as stored, packed as they are, and what is
//! signed are these hashes with a space between. The key is one of those that sign digests.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU8, Ordering},
};

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    Keys, Kind, Row, Verdict,
    report::{LogCounts, Query},
    signature::{self, Checked, Signed},
};
use crate::{cloudtrail::FileName, text};

/// The name of the file with the signature.
const NAME: &str = "result_sign.json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    region: String,
    files: Vec<BodyFile>,
    hash_algorithm: Option<String>,
    signature_algorithm: Option<String>,
    query_complete_time: Option<String>,
    hash_signature: String,
    #[serde(default)]
    public_key_fingerprint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyFile {
    file_hash_value: String,
    file_name: String,
}

/// One `result_sign.json`, and what came of judging it.
#[derive(Debug)]
pub(super) struct Sign {
    name: FileName,
    region: String,
    completed: Option<String>,
    fingerprint: String,
    signature: String,
    /// What is signed.
    text: String,
    results: Vec<Listed>,
    /// What is odd with it.
    problems: Vec<String>,
    verdict: Verdict,
    reason: String,
}

/// A result that is listed.
#[derive(Debug)]
struct Listed {
    /// The name it has beside the signature.
    name: String,
    hash: Option<[u8; 32]>,
    /// The verdict on the file here; 0 if there is none.
    seen: AtomicU8,
}

/// Whether a file of that name holds the signature of a query.
pub(super) fn is_sign(name: &FileName) -> bool {
    name.display.rsplit(['/', '!']).next() == Some(NAME)
}

impl Sign {
    /// Reads a file of that name; the error is what is wrong with it.
    pub(super) fn read(name: &FileName, text: &[u8]) -> Result<Self, String> {
        let broken = |error: String| format!("not the signature of a query of Lake: {error}");
        let text = text::decode(text).map_err(|error| broken(error.to_string()))?;
        let body: Body = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let mut problems = Vec::new();
        if body.hash_algorithm.is_some_and(|algorithm| algorithm != "SHA-256") {
            problems.push("hashAlgorithm is not SHA-256".to_owned());
        }
        if body.signature_algorithm.is_some_and(|algorithm| algorithm != "SHA256withRSA") {
            problems.push("signatureAlgorithm is not SHA256withRSA".to_owned());
        }
        let hashes: Vec<_> = body.files.iter().map(|file| file.file_hash_value.as_str()).collect();
        let text = hashes.join(" ");
        let folder = name.display.len() - NAME.len();
        let results = body.files.into_iter().map(|file| Listed {
            name: format!("{}{}", &name.display[..folder], file.file_name),
            hash: signature::bytes_of_hex(&file.file_hash_value)
                .and_then(|hash| hash.try_into().ok()),
            seen: AtomicU8::new(0),
        });
        Ok(Self {
            name: name.clone(),
            region: body.region,
            completed: body.query_complete_time,
            fingerprint: body.public_key_fingerprint,
            signature: body.hash_signature,
            text,
            results: results.collect(),
            problems,
            verdict: Verdict::Unproved,
            reason: String::new(),
        })
    }

    fn judge(&mut self, keys: &Keys) {
        // Only that much is known of when it was signed.
        let completed = self.completed.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        let signed = completed.map(Signed::soon_after);
        let key = &self.fingerprint;
        let checked = signature::check(keys, key, &self.signature, &self.text, signed.as_ref());
        (self.verdict, self.reason) = match checked {
            Checked::Good { outside } => {
                if let Some(validity) = outside {
                    self.problems.push(format!("it was signed with key {key} {validity}"));
                }
                (Verdict::Valid, format!("signed with key {key}"))
            }
            Checked::Bad => {
                let told = format!("its signature is not that of key {key} for these hashes");
                (Verdict::BadSignature, told)
            }
            Checked::UnknownKey => {
                (Verdict::Unproved, format!("key {key}, which it names, was not given"))
            }
            Checked::NotHex => (Verdict::Unproved, "its signature is not hex".to_owned()),
        };
    }
}

/// All signatures of queries, and where the results they list are looked for.
#[derive(Debug, Default)]
pub(super) struct Lake {
    signs: Vec<Sign>,
    /// The signature and the place in it, by the name of the result. The first one counts.
    by_name: HashMap<String, (usize, usize)>,
}

impl Lake {
    pub(super) fn new(mut signs: Vec<Sign>, keys: &Keys) -> Self {
        let mut by_name = HashMap::new();
        for (at, sign) in signs.iter_mut().enumerate() {
            sign.judge(keys);
            for (place, result) in sign.results.iter().enumerate() {
                by_name.entry(result.name.clone()).or_insert((at, place));
            }
        }
        Self { signs, by_name }
    }

    /// Judges a file by the bytes that are stored for it; nothing if no signature lists it.
    pub(super) fn judge(&self, name: &FileName, stored: Result<&[u8], &str>) -> Option<Row> {
        let &(at, place) = self.by_name.get(&name.display)?;
        let sign = self.signs.get(at)?;
        let result = sign.results.get(place)?;
        let fits = |stored: &[u8]| {
            result.hash.map(|hash| <[u8; 32]>::from(Sha256::digest(stored)) == hash)
        };
        let (verdict, reason) = match stored.map(fits) {
            Err(reason) => (Verdict::Damaged, reason.to_owned()),
            Ok(None) => (Verdict::Unproved, "no usable hash is listed for it".to_owned()),
            Ok(Some(false)) => {
                (Verdict::Modified, "its hash, packed as it is, is not the one listed".to_owned())
            }
            Ok(Some(true)) if sign.verdict == Verdict::Valid => (Verdict::Valid, String::new()),
            Ok(Some(true)) => {
                (Verdict::Unproved, format!("the signature that lists it: {}", sign.reason))
            }
        };
        result.seen.store(verdict as u8, Ordering::Relaxed);
        let mut row = Row::new(Kind::Result, name, verdict, reason);
        row.digest = Some(sign.name.display.clone());
        Some(row)
    }

    /// What each signature came to, with the rows of what is not valid and of what is missing.
    pub(super) fn told(&self, rows: &mut Vec<Row>, notes: &mut Vec<String>) -> Vec<Query> {
        self.signs.iter().map(|sign| sign.told(rows, notes)).collect()
    }
}

impl Sign {
    fn told(&self, rows: &mut Vec<Row>, notes: &mut Vec<String>) -> Query {
        let name = &self.name.display;
        notes.extend(self.problems.iter().map(|problem| format!("{name}: {problem}")));
        if self.verdict != Verdict::Valid {
            rows.push(Row::new(Kind::Query, &self.name, self.verdict, self.reason.clone()));
        }
        let mut results = LogCounts::default();
        for result in &self.results {
            results.listed += 1;
            let seen = result.seen.load(Ordering::Relaxed);
            let is = |verdict: Verdict| seen == verdict as u8;
            match () {
                () if is(Verdict::Valid) => results.valid += 1,
                () if is(Verdict::Modified) => results.modified += 1,
                () if is(Verdict::Damaged) => results.damaged += 1,
                () if is(Verdict::Unproved) => results.unproved += 1,
                () => {
                    results.missing += 1;
                    let missing = FileName { display: result.name.clone(), raw_hex: None };
                    let reason = "listed in the signature beside its place".to_owned();
                    let mut row = Row::new(Kind::Result, &missing, Verdict::Missing, reason);
                    row.digest = Some(name.clone());
                    rows.push(row);
                }
            }
        }
        Query {
            name: name.clone(),
            region: self.region.clone(),
            completed: self.completed.clone(),
            verdict: self.verdict,
            results,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_are_the_hashes_in_their_order() {
        let name = FileName { display: "q.zip!a/result_sign.json".to_owned(), raw_hex: None };
        assert!(is_sign(&name));
        let text = format!(
            r#"{{"version":"1.0","region":"eu-west-1","files":[{{"fileHashValue":"{}","fileName":"result_1.csv.gz"}},
            {{"fileHashValue":"xy","fileName":"result_2.csv.gz"}}],"hashAlgorithm":"SHA-256",
            "signatureAlgorithm":"SHA256withRSA","queryCompleteTime":"2022-05-10T22:06:30Z","hashSignature":"00",
            "publicKeyFingerprint":"ab"}}"#,
            "0a".repeat(32)
        );
        let sign = Sign::read(&name, text.as_bytes()).expect("it is one");
        assert_eq!(sign.text, format!("{} xy", "0a".repeat(32)));
        assert_eq!(sign.results[0].name, "q.zip!a/result_1.csv.gz");
        assert_eq!((sign.results[0].hash, sign.results[1].hash), (Some([10; 32]), None));
        assert!(sign.problems.is_empty());
        assert!(Sign::read(&name, b"{}").is_err());
        assert!(!is_sign(&FileName { display: "my_result_sign.json".to_owned(), raw_hex: None }));
    }
}
