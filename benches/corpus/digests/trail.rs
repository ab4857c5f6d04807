//! A trail that delivers log files and signs digests over them, as AWS does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use base64ct::{Base64, Encoding as _};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::{Pkcs1v15Sign, PrivateKey, PublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::archive::member;
use super::super::clock::{self, BEGIN, Parts};

/// A key that signs, and the name it is known by.
#[derive(Debug)]
pub(crate) struct Signer {
    key: PrivateKey,
    pub(crate) fingerprint: &'static str,
}

impl Signer {
    /// The key of a PEM file.
    pub(crate) fn new(pem: &str, fingerprint: &'static str) -> io::Result<Self> {
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        let der = Base64::decode_vec(&lines.collect::<String>()).map_err(io::Error::other)?;
        Ok(Self { key: PrivateKey::from_pkcs1_der(&der).map_err(io::Error::other)?, fingerprint })
    }

    /// Signs a text, as hex.
    pub(crate) fn sign(&self, text: &str) -> io::Result<String> {
        let hash = Sha256::digest(text.as_bytes());
        let signature = self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &hash);
        Ok(hex(&signature.map_err(io::Error::other)?))
    }

    /// The public half as `list-public-keys` prints it.
    pub(crate) fn public(&self, fingerprint: &str) -> io::Result<Value> {
        let der = PublicKey::from(&self.key).to_pkcs1_der().map_err(io::Error::other)?;
        Ok(json!({
            "Value": Base64::encode_string(der.as_bytes()),
            "ValidityStartTime": "2026-02-01T00:00:00+00:00",
            "ValidityEndTime": "2026-04-01T00:00:00+00:00",
            "Fingerprint": fingerprint,
        }))
    }
}

/// Files by their names, inflated or as they are stored.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, Stored>,
}

/// How a file is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// As gzip, of this text.
    Gzip(String),
    /// Byte for byte.
    Plain(Vec<u8>),
}

impl Stored {
    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(text) => member(Vec::new(), text.as_bytes()),
            Self::Plain(bytes) => Ok(bytes.clone()),
        }
    }
}

impl Tree {
    pub(crate) fn take(&mut self, name: &str) -> Stored {
        self.files.remove(name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Replaces a part of the text of a file, which must be there.
    pub(crate) fn change(&mut self, name: &str, from: &str, to: &str) {
        let Some(Stored::Gzip(text)) = self.files.get_mut(name) else { panic!("no text {name}") };
        assert!(text.contains(from), "{from} stands in {name}");
        *text = text.replacen(from, to, 1);
    }
}

/// What became of one hour.
#[derive(Debug, Clone)]
pub(crate) struct Hour {
    /// The digest's key.
    pub(crate) digest: String,
    /// Its own signature.
    pub(crate) signature: String,
    /// The keys of the log files it lists.
    pub(crate) logs: Vec<String>,
}

/// One trail in one account and region.
#[derive(Debug, Clone)]
pub(crate) struct Trail<'k> {
    pub(crate) key: &'k Signer,
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
    pub(crate) name: &'static str,
    /// `AWSLogs`, with what stands before it and the organization behind it.
    pub(crate) root: &'static str,
    pub(crate) backfill: bool,
    /// The hour that comes next, from the beginning of the corpus.
    pub(crate) next: u64,
    pub(crate) previous: Option<(String, String, String)>,
}

const BUCKET: &str = "example-trail-logs";
const HOME: &str = "us-east-1";

impl<'k> Trail<'k> {
    pub(crate) fn new(key: &'k Signer) -> Self {
        Self {
            key,
            account: "111122223333",
            region: "us-east-1",
            name: "management",
            root: "AWSLogs",
            backfill: false,
            next: 1,
            previous: None,
        }
    }

    /// Logging stops, and starts again `hours` later with a new chain.
    pub(crate) fn restart(&mut self, hours: u64) {
        self.next += hours;
        self.previous = None;
    }

    /// Delivers `logs` log files in the next hour, and a digest over them.
    pub(crate) fn hour(&mut self, tree: &mut Tree, logs: u64) -> io::Result<Hour> {
        self.hour_with(tree, logs, |_| {})
    }

    /// The same, with a change to the digest before it is signed.
    pub(crate) fn hour_with(
        &mut self,
        tree: &mut Tree,
        logs: u64,
        change: impl FnOnce(&mut Value),
    ) -> io::Result<Hour> {
        let (start, end) = (BEGIN + self.next * 3600 + 77, BEGIN + self.next * 3600 + 3677);
        self.next += 1;
        let logs: Vec<_> = (0..logs).map(|number| self.log(tree, start, number)).collect();
        let digest = self.digest_key(end);
        let mut body = self.body(start, end, &digest, &logs);
        change(&mut body);
        let text = body.to_string();
        let hash = hex(&Sha256::digest(text.as_bytes()));
        let before = self.previous.as_ref().map_or("null", |(_, _, signature)| signature);
        let time = body["digestEndTime"].as_str().unwrap_or_default();
        let signature = self.key.sign(&format!("{time}\n{BUCKET}/{digest}\n{hash}\n{before}"))?;
        self.previous = Some((digest.clone(), hash, signature.clone()));
        tree.files.insert(digest.clone(), Stored::Gzip(text));
        let logs = logs.into_iter().map(|(key, _)| key).collect();
        Ok(Hour { digest, signature, logs })
    }

