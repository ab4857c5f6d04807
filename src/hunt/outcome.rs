//! What became of a file, from what its stages said.
//!
//! Of several truths the gravest counts: failed, salvaged, skipped, read.

use crate::{
    cloudtrail::DigestName,
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

/// What an empty file comes to.
pub(super) fn empty(expected: bool) -> Outcome {
    let reason = "it is empty".to_owned();
    if expected { Outcome::Failed(reason) } else { Outcome::Skipped(reason) }
}

/// What a scanned file comes to. `expected`: the user named it, or its name ends like data.
/// `damage`: what was wrong with its packed form. `inflated`: bytes of text there were.
pub(super) fn judge(
    expected: bool,
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
        Content::Unknown(what) if expected => Outcome::Failed(what),
        Content::Unknown(what) => Outcome::Skipped(what),
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
            (true, Vec::new(), with(unknown(), &[]), Outcome::Failed("not JSON".to_owned())),
            (false, Vec::new(), with(unknown(), &[]), Outcome::Skipped("not JSON".to_owned())),
            (false, cut(), with(unknown(), &[]), Outcome::Failed("cut; not JSON".to_owned())),
            (
                false,
                Vec::new(),
                with(unknown(), &["perhaps"]),
                Outcome::Failed("not JSON; perhaps".to_owned()),
            ),
            (
                true,
                Vec::new(),
                with(Content::Stranger("digest"), &[]),
                Outcome::Skipped("digest".to_owned()),
            ),
            (true, cut(), with(Content::Trail, &[]), Outcome::Salvaged(vec!["cut".to_owned()])),
            (
                true,
                cut(),
                with(Content::Stranger("digest"), &[]),
                Outcome::Salvaged(vec!["cut".to_owned()]),
            ),
            (
                true,
                cut(),
                with(Content::Trail, &["broken"]),
                Outcome::Salvaged(vec!["cut".to_owned(), "broken".to_owned()]),
            ),
            (
                false,
                Vec::new(),
                with(Content::Trail, &["broken"]),
                Outcome::Salvaged(vec!["broken".to_owned()]),
            ),
            (true, Vec::new(), with(Content::Trail, &[]), Outcome::Read),
        ];
        for (expected, damage, mut scanned, outcome) in cases {
            assert_eq!(judge(expected, damage, 10, &mut scanned), outcome);
        }
    }

    #[test]
    fn a_damaged_file_that_gives_no_text_has_failed() {
        let mut nothing = with(Content::Trail, &[]);
        assert_eq!(
            judge(false, vec!["cut".to_owned()], 0, &mut nothing),
            Outcome::Failed("cut".to_owned())
        );
    }

    #[test]
    fn an_empty_file_fails_only_if_it_was_expected_to_hold_something() {
        assert!(matches!(empty(true), Outcome::Failed(_)));
        assert!(matches!(empty(false), Outcome::Skipped(_)));
    }
}
