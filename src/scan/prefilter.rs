//! The two gates over required literals: text to hits.
//!
//! What they let pass is a candidate, no more. They may only over-approximate: a wrong *maybe* costs
//! time, a wrong *no* loses a finding. Three things keep them sound beside the literals themselves.
//! A record with `\u` in it may spell anything and passes for every rule; so does one with U+212A or
//! U+017F, which fold to the ASCII letters k and s. Where a literal was seen, the record around it
//! is a candidate for all rules of that literal. And a rule without a gate has every record.

use memchr::memmem::Finder;

use super::{
    Checksum,
    beside::{Beside, BesideScratch},
    bounds::{Bounds, Placed, Rest},
    hits::{Hits, RuleSets, SetId, insert},
    literal_gate::LiteralGate,
    logging,
    marks::{
        ANCHOR_KEY, Brackets, CATEGORY_KEY, Folded, KEY_WINDOW, OnPlace, OnRow, Row, VERSION_KEY,
        WRAPPED_KEY, each_mark_and_window, each_marks, each_place, each_places, each_window, folds,
    },
    name_gate::{NameCache, NameGate},
    survey,
};
use crate::engine::{Engine, Place, RulePrefilter};

/// The gates could not be built: the rules hold more literals than an automaton can take.
#[derive(Debug, thiserror::Error)]
#[error("the rules hold too many literals for the gates")]
pub struct ScanError(#[from] aho_corasick::BuildError);

/// A way to break the gates, for tests that must notice it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Records with `\u` do not pass.
    NoEscapeCheck,
    /// Records with letters that fold to ASCII do not pass.
    NoFoldCheck,
    /// Of several literals at overlapping places only the first counts.
    NoOverlap,
    /// `eventName` values that are no plain strings do not pass.
    PlainNamesOnly,
    /// Only the first hit of a record counts.
    FirstHitOnly,
}

/// The gates of one engine.
#[derive(Debug)]
pub(super) struct Prefilter {
    sets: RuleSets,
    names: NameGate,
    literals: Option<LiteralGate>,
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
    flaw: Option<Flaw>,
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
    pub(super) fn new(engine: &Engine, flaw: Option<Flaw>) -> Result<Self, ScanError> {
        // Behind the rules stands one more bit, for records that tell of logging itself.
        let watch = engine.len();
        let mut sets = RuleSets::new(watch + 1);
        let mut names: Vec<(usize, Vec<(Place, &str)>)> = Vec::new();
        let mut anywhere: Vec<(Vec<u8>, Vec<u64>)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut ungated = vec![0; sets.words()];
        let beside = Beside::new(engine, sets.words())?;
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
            literals: literal_gate(literals, flaw)?,
            beside,
            slashes,
            anywhere: sets.intern(&all_anywhere),
            folding: ["\u{212a}", "\u{17f}"]
                .map(|letter| Finder::new(letter.as_bytes()).into_owned()),
            ungated: ungated.iter().any(|&bits| bits != 0).then(|| sets.intern(&ungated)),
            watch,
            sets,
            flaw,
        })
    }

    /// Gate B, if it looks at one piece of a text after the other.
    fn in_pieces(&self) -> Option<&LiteralGate> {
        self.literals.as_ref().filter(|gate| !gate.is_automaton())
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
            Some(beside) => beside.refuse(record, candidates, &mut scratch.beside),
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

    /// Fills `scratch.hits` with what the gates see in `text`, of which someone may take the checksum.
    pub(super) fn search(
        &self,
        text: &[u8],
        checksum: Option<&mut dyn Checksum>,
        scratch: &mut GateScratch,
    ) {
        if scratch.sets.len() > MOST_SETS {
            scratch.sets = self.sets.clone();
            scratch.names = NameCache::default();
        }
        let GateScratch { sets, hits, bounds, names, .. } = scratch;
        hits.clear(text.len());
        bounds.begin(text);
        // Where the text begins as AWS begins one, its bounds are found on the way.
        let with_bounds = bounds.told() != (0, Rest::Everything);
        let together = self.literals.as_ref().and_then(|gate| Some((gate, gate.with_keys()?)));
        let mut search = Search {
            gates: self,
            text,
            sets,
            names,
            hits,
            bounds,
            folds: with_bounds && checksum.is_some() && folds(),
            checksum,
            apart: self.in_pieces().filter(|_| together.is_none()),
            pieces: Pieces { ascii: true, ..Pieces::default() },
        };
        search.begin_piece();
        let mut folded = Folded::nothing();
        let asked = search.folds.then_some(&mut folded);
        let fast = match together {
            Some((literals, windows)) => {
                let mut search = Together { search: &mut search, literals, hidden: 0 };
                let ascii = if with_bounds {
                    each_mark_and_window(text, windows, asked, &mut search)
                } else {
                    each_window(text, 0..text.len(), windows, &mut search)
                };
                search.search.pieces.ascii = ascii == Some(true);
                ascii.is_some()
            }
            None if with_bounds => each_marks(text, asked, &mut search),
            None => each_places(text, &mut search),
        };
        if !fast {
            search.apart = self.in_pieces();
            each_place(text, &mut |at| search.place(at));
        }
        search.end_piece(text.len());
        if let Some(literals) = self.literals.as_ref().filter(|gate| gate.is_automaton()) {
            let before = search.hits.list.len();
            search.pieces.ascii = literals.search(text, search.hits);
            search.pieces.mixed |= search.hits.list.len() > before;
        }
        if let Some(checksum) = search.checksum.filter(|_| folded.end > 0) {
            checksum.folded(&folded.like, folded.end);
        }
        let Pieces { ascii, mut mixed, .. } = search.pieces;
        if self.literals.is_some() && !ascii && self.flaw != Some(Flaw::NoFoldCheck) {
            for letter in &self.folding {
                letter.find_iter(text).for_each(|at| hits.push(at, self.anywhere));
            }
            mixed = true;
        }
        if self.flaw == Some(Flaw::PlainNamesOnly) {
            hits.list.retain(|hit| hit.set != self.names.served());
        }
        if mixed || !fast {
            hits.sort();
        }
    }
}

