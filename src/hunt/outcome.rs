//! What became of a file, from what its stages said.
//!
//! Of several truths the gravest counts: failed, salvaged, skipped, read.

use crate::{
    cloudtrail::{DigestName, Key, is_log_of_other_service},
    coverage::Outcome,
    scan::{Content, Scanned},
};

/// Endings by which a name promises data. A file with such a name that cannot be understood has
/// failed, one with another name was merely lying there.
const DATA_ENDINGS: [&str; 24] = [
    "json", "jsonl", "ndjson", "gz", "gzip", "zst", "zstd", "csv", "tsv", "zip", "tar", "tgz",
    "tzst", "bz2", "tbz2", "xz", "txz", "lzma", "lz4", "7z", "rar", "parquet", "orc", "avro",
];

/// Whether a name ends like data, ignoring case. What people keep beside a digest, such as its
/// metadata, is none.
pub(super) fn named_like_data(name: &str) -> bool {
    let beside = DigestName::parse(name)
        .is_some_and(|digest| !["", ".json", ".json.gz"].contains(&&name[digest.stem.len()..]));
    if beside {
        return false;
    }
    let folders = memchr::memrchr2(b'/', b'\\', name.as_bytes()).map_or(0, |at| at + 1);
    memchr::memrchr(b'.', &name.as_bytes()[folders..]).is_some_and(|dot| {
        let ending = &name[folders + dot + 1..];
        DATA_ENDINGS.iter().any(|data| ending.eq_ignore_ascii_case(data))
    })
}

/// Whether a name ends like that of a bundle, ignoring case.
pub(super) fn named_like_bundle(name: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        ".zip",
        ".tar",
        ".tgz",
        ".tzst",
        ".tbz2",
        ".tar.gz",
        ".tar.gzip",
        ".tar.zst",
        ".tar.zstd",
        ".tar.bz2",
    ];
    let name = name.as_bytes();
    ENDINGS.iter().any(|ending| {
        let from = name.len().checked_sub(ending.len());
        from.is_some_and(|from| name[from..].eq_ignore_ascii_case(ending.as_bytes()))
    })
}

/// What a file is expected to hold. A file that holds something else has failed, or was merely
/// lying there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A log: the user named the file, or it has the name of a log file of AWS.
    Log,
    /// Data: its name ends like that.
    Data,
    /// A table, as its name says.
    Table,
    /// Nothing.
    Nothing,
}

impl Expected {
    /// What a file of this name is expected to hold, which nobody named.
    pub(super) fn by_name(name: &str) -> Self {
        let is_table = || {
            let (_, ending) = name.rsplit_once('.').unwrap_or_default();
            ["csv", "tsv"].iter().any(|table| ending.eq_ignore_ascii_case(table))
        };
        match named_like_data(name) {
            false => Self::Nothing,
            true if is_log_of_other_service(name) => Self::Nothing,
            // Tables in the folders of logs are what people left there.
            true if is_table() && !Key::names_a_file(name) => Self::Table,
            true if Key::parse(name).is_some_and(|key| key.family == "CloudTrail") => Self::Log,
            true => Self::Data,
        }
    }

    /// Whether a text that is not understood is a bystander, beside the logs and no loss.
    ///
    /// What shows no sign of `CloudTrail` holds no record, if it can be read: a whole table, a whole
    /// document of JSON, or a text that nobody takes for either. A text that should be JSON and is
    /// not may be what was left of a log, such as the page of an error.
    fn is_bystander(self, scanned: &Scanned) -> bool {
        match self {
            Self::Log => false,
            Self::Data => !scanned.has_signs && scanned.is_other_data,
            Self::Table => !scanned.has_signs,
            Self::Nothing => true,
        }
    }
}

/// What an empty file comes to.
pub(super) fn empty(expected: Expected) -> Outcome {
    let reason = "it is empty".to_owned();
    match expected {
        Expected::Nothing => Outcome::Skipped(reason),
        _ => Outcome::Failed(reason),
    }
}

