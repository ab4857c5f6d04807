//! Weak signs that a text has to do with `CloudTrail`.
//!
//! A table or document that is not understood is a bystander only if it shows no sign at all:
//! anything that does may hold records in a form that is not read, and is reported.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Words that a text with records in any form has in it, in lower case: names of fields as tables
/// and other schemas spell them, the service, and how the values of its fields begin.
const WORDS: [&str; 36] = [
    "eventname",
    "event_name",
    "event-name",
    "event name",
    "event.name",
    "eventsource",
    "event_source",
    "event-source",
    "event source",
    "event.source",
    "eventversion",
    "event_version",
    "event.action",
    "event_action",
    "useridentity",
    "user_identity",
    "sourceip",
    "source_ip",
    "source ip",
    "accesskey",
    "access_key",
    "requestparameters",
    "responseelements",
    "awsregion",
    "aws_region",
    "recipientaccount",
    "assumed-role",
    "assumedrole",
    "cloudtrail",
    ".amazonaws.com",
    "arn:aws",
    // Access keys.
    "akia",
    "asia",
    // `{"` and a gzip file in base64.
    "eyj",
    "h4si",
    // A trail file packed by zlib in base64.
    "ejy",
];

/// A longer run of letters and digits of all kinds may be something encoded.
const ENCODED: usize = 64;

/// Bytes kept of the piece before: the longest word and what follows it.
const KEPT: usize = 64;

/// Bytes behind a word that may say that it is no sign.
const LOOKAHEAD: usize = 16;

/// Looks for signs that a text, which comes in pieces, may have to do with `CloudTrail`.
///
/// A weak sign is enough: that a text has none is what counts. Names of log files are none, as
/// inventories and lists of hashes are full of them.
#[derive(Debug, Clone, Default)]
pub struct Signs {
    met: bool,
    /// The end of the text so far.
    tail: Vec<u8>,
    run: Run,
}

/// A run of the characters of base64.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    length: usize,
    has_lower: bool,
    has_upper: bool,
    has_digit: bool,
}

impl Run {
    /// Takes the next byte. Gives whether the run is long, and of all kinds.
    fn take(&mut self, byte: u8) -> bool {
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')) {
            *self = Self::default();
            return false;
        }
        self.length += 1;
        self.has_lower |= byte.is_ascii_lowercase();
        self.has_upper |= byte.is_ascii_uppercase();
        self.has_digit |= byte.is_ascii_digit();
        // A path has all of these as well, and folders before long.
        if matches!(byte, b'/' | b'-' | b'_') && self.length < ENCODED {
            self.length = self.length.min(ENCODED / 2);
        }
        self.length >= ENCODED && self.has_lower && self.has_upper && self.has_digit
    }
}

impl Signs {
    /// Looks at the next piece.
    pub fn look(&mut self, piece: &[u8]) {
        if self.met {
            return;
        }
        for byte in piece {
            self.met |= self.run.take(*byte);
        }
        for part in piece.chunks(1 << 16) {
            self.tail.extend_from_slice(part);
            self.met |= has_word(&self.tail, false);
            let surplus = self.tail.len().saturating_sub(KEPT);
            self.tail.drain(..surplus);
        }
    }

    /// Whether a sign was met.
    pub fn met(&self) -> bool {
        self.met || has_word(&self.tail, true)
    }
}

/// Whether a word is in a text. Without `last`, words near its end wait for what follows them.
fn has_word(text: &[u8], last: bool) -> bool {
    static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(WORDS)
            .ok()
    });
    // Without the automaton everything is a sign, which only costs a bystander.
    let Some(automaton) = &*AUTOMATON else { return true };
    automaton.find_overlapping_iter(text).any(|found| {
        let (word, behind) = (&text[found.range()], &text[found.end()..]);
        if behind.len() < LOOKAHEAD && !last {
            return false;
        }
        match WORDS[found.pattern().as_usize()] {
            // A part of the name of a log file or of its folders.
            "cloudtrail" => !matches!(behind.first(), Some(b'/' | b'\\' | b'_' | b'-' | b'%')),
            // The host of a URL.
            ".amazonaws.com" => !matches!(behind.first(), Some(b'/' | b':')),
            "akia" | "asia" => {
                let key = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
                word.iter().all(key) && behind.iter().take_while(|byte| key(byte)).count() >= 12
            }
            "eyj" => word == b"eyJ" && is_encoded(behind),
            "h4si" => word == b"H4sI" && is_encoded(behind),
            "ejy" => word == b"eJy" && is_encoded(behind),
            _ => true,
        }
    })
}

/// Whether a text continues with characters of base64.
fn is_encoded(behind: &[u8]) -> bool {
    let encoded =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    behind.iter().take_while(encoded).count() >= 8
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn has_signs(text: &str) -> bool {
        let mut signs = Signs::default();
        signs.look(text.as_bytes());
        signs.met()
    }

    #[test]
    fn whatever_tells_of_records_is_a_sign() {
        for text in [
            "time,user,event_name\n",
            "\"Event Source\";\"x\"",
            "1,iam.amazonaws.com,CreateUser",
            "x,arn:aws:iam::111122223333:user/a",
            "product: CloudTrail",
            "AKIAIOSFODNN7EXAMPLE",
            "payload\nH4sIAAAAAAAA/6tWyk",
            "payload,eyJldmVudFZlcnNpb24i",
            "payload,eJyrVspOrVSyUkpKLEot",
            "blob,Zm9vYmFyMTIzNDU2Nzg5MFhZWmFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1",
        ] {
            assert!(has_signs(text), "{text}");
            let padded = format!("{}{text}", "a, ".repeat(50));
            for piece in [1, 7, 64, 150] {
                let mut signs = Signs::default();
                padded.as_bytes().chunks(piece).for_each(|piece| signs.look(piece));
                assert!(signs.met(), "{text} {piece}");
            }
        }
    }

    #[test]
    fn tables_of_other_things_and_names_of_log_files_are_no_signs() {
        let name = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/05/111122223333_CloudTrail_us-east-1_20260305T0130Z_0a1B2c3D4e5F6g7H.json.gz";
        let text = format!(
            "Component,Origin,License,Copyright\n\
             aws-config,https://github.com/smithy-lang/smithy-rs,Apache-2.0,AWS Rust SDK Team\n\
             Asia,Zakia,https://bucket.s3.amazonaws.com/key,{HASH}\n\
             {name},{},1234\nAWSLogs\\111122223333\\CloudTrail-Digest\\us-east-1\n",
            name.replace('/', "%2F"),
        );
        assert!(!has_signs(&text));
        for piece in [1, 7, 64, 150] {
            let mut signs = Signs::default();
            text.as_bytes().chunks(piece).for_each(|piece| signs.look(piece));
            assert!(!signs.met(), "{piece}");
        }
    }
}