/// The search of one text for places that concern the gates.
struct Search<'s, 'c> {
    gates: &'s Prefilter,
    text: &'s [u8],
    sets: &'s mut RuleSets,
    names: &'s mut NameCache,
    hits: &'s mut Hits,
    bounds: &'s mut Bounds,
    checksum: Option<&'c mut dyn Checksum>,
    /// The checksum is folded while the masks are made.
    folds: bool,
    /// Gate B, if it looks at the text by itself.
    apart: Option<&'s LiteralGate>,
    pieces: Pieces,
}

/// A large text is looked at piece by piece, by one after the other of those who want to, while it
/// is in the cache.
#[derive(Debug, Default)]
struct Pieces {
    /// Where the present one begins, and ends at the earliest.
    from: usize,
    to: usize,
    /// All before it is ASCII, as far as that was asked.
    ascii: bool,
    /// Hits of gate B stand among those of gate A.
    mixed: bool,
}

/// Bytes of a piece: it fits the cache of one processor, with room for what else is there.
const PIECE: usize = 32 << 10;

impl OnRow<&Brackets> for Search<'_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn row(&mut self, row: &mut Row<'_, &Brackets>) -> bool {
        self.bounds.row(self.text, row);
        let (at, brackets) = (row.at, row.brackets);
        row.each_place(&mut Placed { inner: self, at, brackets });
        self.row_is_done(row.end());
        true
    }
}

impl OnPlace for Placed<'_, Search<'_, '_>> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn place(&mut self, at: usize) {
        if self.inner.text[at..].starts_with(ANCHOR_KEY) {
            let depth = self.depth(at);
            self.inner.bounds.name(self.inner.text, at, depth);
        }
        self.inner.look(at);
    }
}

impl OnRow for Search<'_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn row(&mut self, row: &mut Row<'_>) -> bool {
        row.each_place(self);
        self.row_is_done(row.end());
        true
    }
}

impl OnPlace for Search<'_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn place(&mut self, at: usize) {
        self.look(at);
    }
}

/// The search of both gates at once: the places are those of windows, and of escapes.
struct Together<'t, 's, 'c> {
    search: &'t mut Search<'s, 'c>,
    literals: &'s LiteralGate,
    /// See [`LiteralGate::look`].
    hidden: usize,
}

impl OnRow<&Brackets> for Together<'_, '_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn row(&mut self, row: &mut Row<'_, &Brackets>) -> bool {
        self.search.bounds.row(self.search.text, row);
        let (at, brackets) = (row.at, row.brackets);
        row.each_place(&mut Placed { inner: self, at, brackets });
        self.search.row_is_done(row.end());
        true
    }
}

