//! The digest files that AWS writes beside the log files: what they say, not whether it is true.
//!
//! A digest lists the log files of about an hour with their hashes, and names the digest before it.
//! Texts that are signed are kept as they are written. A value that cannot be used is reported in
//! [`Digest::problems`] and the rest still counts; a text that is no digest at all is an error.
//!
//! A digest may be forged and list millions of files. [`Digest::parse`] therefore counts them and
//! keeps none; [`each_log_file`] goes through them one at a time.

use std::{fmt, str::FromStr, sync::LazyLock};

use jiff::Timestamp;
use memchr::memmem::Finder;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The algorithm of signatures that AWS uses.
const SIGNATURE: &str = "SHA256withRSA";
/// The algorithm of hashes that AWS uses.
const HASH: &str = "SHA-256";
/// Different problems of one digest that are reported.
const MOST_PROBLEMS: usize = 8;
/// The longest key that S3 stores an object under, in bytes.
const LONGEST_NAME: usize = 1024;
/// The longest signature as hex: that of an RSA key of 16,384 bits.
const LONGEST_SIGNATURE: usize = 4096;
/// The longest other value: bucket names have up to 63 bytes, times and fingerprints fewer.
const LONGEST_VALUE: usize = 255;

/// What one digest file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The account whose logs it lists.
    pub account: String,
    /// The log files listed were delivered from then on.
    pub start: Timestamp,
    /// They were delivered before then.
    pub end: Timestamp,
    /// The end as written: it is signed.
    pub end_text: String,
    /// The bucket AWS stored it in.
    pub bucket: String,
    /// The key AWS stored it under.
    pub object: String,
    /// The name of the key that signed it.
    pub fingerprint: String,
    /// The digest before it; the first of a chain has none.
    pub previous: Option<Previous>,
    /// The signature of the digest before it, as written: it is signed again.
    pub previous_signature: Option<String>,
    /// The number of log files it lists.
    pub files: u64,
    /// Bytes in the keys of these files.
    pub files_bytes: u64,
    /// What in it cannot be used, in words.
    pub problems: Vec<String>,
}

/// What a digest says of the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The key AWS stored it under.
    pub object: String,
    /// SHA-256 of its text; `None` if the value is no such hash.
    pub hash: Option<[u8; 32]>,
}

/// A log file that a digest lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key AWS stored it under.
    pub object: String,
    /// SHA-256 of its text; `None` if the value is no such hash.
    pub hash: Option<[u8; 32]>,
}

/// Calls `take` with each log file that a digest lists, in order.
pub fn each_log_file(text: &[u8], take: &mut dyn FnMut(Listed)) -> Result<(), DigestError> {
    let mut problems = Vec::new();
    let mut each = |file: ObjectRef| {
        if let Some(listed) = file.listed(&mut problems) {
            take(listed);
        }
    };
    let mut json = serde_json::Deserializer::from_slice(text);
    json.deserialize_map(Document(&mut each)).map_err(DigestError::Json)
}

/// Why a text is no digest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// It is not JSON, or its fields have other types.
    #[error("no digest: {0}")]
    Json(serde_json::Error),
    /// A field without which nothing can be said is missing.
    #[error("no digest: {0} is missing")]
    Missing(&'static str),
    /// A time cannot be read.
    #[error("no digest: {0} is no time")]
    Time(&'static str),
    /// A value is longer than AWS writes any.
    #[error("no digest: {0} is too long")]
    TooLong(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    aws_account_id: Option<String>,
    digest_start_time: Option<String>,
    digest_end_time: Option<String>,
    #[serde(rename = "digestS3Bucket")]
    bucket: Option<String>,
    #[serde(rename = "digestS3Object")]
    object: Option<String>,
    #[serde(alias = "publicKeyFingerprint")]
    digest_public_key_fingerprint: Option<String>,
    digest_signature_algorithm: Option<String>,
    #[serde(rename = "previousDigestS3Object")]
    previous_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    previous_digest_hash_algorithm: Option<String>,
    previous_digest_signature: Option<String>,
    log_files: Option<Counted>,
}

/// The log files of a digest, counted.
#[derive(Default)]
struct Counted {
    files: u64,
    bytes: u64,
    problems: Vec<String>,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut counted = Self::default();
        let mut count = |file: ObjectRef| {
            if let Some(listed) = file.listed(&mut counted.problems) {
                counted.files += 1;
                counted.bytes += listed.object.len() as u64;
            }
        };
        from.deserialize_seq(Files(&mut count))?;
        Ok(counted)
    }
}

/// Takes the elements of `logFiles` one at a time.
struct Files<'t>(&'t mut dyn FnMut(ObjectRef));