/// What a scanned file comes to. `damage`: what was wrong with its packed form. `inflated`: bytes of
/// text there were.
pub(super) fn judge(
    expected: Expected,
    damage: Vec<String>,
    inflated: u64,
    scanned: &mut Scanned,
) -> Outcome {
    let mut reasons = damage;
    match std::mem::take(&mut scanned.content) {
        // It began as a packed file does, so it is no bystander, and nothing could be made of it.
        Content::Unknown(what) if !reasons.is_empty() => {
            reasons.push(what);
            Outcome::Failed(reasons.join("; "))
        }
        _ if inflated == 0 && !reasons.is_empty() => Outcome::Failed(reasons.join("; ")),
        Content::Unknown(what) if !scanned.damage.is_empty() => {
            Outcome::Failed(format!("{what}; {}", scanned.damage.join("; ")))
        }
        Content::Unknown(what) if expected.is_bystander(scanned) => Outcome::Skipped(what),
        Content::Unknown(what) => Outcome::Failed(what),
        content => {
            reasons.append(&mut scanned.damage);
            match content {
                _ if !reasons.is_empty() => Outcome::Salvaged(reasons),
                Content::Stranger(what) => Outcome::Skipped(what.to_owned()),
                _ => Outcome::Read,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(content: Content, damage: &[&str]) -> Scanned {
        Scanned {
            content,
            damage: damage.iter().map(ToString::to_string).collect(),
            ..Scanned::default()
        }
    }

    #[test]
    fn names_end_like_data_in_any_case_and_only_at_the_end() {
        for name in ["a.json", "x/b.JSON.GZ", "logs.tar.gz", "c.Zst", "d.ndjson", ".json"] {
            assert!(named_like_data(name), "{name}");
        }
        let digest = "1_CloudTrail-Digest_us-east-1_t_us-east-1_20260305T010000Z.json";
        for ending in ["", ".gz"] {
            assert!(named_like_data(&format!("{digest}{ending}")), "{ending}");
        }
        for ending in [".gz.head.json", ".head.json", ".sig"] {
            assert!(!named_like_data(&format!("{digest}{ending}")), "{ending}");
        }
        for name in ["README", "notes.txt", "a.json/readme", "json", "gz", "a.json.bak", ""] {
            assert!(!named_like_data(name), "{name}");
        }
    }

    #[test]
    fn the_gravest_truth_counts() {
        let unknown = || Content::Unknown("not JSON".to_owned());
        let cut = || vec!["cut".to_owned()];
        let cases = [
            (
                Expected::Log,
                Vec::new(),
                with(unknown(), &[]),
                Outcome::Failed("not JSON".to_owned()),
            ),
            (
                Expected::Nothing,
                Vec::new(),
                with(unknown(), &[]),
                Outcome::Skipped("not JSON".to_owned()),
            ),
            (
                Expected::Nothing,
                cut(),
                with(unknown(), &[]),
                Outcome::Failed("cut; not JSON".to_owned()),
            ),
            (
                Expected::Nothing,
                Vec::new(),
                with(unknown(), &["perhaps"]),
                Outcome::Failed("not JSON; perhaps".to_owned()),
            ),
            (
                Expected::Log,
                Vec::new(),
                with(Content::Stranger("digest"), &[]),
                Outcome::Skipped("digest".to_owned()),
            ),
            (
                Expected::Log,
                cut(),
                with(Content::Trail, &[]),
                Outcome::Salvaged(vec!["cut".to_owned()]),
            ),
            (
                Expected::Log,
                cut(),
                with(Content::Stranger("digest"), &[]),
                Outcome::Salvaged(vec!["cut".to_owned()]),
            ),
            (
                Expected::Log,
                cut(),
                with(Content::Trail, &["broken"]),
                Outcome::Salvaged(vec!["cut".to_owned(), "broken".to_owned()]),
            ),
            (
                Expected::Nothing,
                Vec::new(),
                with(Content::Trail, &["broken"]),
                Outcome::Salvaged(vec!["broken".to_owned()]),
            ),
            (Expected::Log, Vec::new(), with(Content::Trail, &[]), Outcome::Read),
        ];
        for (expected, damage, mut scanned, outcome) in cases {
            assert_eq!(judge(expected, damage, 10, &mut scanned), outcome);
        }
    }

    #[test]
    fn a_damaged_file_that_gives_no_text_has_failed() {
        let mut nothing = with(Content::Trail, &[]);
        assert_eq!(
            judge(Expected::Nothing, vec!["cut".to_owned()], 0, &mut nothing),
            Outcome::Failed("cut".to_owned())
        );
    }

    #[test]
    fn an_empty_file_fails_only_if_it_was_expected_to_hold_something() {
        for expected in [Expected::Log, Expected::Data, Expected::Table] {
            assert!(matches!(empty(expected), Outcome::Failed(_)));
        }
        assert!(matches!(empty(Expected::Nothing), Outcome::Skipped(_)));
    }

    #[test]
    fn names_say_what_is_expected() {
        let log = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/05/a.json.gz";
        let file = "x/111122223333_CloudTrail_us-east-1_20260305T0130Z_0a1B2c3D4e5F6g7H.json.gz";
        for (name, expected) in [
            (log, Expected::Log),
            (file, Expected::Log),
            ("LICENSE-3rdparty.csv", Expected::Table),
            ("x/a.TSV", Expected::Table),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/05/LICENSE.csv", Expected::Table),
            ("111122223333_CloudTrail_us-east-1_20260305T0130Z_0a1B2c3D.csv", Expected::Log),
            ("a.csv.gz", Expected::Data),
            ("package.json", Expected::Data),
            ("AWSLogs/111122223333/GuardDuty/us-east-1/2026/03/05/a.jsonl.gz", Expected::Nothing),
            ("csv", Expected::Nothing),
            ("README.md", Expected::Nothing),
        ] {
            assert_eq!(Expected::by_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_text_without_signs_is_a_bystander_unless_it_was_expected_to_be_a_log() {
        let outcome = |expected, has_signs, is_other_data, damage: &[&str]| {
            let unknown = with(Content::Unknown("a table".to_owned()), damage);
            let mut scanned = Scanned { has_signs, is_other_data, ..unknown };
            matches!(judge(expected, Vec::new(), 10, &mut scanned), Outcome::Skipped(_))
        };
        for (expected, has_signs, is_other_data, skipped) in [
            (Expected::Log, false, true, false),
            (Expected::Data, false, true, true),
            (Expected::Data, true, true, false),
            (Expected::Data, false, false, false),
            (Expected::Table, false, false, true),
            (Expected::Table, true, true, false),
            (Expected::Nothing, true, false, true),
        ] {
            let told = format!("{expected:?} {has_signs} {is_other_data}");
            assert_eq!(outcome(expected, has_signs, is_other_data, &[]), skipped, "{told}");
            assert!(!outcome(expected, has_signs, is_other_data, &["broken"]), "{told}");
        }
    }
}
