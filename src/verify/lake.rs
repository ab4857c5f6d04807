//! Saved results of `CloudTrail` Lake queries: the files that `result_sign.json` lists beside itself.
//!
//! Unlike in digests the hashes are those of the files as stored, packed as they are, and what is
//! signed are these hashes with a space between. The key is one of those that sign digests. As with
//! digests, a signature that is not proved accuses no file.

use std::{
    collections::HashMap,
    io,
    sync::atomic::{AtomicU8, AtomicUsize, Ordering},
};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use sha2::{Digest, Sha256};

use super::{
    Keys, Kind, Row, Verdict,
    load::{NameHash, name_hash},
    report::{LogCounts, Query},
    signature::{self, Checked, Signature, Signed},
};
use crate::{cloudtrail::FileName, text};

/// The name of the file with the signature.
const NAME: &str = "result_sign.json";

/// Results that one signature lists, at most. Queries that AWS saves have far fewer.
const MOST_RESULTS: usize = 10_000;

/// Results that signatures which are not proved list, at most, all together.
const MOST_UNPROVED: usize = 200_000;

/// The longest value of a signature that is kept, in bytes: a key in S3 is no longer.
const LONGEST: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    region: String,
    #[serde(deserialize_with = "few")]
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

/// Reads a list of files that is no longer than any query's.
fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<BodyFile>, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Vec<BodyFile>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of files")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<BodyFile>, A::Error> {
            let mut files = Vec::new();
            while let Some(file) = list.next_element::<BodyFile>()? {
                if files.len() == MOST_RESULTS || file.file_name.len() > LONGEST {
                    return Err(A::Error::custom("it lists more than a query has"));
                }
                files.push(file);
            }
            Ok(files)
        }
    }
    from.deserialize_seq(Few)
}

/// How many results of signatures that are not proved may still be kept.
#[derive(Debug)]
pub(super) struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST_UNPROVED))
    }
}

impl Room {
    fn take(&self, results: usize) -> bool {
        let less = |left: usize| left.checked_sub(results);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// One `result_sign.json`, and what judging it showed.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) name: FileName,
    region: String,
    completed: Option<String>,
    fingerprint: String,
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
    /// Reads and judges a file of that name; the error is what is wrong with it.
    pub(super) fn read(
        name: &FileName,
        text: &[u8],
        keys: &Keys,
        room: &Room,
    ) -> Result<Self, String> {
        let broken = |error: String| format!("not the signature of a Lake query: {error}");
        let text = text::decode(text).map_err(|error| broken(error.to_string()))?;
        let body: Body = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let completed = body.query_complete_time.as_ref().map_or(0, String::len);
        if [body.region.len(), completed, body.public_key_fingerprint.len()]
            .iter()
            .any(|&length| length > LONGEST)
        {
            return Err(broken("a value is too long".to_owned()));
        }
        let mut problems = Vec::new();
        if body.hash_algorithm.is_some_and(|algorithm| algorithm != "SHA-256") {
            problems.push("hashAlgorithm is not SHA-256".to_owned());
        }
        if body.signature_algorithm.is_some_and(|algorithm| algorithm != "SHA256withRSA") {
            problems.push("signatureAlgorithm is not SHA256withRSA".to_owned());
        }
        let hashes: Vec<_> = body.files.iter().map(|file| file.file_hash_value.as_str()).collect();
        let signed_hash = Sha256::digest(hashes.join(" ").as_bytes()).into();
        let folder = name.display.len() - NAME.len();
        let results = body.files.into_iter().map(|file| Listed {
            name: format!("{}{}", &name.display[..folder], file.file_name),
            hash: signature::bytes_of_hex(&file.file_hash_value)
                .and_then(|hash| hash.try_into().ok()),
            seen: AtomicU8::new(0),
        });
        let mut sign = Self {
            name: name.clone(),
            region: body.region,
            completed: body.query_complete_time,
            fingerprint: body.public_key_fingerprint,
            results: results.collect(),
            problems,
            verdict: Verdict::Unproved,
            reason: String::new(),
        };
        sign.judge(&Signature::of_hex(&body.hash_signature), &signed_hash, keys);
        if sign.verdict != Verdict::Valid && !room.take(sign.results.len()) {
            let results = std::mem::take(&mut sign.results).len();
            sign.problems.push(format!("its {results} results are too many to compare"));
        }
        Ok(sign)
    }

    fn judge(&mut self, signature: &Signature, signed_hash: &[u8; 32], keys: &Keys) {
        // Only that much is known of when it was signed.
        let completed = self.completed.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        let signed = completed.map(Signed::soon_after);
        let key = &self.fingerprint;
        let checked = signature::check(keys, key, signature, signed_hash, signed.as_ref());
        (self.verdict, self.reason) = match checked {
            Checked::Good { outside } => {
                if let Some(validity) = outside {
                    self.problems.push(format!("it was signed with key {key} {validity}"));
                }
                (Verdict::Valid, format!("signed with key {key}"))
            }
            Checked::Bad => {
                let reason = format!("its signature is not that of key {key} for these hashes");
                (Verdict::BadSignature, reason)
            }
            Checked::UnknownKey => {
                (Verdict::Unproved, format!("--keys has no key {key}, which it names"))
            }
            Checked::NotHex => (Verdict::Unproved, "its signature is not hex".to_owned()),
        };
    }
}

/// All signatures of queries, and the results they list by name.
#[derive(Debug, Default)]
pub(super) struct Lake {
    signs: Vec<Sign>,
    /// The signature and the place in it, by the name of the result: a proved one, if there is one.
    by_name: HashMap<NameHash, (usize, usize)>,
}

impl Lake {
    pub(super) fn new(signs: Vec<Sign>) -> Self {
        let mut by_name = HashMap::new();
        for proved in [true, false] {
            let signs = signs.iter().enumerate();
            for (at, sign) in signs.filter(|(_, sign)| (sign.verdict == Verdict::Valid) == proved) {
                for (place, result) in sign.results.iter().enumerate() {
                    by_name.entry(name_hash(&result.name)).or_insert((at, place));
                }
            }
        }
        Self { signs, by_name }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }

