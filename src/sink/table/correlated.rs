//! What a table says of a correlation's finding: group, count and time.

use std::fmt::Write as _;

use crate::finding::CorrelationFinding;

/// The values of the group; empty without `group-by`.
pub(super) fn values(finding: &CorrelationFinding<'_>) -> String {
    let values: Vec<_> = finding.group.iter().map(|(_, value)| value.unwrap_or("-")).collect();
    values.join(", ")
}

/// `12 in 4m10s, from 2026-03-05T02:14:07Z, name=value, name=value`.
pub(super) fn extent(finding: &CorrelationFinding<'_>) -> String {
    let seconds = finding.last.as_second() - finding.first.as_second();
    let count = finding.count.text();
    let mut told =
        format!("{count} in {}, from {}", duration(seconds.unsigned_abs()), finding.first);
    for (name, value) in &finding.group {
        // Writing to a string cannot fail.
        let _ = write!(told, ", {name}={}", value.unwrap_or("-"));
    }
    told
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
