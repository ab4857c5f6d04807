//! Broken, odd and foreign inputs, and what is right for each of them.
//!
//! Wherever something can be found two matches of the seed rule are planted, called after the file:
//! `broken-cut-1` and `broken-cut-2`. `expected.json` tells for each file the outcome, the ids that must be
//! found and those that must not, and why.

use std::io::{self, Write as _};
use std::path::Path;

use flate2::{Compress, Compression, FlushCompress, GzBuilder, Status};
use serde_json::{Map, Value, json};

use super::archive::{member, put};
use super::clock::BEGIN;
use super::random::Random;
use super::record::Catalog;
use super::signin::{self, SignIn};
use super::stream::Stream;
use super::world::{REGIONS, World};

/// One input.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its file name.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// `read`, `salvaged`, `failed` or `skipped`.
    pub(crate) outcome: &'static str,
    /// `eventID`s that must be found.
    pub(crate) found: Vec<String>,
    /// `eventID`s that must not be found.
    pub(crate) absent: Vec<String>,
    /// What is wrong with it, in a few words.
    pub(crate) why: &'static str,
}

/// Writes all inputs and `expected.json` into `dir`.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    let mut expected = Map::new();
    for Case { name, bytes, outcome, found, absent, why } in cases()? {
        put(&dir.join(&name), &bytes)?;
        let case = json!({"outcome": outcome, "found": found, "absent": absent, "why": why});
        expected.insert(name, case);
    }
    let text = format!("{:#}\n", Value::Object(expected));
    put(&dir.join("expected.json"), text.as_bytes())
}

/// All inputs.
pub(crate) fn cases() -> io::Result<Vec<Case>> {
    let mut bench = Bench { cases: Vec::new(), random: Random::new(0x6272_6f6b_656e, 0) };
    bench.streams()?;
    bench.containers()?;
    bench.broken_json();
    bench.odd_json();
    bench.foreign()?;
    Ok(bench.cases)
}

const BOTH: &[u32] = &[1, 2];
const FIRST: &[u32] = &[1];
const NONE: &[u32] = &[];

/// Where the inputs are made.
struct Bench {
    cases: Vec<Case>,
    random: Random,
}

/// The stem of a name: what stands before the first dot.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn id(name: &str, number: u32) -> String {
    format!("broken-{}-{number}", stem(name))
}

/// A trail file of these records.
fn document(records: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    member(Vec::new(), bytes)
}

/// Replaces the first `from`, which must be there.
fn change(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} stands in the record");
    text.replacen(from, to, 1)
}

impl Bench {
    fn add(
        &mut self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
        outcome: &'static str,
        found: &[u32],
        why: &'static str,
    ) {
        self.cases.push(Case {
            name: name.to_owned(),
            bytes: bytes.into(),
            outcome,
            found: found.iter().map(|number| id(name, *number)).collect(),
            absent: Vec::new(),
            why,
        });
    }

    /// A match of the seed rule with the id of this file and number.
    fn hit(&mut self, name: &str, number: u32) -> String {
        let mut record = String::new();
        let world = World::new(0);
        signin::write(
            &mut record,
            SignIn::Script,
            &world,
            REGIONS[0],
            BEGIN + 90,
            &id(name, number),
            &mut self.random,
        );
        record
    }

    /// So many records that no rule of ours matches.
    fn plain(&mut self, count: usize) -> Vec<String> {
        let (catalog, world) = (Catalog::new(), World::new(0));
        let mut stream = Stream::new(&catalog, &world, REGIONS[0], 2, BEGIN, &mut self.random);
        let mut records = vec![String::new(); count];
        for (second, record) in (BEGIN..).zip(&mut records) {
            stream.next(record, second, &mut self.random);
        }
        records
    }

    /// A record, the first match, `middle`, the second match, a record.
    fn around(&mut self, name: &str, middle: &[String]) -> Vec<String> {
        let mut records = self.plain(2);
        let last = records.pop();
        records.push(self.hit(name, 1));
        records.extend_from_slice(middle);
        records.push(self.hit(name, 2));
        records.extend(last);
        records
    }

    fn text(&mut self, name: &str) -> String {
        document(&self.around(name, &[]))
    }