impl<'de> Visitor<'de> for Files<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of log files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut files: A) -> Result<(), A::Error> {
        while let Some(file) = files.next_element()? {
            (self.0)(file);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Files<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

/// A whole digest, of which only the log files matter.
struct Document<'t>(&'t mut dyn FnMut(ObjectRef));

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if name == "logFiles" {
                members.next_value_seed(Files(&mut *self.0))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRef {
    #[serde(rename = "s3Object")]
    object: Option<String>,
    hash_value: Option<String>,
    hash_algorithm: Option<String>,
}

impl Digest {
    /// Reads the text of a digest.
    pub fn parse(text: &[u8]) -> Result<Self, DigestError> {
        let body: Body = serde_json::from_slice(text).map_err(DigestError::Json)?;
        let mut problems = Vec::new();
        let end_text = needed(body.digest_end_time, "digestEndTime")?;
        let end = time(&end_text, "digestEndTime")?;
        let start = time(&needed(body.digest_start_time, "digestStartTime")?, "digestStartTime")?;
        if start > end {
            problems.push("digestStartTime is after digestEndTime".to_owned());
        }
        if body.digest_signature_algorithm.as_deref().is_some_and(|name| name != SIGNATURE) {
            problems.push(format!("digestSignatureAlgorithm is not {SIGNATURE}"));
        }
        let previous = body.previous_object.map(|object| Previous {
            hash: hash(
                "previousDigestHashValue",
                body.previous_digest_hash_value.as_deref(),
                body.previous_digest_hash_algorithm.as_deref(),
                &mut problems,
            ),
            object,
        });
        let files = needed(body.log_files, "logFiles")?;
        problems.extend(files.problems);
        problems.truncate(MOST_PROBLEMS);
        let digest = Self {
            account: body.aws_account_id.unwrap_or_default(),
            start: start.min(end),
            end,
            end_text,
            bucket: needed(body.bucket, "digestS3Bucket")?,
            object: needed(body.object, "digestS3Object")?,
            fingerprint: body.digest_public_key_fingerprint.unwrap_or_default(),
            previous,
            previous_signature: body.previous_digest_signature,
            files: files.files,
            files_bytes: files.bytes,
            problems,
        };
        digest.check_lengths()?;
        Ok(digest)
    }

    /// Refuses values that would cost memory for as long as the digest is known.
    fn check_lengths(&self) -> Result<(), DigestError> {
        let previous = self.previous.as_ref().map_or(0, |previous| previous.object.len());
        let signature = self.previous_signature.as_ref().map_or(0, String::len);
        for (name, length, most) in [
            ("awsAccountId", self.account.len(), LONGEST_VALUE),
            ("digestEndTime", self.end_text.len(), LONGEST_VALUE),
            ("digestS3Bucket", self.bucket.len(), LONGEST_VALUE),
            ("digestS3Object", self.object.len(), LONGEST_NAME),
            ("digestPublicKeyFingerprint", self.fingerprint.len(), LONGEST_VALUE),
            ("previousDigestS3Object", previous, LONGEST_NAME),
            ("previousDigestSignature", signature, LONGEST_SIGNATURE),
        ] {
            if length > most {
                return Err(DigestError::TooLong(name));
            }
        }
        Ok(())
    }

    /// What is signed: the end, the place, the hash of the digest's text and the signature before.
    pub fn signed_text(&self, sha256_hex: &str) -> String {
        format!(
            "{}\n{}/{}\n{sha256_hex}\n{}",
            self.end_text,
            self.bucket,
            self.object,
            self.previous_signature.as_deref().unwrap_or("null")
        )
    }
}

impl ObjectRef {
    fn listed(self, problems: &mut Vec<String>) -> Option<Listed> {
        let object = self.object.filter(|object| object.len() <= LONGEST_NAME);
        let Some(object) = object else {
            problem(problems, "a log file is listed without a usable s3Object");
            return None;
        };
        let hash =
            hash("hashValue", self.hash_value.as_deref(), self.hash_algorithm.as_deref(), problems);
        Some(Listed { object, hash })
    }
}

/// Notes a problem once, and not more than a person would read.
fn problem(problems: &mut Vec<String>, text: &str) {
    if problems.len() < MOST_PROBLEMS && !problems.iter().any(|known| known == text) {
        problems.push(text.to_owned());
    }
}

fn needed<T>(value: Option<T>, name: &'static str) -> Result<T, DigestError> {
    value.ok_or(DigestError::Missing(name))
}

fn time(text: &str, name: &'static str) -> Result<Timestamp, DigestError> {
    Timestamp::from_str(text).map_err(|_| DigestError::Time(name))
}

fn hash(
    name: &str,
    value: Option<&str>,
    algorithm: Option<&str>,
    problems: &mut Vec<String>,
) -> Option<[u8; 32]> {
    if algorithm.is_some_and(|algorithm| algorithm != HASH) {
        problem(problems, &format!("the algorithm of {name} is not {HASH}"));
        return None;
    }
    let found = value.and_then(sha256_of_hex);
    if found.is_none() {
        let length = value.map_or(0, str::len);
        problem(problems, &format!("{name} is not 64 hex digits ({length} characters)"));
    }
    found
}

/// The hash that 64 hex digits of either case spell.
fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (to, pair) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        *to = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(hash)
}

/// The parts of a digest's file name,
/// `<account>_CloudTrail-Digest_<region>_<trail>_<home region>_<time>[_backfill].json.gz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestName<'n> {
    /// The account whose logs it lists.
    pub account: &'n str,
    /// The region that delivered them.
    pub region: &'n str,
    /// The trail's name, which may hold `_`, `-` and `.`.
    pub trail: &'n str,
    /// The region the trail was made in.
    pub home_region: &'n str,
    /// The end of the digest's time, `YYYYMMDDTHHMMSSZ`.
    pub time: &'n str,
    /// It lists what the hourly digests missed.
    pub backfill: bool,
    /// The whole name up to the time or `_backfill`, folders included: without what follows the
    /// first dot behind that. Files that begin like that belong to the digest.
    pub stem: &'n str,
}

