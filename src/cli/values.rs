//! Values on the command line that need more than a word: times, sizes, placeholders.

use std::{
    fs,
    io::Read as _,
    num::{IntErrorKind, NonZeroUsize},
    path::Path,
    str::FromStr,
    thread,
};

use anyhow::{Context, Result, bail};
use backtrail::{
    catalog::technique,
    hunt::{Memory, Sample},
    sigma::Placeholders,
    text,
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};

/// A file of values over this many bytes is refused.
const MOST_VALUES: u64 = 64 << 20;

/// Reads an RFC 3339 time, or a date for its UTC midnight.
pub(super) fn parse_time(text: &str) -> Result<Timestamp> {
    let is_date =
        text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_date {
        let date = Date::from_str(text).with_context(|| "no such date, as in 2024-05-31")?;
        return Ok(Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))?);
    }
    match Timestamp::from_str(text) {
        Ok(time) => Ok(time),
        Err(_) if DateTime::from_str(text).is_ok() => {
            let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
            let text = text.replacen(' ', "T", 1);
            bail!("the time zone is missing: write {text}{seconds}Z")
        }
        Err(_) => {
            bail!("expected a time such as 2024-05-31T08:00:00Z, or a date such as 2024-05-31")
        }
    }
}

/// Reads a number that is at least 1.
pub(super) fn parse_count(text: &str) -> Result<u64> {
    match text.parse() {
        Ok(0) => bail!("must be at least 1"),
        Ok(count) => Ok(count),
        Err(_) if text.parse::<i64>().is_ok() => bail!("must be at least 1"),
        Err(_) => bail!("must be a whole number, at least 1"),
    }
}

/// Reads a number of days.
pub(super) fn parse_days(text: &str) -> Result<u32> {
    text.parse().ok().with_context(|| "must be a whole number of days, at least 0")
}

/// Reads a number of bytes: `65536`, `64KiB`, `256MiB`, `1GiB`.
pub(super) fn parse_size(text: &str) -> Result<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => bail!("give bytes, or a number with KiB, MiB or GiB, such as 64MiB"),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    match size.and_then(|size| usize::try_from(size).ok()) {
        Some(0) => bail!("must be at least 1 byte"),
        Some(size) => Ok(size),
        None => bail!("give bytes, or a number with KiB, MiB or GiB, such as 64MiB"),
    }
}

/// Reads a number of threads. More than four for each core only take memory.
pub(super) fn parse_threads(text: &str) -> Result<NonZeroUsize> {
    let most = most_threads();
    match text.parse::<NonZeroUsize>() {
        Ok(threads) if threads.get() <= most => Ok(threads),
        Err(error) if *error.kind() == IntErrorKind::Zero => bail!("must be at least 1"),
        Err(_) if text.parse::<i64>().is_ok_and(|number| number < 0) => bail!("must be at least 1"),
        Err(error) if *error.kind() != IntErrorKind::PosOverflow => {
            bail!("give a number of threads from 1 to {most}")
        }
        _ => bail!("at most {most} threads are of use here: four for each core, or 64"),
    }
}

fn most_threads() -> usize {
    thread::available_parallelism().map_or(0, NonZeroUsize::get).saturating_mul(4).max(64)
}

/// Reads the memory that a hunt may use.
pub(super) fn parse_memory(text: &str) -> Result<usize> {
    let size = parse_size(text).or_else(|error| if text == "0" { Ok(0) } else { Err(error) })?;
    if size < Memory::LEAST {
        bail!("give at least 16MiB; the default is 1GiB");
    }
    Ok(size)
}

/// Reads a share of a whole in percent: `5%`, `0.5 %`.
pub(super) fn parse_share(text: &str) -> Result<Sample> {
    let told = "give more than 0 % and at most 100 %, such as 5% or 0.25%";
    let Some(number) = text.trim_end().strip_suffix('%').map(str::trim) else { bail!(told) };
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || rest.len() > 4 {
        bail!(told);
    }
    let millionths = format!("{whole}{rest:0<4}").parse().unwrap_or(u32::MAX);
    if millionths == 0 || millionths > 1_000_000 {
        bail!(told);
    }
    Ok(Sample::new(millionths))
}

/// Reads the id of a technique of ATT&CK, in any case.
pub(super) fn parse_technique(text: &str) -> Result<String> {
    match technique(text) {
        Some(id) => Ok(id),
        None => bail!("give the id of a technique, such as T1078 or T1078.004"),
    }
}

/// An event, and who it must be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventName {
    pub(crate) provider: Option<String>,
    pub(crate) name: String,
}

/// Reads `NAME` and `PROVIDER:NAME`.
pub(super) fn parse_event(text: &str) -> Result<EventName> {
    let (provider, name) = match text.split_once(':') {
        Some((provider, name)) => (Some(provider), name),
        None => (None, text),
    };
    if name.is_empty() || provider.is_some_and(str::is_empty) {
        bail!("give an event name, such as GetSigninToken or signin.amazonaws.com:GetSigninToken");
    }
    Ok(EventName { provider: provider.map(str::to_owned), name: name.to_owned() })
}

