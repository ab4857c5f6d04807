//! The two gates over required literals: text to hits.
//!
//! What they let pass is a candidate, no more. They may only over-approximate: a wrong *maybe* costs
//! time, a wrong *no* loses a finding. Three things keep them sound beside the literals themselves.
//! A record with `\u` in it may spell anything and passes for every rule; so does one with U+212A or
//! U+017F, which fold to the ASCII letters k and s. Where a literal was seen, the record around it
//! is a candidate for all rules of that literal. And a rule without a gate has every record.

use memchr::memmem::Finder;

use super::{
    beside::{Beside, BesideScratch},
    bounds::{Bounds, Rest},
    fingerprints::Literals,
    flaw::{Flaw, Planted},
    hits::{Hits, RuleSets, SetId, insert},
    key_filter::{self, ANCHOR_KEY, CATEGORY_KEY, VERSION_KEY},
    logging,
    name_gate::{NameCache, NameGate},
    survey,
};
use crate::{
    engine::{Engine, Place, RulePrefilter},
    simd::{self, Filter, Instance, InstanceError, Rows},
};

/// Why a scanner cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The rules hold more event names than an automaton can take.
    #[error("the rules hold too many event names")]
    Names(#[from] aho_corasick::BuildError),
    /// The kernel that the environment asks for cannot run.
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

/// The gates of one engine.
#[derive(Debug)]
pub(super) struct Prefilter {
    sets: RuleSets,
    names: NameGate,
    literals: Option<Literals>,
    /// Finds keys where there are no literals.
    keys: Filter,
    instance: &'static Instance,
    beside: Option<Beside>,
    /// A literal anywhere has a slash, so escaped slashes must be looked for. Gate A lets names with
    /// an escape pass by itself.
    slashes: bool,
    folding: [Finder<'static>; 2],
    /// All rules of gate B.
    anywhere: SetId,
    /// Rules without a gate, if there are any.
    ungated: Option<SetId>,
    /// The bit of records that may tell of logging itself: it stands for no rule.
    watch: usize,
    planted: Planted,
}

/// What a worker keeps for the gates.
#[derive(Debug)]
pub(super) struct GateScratch {
    pub(super) sets: RuleSets,
    pub(super) hits: Hits,
    pub(super) bounds: Bounds,
    names: NameCache,
    beside: BesideScratch,
}

/// Sets of rules beyond this many are forgotten between texts.
const MOST_SETS: usize = 1 << 16;

impl Prefilter {
    /// The gates for the rules of `engine`.
    pub(super) fn new(engine: &Engine, planted: Planted) -> Result<Self, ScanError> {
        // Behind the rules stands one more bit, for records that tell of logging itself.
        let watch = engine.len();
        let mut sets = RuleSets::new(watch + 1);
        let mut names: Vec<(usize, Vec<(Place, &str)>)> = Vec::new();
        let mut anywhere: Vec<(Vec<u8>, Vec<u64>)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut ungated = vec![0; sets.words()];
        let beside = Beside::new(engine, sets.words());
        for rule in 0..engine.len() {
            match engine.prefilter(rule) {
                RulePrefilter::EventName(set) => {
                    names.push((
                        rule,
                        set.iter().map(|literal| (literal.place, literal.text.as_str())).collect(),
                    ));
                }
                RulePrefilter::Literal(needles) => {
                    for needle in needles {
                        let index = *known.entry(needle.clone()).or_insert(anywhere.len());
                        if index == anywhere.len() {
                            anywhere.push((needle.clone(), vec![0; sets.words()]));
                        }
                        insert(&mut anywhere[index].1, rule);
                    }
                }
                RulePrefilter::None => insert(&mut ungated, rule),
            }
        }
        let logging = logging::literals();
        names.push((watch, logging.iter().map(|(place, text)| (*place, text.as_str())).collect()));
        let names: Vec<(usize, &[(Place, &str)])> =
            names.iter().map(|(rule, set)| (*rule, set.as_slice())).collect();
        let names = NameGate::new(&names, &mut sets)?;
        let slashes = anywhere.iter().any(|(needle, _)| needle.contains(&b'/'));
        let mut all_anywhere = vec![0; sets.words()];
        for (_, row) in &anywhere {
            all_anywhere.iter_mut().zip(row).for_each(|(word, bits)| *word |= bits);
        }
        let literals: Vec<_> =
            anywhere.into_iter().map(|(needle, row)| (needle, sets.intern(&row))).collect();
        Ok(Self {
            names,
            literals: (!literals.is_empty()).then(|| Literals::new(literals, true, planted)),
            keys: key_filter::keys(),
            instance: simd::selected()?,
            beside,
            slashes,
            anywhere: sets.intern(&all_anywhere),
            folding: ["\u{212a}", "\u{17f}"]
                .map(|letter| Finder::new(letter.as_bytes()).into_owned()),
            ungated: ungated.iter().any(|&bits| bits != 0).then(|| sets.intern(&ungated)),
            watch,
            sets,
            planted,
        })
    }

    /// What a worker needs to search.
    pub(super) fn scratch(&self) -> GateScratch {
        GateScratch {
            sets: self.sets.clone(),
            hits: Hits::default(),
            bounds: Bounds::default(),
            names: NameCache::default(),
            beside: BesideScratch::default(),
        }
    }

    /// Takes from the candidates of a record those whose second set of literals it does not hold, and
    /// gives the rules that were taken.
    pub(super) fn look_beside<'s>(
        &self,
        record: &[u8],
        candidates: &mut [u64],
        scratch: &'s mut GateScratch,
    ) -> &'s [u64] {
        match &self.beside {
            Some(beside) => beside.refuse(self.instance, record, candidates, &mut scratch.beside),
            None => &[],
        }
    }

    /// Takes from a record's candidates the bit that is none, and gives whether it was there: the record
    /// may tell of logging itself.
    pub(super) fn take_watched(&self, candidates: &mut [u64]) -> bool {
        let (word, bit) = (self.watch / 64, 1 << (self.watch % 64));
        let watched = candidates[word] & bit != 0;
        candidates[word] &= !bit;
        watched
    }

    /// The rules that have no gate: every record is a candidate for them.
    pub(super) fn ungated(&self) -> Option<SetId> {
        self.ungated
    }

    /// Fills `scratch.hits` with what the gates see in `text`.
    pub(super) fn search(&self, text: &[u8], scratch: &mut GateScratch) {
        if scratch.sets.len() > MOST_SETS {
            scratch.sets = self.sets.clone();
            scratch.names = NameCache::default();
        }
        let GateScratch { sets, hits, bounds, names, .. } = scratch;
        hits.clear(text.len());
        bounds.begin(text);
        // Where the text begins as AWS begins one, the bounds of its records are found as well.
        let with_bounds = bounds.told() != (0, Rest::Everything);
        let (filter, fingerprints) = match &self.literals {
            Some(literals) => (literals.filter(), true),
            None => (&self.keys, false),
        };
        let place_of_key = key_filter::start(0, fingerprints).wrapping_neg();
        let mut rows = Rows::new(self.instance, text, filter, with_bounds);
        let mut search =
            Search { gates: self, text, sets, names, hits, bounds, literals: false, hidden: 0 };
        while let Some(row) = rows.next_row() {
            if with_bounds {
                search.bounds.row(text, row, place_of_key);
            }
            while let Some(at) = row.next_place() {
                let key = key_filter::start(at, fingerprints);
                if text.get(key..).is_some_and(|text| text.starts_with(ANCHOR_KEY)) {
                    // Each record has a name.
                    if with_bounds {
                        // No bracket is between the key and its place.
                        search.bounds.name(text, key, row.depth(at));
                    }
                    search.name(key);
                } else {
                    search.other(at, key);
                }
                if let Some(literals) = &self.literals {
                    search.literal(literals, at);
                }
            }
        }
        let mut is_mixed = search.literals;
        if self.literals.is_some() && !rows.is_ascii() && !self.planted.has(Flaw::NoFoldCheck) {
            for letter in &self.folding {
                letter.find_iter(text).for_each(|at| hits.push(at, self.anywhere));
            }
            is_mixed = true;
        }
        if self.planted.has(Flaw::PlainNamesOnly) {
            hits.list.retain(|hit| hit.set != self.names.served());
        }
        if is_mixed {
            hits.sort();
        }
    }
}

