//! What a table says of a correlation's finding: group, count and time.

use crate::finding::CorrelationFinding;

/// `name=value, name=value`; empty without `group-by`.
pub(super) fn group(finding: &CorrelationFinding<'_>) -> String {
    let pair = |(name, value): &(&str, Option<&str>)| format!("{name}={}", value.unwrap_or("-"));
    finding.group.iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// `12 in 4m10s, from 2026-03-05T02:14:07Z`.
pub(super) fn extent(finding: &CorrelationFinding<'_>) -> String {
    let seconds = finding.last.as_second() - finding.first.as_second();
    format!(
        "{} in {}, from {}",
        finding.count.text(),
        duration(seconds.unsigned_abs()),
        finding.first
    )
}

/// The two largest units of a time: `45s`, `4m10s`, `3d4h`.
fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str, u64, &str); 3] =
        [(86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")];
    for (unit, name, part, part_name) in UNITS {
        if seconds >= unit {
            let rest = seconds % unit / part;
            let rest = if rest > 0 { format!("{rest}{part_name}") } else { String::new() };
            return format!("{}{name}{rest}", seconds / unit);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let shown = [0, 45, 60, 250, 3600, 7500, 86_399, 86_400, 273_599].map(duration);
        assert_eq!(shown, ["0s", "45s", "1m", "4m10s", "1h", "2h5m", "23h59m", "1d", "3d3h"]);
    }
}