    /// Judges a file by the bytes that are stored for it; nothing if no signature lists it.
    pub(super) fn judge(&self, name: &FileName, stored: Result<&[u8], &str>) -> Option<Row> {
        let &(at, place) = self.by_name.get(&name_hash(&name.display))?;
        let sign = self.signs.get(at)?;
        let result = sign.results.get(place)?;
        let fits = |stored: &[u8]| {
            result.hash.map(|hash| <[u8; 32]>::from(Sha256::digest(stored)) == hash)
        };
        let (verdict, reason) = match stored.map(fits) {
            Err(reason) => (Verdict::Damaged, reason.to_owned()),
            Ok(None) => (Verdict::Unproved, "no usable hash is listed for it".to_owned()),
            Ok(Some(false)) if sign.verdict != Verdict::Valid => (
                Verdict::Unproved,
                "its hash is not the one listed, and the signature that lists it is not proved"
                    .to_owned(),
            ),
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

    /// What each signature showed, with the rows of what is not valid and of what is not here.
    pub(super) fn report(
        &self,
        rows: &mut dyn FnMut(Row) -> io::Result<()>,
        notes: &mut Vec<String>,
    ) -> io::Result<Vec<Query>> {
        let listed_here = |at: usize, place: usize| {
            let name = self.signs.get(at).and_then(|sign| sign.results.get(place));
            let first = name.and_then(|result| self.by_name.get(&name_hash(&result.name)));
            first == Some(&(at, place))
        };
        let each = self.signs.iter().enumerate();
        each.map(|(at, sign)| sign.report(&|place| listed_here(at, place), rows, notes)).collect()
    }
}

impl Sign {
    /// `is_first`: no other signature counts for that result.
    fn report(
        &self,
        is_first: &dyn Fn(usize) -> bool,
        rows: &mut dyn FnMut(Row) -> io::Result<()>,
        notes: &mut Vec<String>,
    ) -> io::Result<Query> {
        let name = &self.name.display;
        notes.extend(self.problems.iter().map(|problem| format!("{name}: {problem}")));
        if self.verdict != Verdict::Valid {
            rows(Row::new(Kind::Query, &self.name, self.verdict, self.reason.clone()))?;
        }
        let mut results = LogCounts::default();
        for (place, result) in self.results.iter().enumerate() {
            if !is_first(place) {
                continue;
            }
            results.listed += 1;
            let seen = result.seen.load(Ordering::Relaxed);
            let is = |verdict: Verdict| seen == verdict as u8;
            match () {
                () if is(Verdict::Valid) => results.valid += 1,
                () if is(Verdict::Modified) => results.modified += 1,
                () if is(Verdict::Damaged) => results.damaged += 1,
                () if is(Verdict::Unproved) => results.unproved += 1,
                () => {
                    let absent = FileName { display: result.name.clone(), raw_hex: None };
                    let (count, verdict, reason) = match self.verdict {
                        Verdict::Valid => {
                            (&mut results.missing, Verdict::Missing, "listed by the signature")
                        }
                        _ => (
                            &mut results.named_unproved,
                            Verdict::NamedUnproved,
                            "named by an unproved signature",
                        ),
                    };
                    *count += 1;
                    let mut row = Row::new(Kind::Result, &absent, verdict, reason.to_owned());
                    row.digest = Some(name.clone());
                    rows(row)?;
                }
            }
        }
        Ok(Query {
            name: name.clone(),
            region: self.region.clone(),
            completed: self.completed.clone(),
            verdict: self.verdict,
            results,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_with_the_results_beside_it() {
        let name = FileName { display: "q.zip!a/result_sign.json".to_owned(), raw_hex: None };
        assert!(is_sign(&name));
        let text = format!(
            r#"{{"version":"1.0","region":"eu-west-1","files":[{{"fileHashValue":"{}","fileName":"result_1.csv.gz"}},
            {{"fileHashValue":"xy","fileName":"result_2.csv.gz"}}],"hashAlgorithm":"SHA-256",
            "signatureAlgorithm":"SHA256withRSA","queryCompleteTime":"2022-05-10T22:06:30Z","hashSignature":"00",
            "publicKeyFingerprint":"ab"}}"#,
            "0a".repeat(32)
        );
        let (keys, room) = (Keys::default(), Room::default());
        let sign = Sign::read(&name, text.as_bytes(), &keys, &room).expect("it is one");
        assert_eq!(sign.results[0].name, "q.zip!a/result_1.csv.gz");
        assert_eq!((sign.results[0].hash, sign.results[1].hash), (Some([10; 32]), None));
        assert!(sign.problems.is_empty());
        assert!(Sign::read(&name, b"{}", &keys, &room).is_err());
        let many = r#"{"fileHashValue":"","fileName":""},"#.repeat(MOST_RESULTS);
        let many = text.replace("\"files\":[", &format!("\"files\":[{many}"));
        assert!(Sign::read(&name, many.as_bytes(), &keys, &room).is_err());
        assert!(!is_sign(&FileName { display: "my_result_sign.json".to_owned(), raw_hex: None }));
    }
}