/// The search of one text.
struct Search<'s> {
    gates: &'s Prefilter,
    text: &'s [u8],
    sets: &'s mut RuleSets,
    names: &'s mut NameCache,
    hits: &'s mut Hits,
    bounds: &'s mut Bounds,
    /// Literals were found: their hits are not in the order of the others.
    literals: bool,
    /// See [`Literals::look`].
    hidden: usize,
}

impl Search<'_> {
    /// Looks at the key [`ANCHOR_KEY`] at `key`.
    #[inline]
    fn name(&mut self, key: usize) {
        let Self { gates, text, sets, names, hits, .. } = self;
        gates.names.look(text, key, key + ANCHOR_KEY.len(), sets, names, hits);
    }

    /// Looks at a place where something else may begin: the key of an event at `key`, or anything else
    /// at `at`.
    #[inline]
    fn other(&mut self, at: usize, key: usize) {
        let Some(text) = self.text.get(key..) else { return self.escape_or_omission(at) };
        if text.starts_with(CATEGORY_KEY) {
            self.hits.families.note(text);
        } else if text.starts_with(VERSION_KEY) {
            self.bounds.version(key);
        } else {
            self.escape_or_omission(at);
        }
    }

    #[inline]
    fn escape_or_omission(&mut self, at: usize) {
        let Self { gates, text, hits, .. } = self;
        let text = text.get(at..).unwrap_or_default();
        let escapes = !gates.planted.has(Flaw::NoEscapeCheck);
        match text {
            [b'\\', b'u', ..] if escapes => hits.push(at, SetId::ALL),
            [b'\\', b'/', ..] if escapes && gates.slashes => hits.push(at, gates.anywhere),
            [b'"', b'o', ..] if survey::is_omission(text) => hits.omitted.push(at),
            _ => {}
        }
    }

    #[inline]
    fn literal(&mut self, literals: &Literals, at: usize) {
        let before = self.hits.list.len();
        literals.look(self.text, at, &mut self.hidden, self.hits);
        self.literals |= self.hits.list.len() > before;
    }
}

#[cfg(test)]
pub(super) mod tests;