    /// Damage to the gzip stream.
    fn streams(&mut self) -> io::Result<()> {
        let name = "cut.json.gz";
        let mut records = self.plain(1);
        records.push(self.hit(name, 1));
        records.extend(self.plain(30));
        records.push(self.hit(name, 2));
        let mut packed = gzip(document(&records).as_bytes())?;
        packed.truncate(packed.len() * 3 / 4);
        self.add(name, packed, "salvaged", FIRST, "the last quarter of the gzip stream is missing");

        for (name, back, why) in [
            ("crc.json.gz", 8, "the checksum is wrong, the data is whole"),
            ("length.json.gz", 4, "the length in the trailer is wrong, the data is whole"),
        ] {
            let mut packed = gzip(self.text(name).as_bytes())?;
            let at = packed.len() - back;
            packed[at] ^= 0x5a;
            self.add(name, packed, "salvaged", BOTH, why);
        }
        let name = "trailer.json.gz";
        let mut packed = gzip(self.text(name).as_bytes())?;
        packed.truncate(packed.len() - 8);
        self.add(
            name,
            packed,
            "salvaged",
            BOTH,
            "checksum and length are cut off, the data is whole",
        );

        let name = "corrupt.json.gz";
        let records = self.around(name, &[]);
        self.add(
            name,
            corrupt(&document(&records), &records[2])?,
            "salvaged",
            FIRST,
            "a block in the middle is of no known type",
        );

        let name = "garbage.json.gz";
        let mut packed = gzip(self.text(name).as_bytes())?;
        packed.extend_from_slice(b"-- end of copy --");
        self.add(name, packed, "salvaged", BOTH, "something else follows the gzip stream");
        let name = "zeros.json.gz";
        let mut packed = gzip(self.text(name).as_bytes())?;
        packed.resize(packed.len().next_multiple_of(512), 0);
        self.add(name, packed, "read", BOTH, "zeros follow the gzip stream, as on tape");
        Ok(())
    }

