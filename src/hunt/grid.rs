//! Which days of which account and region were searched, and which are missing between them.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit, civil::Date};

use crate::{
    cloudtrail::Key,
    coverage::{GridCell, GridDay},
    scan::Scanned,
};

/// Days in a row without a file that are named one by one. A longer gap is given as its first and
/// last day, `2024-01-01/2031-05-06`, so that one odd key cannot fill the record.
const NAMED_HOLES: i32 = 400;

/// Files and records by account, region and day of the key.
#[derive(Debug, Default)]
pub(super) struct Grid {
    cells: BTreeMap<(String, String), BTreeMap<Date, Day>>,
}

#[derive(Debug, Default)]
struct Day {
    files: u64,
    records: u64,
    events: Option<(Timestamp, Timestamp)>,
}

impl Grid {
    /// Counts a file that was searched, and gives whether it has a place here: one whose name is no AWS
    /// key has none.
    pub(super) fn file(&mut self, name: &str, scanned: &Scanned) -> bool {
        let Some(key) = Key::parse(name) else { return false };
        let cell = self.cells.entry((key.account.to_owned(), key.region.to_owned())).or_default();
        let day = cell.entry(key.day).or_default();
        day.files += 1;
        day.records += scanned.records;
        day.events = [day.events, scanned.event_times].into_iter().flatten().reduce(widened);
        true
    }

    /// The grid as the coverage report shows it.
    pub(super) fn cells(self) -> Vec<GridCell> {
        self.cells
            .into_iter()
            .filter_map(|((account, region), days)| cell(account, region, days))
            .collect()
    }
}

/// The range of times that holds both.
pub(super) fn widened(
    a: (Timestamp, Timestamp),
    b: (Timestamp, Timestamp),
) -> (Timestamp, Timestamp) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// A range of times as the coverage report shows it.
pub(super) fn shown((first, last): (Timestamp, Timestamp)) -> (String, String) {
    (first.to_string(), last.to_string())
}

fn cell(account: String, region: String, days: BTreeMap<Date, Day>) -> Option<GridCell> {
    let (first, _) = days.first_key_value()?;
    let (last, _) = days.last_key_value()?;
    Some(GridCell {
        account,
        region,
        first_day: first.to_string(),
        last_day: last.to_string(),
        holes: holes(days.keys().copied()),
        days: days
            .into_iter()
            .map(|(date, day)| {
                let (first_event, last_event) = day.events.map(shown).unzip();
                GridDay {
                    day: date.to_string(),
                    files: day.files,
                    records: day.records,
                    first_event,
                    last_event,
                }
            })
            .collect(),
    })
}

/// The days between the first and the last of `days` that are not among them.
fn holes(days: impl Iterator<Item = Date>) -> Vec<String> {
    let mut holes = Vec::new();
    let mut before: Option<Date> = None;
    for day in days {
        if let Some(before) = before {
            let gap = before.until((Unit::Day, day)).map_or(0, |span| span.get_days());
            match (before.tomorrow(), day.yesterday()) {
                (Ok(first), Ok(last)) if gap - 1 > NAMED_HOLES => {
                    holes.push(format!("{first}/{last}"));
                }
                (Ok(first), Ok(_)) => {
                    let missing = first
                        .series(jiff::Span::new().days(1))
                        .take_while(|missing| *missing < day);
                    holes.extend(missing.map(|missing| missing.to_string()));
                }
                _ => {}
            }
        }
        before = Some(day);
    }
    holes
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn holes_are_the_days_between() {
        let days = [date(2024, 2, 27), date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 4)];
        assert_eq!(holes(days.into_iter()), ["2024-02-28", "2024-02-29", "2024-03-03"]);
        assert!(holes([date(2024, 1, 1)].into_iter()).is_empty());
    }

    #[test]
    fn a_gap_of_centuries_is_one_line() {
        let days = [date(1, 1, 1), date(2024, 1, 1), date(9999, 12, 31)];
        assert_eq!(holes(days.into_iter()), ["0001-01-02/2023-12-31", "2024-01-02/9999-12-30"]);
    }

    #[test]
    fn the_last_day_of_the_calendar_is_no_trap() {
        assert!(holes([date(9999, 12, 30), date(9999, 12, 31)].into_iter()).is_empty());
    }
}