/// What stands in the names of digests behind the account.
const DIGEST: &str = "_CloudTrail-Digest_";

impl<'n> DigestName<'n> {
    /// Reads a name or a key. Whatever follows the time and a dot may be any ending.
    pub fn parse(name: &'n str) -> Option<Self> {
        static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(DIGEST));
        let folders = memchr::memrchr2(b'/', b'!', name.as_bytes()).map_or(0, |at| at + 1);
        let file = &name[folders..];
        let (account, rest) = file.split_at(FINDER.find(file.as_bytes())?);
        let rest = &rest[DIGEST.len()..];
        let (region, rest) = rest.split_once('_')?;
        // The trail's name may look like a time and may have dots: the last time counts.
        let (trail_and_home, time, ending) = rest.rmatch_indices('_').find_map(|(at, _)| {
            let time = rest.get(at + 1..at + 17).filter(|time| is_time(time))?;
            Some((&rest[..at], time, &rest[at + 17..]))
        })?;
        let (trail, home_region) = trail_and_home.rsplit_once('_')?;
        let (backfill, ending) = match ending.strip_prefix("_backfill") {
            Some(ending) => (true, ending),
            None => (false, ending),
        };
        if !(ending.is_empty() || ending.starts_with('.')) || trail.is_empty() {
            return None;
        }
        let stem = &name[..name.len() - ending.len()];
        Some(Self { account, region, trail, home_region, time, backfill, stem })
    }

    /// The end of the digest's time.
    pub fn end(&self) -> Option<Timestamp> {
        let part = |from: usize, to: usize| self.time.get(from..to);
        let text = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4)?,
            part(4, 6)?,
            part(6, 8)?,
            part(9, 11)?,
            part(11, 13)?,
            part(13, 15)?
        );
        Timestamp::from_str(&text).ok()
    }
}

/// Whether a text is spelled like `20240305T101500Z`.
fn is_time(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    })
}

#[cfg(test)]
mod tests;
