//! What an object key says: account, region, family and day of delivery.
//!
//! Reading a key never guesses: a name that does not have one of the two forms AWS writes has no
//! key, and what has no key is never pruned. Regions are not compared with a list, as partitions
//! and regions come and go.

use jiff::civil::Date;

/// The name of a log file as it is shown, and as it is where that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileName {
    /// The name as given to us; what is not UTF-8 is replaced by U+FFFD.
    pub display: String,
    /// The raw bytes in hex, only for a name that is not UTF-8.
    pub raw_hex: Option<String>,
}

impl FileName {
    /// The name that these bytes are.
    pub fn of(name: &[u8]) -> Self {
        if let Ok(text) = str::from_utf8(name) {
            return Self { display: text.to_owned(), raw_hex: None };
        }
        Self { display: String::from_utf8_lossy(name).into_owned(), raw_hex: Some(hex(name)) }
    }

    /// The name of a file inside this one, which is known there by `inner`.
    #[must_use]
    pub fn inside(&self, inner: &[u8]) -> Self {
        let Self { display, raw_hex } = Self::of(inner);
        let raw =
            |hex: &Option<String>, bytes: &[u8]| hex.clone().unwrap_or_else(|| self::hex(bytes));
        let raw_hex = (self.raw_hex.is_some() || raw_hex.is_some())
            .then(|| raw(&self.raw_hex, self.display.as_bytes()) + "21" + &raw(&raw_hex, inner));
        Self { display: format!("{}!{display}", self.display), raw_hex }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The parts of an AWS object key, `[prefix/]AWSLogs/[org/]account/family/region/YYYY/MM/DD/file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'n> {
    /// The account whose log this is.
    pub account: &'n str,
    /// What kind of file: `CloudTrail`, `CloudTrail-Digest`, `CloudTrail-Insight` ...
    pub family: &'n str,
    /// The region that delivered the file.
    pub region: &'n str,
    /// Day of delivery, UTC.
    pub day: Date,
}

impl<'n> Key<'n> {
    /// Reads a name (with `/` between its parts, and `!` before a name inside an archive).
    ///
    /// The folders decide; without them the file name does, which people keep when they copy files
    /// out of their folders. `None` if the name has neither form: saved Lake query results, which
    /// have no region, are such.
    pub fn parse(name: &'n str) -> Option<Self> {
        Self::from_folders(name).or_else(|| Self::from_file_name(name))
    }

    /// Whether a name ends with the name of a file that AWS delivers, whatever its folders.
    pub fn names_a_file(name: &str) -> bool {
        Key::from_file_name(name).is_some()
    }

    /// The last `AWSLogs` that begins a whole key counts: prefixes and outer archives may hold the
    /// same word.
    fn from_folders(name: &'n str) -> Option<Self> {
        aws_logs(name).find_map(Self::below_aws_logs)
    }

    fn below_aws_logs(rest: &'n str) -> Option<Self> {
        let mut parts = rest.split('/');
        let mut account = parts.next()?;
        if is_organization(account) {
            account = parts.next()?;
        }
        let family = parts.next()?;
        let region = parts.next()?;
        let day = date(parts.next()?, parts.next()?, parts.next()?)?;
        // A folder is not a key: something has to stand behind the day.
        parts.next().filter(|file| !file.is_empty())?;
        Self::checked(account, family, region, day)
    }

    /// `<account>_<family>_<region>_<YYYYMMDD>T<HHmm>Z_<unique>...`. Old names lack the underscore
    /// after the time, and digests have the trail's name and home region before it.
    fn from_file_name(name: &'n str) -> Option<Self> {
        let file = name.rsplit(['/', '!', '\\']).next()?;
        let mut parts = file.split('_');
        let account = parts.next()?;
        let family = parts.next()?;
        let region = parts.next()?;
        let day = if family == "CloudTrail-Digest" {
            // The trail's name may itself look like a time, so the last one counts.
            parts.filter_map(day_of_time).next_back()?
        } else {
            day_of_time(parts.next()?)?
        };
        Self::checked(account, family, region, day)
    }

    fn checked(account: &'n str, family: &'n str, region: &'n str, day: Date) -> Option<Self> {
        let is_key = is_account(account) && family.starts_with("CloudTrail") && is_region(region);
        is_key.then_some(Self { account, family, region, day })
    }
}

/// Whether a name is that of a log of another service, in the same bucket as those of `CloudTrail`.
pub fn is_log_of_other_service(name: &str) -> bool {
    const SERVICES: [&str; 9] = [
        "CloudFront",
        "Config",
        "GuardDuty",
        "WAFLogs",
        "elasticloadbalancing",
        "network-firewall",
        "redshift",
        "vpcdnsquerylogs",
        "vpcflowlogs",
    ];
    aws_logs(name).next().is_some_and(|below| {
        let mut parts = below.split('/').skip_while(|part| is_organization(part));
        parts.next().is_some_and(is_account)
            && parts.next().is_some_and(|family| SERVICES.contains(&family))
    })
}

/// What follows each `AWSLogs/` in a name, the last first.
fn aws_logs(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    memchr::memrchr_iter(b'A', bytes).filter_map(move |at| {
        let begins_a_part = at == 0 || matches!(bytes[at - 1], b'/' | b'!');
        name[at..].strip_prefix("AWSLogs/").filter(|_| begins_a_part)
    })
}

fn is_account(part: &str) -> bool {
    part.len() == 12 && all_digits(part)
}

fn is_organization(part: &str) -> bool {
    part.strip_prefix("o-").is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

fn is_region(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn all_digits(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
}

/// The day of a part that begins like `20140620T1255Z` or `20140620T125500Z`.
fn day_of_time(part: &str) -> Option<Date> {
    let (day, rest) = part.split_once('T')?;
    let (clock, _) = rest.split_once('Z')?;
    let is_clock = (clock.len() == 4 || clock.len() == 6) && all_digits(clock);
    if !is_clock || day.len() != 8 || !all_digits(day) {
        return None;
    }
    date(&day[..4], &day[4..6], &day[6..])
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let widths = (year.len(), month.len(), day.len());
    if widths != (4, 2, 2) || ![year, month, day].into_iter().all(all_digits) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn key(name: &str) -> Option<(&str, &str, &str, Date)> {
        Key::parse(name).map(|key| (key.account, key.family, key.region, key.day))
    }

    #[test]
    fn a_key_is_read_with_prefix_and_without() {
        let expected = Some(("123456789012", "CloudTrail", "us-east-1", date(2024, 2, 29)));
        for prefix in ["", "some/prefix/", "./", "/mnt/bucket/", "AWSLogs/", "xAWSLogs/"] {
            let name = format!("{prefix}AWSLogs/123456789012/CloudTrail/us-east-1/2024/02/29/a.gz");
            assert_eq!(key(&name), expected, "{name}");
        }
    }

    #[test]
    fn logs_of_other_services_are_known_by_their_folder() {
        for name in [
            "AWSLogs/123456789012/GuardDuty/us-east-1/2026/03/05/a.jsonl.gz",
            "case.zip!p/AWSLogs/o-abc123def4/123456789012/WAFLogs/us-east-1/acl/a.log.gz",
            "AWSLogs/123456789012/CloudTrail/AWSLogs/123456789012/vpcflowlogs/a",
        ] {
            assert!(is_log_of_other_service(name), "{name}");
        }
        for name in [
            "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/05/a.json.gz",
            "AWSLogs/123456789012/vpcflowlogs/AWSLogs/123456789012/CloudTrail/a.json",
            "AWSLogs/123456789012/SomethingElse/a.json",
            "AWSLogs/GuardDuty/a.json",
            "GuardDuty/a.json",
        ] {
            assert!(!is_log_of_other_service(name), "{name}");
        }
    }

    #[test]
    fn an_organization_may_stand_before_the_account() {
        let name = "AWSLogs/o-abc123def4/123456789012/CloudTrail-Insight/cn-north-1/2024/01/02/a";
        assert_eq!(
            key(name),
            Some(("123456789012", "CloudTrail-Insight", "cn-north-1", date(2024, 1, 2)))
        );
    }

    #[test]
    fn a_name_inside_an_archive_has_a_key() {
        let name = "case.zip!AWSLogs/123456789012/CloudTrail/us-gov-west-1/2024/01/02/a.json.gz";
        assert_eq!(
            key(name),
            Some(("123456789012", "CloudTrail", "us-gov-west-1", date(2024, 1, 2)))
        );
    }

    #[test]
    fn the_file_name_does_where_folders_are_missing() {
        let expected = Some(("123456789012", "CloudTrail", "us-west-1", date(2014, 6, 20)));
        for name in [
            "123456789012_CloudTrail_us-west-1_20140620T1255Z_ABCDEFGHIJKLMNOP.json.gz",
            "123456789012_CloudTrail_us-west-1_20140620T1255ZHdkvFTXOA3Vnhbc.json.gz",
            "flat/copy.tar!123456789012_CloudTrail_us-west-1_20140620T1255Z_A.json",
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_inside_another_keeps_the_bytes_of_both() {
        let outer = FileName::of(b"a.zip");
        let inner = outer.inside(b"b\xff.tar").inside(b"c.json");
        assert_eq!(inner.display, "a.zip!b\u{fffd}.tar!c.json");
        let raw = "612e7a69702162ff2e74617221632e6a736f6e".to_owned();
        assert_eq!(inner.raw_hex, Some(raw));
        assert_eq!(outer.inside(b"c").raw_hex, None);
    }

    #[test]
    fn a_digest_has_its_time_at_the_end_of_its_name() {
        let name = "123456789012_CloudTrail-Digest_us-east-2_my_20200101T0000Z_trail_us-east-1_\
                    20240305T235900Z.json.gz";
        assert_eq!(
            key(name),
            Some(("123456789012", "CloudTrail-Digest", "us-east-2", date(2024, 3, 5)))
        );
    }

    #[test]
    fn the_folders_decide_against_the_file_name() {
        let name = "AWSLogs/123456789012/CloudTrail/eu-west-1/2024/01/03/\
                    999999999999_CloudTrail_us-east-1_20240102T2359Z_A.json.gz";
        assert_eq!(key(name), Some(("123456789012", "CloudTrail", "eu-west-1", date(2024, 1, 3))));
    }

    #[test]
    fn other_names_have_no_key() {
        for name in [
            "",
            "AWSLogs",
            "AWSLogs/",
            "flaws_cloudtrail00.json.gz",
            "AWSLogs/123456789012/CloudTrail/us-east-1/2024/02/29",
            "AWSLogs/123456789012/CloudTrail/us-east-1/2024/02/29/",
            "AWSLogs/123456789012/CloudTrail/us-east-1/2024/02/30/a.gz",
            "AWSLogs/123456789012/CloudTrail/us-east-1/2024/2/9/a.gz",
            "AWSLogs/12345678901/CloudTrail/us-east-1/2024/02/09/a.gz",
            "AWSLogs/123456789012/elasticloadbalancing/us-east-1/2024/02/09/a.gz",
            "AWSLogs/123456789012/CloudTrail-Lake/Query/2024/02/09/id/result_1.csv.gz",
            "AWSLogs/123456789012/CloudTrail//2024/02/09/a.gz",
            "123456789012_vpcflowlogs_us-east-1_fl-1_20240102T0000Z_a.log.gz",
            "123456789012_CloudTrail_us-east-1_2024\u{e9}102T0000Z_a.json.gz",
            "123456789012_CloudTrail_us-east-1_20240102T00Z_a.json.gz",
        ] {
            assert_eq!(key(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_too_odd(name in "(AWSLogs|[/!_TZ0-9]|o-a|CloudTrail|123456789012|.)*") {
            if let Some(key) = Key::parse(&name) {
                prop_assert!(name.contains(key.account));
                prop_assert!(key.family.starts_with("CloudTrail"));
            }
        }
    }
}
