//! Blind spots: what the records themselves tell of what was never written.
//!
//! Changes of logging are kept once, whatever number of copies there are, and put into the order of
//! time. An interval begins where a trail was stopped or deleted and ends where the same trail was
//! started again; one that does not end within the archive is open. A bounded number is kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, Unit};

use crate::{
    coverage::{BlindSpots, NarrowedLogging, StoppedLogging},
    scan::{Change, Families, LoggingChange, Scanned, Trail},
};

/// Changes that are kept of a whole archive.
const MOST: usize = 10_000;

/// Blind spots as they are met.
#[derive(Debug, Default)]
pub(super) struct Blind {
    omitted: u64,
    rebuilt: u64,
    families: Families,
    changes: BTreeSet<LoggingChange>,
    more: u64,
}

impl Blind {
    /// Counts a file that was searched.
    pub(super) fn file(&mut self, scanned: &mut Scanned) {
        self.omitted += scanned.omitted_parameters;
        self.rebuilt += scanned.rebuilt_records;
        self.families.add(scanned.families);
        self.more += scanned.logging.more;
        for change in scanned.logging.changes.drain(..) {
            if self.changes.len() < MOST || self.changes.contains(&change) {
                self.changes.insert(change);
            } else {
                self.more += 1;
            }
        }
    }

    /// All of them, as the coverage report shows them.
    pub(super) fn spots(self) -> BlindSpots {
        let families = Families::NAMES.into_iter().zip(self.families.seen());
        let mut spots = BlindSpots {
            omitted_parameters: self.omitted,
            rebuilt_records: self.rebuilt,
            families: families.map(|(family, seen)| (family.into(), seen)).collect(),
            logging_changes_not_kept: self.more,
            ..BlindSpots::default()
        };
        let mut stopped: BTreeMap<Trail, usize> = BTreeMap::new();
        for LoggingChange { time, trail, change } in self.changes {
            match change {
                Change::Stopped(by) => {
                    stopped.entry(trail).or_insert_with_key(|trail| {
                        spots.stopped_logging.push(interval(trail, time, by));
                        spots.stopped_logging.len() - 1
                    });
                }
                Change::Started => {
                    if let Some(open) = stopped.remove(&trail) {
                        close(&mut spots.stopped_logging[open], time);
                    }
                }
                Change::Narrowed(by, ways) => spots.narrowed_logging.push(NarrowedLogging {
                    account: trail.account,
                    region: trail.region,
                    trail: trail.name,
                    time: time.to_string(),
                    by: by.into(),
                    ways,
                }),
            }
        }
        let hours = spots.stopped_logging.iter().filter_map(|stopped| stopped.hours);
        // The sum of nothing would be a negative zero.
        spots.hours_of_stopped_logging = rounded(hours.fold(0.0, |sum, hours| sum + hours));
        spots
    }
}

fn interval(trail: &Trail, from: Timestamp, by: &'static str) -> StoppedLogging {
    StoppedLogging {
        account: trail.account.clone(),
        region: trail.region.clone(),
        trail: trail.name.clone(),
        by: by.into(),
        from: from.to_string(),
        to: None,
        hours: None,
    }
}

fn close(stopped: &mut StoppedLogging, to: Timestamp) {
    let from = stopped.from.parse::<Timestamp>().unwrap_or(to);
    stopped.to = Some(to.to_string());
    stopped.hours = from.until(to).and_then(|span| span.total(Unit::Hour)).map(rounded).ok();
}

/// Hours with two decimals.
fn rounded(hours: f64) -> f64 {
    (hours * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Logging;

    fn change(time: &str, name: &str, change: Change) -> LoggingChange {
        let trail =
            Trail { account: "1".to_owned(), region: "r".to_owned(), name: name.to_owned() };
        LoggingChange { time: time.parse().expect("a time"), trail, change }
    }

    fn spots(changes: Vec<LoggingChange>) -> BlindSpots {
        let mut blind = Blind::default();
        for change in changes {
            let logging = Logging { changes: vec![change], more: 0 };
            blind.file(&mut Scanned { logging, ..Scanned::default() });
        }
        blind.spots()
    }

    #[test]
    fn an_interval_ends_where_the_same_trail_starts_whatever_the_order_of_files() {
        let stop = Change::Stopped("StopLogging");
        let spots = spots(vec![
            change("2026-01-01T12:30:00Z", "a", Change::Started),
            change("2026-01-01T09:00:00Z", "a", stop.clone()),
            change("2026-01-01T09:00:00Z", "a", stop.clone()),
            change("2026-01-01T10:00:00Z", "a", Change::Stopped("DeleteTrail")),
            change("2026-01-01T11:00:00Z", "b", Change::Started),
            change("2026-01-01T13:00:00Z", "b", stop.clone()),
            change("2026-01-02T00:00:00Z", "a", stop),
            change("2026-01-02T00:15:00Z", "a", Change::Started),
        ]);
        let told: Vec<_> = spots
            .stopped_logging
            .iter()
            .map(|stopped| (stopped.trail.as_str(), &*stopped.by, stopped.hours))
            .collect();
        assert_eq!(
            told,
            [
                ("a", "StopLogging", Some(3.5)),
                ("b", "StopLogging", None),
                ("a", "StopLogging", Some(0.25))
            ]
        );
        assert!((spots.hours_of_stopped_logging - 3.75).abs() < 1e-9);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_rest_counted() {
        let second = |index: usize| {
            let time = Timestamp::from_second(i64::try_from(index).unwrap_or(0)).expect("a time");
            LoggingChange { time, ..change("2026-01-01T00:00:00Z", "a", Change::Started) }
        };
        let spots = spots((0..MOST + 7).chain(0..5).map(second).collect());
        assert_eq!(spots.logging_changes_not_kept, 7);
    }
}