impl OnPlace for Placed<'_, Together<'_, '_, '_>> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn place(&mut self, at: usize) {
        let key = at.wrapping_sub(KEY_WINDOW);
        let text = self.inner.search.text;
        if text.get(key..).is_some_and(|text| text.starts_with(ANCHOR_KEY)) {
            // No bracket stands between the two.
            let depth = self.depth(at);
            self.inner.search.bounds.name(text, key, depth);
        }
        self.inner.place(at);
    }
}

impl OnRow for Together<'_, '_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn row(&mut self, row: &mut Row<'_>) -> bool {
        row.each_place(self);
        self.search.row_is_done(row.end());
        true
    }
}

impl OnPlace for Together<'_, '_, '_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn place(&mut self, at: usize) {
        let Self { search, literals, .. } = self;
        let key = at.wrapping_sub(KEY_WINDOW);
        if search.text.get(key) == Some(&b'"') && search.look(key) && !literals.stands_in_key() {
            return;
        }
        self.other_place(at);
    }
}

impl Together<'_, '_, '_> {
    /// Looks at a place where no key of an event begins.
    #[inline(never)]
    fn other_place(&mut self, at: usize) {
        let Self { search, literals, hidden } = self;
        if let Some([b'\\', ..] | [b'"', b'o', ..]) = search.text.get(at..) {
            search.other_place(at);
        }
        search.pieces.mixed = true;
        literals.look(search.text, at, hidden, search.hits);
    }
}

impl Search<'_, '_> {
    /// Looks at a place where something may begin. Names come first: each record has one. Gives whether
    /// the key of an event begins there.
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn look(&mut self, at: usize) -> bool {
        if self.text[at..].starts_with(ANCHOR_KEY) {
            let Self { gates, text, sets, names, hits, .. } = self;
            gates.names.look(text, at, at + ANCHOR_KEY.len(), sets, names, hits);
            true
        } else if self.text[at..].starts_with(CATEGORY_KEY) {
            self.hits.families.note(&self.text[at..]);
            true
        } else {
            matches!(self.text.get(at + 1), Some(b'e' | b'o' | b'u' | b'/')) && self.other_place(at)
        }
    }

    #[inline]
    fn row_is_done(&mut self, end: usize) {
        if end >= self.pieces.to && end < self.text.len() {
            self.end_piece(end);
            self.begin_piece();
        }
    }

    fn begin_piece(&mut self) {
        self.pieces.to = self.text.len().min(self.pieces.from + PIECE);
        if let Some(checksum) = self.checksum.as_deref_mut().filter(|_| !self.folds) {
            checksum.ahead(self.pieces.to);
        }
    }

    /// Lets gate B look at the present piece, which ends at `end`.
    #[inline(never)]
    fn end_piece(&mut self, end: usize) {
        let Self { apart, text, hits, pieces, .. } = self;
        let from = std::mem::replace(&mut pieces.from, end);
        let Some(literals) = apart else { return };
        let before = hits.list.len();
        pieces.ascii &= match literals.search_fast(text, from..end, hits) {
            Some(ascii) => ascii,
            // Here the end of the text is the only one there is.
            None => literals.search(text, hits),
        };
        pieces.mixed |= hits.list.len() > before;
    }

    /// Looks at a place of which only the second byte is known. Gives what [`Self::look`] does.
    #[inline(never)]
    fn other_place(&mut self, at: usize) -> bool {
        let Self { gates, hits, .. } = self;
        let escapes = gates.flaw != Some(Flaw::NoEscapeCheck);
        match self.text[at..] {
            [b'\\', b'u', ..] if escapes => hits.push(at, SetId::ALL),
            [b'\\', b'/', ..] if escapes && gates.slashes => hits.push(at, gates.anywhere),
            [b'"', b'o', ..] if survey::is_omission(&self.text[at..]) => hits.omitted.push(at),
            [b'"', ..] if self.text[at..].starts_with(VERSION_KEY) => {
                self.bounds.version(at);
                return true;
            }
            [b'"', ..] if self.text[at..].starts_with(WRAPPED_KEY) => {
                hits.wrapped = true;
                return true;
            }
            _ => {}
        }
        false
    }
}

fn literal_gate(
    literals: Vec<(Vec<u8>, SetId)>,
    flaw: Option<Flaw>,
) -> Result<Option<LiteralGate>, aho_corasick::BuildError> {
    if literals.is_empty() {
        return Ok(None);
    }
    let mut gate = LiteralGate::new(literals)?;
    gate.no_overlap = flaw == Some(Flaw::NoOverlap);
    Ok(Some(gate))
}

#[cfg(test)]
pub(super) mod tests;