/// Reads `NAME=VALUE` and `NAME=@FILE`, a value on each line that is not empty. A name given
/// again gets further values.
pub(super) fn parse_placeholders(given: &[String]) -> Result<Placeholders> {
    let mut placeholders = Placeholders::new();
    for text in given {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            bail!(
                "--placeholder {text}: give NAME=VALUE, or NAME=@FILE for a file with one value a line"
            );
        };
        let values = placeholders.entry(name.trim_matches('%').to_owned()).or_default();
        match value.strip_prefix('@') {
            Some(file) => values.extend(
                lines_of(Path::new(file)).with_context(|| format!("--placeholder {name}"))?,
            ),
            None => values.push(value.to_owned()),
        }
        if values.is_empty() {
            bail!("--placeholder {text}: the file has no values, give one a line");
        }
    }
    Ok(placeholders)
}

/// The file that `NAME=@FILE` names.
pub(super) fn placeholder_file(given: &str) -> Option<&Path> {
    given.split_once('=')?.1.strip_prefix('@').map(Path::new)
}

#[expect(clippy::disallowed_methods, reason = "the file is named on the command line")]
fn lines_of(file: &Path) -> Result<Vec<String>> {
    let about = || format!("cannot read {}", file.display());
    let mut bytes = Vec::new();
    let file = fs::File::open(file).with_context(about)?;
    file.take(MOST_VALUES + 1).read_to_end(&mut bytes).with_context(about)?;
    if bytes.len() as u64 > MOST_VALUES {
        bail!("{}: it has more than {MOST_VALUES} bytes", about());
    }
    let text = text::decode(&bytes).with_context(about)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_utc_midnight() -> Result<()> {
        assert_eq!(parse_time("2024-05-31")?.to_string(), "2024-05-31T00:00:00Z");
        assert_eq!(parse_time("2024-05-31T08:00:00+02:00")?.to_string(), "2024-05-31T06:00:00Z");
        Ok(())
    }

    #[test]
    fn a_time_without_a_zone_is_shown_with_one() {
        for (text, shown) in [
            ("2024-05-01T00:00", "2024-05-01T00:00:00Z"),
            ("2024-05-01 10:30", "2024-05-01T10:30:00Z"),
            ("2024-05-31T08:00:00", "2024-05-31T08:00:00Z"),
        ] {
            let error = parse_time(text).map_err(|error| error.to_string());
            assert_eq!(error, Err(format!("the time zone is missing: write {shown}")));
            assert!(parse_time(shown).is_ok());
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-02-30",
            "2024-13-01",
            "2024-05-31T08:00:00",
            "31.05.2024",
            "1717142400",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_or_have_a_binary_unit() -> Result<()> {
        for (text, size) in [
            ("1", 1),
            ("64KiB", 65_536),
            ("256MiB", 256 << 20),
            ("1GiB", 1 << 30),
            ("2 mib", 2 << 20),
        ] {
            assert_eq!(parse_size(text)?, size, "{text}");
        }
        for text in
            ["", "0", "MiB", "64MB", "-1", "1.5GiB", "99999999999999999999", "99999999999GiB"]
        {
            assert!(parse_size(text).is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn threads_have_a_ceiling() -> Result<()> {
        assert_eq!(parse_threads("64")?.get(), 64);
        let most = most_threads();
        assert_eq!(parse_threads(&most.to_string())?.get(), most);
        let more = (most + 1).to_string();
        for text in ["0", "", "-1", "many", "1.5", "100000000", "99999999999999999999999", &more] {
            assert!(parse_threads(text).is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_share_is_a_percentage_of_the_files() -> Result<()> {
        for (text, millionths) in
            [("5%", 50_000), ("100%", 1_000_000), ("0.25 %", 2_500), ("0.0001%", 1)]
        {
            assert_eq!(parse_share(text)?.millionths(), millionths, "{text}");
        }
        for text in ["", "5", "%", "0%", "101%", "-5%", "5.%", ".5%", "0.00001%", "9999999999%"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn an_event_may_name_its_provider() -> Result<()> {
        let event = parse_event("signin.amazonaws.com:GetSigninToken")?;
        assert_eq!(event.provider.as_deref(), Some("signin.amazonaws.com"));
        assert_eq!(event.name, "GetSigninToken");
        assert_eq!(parse_event("GetSigninToken")?.provider, None);
        assert!(
            parse_event("").is_err() && parse_event(":x").is_err() && parse_event("x:").is_err()
        );
        Ok(())
    }

    #[test]
    fn placeholders_gather_their_values() -> Result<()> {
        let given = ["admins=root", "admins=break-glass", "nets=10.0.0.0/8=x"].map(str::to_owned);
        let placeholders = parse_placeholders(&given)?;
        assert_eq!(placeholders["admins"], ["root", "break-glass"]);
        assert_eq!(placeholders["nets"], ["10.0.0.0/8=x"]);
        for bad in ["admins", "=root", "admins=@/no/such/file"] {
            assert!(parse_placeholders(&[bad.to_owned()]).is_err(), "{bad}");
        }
        Ok(())
    }
}
