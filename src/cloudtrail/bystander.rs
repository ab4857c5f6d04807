//! Files that operating systems and people leave beside evidence and that hold none.
//!
//! The content decides, so a log file with the name of a bystander is still evidence. A text that
//! contains the name of a field that each record has is never a bystander.

use std::borrow::Cow;

use memchr::memmem;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::Key;

/// Lines of lists are at most this long, in bytes: a hash and a key with room to spare.
const LONGEST_LINE: usize = 4096;

/// Hex digits in MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512.
const HASH_DIGITS: [usize; 6] = [32, 40, 56, 64, 96, 128];

/// What a file beside evidence is, or `None` if it may hold evidence. `text` is all of it, after
/// decompression.
///
/// Recognized: `AppleDouble`, `.DS_Store`, `:Zone.Identifier`, `desktop.ini`, `Thumbs.db`, lists of
/// checksums, lists of files, inventories of buckets, lists of public keys and empty files without a log
/// file's name.
pub fn bystander(name: &str, text: &[u8]) -> Option<&'static str> {
    let file = name.rsplit(['/', '\\', '!']).next().unwrap_or(name);
    if text.is_empty() {
        return is_no_log_name(name).then_some("empty file");
    }
    let ascii = as_ascii(text);
    if holds_field_names(&ascii) {
        return None;
    }
    // RFC 1740: AppleDouble files begin with this number and a version.
    if text.starts_with(&[0, 5, 0x16, 7, 0, 2, 0, 0]) || text.starts_with(&[0, 5, 0x16, 7, 0, 1]) {
        return Some("AppleDouble file");
    }
    if text.starts_with(b"\0\0\0\x01Bud1") {
        return Some(".DS_Store file");
    }
    let is_thumbnails =
        file.eq_ignore_ascii_case("thumbs.db") || file.eq_ignore_ascii_case("ehthumbs.db");
    if is_thumbnails && text.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return Some("Thumbs.db file");
    }
    let text = ascii.trim_ascii();
    if text.starts_with(b"[ZoneTransfer]") && is_ini(text) {
        return Some("Zone.Identifier file");
    }
    if file.eq_ignore_ascii_case("desktop.ini") && is_ini(text) {
        return Some("desktop.ini file");
    }
    if text.starts_with(b"{") {
        return known_object(text);
    }
    if every_line(text, is_checksum) {
        return Some("list of checksums");
    }
    every_line(text, names_a_file).then_some("list of files")
}

/// Whether an empty file of that name is no log file that lost its content.
fn is_no_log_name(name: &str) -> bool {
    const DATA: [&str; 5] = ["json", "gz", "zst", "zip", "tar"];
    let ending = name.rsplit(['/', '\\', '!', '.']).next().unwrap_or(name);
    !Key::names_a_file(name)
        && !name.contains("_CloudTrail")
        && !DATA.iter().any(|data| ending.eq_ignore_ascii_case(data))
}

/// The text without a byte order mark; of UTF-16 without the zero bytes, which leaves ASCII as it
/// is.
fn as_ascii(text: &[u8]) -> Cow<'_, [u8]> {
    match text {
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => {
            Cow::Owned(rest.iter().copied().filter(|&byte| byte != 0).collect())
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        _ => Cow::Borrowed(text),
    }
}

fn holds_field_names(text: &[u8]) -> bool {
    ["eventVersion", "eventSource", "eventName"]
        .iter()
        .any(|field| memmem::find(text, field.as_bytes()).is_some())
}

/// Whether every line that is not blank passes, and there is one.
fn every_line(text: &[u8], passes: impl Fn(&[u8]) -> bool) -> bool {
    !text.is_empty()
        && text
            .split(|&byte| matches!(byte, b'\n' | b'\r'))
            .map(<[u8]>::trim_ascii)
            .all(|line| line.is_empty() || (line.len() <= LONGEST_LINE && passes(line)))
}

fn is_ini(text: &[u8]) -> bool {
    every_line(text, |line| match line {
        [b'[', .., b']'] | [b';', ..] => true,
        _ => line.iter().position(|&byte| byte == b'=').is_some_and(|at| at > 0),
    })
}

/// A line of `sha256sum`, of its BSD form, or a hash alone.
fn is_checksum(line: &[u8]) -> bool {
    let is_hash =
        |text: &[u8]| HASH_DIGITS.contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit);
    let line = line.strip_prefix(b"\\").unwrap_or(line);
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (first, rest) = line.split_at(end);
    if is_hash(first) && (rest.is_empty() || matches!(rest.first(), Some(b' ' | b'\t' | b','))) {
        return true;
    }
    let hash = memmem::rfind(line, b") = ").map(|at| &line[at + 4..]);
    hash.is_some_and(is_hash) && (line.starts_with(b"SHA") || line.starts_with(b"MD5"))
}

/// A line of `find`, of `aws s3 ls` or of an inventory.
fn names_a_file(line: &[u8]) -> bool {
    const ENDINGS: [&str; 4] = [".json.gz", ".json", ".csv.gz", "AWSLogs/"];
    !line.contains(&b'{')
        && ENDINGS.iter().any(|ending| memmem::find(line, ending.as_bytes()).is_some())
}

