//! Hits: where in a text the gates saw a literal, and which rules that concerns.

use std::collections::HashMap;

use super::Families;

/// Names a set of rules in [`RuleSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SetId(u32);

impl SetId {
    /// No rule.
    pub(super) const EMPTY: Self = Self(0);
    /// Every rule.
    pub(super) const ALL: Self = Self(1);
}

/// Sets of rules, each a row of bits, equal ones kept once.
#[derive(Debug, Clone)]
pub(super) struct RuleSets {
    words: usize,
    rows: Vec<u64>,
    known: HashMap<Box<[u64]>, SetId>,
}

impl RuleSets {
    /// Holds the empty set and the set of all `rules`.
    pub(super) fn new(rules: usize) -> Self {
        let words = rules.div_ceil(64).max(1);
        let mut sets = Self { words, rows: Vec::new(), known: HashMap::new() };
        sets.intern(&vec![0; words]);
        let mut all = vec![0; words];
        (0..rules).for_each(|rule| insert(&mut all, rule));
        // Without rules the two are equal; the second row keeps its name all the same.
        if sets.intern(&all) == SetId::EMPTY {
            sets.rows.extend_from_slice(&all);
        }
        sets
    }

    /// Words of one row.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// How many sets there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The name of the set with these bits.
    pub(super) fn intern(&mut self, row: &[u64]) -> SetId {
        if let Some(&id) = self.known.get(row) {
            return id;
        }
        let id = SetId(u32::try_from(self.rows.len() / self.words).unwrap_or(u32::MAX));
        self.rows.extend_from_slice(row);
        self.known.insert(row.into(), id);
        id
    }

    /// The bits of a set.
    pub(super) fn row(&self, id: SetId) -> &[u64] {
        let from = id.0 as usize * self.words;
        &self.rows[from..from + self.words]
    }
}

/// Adds a rule to a row of bits.
pub(super) fn insert(row: &mut [u64], rule: usize) {
    row[rule / 64] |= 1 << (rule % 64);
}

/// The rules of a row of bits, ascending.
pub(super) fn rules_in(row: &[u64]) -> impl Iterator<Item = usize> {
    row.iter().enumerate().flat_map(|(word, &bits)| {
        std::iter::successors((bits != 0).then_some(bits), |bits| {
            let rest = bits & (bits - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |bits| word * 64 + bits.trailing_zeros() as usize)
    })
}

/// Something a gate saw at a byte of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// A byte inside the record it concerns.
    pub(super) at: usize,
    /// The rules for which that record is a candidate.
    pub(super) set: SetId,
}

/// The hits in one text, by position.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) list: Vec<Hit>,
    /// There were so many that every record counts as hit for every rule: the list stays bounded.
    pub(super) everywhere: bool,
    /// Places of the marker for parameters that AWS left out.
    pub(super) omitted: Vec<usize>,
    /// Families of events that were named.
    pub(super) families: Families,
    most: usize,
}

impl Hits {
    /// Forgets everything, for a text of this many bytes.
    pub(super) fn clear(&mut self, text_length: usize) {
        self.list.clear();
        self.everywhere = false;
        self.omitted.clear();
        self.families = Families::default();
        self.most = text_length / 64 + 1024;
    }

    pub(super) fn push(&mut self, at: usize, set: SetId) {
        if set == SetId::EMPTY {
            return;
        }
        if self.list.len() < self.most {
            self.list.push(Hit { at, set });
        } else {
            self.everywhere = true;
        }
    }

    /// Puts the hits of all gates in the order of the text.
    pub(super) fn sort(&mut self) {
        self.list.sort_unstable_by_key(|hit| hit.at);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.everywhere
    }
}
