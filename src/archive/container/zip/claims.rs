//! Which parts of an archive are accounted for.

use std::{collections::BTreeMap, ops::Range};

/// More separate parts are not kept. A sound archive has one: its files lie one behind the other.
const MOST_PARTS: usize = 1 << 18;

/// Parts of an archive that belong to something known.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Ends by starts; they neither overlap nor touch.
    parts: BTreeMap<usize, usize>,
    /// Some parts were not kept.
    overflowed: bool,
}

impl Claims {
    /// Adds a part.
    pub(super) fn add(&mut self, part: Range<usize>) {
        let Range { mut start, mut end } = part;
        if start >= end {
            return;
        }
        if let Some((&before, &until)) = self.parts.range(..=start).next_back()
            && until >= start
        {
            (start, end) = (before, end.max(until));
        }
        while let Some((&next, &until)) = self.parts.range(start..=end).next() {
            self.parts.remove(&next);
            end = end.max(until);
        }
        if self.parts.len() < MOST_PARTS {
            self.parts.insert(start, end);
        } else {
            self.overflowed = true;
        }
    }

    /// Whether a byte belongs to a part.
    pub(super) fn cover(&self, at: usize) -> bool {
        self.parts.range(..=at).next_back().is_some_and(|(_, &end)| end > at)
    }

    /// Parts were left out, so gaps may be none.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// What lies between the parts, in an archive of `length` bytes.
    pub(super) fn gaps(&self, length: usize) -> Vec<Range<usize>> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for (&start, &end) in &self.parts {
            if start > at {
                gaps.push(at..start.min(length));
            }
            at = end;
        }
        if at < length {
            gaps.push(at..length);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gaps_are_what_no_part_covers(
            parts in prop::collection::vec((0..100_usize, 0..30_usize), 0..20),
        ) {
            let mut claims = Claims::default();
            let mut covered = [false; 130];
            for (start, length) in parts {
                claims.add(start..start + length);
                covered[start..start + length].fill(true);
            }
            let mut open = [false; 130];
            claims.gaps(130).into_iter().for_each(|gap| open[gap].fill(true));
            for at in 0..130 {
                prop_assert_eq!(open[at], !covered[at]);
                prop_assert_eq!(claims.cover(at), covered[at]);
            }
        }
    }
}
