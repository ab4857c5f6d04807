//! What a correlation found: the group, the time, and the first events.

use super::{held::Held, row};
use crate::rule::Number;

/// What a correlation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Number of the correlation.
    pub correlation: usize,
    /// The group: a text for each name of `group-by`, `None` where events have nothing.
    pub group: Vec<Option<String>>,
    /// The value that was compared: the largest of the windows that were merged.
    pub count: Number,
    /// Time of the first event, in nanoseconds since the Unix epoch.
    pub first: i128,
    /// Time of the last event.
    pub last: i128,
    /// The first of its events, packed.
    pub(super) events: Vec<u8>,
    /// How many of them are packed.
    pub(super) listed: u64,
    /// How many more there are. Of findings over findings, an event behind several of them may count more
    /// than once here.
    pub(super) unlisted: u64,
}

impl Alert {
    /// How many events are behind it.
    pub fn total(&self) -> u64 {
        self.listed + self.unlisted
    }

    /// Adds the events of a row, as far as they are listed.
    pub(super) fn add(&mut self, event: &Held) {
        self.unlisted += event.unlisted;
        for (time, id) in row::events(&event.events) {
            if self.listed < MOST_LISTED && self.events.len() < MOST_LISTED_BYTES {
                self.listed += 1;
                row::push_event(time, id, &mut self.events);
            } else {
                self.unlisted += 1;
            }
        }
    }

    /// Adds the events of another finding: each counts once, and the first are listed.
    pub(super) fn unite(&mut self, event: &Held) {
        self.unlisted += event.unlisted;
        self.events.extend_from_slice(&event.events);
        if self.events.len() > 2 * MOST_LISTED_BYTES {
            self.settle();
        }
    }

    /// Puts united events in order, each once.
    pub(super) fn settle(&mut self) {
        let packed = std::mem::take(&mut self.events);
        let mut events: Vec<_> = row::events(&packed).collect();
        events.sort_unstable();
        events.dedup_by(|a, b| a.1.is_some() && a == b);
        self.listed = 0;
        for (time, id) in events {
            if self.listed == 0 {
                self.first = self.first.min(time);
            }
            if self.listed < MOST_LISTED && self.events.len() < MOST_LISTED_BYTES {
                self.listed += 1;
                row::push_event(time, id, &mut self.events);
            } else {
                self.unlisted += 1;
            }
        }
    }

    /// Times and ids of the listed events, in order of time.
    pub fn events(&self) -> impl Iterator<Item = (i128, Option<&str>)> {
        row::events(&self.events)
    }
}

/// So many events of a finding are listed at most.
const MOST_LISTED: u64 = 10_000;

/// No more events are listed behind so many bytes of them.
const MOST_LISTED_BYTES: usize = 1 << 20;