    fn body(&self, start: u64, end: u64, digest: &str, logs: &[(String, String)]) -> Value {
        let (object, hash, signature) = match &self.previous {
            Some((object, hash, signature)) => (json!(object), json!(hash), json!(signature)),
            None => (Value::Null, Value::Null, Value::Null),
        };
        let (bucket, algorithm) = match &self.previous {
            Some(_) => (json!(BUCKET), json!("SHA-256")),
            None => (Value::Null, Value::Null),
        };
        let events = if logs.is_empty() { Value::Null } else { json!(iso(start + 60)) };
        let listed = logs.iter().map(|(key, hash)| {
            json!({
                "s3Bucket": BUCKET,
                "s3Object": key,
                "hashValue": hash,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": iso(start + 60),
                "oldestEventTime": iso(start + 60),
            })
        });
        json!({
            "awsAccountId": self.account,
            "digestStartTime": iso(start),
            "digestEndTime": iso(end),
            "digestS3Bucket": BUCKET,
            "digestS3Object": digest,
            "digestPublicKeyFingerprint": self.key.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": events,
            "oldestEventTime": events,
            "previousDigestS3Bucket": bucket,
            "previousDigestS3Object": object,
            "previousDigestHashValue": hash,
            "previousDigestHashAlgorithm": algorithm,
            "previousDigestSignature": signature,
            "logFiles": listed.collect::<Vec<_>>(),
        })
    }

    /// Delivers one log file; gives its key and hash.
    fn log(&self, tree: &mut Tree, start: u64, number: u64) -> (String, String) {
        let delivered = start + 300 + 600 * number;
        let Parts { year, month, day, hour, minute, .. } = Parts::of(delivered);
        let (account, region) = (self.account, self.region);
        let unique = hex(&Sha256::digest(format!(
            "{account}{region}{}{delivered}{}",
            self.name, self.backfill
        )));
        let key = format!(
            "{}/{account}/CloudTrail/{region}/{year}/{month:02}/{day:02}/{account}_CloudTrail_{region}_\
             {year}{month:02}{day:02}T{hour:02}{minute:02}Z_{}.json.gz",
            self.root,
            &unique[..16]
        );
        let names = ["DescribeTrails", "StopLogging", "GetTrailStatus"];
        let records: Vec<_> = names.iter().enumerate().map(|(at, name)| {
            json!({
                "eventVersion": "1.10",
                "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/auditor"),
                    "accountId": account, "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
                "eventTime": iso(start + 60),
                "eventSource": "cloudtrail.amazonaws.com",
                "eventName": name,
                "awsRegion": region,
                "sourceIPAddress": "192.0.2.10",
                "userAgent": "aws-cli/2.15.0",
                "eventID": format!("d16e5700-0000-4000-8000-{}{at:04}", &unique[..8]),
                "recipientAccountId": account,
            })
        }).collect();
        let text = json!({"Records": records}).to_string();
        let hash = hex(&Sha256::digest(text.as_bytes()));
        tree.files.insert(key.clone(), Stored::Gzip(text));
        (key, hash)
    }

    fn digest_key(&self, end: u64) -> String {
        let Parts { year, month, day, hour, minute, second } = Parts::of(end);
        let (account, region) = (self.account, self.region);
        format!(
            "{}/{account}/CloudTrail-Digest/{region}/{year}/{month:02}/{day:02}/{account}_CloudTrail-Digest_\
             {region}_{}_{HOME}_{year}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z{}.json.gz",
            self.root,
            self.name,
            if self.backfill { "_backfill" } else { "" }
        )
    }
}

impl Hour {
    /// Saves the metadata of the digest beside it, as `head-object` prints it.
    pub(crate) fn head(&self, tree: &mut Tree) {
        let head = json!({
            "AcceptRanges": "bytes",
            "ContentType": "application/json",
            "ContentEncoding": "gzip",
            "Metadata": {"signature": self.signature, "signature-algorithm": "SHA256withRSA"},
        });
        let name = format!("{}.head.json", self.digest);
        tree.files.insert(name, Stored::Plain(format!("{head:#}\n").into_bytes()));
    }

    /// Saves the bare signature.
    pub(crate) fn bare(&self, tree: &mut Tree) {
        let name = format!("{}.sig", self.digest);
        tree.files.insert(name, Stored::Plain(format!("{}\n", self.signature).into_bytes()));
    }
}

fn iso(seconds: u64) -> String {
    let mut text = String::new();
    clock::iso(&mut text, seconds);
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
