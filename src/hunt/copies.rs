//! Copies: what was found before, and what was found of one action in several accounts.
//!
//! The first finding of a (rule, event) in file order stays. What was found is remembered as hashes:
//! 24 bytes for each finding written, between 29 and 58 with the table around them, and for the time
//! in which that table grows half as much again. Nothing is remembered of records that no rule
//! matched, so memory goes with findings, not with the years of the archive.

use std::collections::{HashMap, hash_map::Entry};

use super::spool::Mark;

/// What was found, as far as copies must be told.
#[derive(Debug)]
pub(super) struct Copies {
    /// Content of the first finding of each unit; nothing if copies are kept.
    seen: Option<HashMap<[u8; 16], [u8; 8]>>,
    /// Findings by their `sharedEventID`, if they have one.
    shared: HashMap<[u8; 8], Shared>,
}

/// Findings with one `sharedEventID`.
#[derive(Debug, Clone, Copy)]
struct Shared {
    /// Event of the first.
    event: [u8; 8],
    /// Findings until now, as long as all are of that event.
    alone: u32,
    /// Another event was found as well.
    mixed: bool,
}

/// What a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// The first of its unit.
    New,
    /// A copy of a finding with the same content.
    Copy,
    /// A copy of a finding with another content.
    Conflict,
}

impl Copies {
    /// Tells copies, or only shared events.
    pub(super) fn new(drop: bool) -> Self {
        Self { seen: drop.then(HashMap::new), shared: HashMap::new() }
    }

    /// What the finding is; from now on it is known.
    pub(super) fn meet(&mut self, mark: &Mark) -> Seen {
        let Some(seen) = &mut self.seen else { return Seen::New };
        match seen.entry(mark.unit) {
            Entry::Vacant(new) => {
                new.insert(mark.content);
                Seen::New
            }
            Entry::Occupied(first) if *first.get() == mark.content => Seen::Copy,
            Entry::Occupied(_) => Seen::Conflict,
        }
    }

    /// How many more findings, with this one, share their `sharedEventID` with one of another event.
    pub(super) fn sharing(&mut self, mark: &Mark) -> u64 {
        let Some(id) = mark.shared else { return 0 };
        match self.shared.entry(id) {
            Entry::Vacant(new) => {
                new.insert(Shared { event: mark.event, alone: 1, mixed: false });
                0
            }
            Entry::Occupied(mut held) => {
                let held = held.get_mut();
                if held.mixed {
                    return 1;
                }
                if held.event == mark.event {
                    held.alone = held.alone.saturating_add(1);
                    return 0;
                }
                held.mixed = true;
                u64::from(held.alone) + 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(unit: u64) -> Mark {
        let mut mark = Mark::default();
        // Spread as hashes are.
        let spread = unit.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mark.unit[..8].copy_from_slice(&spread.to_le_bytes());
        mark
    }

    #[test]
    fn a_finding_takes_less_than_sixty_bytes_to_remember() {
        let mut copies = Copies::new(true);
        // Just beyond a doubling of the table, where it is emptiest.
        let findings = 7 * (1 << 14) + 1;
        for unit in 0..findings {
            assert_eq!(copies.meet(&mark(unit)), Seen::New);
        }
        let seen = copies.seen.as_ref().expect("copies are told");
        // The table has a byte beside each slot, and an eighth of the slots stays empty.
        let slots = seen.capacity() / 7 * 8;
        let bytes = slots * (size_of::<([u8; 16], [u8; 8])>() + 1);
        let each = bytes as u64 / findings;
        assert!((24..60).contains(&each), "{each}");
        assert_eq!(size_of::<([u8; 8], Shared)>(), 24);
    }

    #[test]
    fn copies_that_differ_are_conflicts_with_the_first() {
        let mut copies = Copies::new(true);
        let other = Mark { content: [1; 8], ..mark(1) };
        assert_eq!(
            [mark(1), mark(1), other, other, mark(2)].map(|mark| copies.meet(&mark)),
            [Seen::New, Seen::Copy, Seen::Conflict, Seen::Conflict, Seen::New]
        );
        let mut keeping = Copies::new(false);
        assert_eq!([mark(1), mark(1)].map(|mark| keeping.meet(&mark)), [Seen::New, Seen::New]);
    }

    #[test]
    fn findings_are_counted_that_share_an_action_with_another_event() {
        let mut copies = Copies::new(true);
        let of = |shared, event| Mark { shared: Some([shared; 8]), event: [event; 8], ..mark(1) };
        // Two of one event, then one of another: all three share.
        let counts = [of(1, 1), of(1, 1), of(2, 9), of(1, 2), of(1, 1), of(2, 9), mark(1)];
        assert_eq!(counts.map(|mark| copies.sharing(&mark)), [0, 0, 0, 3, 1, 0, 0]);
    }
}