/// What a text is that is a JSON object with the members of an S3 inventory's manifest, or of what
/// `aws s3api list-objects-v2`, `list-object-versions` and `aws cloudtrail list-public-keys` print.
fn known_object(text: &[u8]) -> Option<&'static str> {
    let members = serde_json::from_slice::<Members>(text).ok()?.0;
    if members.contains(&"PublicKeyList") {
        return Some("list of public keys");
    }
    let is_inventory = members.contains(&"Contents")
        || members.contains(&"Versions")
        || ["sourceBucket", "destinationBucket", "files"]
            .iter()
            .all(|member| members.contains(member));
    is_inventory.then_some("list of stored objects")
}

/// Which members of an inventory an object has.
struct Members(Vec<&'static str>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                const KNOWN: [&str; 6] = [
                    "Contents",
                    "Versions",
                    "sourceBucket",
                    "destinationBucket",
                    "files",
                    "PublicKeyList",
                ];
                let mut found = Vec::new();
                while let Some((name, IgnoredAny)) =
                    map.next_entry::<Cow<'de, str>, IgnoredAny>()?
                {
                    let known = KNOWN.iter().find(|known| **known == name);
                    found.extend(known.filter(|known| !found.contains(*known)));
                }
                Ok(Members(found))
            }
        }
        from.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xFF, 0xFE].into_iter().chain(units).collect()
    }

    #[test]
    fn bystanders_are_recognized_by_content() {
        let log = "111122223333_CloudTrail_us-east-1_20260305T0130Z_AAAAAAAAAAAAAAAA.json.gz";
        let hash = "0aF1".repeat(16);
        let files: &[(&str, Vec<u8>, &str)] = &[
            ("a/._x.json.gz", b"\0\x05\x16\x07\0\x02\0\0Mac OS X".to_vec(), "AppleDouble file"),
            ("x.json.gz", b"\0\x05\x16\x07\0\x02\0\0Mac OS X".to_vec(), "AppleDouble file"),
            (".DS_Store", b"\0\0\0\x01Bud1\0\0".to_vec(), ".DS_Store file"),
            ("a.zip!Thumbs.db", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0".to_vec(), "Thumbs.db file"),
            (
                "x:Zone.Identifier",
                b"[ZoneTransfer]\r\nZoneId=3\r\n".to_vec(),
                "Zone.Identifier file",
            ),
            ("desktop.ini", b"[.ShellClassInfo]\r\nCLSID={0AF}\r\n".to_vec(), "desktop.ini file"),
            ("Desktop.ini", utf16("[ViewState]\r\nMode=\r\n"), "desktop.ini file"),
            ("x.sha256", hash.clone().into_bytes(), "list of checksums"),
            ("SHA256SUMS", format!("{hash}  {log}\n{hash} *b\n").into_bytes(), "list of checksums"),
            ("sums", utf16(&format!("{hash}  {log}\r\n")), "list of checksums"),
            ("CHECKSUM", format!("SHA256 ({log}) = {hash}\n").into_bytes(), "list of checksums"),
            ("k.json", br#"{"PublicKeyList":[]}"#.to_vec(), "list of public keys"),
            ("files.txt", format!("./{log}\n./b.json\n").into_bytes(), "list of files"),
            (
                "i.csv",
                format!("\"bucket\",\"AWSLogs/1/{log}\",\"12\"\n").into_bytes(),
                "list of files",
            ),
            ("o.json", br#"{"Contents": [{"Key": "k"}]}"#.to_vec(), "list of stored objects"),
            (
                "manifest.json",
                br#"{"sourceBucket":"b","destinationBucket":"c","files":[]}"#.to_vec(),
                "list of stored objects",
            ),
            (".gitkeep", Vec::new(), "empty file"),
        ];
        for (name, text, what) in files {
            assert_eq!(bystander(name, text), Some(*what), "{name}");
        }
    }

    #[test]
    fn what_may_be_evidence_is_no_bystander_whatever_its_name() {
        let record = br#"{"Records":[{"eventVersion":"1.10","eventName":"StopLogging"}]}"#;
        let hash = "ab".repeat(32);
        for name in ["._x.json", ".DS_Store", "Thumbs.db", "desktop.ini", "a.sha256"] {
            assert_eq!(bystander(name, record), None, "{name}");
            let mut behind = format!("{hash}  x\n").into_bytes();
            behind.extend_from_slice(record);
            assert_eq!(bystander(name, &behind), None, "{name}");
        }
        let hidden = format!("{hash}  {}", String::from_utf8_lossy(record).replace('"', "\\\""));
        assert_eq!(bystander("a.sha256", hidden.as_bytes()), None);
        assert_eq!(bystander("a.sha256", &utf16(&hidden)), None);
        let double = [b"\0\x05\x16\x07\0\x02\0\0".as_slice(), record].concat();
        assert_eq!(bystander("._x.json", &double), None);
        for text in ["{}", "{\"Records\":[]}", "notes", "\n", "[1,2]", "abcd"] {
            assert_eq!(bystander("x.json", text.as_bytes()), None, "{text:?}");
        }
        // An OLE file of another name may be a workbook of records.
        assert_eq!(bystander("events.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), None);
        let log = "1_CloudTrail_us-east-1_20260305T0130Z_AAAAAAAAAAAAAAAA.json.gz";
        for name in [log, "empty.json", "1_CloudTrail-Digest_r_t_r_20260305T010000Z"] {
            assert_eq!(bystander(name, b""), None, "{name}");
        }
    }
}