    /// Whole data in unusual wrapping.
    fn containers(&mut self) -> io::Result<()> {
        let name = "header.json.gz";
        let builder =
            GzBuilder::new().filename("trail.json").comment("re-packed").extra(*b"xy\x02\x00ab");
        let mut encoder = builder.write(Vec::new(), Compression::new(9));
        encoder.write_all(self.text(name).as_bytes())?;
        self.add(
            name,
            encoder.finish()?,
            "read",
            BOTH,
            "a gzip header with name, comment and extra field",
        );

        let name = "members.json.gz";
        let mut packed = Vec::new();
        for number in 1..=2 {
            let mut records = self.plain(2);
            records.push(self.hit(name, number));
            packed = member(packed, document(&records).as_bytes())?;
        }
        self.add(name, packed, "read", BOTH, "two gzip members, a document in each");
        let name = "split.json.gz";
        let text = self.text(name);
        let (left, right) = text.as_bytes().split_at(text.len() / 2);
        let packed = member(member(Vec::new(), left)?, right)?;
        self.add(name, packed, "read", BOTH, "one document cut into two gzip members");

        let name = "plain.json.gz";
        let text = self.text(name);
        self.add(name, text, "read", BOTH, "plain JSON that is called .gz");
        let name = "packed.json";
        let packed = gzip(self.text(name).as_bytes())?;
        self.add(name, packed, "read", BOTH, "gzip that is not called .gz");
        let name = "zstandard.json.zst";
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let packed = ruzstd::encoding::compress_to_vec(self.text(name).as_bytes(), level);
        self.add(name, packed, "read", BOTH, "zstd");
        let name = "blanks.json.gz";
        let records = self.around(name, &[]);
        let text =
            format!(r#"{{"Records":[{}]}}"#, records.join(&format!(",{}", " ".repeat(4 << 20))));
        self.add(
            name,
            gzip(text.as_bytes())?,
            "read",
            BOTH,
            "12 MiB of blanks between the records",
        );

        self.add("nothing.json.gz", gzip(b"")?, "read", NONE, "a gzip stream of nothing");
        self.add("none.json.gz", gzip(br#"{"Records":[]}"#)?, "read", NONE, "no records");
        self.add("empty.json.gz", "", "failed", NONE, "an empty file that is called .gz");
        self.add("empty.json", "", "failed", NONE, "an empty file");
        Ok(())
    }

    /// JSON that is broken in one place.
    fn broken_json(&mut self) {
        let plain = |bench: &mut Self| bench.plain(1).remove(0);
        for (name, from, to, why) in [
            (
                "quote.json",
                r#"","awsRegion""#,
                r#","awsRegion""#,
                "a record lacks the quote after its eventName",
            ),
            (
                "open.json",
                r#""},"eventTime""#,
                r#"","eventTime""#,
                "a record lacks the brace that closes its userIdentity",
            ),
            (
                "close.json",
                r#","eventTime""#,
                r#"},"eventTime""#,
                "a record has a brace too many after its userIdentity",
            ),
            ("comma.json", r#","eventSource""#, r#" "eventSource""#, "a record lacks a comma"),
            (
                "literal.json",
                r#""readOnly":"#,
                r#""readOnly":x"#,
                "a record has a value that is none",
            ),
        ] {
            let mut record = plain(self);
            while !record.contains(from) {
                record = plain(self);
            }
            let text = document(&self.around(name, &[change(&record, from, to)]));
            self.add(name, text, "salvaged", BOTH, why);
        }
        let name = "unclosed.json";
        let mut text = self.text(name);
        text.truncate(text.find(&id(name, 2)).unwrap_or(0));
        self.add(name, text, "salvaged", FIRST, "the file ends within the second match");
        let name = "unended.json";
        let mut text = self.text(name);
        text.truncate(text.len() - 2);
        self.add(name, text, "salvaged", BOTH, "the closing brackets of the document are missing");

        let name = "utf8.json";
        let records = self.around(name, &[]);
        let text = document(&records).into_bytes();
        // In the host that the tool asked for, so that the record stays a match.
        let at = document(&records).find("signin.aws.amazon.com").unwrap_or(0);
        let bytes = [&text[..at], b"\xff\xfe", &text[at..]].concat();
        self.add(
            name,
            bytes,
            "salvaged",
            BOTH,
            "the first match holds two bytes that are not UTF-8",
        );
    }

    /// Whole text that can be read, and is not what one expects.
    fn odd_json(&mut self) {
        let name = "control.json";
        let text = change(&self.text(name), "signin.aws.amazon.com", "signin.aws.\u{1}amazon.com");
        self.add(
            name,
            text,
            "read",
            BOTH,
            "the first match holds a bare control character, which strict JSON forbids in strings",
        );
        let name = "bom.json";
        let text = format!("\u{feff}{}", self.text(name));
        self.add(name, text, "read", BOTH, "a byte order mark comes first");
        let name = "pretty.json";
        let text = pretty(&self.text(name));
        self.add(name, text, "read", BOTH, "indented over many lines");
        let name = "lines.jsonl";
        let text = self.around(name, &[]).join("\n") + "\n";
        self.add(name, text, "read", BOTH, "a record on each line");
        let name = "crlf.json";
        let text = self.around(name, &[String::new()]).join("\r\n");
        self.add(
            name,
            text,
            "read",
            BOTH,
            "a record on each line, lines end in CR LF, one is empty",
        );
        let name = "array.json";
        let text = format!("[{}]\n", self.around(name, &[]).join(","));
        self.add(name, text, "read", BOTH, "an array of records");
        let name = "single.json";
        let text = self.hit(name, 1);
        self.add(name, text, "read", FIRST, "one record and nothing around it");
        let name = "documents.json";
        let text: String = (1..=2).map(|number| document(&[self.hit(name, number)])).collect();
        self.add(name, text, "read", BOTH, "two documents, nothing between them");
        let name = "twice.json";
        let [first, second] = [self.hit(name, 1), self.hit(name, 2)];
        let text = format!(r#"{{"Records":[{first}],"Records":[{second}]}}"#);
        self.add(name, text, "read", BOTH, "two keys Records in one document");
        let name = "last.json";
        let records = self.around(name, &[]).join(",");
        let text = format!(
            r#"{{"note":{{"Records":"[{{"}},"list":[1,[2]],"Records":[{records}],"end":null}}"#
        );
        self.add(name, text, "read", BOTH, "other keys stand before and after Records");
        let name = "strangers.json";
        let strangers = ["null", "7", r#""text""#, "[]", "{}"].map(str::to_owned);
        let text = document(&self.around(name, &strangers));
        self.add(
            name,
            text,
            "read",
            BOTH,
            "null, a number, a string, an array and an empty object among the records",
        );
        self.odd_values();
    }

    /// Values that JSON allows and some parsers refuse.
    fn odd_values(&mut self) {
        let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
        let long = "123456789012345678901234567890";
        for (name, value, why) in [
            ("deep.json", deep.as_str(), "both matches hold 2,000 arrays within each other"),
            ("digits.json", long, "both matches hold an integer of 30 digits"),
            ("exponent.json", "1e400", "both matches hold 1e400"),
            (
                "surrogate.json",
                r#""\ud83d and \udc00""#,
                "both matches hold halves of surrogate pairs",
            ),
        ] {
            let from = r#""requestParameters":null"#;
            let to = format!(r#""requestParameters":{{"odd":{value}}}"#);
            let records: Vec<String> =
                BOTH.iter().map(|number| change(&self.hit(name, *number), from, &to)).collect();
            self.add(name, document(&records), "read", BOTH, why);
        }
        let pair = r#""eventName":"GetSigninToken""#;
        let name = "escaped.json";
        let value = change(&self.hit(name, 1), pair, r#""eventName":"\u0047etSignin\u0054oken""#);
        let key = change(&self.hit(name, 2), pair, r#""event\u004eame":"GetSigninToken""#);
        self.add(
            name,
            document(&[value, key]),
            "read",
            BOTH,
            "eventName is written with \\u escapes, once the value and once the key",
        );
        let name = "blanked.json";
        let spaced = change(&self.hit(name, 1), pair, "\"eventName\" \t:\r\n \"GetSigninToken\"");
        let lower = change(&self.hit(name, 2), pair, r#""eventName":"getsignintoken""#);
        self.add(
            name,
            document(&[spaced, lower]),
            "read",
            BOTH,
            "blanks around the colon of one eventName, another case in the other",
        );
        let name = "doubled.json";
        let last = format!(r#""eventName":"ListUsers",{pair}"#);
        let first = format!(r#"{pair},"eventName":"ListUsers""#);
        let records =
            [change(&self.hit(name, 1), pair, &last), change(&self.hit(name, 2), pair, &first)];
        self.add(
            name,
            document(&records),
            "read",
            FIRST,
            "each record has two keys eventName, and the last one counts",
        );
        if let Some(case) = self.cases.last_mut() {
            case.absent.push(id(name, 2));
        }
    }

    /// Files that hold no records.
    fn foreign(&mut self) -> io::Result<()> {
        let digest = r#"{"awsAccountId":"111122223333","digestStartTime":"2026-03-01T00:00:00Z","digestEndTime":"2026-03-01T01:00:00Z","digestS3Bucket":"audit-logs","digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_audit-trail_us-east-1_20260301T010000Z.json.gz","digestPublicKeyFingerprint":"0123456789abcdef0123456789abcdef","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[]}"#;
        let name = "111122223333_CloudTrail-Digest_us-east-1_audit-trail_us-east-1_20260301T010000Z.json.gz";
        self.add(name, gzip(digest.as_bytes())?, "skipped", NONE, "a digest");
        self.add("SHA256SUMS", "0000  AWSLogs/none\n", "skipped", NONE, "a list of checksums");
        self.add("text.json", "this is not JSON\n", "failed", NONE, "text that is called .json");
        let name = "utf16.json";
        let text = self.hit(name, 1);
        let wide = ["\u{feff}", &text]
            .concat()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>();
        self.add(name, wide, "read", FIRST, "UTF-16, as shells of Windows write it");
        Ok(())
    }
}

/// `text` as gzip, with a block of a reserved type where `record` begins.
///
/// The stream is flushed before the record, so everything up to it can be inflated by any decoder, and
/// the three bits that follow say 11 where the type of a block stands.
fn corrupt(text: &str, record: &str) -> io::Result<Vec<u8>> {
    let at = text.find(record).unwrap_or(0);
    let whole = gzip(text.as_bytes())?;
    let mut packed = whole[..10].to_vec();
    let mut compress = Compress::new(Compression::new(6), false);
    let mut block = Vec::with_capacity(text.len() + 1024);
    let status = compress.compress_vec(&text.as_bytes()[..at], &mut block, FlushCompress::Full)?;
    assert_eq!(status, Status::Ok, "a flushed stream goes on");
    packed.extend_from_slice(&block);
    packed.extend_from_slice(&[0xff; 64]);
    packed.extend_from_slice(&whole[whole.len() - 8..]);
    Ok(packed)
}

/// Indents JSON; `text` must be whole.
fn pretty(text: &str) -> String {
    serde_json::from_str::<Value>(text)
        .map(|value| format!("{value:#}"))
        .expect("the generator makes JSON")
}
