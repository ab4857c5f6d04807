//! Copies: what was found before, and what was found of one action in several accounts.
//!
//! The first finding of a (rule, event) in file order stays. What was found is remembered as hashes, in memory
//! and beyond that on disk, exactly. Nothing is remembered of records that no rule matched.

use std::io;

use super::{
    memory::Memory,
    seen::{Seen as Known, Unit},
    spool::{Mark, SharedAction},
};
use crate::sort::Sorter;

/// What was found, as far as copies must be told.
#[derive(Debug)]
pub(super) struct Copies {
    /// Content of the first finding of each unit; nothing if copies are kept.
    known: Option<Known>,
    /// Findings that have a `sharedEventID` and a recipient, by these.
    shared: Sorter,
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
    pub(super) fn new(drop: bool, memory: Memory) -> Self {
        Self {
            known: drop.then(|| Known::new(memory.of_copies())),
            shared: Sorter::new(memory.of_shared()),
        }
    }

    /// What the finding is; from now on it is known.
    pub(super) fn meet(&mut self, mark: &Mark) -> io::Result<Seen> {
        let Some(known) = &mut self.known else { return Ok(Seen::New) };
        Ok(match known.meet(mark.unit, mark.content)? {
            None => Seen::New,
            Some(first) if first == mark.content => Seen::Copy,
            Some(_) => Seen::Conflict,
        })
    }

    /// Takes a finding that is shown, as one that may share its action with another.
    pub(super) fn share(&mut self, mark: &Mark) -> io::Result<()> {
        let Some(SharedAction { id, recipient }) = mark.shared else { return Ok(()) };
        self.shared.push(&[id, recipient].concat(), &[])
    }

    /// How many findings share their action with a finding in another account.
    pub(super) fn shared(self) -> io::Result<u64> {
        let mut total = 0;
        let mut action = Action::default();
        self.shared.finish(&mut |key, _| {
            let mut both = Unit::default();
            both.copy_from_slice(key);
            if action.findings > 0 && action.last[..8] == both[..8] {
                action.is_mixed |= action.last != both;
                action.findings += 1;
            } else {
                total += action.shared();
                action = Action { last: both, findings: 1, is_mixed: false };
            }
            Ok(true)
        })?;
        Ok(total + action.shared())
    }
}

/// Findings of one action, one after the other.
#[derive(Debug, Default)]
struct Action {
    /// Action and recipient of the last.
    last: Unit,
    findings: u64,
    /// There are several recipients.
    is_mixed: bool,
}

impl Action {
    fn shared(&self) -> u64 {
        if self.is_mixed { self.findings } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(unit: u8) -> Mark {
        Mark { unit: [unit; 16], ..Mark::default() }
    }

    #[test]
    fn copies_that_differ_are_conflicts_with_the_first() -> io::Result<()> {
        for memory in [Memory(0), Memory::default()] {
            let mut copies = Copies::new(true, memory);
            let other = Mark { content: [1; 8], ..mark(1) };
            for (mark, seen) in [
                (mark(1), Seen::New),
                (mark(1), Seen::Copy),
                (other, Seen::Conflict),
                (other, Seen::Conflict),
                (mark(2), Seen::New),
            ] {
                assert_eq!(copies.meet(&mark)?, seen);
            }
        }
        let mut keeping = Copies::new(false, Memory::default());
        assert_eq!([keeping.meet(&mark(1))?, keeping.meet(&mark(1))?], [Seen::New, Seen::New]);
        Ok(())
    }

    #[test]
    fn findings_are_counted_that_share_an_action_with_another_account() -> io::Result<()> {
        let of = |id, recipient| Mark {
            shared: Some(SharedAction { id: [id; 8], recipient: [recipient; 8] }),
            ..mark(1)
        };
        // Three in one account and one in another share an action. Many in one account share with none.
        let marks = [of(1, 1), of(1, 1), of(2, 9), of(1, 2), of(1, 1), of(2, 9), mark(1)];
        let mut copies = Copies::new(true, Memory::default());
        for mark in &marks {
            copies.share(mark)?;
        }
        assert_eq!(copies.shared()?, 4);
        Ok(())
    }
}
