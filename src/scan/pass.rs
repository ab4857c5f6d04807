//! One pass over one text: gates, split, parse, evaluate.

mod accounts;
mod wrapped;

use super::{
    Flaw, Origin, ScanOptions, Scanned, Scanner,
    bounds::Rest,
    describe,
    hits::{Hit, SetId, rules_in},
    prefilter::GateScratch,
    split::{Part, Splitter},
    survey,
    traces::Traces,
    unwrap::{Rows, Unwrapper},
};
use crate::{
    cloudtrail::{BrokenRecord, Event, EventTime, Parser, Record, Signs, envelope},
    engine::{Costs, EvalScratch, Unwatched, Watch},
    finding::Finding,
};

impl ScanOptions {
    /// Whether a record of that time is in the range; one without a readable time is.
    fn is_in_range(&self, at: Option<jiff::Timestamp>) -> bool {
        let Some(at) = at else { return true };
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// Buffers that a worker reuses from file to file.
#[derive(Debug)]
pub struct Scratch {
    gates: GateScratch,
    parser: Parser,
    evaluation: EvalScratch,
    candidates: Vec<u64>,
    window: Vec<u8>,
    unwrapper: Unwrapper,
    traces: Traces,
    /// Those of the batch of unwrapped records.
    batch_gates: GateScratch,
    costs: Option<Box<Costs>>,
}

impl Scratch {
    /// What is being counted for a profile; nothing in a hunt.
    pub fn costs(&mut self) -> &mut Option<Box<Costs>> {
        &mut self.costs
    }

    /// Forgets the text before.
    fn begin(&mut self) {
        self.unwrapper.batch.clear();
        self.traces.begin();
    }

    pub(super) fn new(gates: GateScratch, batch_gates: GateScratch) -> Self {
        Self {
            gates,
            batch_gates,
            unwrapper: Unwrapper::default(),
            traces: Traces::default(),
            parser: Parser::default(),
            evaluation: EvalScratch::default(),
            candidates: Vec::new(),
            window: Vec::new(),
            costs: None,
        }
    }
}

/// Scans a whole text.
pub(super) fn whole(
    scanner: &Scanner<'_>,
    origin: Origin<'_>,
    text: &[u8],
    scratch: &mut Scratch,
    found: &mut dyn FnMut(usize, &Finding<'_>),
) -> Scanned {
    let options = scanner.options;
    let mut pass = Pass::new(scanner, origin, text.len(), found);
    scratch.begin();
    if !options.no_prefilter && survey::has_plain_head(text) {
        pass.search(text, scratch);
        if !options.parse_all && !survey::is_aggregated(text) {
            pass.bounded_records(text, scratch);
        }
    }
    pass.records(text, true, scratch);
    pass.survey(text, &scratch.gates);
    pass.traced(text);
    pass.finish()
}

/// Bytes of a large text that are scanned at once.
pub(super) const PIECE: usize = 1 << 20;

/// Scans a text in pieces, holding at most `window` bytes of it.
pub(super) fn stream(
    scanner: &Scanner<'_>,
    origin: Origin<'_>,
    read: &mut dyn FnMut(&mut Vec<u8>, usize) -> usize,
    window: usize,
    scratch: &mut Scratch,
    found: &mut dyn FnMut(usize, &Finding<'_>),
) -> Scanned {
    let mut pass = Pass::new(scanner, origin, window, found);
    let mut held = std::mem::take(&mut scratch.window);
    held.clear();
    scratch.begin();
    let mut last = false;
    // A piece that stays in the cache is scanned faster. It grows only around a record that needs it.
    let mut piece = window.min(scanner.piece);
    loop {
        while !last && held.len() < piece {
            let space = piece - held.len();
            last = read(&mut held, space) == 0;
        }
        pass.searched = false;
        let mut keep = pass.records(&held, last, scratch);
        if last {
            pass.survey(&held, &scratch.gates);
            pass.traced(&held);
            break;
        }
        if keep == 0 && piece < window {
            piece = window.min(piece * 2);
            continue;
        }
        if keep == 0 && held.len() >= window {
            keep = pass.splitter.give_up(held.len());
        }
        pass.survey(&held[..keep], &scratch.gates);
        pass.traced(&held[..keep]);
        pass.drop_before(keep);
        held.drain(..keep);
    }
    scratch.window = held;
    pass.finish()
}

/// What one pass knows.
struct Pass<'p, 'e> {
    scanner: &'p Scanner<'e>,
    origin: Origin<'p>,
    found: &'p mut dyn FnMut(usize, &Finding<'_>),
    splitter: Splitter,
    /// The text, or the present piece of it, was searched by the gates: it holds plain records.
    searched: bool,
    /// Parts of the text, or of the present piece, that held items only: their records were hunted in
    /// a batch.
    wrapped: Vec<std::ops::Range<usize>>,
    /// A plain record was met after the last of them.
    apart: bool,
    /// What stands before this byte of the text, or of the piece, was searched or accounted for.
    accounted: usize,
    /// What stood between parts at the end of earlier pieces.
    pending: Vec<u8>,
    /// Damage that had been met by then.
    damage_before: u64,
    /// The text is a table, and this reads it. Decided by its beginning.
    rows: Option<Rows>,
    begun: bool,
    /// Bytes that may be held of one record.
    window: usize,
    times: survey::Times,
    hints: envelope::Traces,
    zip_end: envelope::ZipEnd,
    /// Looked for as long as nothing was understood.
    signs: Signs,
    scanned: Scanned,
}

impl<'p, 'e> Pass<'p, 'e> {
    fn new(
        scanner: &'p Scanner<'e>,
        origin: Origin<'p>,
        window: usize,
        found: &'p mut dyn FnMut(usize, &Finding<'_>),
    ) -> Self {
        Self {
            scanner,
            origin,
            found,
            splitter: Splitter::default(),
            searched: false,
            wrapped: Vec::new(),
            apart: false,
            accounted: 0,
            pending: Vec::new(),
            damage_before: 0,
            rows: None,
            begun: false,
            window,
            times: survey::Times::default(),
            hints: envelope::Traces::default(),
            zip_end: envelope::ZipEnd::default(),
            signs: Signs::default(),
            scanned: Scanned::default(),
        }
    }

    /// Hunts the records whose bounds are told, as far as they are candidates, and leaves the
    /// splitter where it has to go on.
    fn bounded_records(&mut self, text: &[u8], scratch: &mut Scratch) {
        let bounds = std::mem::take(&mut scratch.gates.bounds);
        let (told, rest) = bounds.told();
        let every = scratch.gates.hits.everywhere
            || self.scanner.options.event_times
            || self.scanner.prefilter.ungated().is_some();
        let (mut index, mut next_hit, mut unparsed) = (0, 0, None);
        while index < told && unparsed.is_none() {
            if !every {
                let Some(hit) = scratch.gates.hits.list.get(next_hit) else { break };
                index = bounds.around(hit.at, index);
                if index == told {
                    break;
                }
            }
            let (start, end) = bounds.record(index);
            let hits = hits_within(&scratch.gates.hits.list, &mut next_hit, start, end);
            let record = Record { bytes: &text[start..end], index: index as u64 };
            if self.record(record, hits, scratch).is_err() {
                // The splitter may think otherwise of it, and says what is told.
                unparsed = Some(index);
            }
            index += 1;
        }
        // Each record that is told accounts for what is in it, and only commas stand between them.
        let (at, behind, index) = match (unparsed, rest) {
            (Some(index), _) => (bounds.record(index).0, false, index),
            (None, Rest::Record(start)) => (start, false, told),
            (None, Rest::End(end)) => (end, true, told),
            (None, Rest::Everything) => (0, false, 0),
        };
        if rest != Rest::Everything {
            self.splitter.resume(at, behind, index as u64);
            self.accounted = at;
        }
        // What goes on in the middle of a trail file is no table.
        self.begun |= rest != Rest::Everything;
        scratch.gates.bounds = bounds;
    }

    /// Hunts the records of `text`, whose hits stand in `scratch`. Gives the first byte that is
    /// needed again with more text.
    fn records(&mut self, text: &[u8], last: bool, scratch: &mut Scratch) -> usize {
        if !self.begun {
            if !last && text.len() < self.window && Rows::needs_more(text) {
                return 0;
            }
            self.begun = true;
            self.rows = Rows::of(text, last);
        }
        if self.rows.is_some() {
            return self.rows(text, last, scratch);
        }
        let mut next_hit = 0;
        loop {
            let part = self.splitter.next(text, last);
            let (start, end, mut index) = match part {
                Part::Record { start, end, index } | Part::Item { start, end, index, .. } => {
                    (start, end, index)
                }
                Part::More { keep } => {
                    self.keep_between(text, keep, scratch);
                    return keep;
                }
                Part::End => {
                    let index = self.splitter.next_index();
                    let found = self.between(text, text.len(), index, scratch);
                    self.splitter.count_more(found);
                    self.flush(scratch);
                    return text.len();
                }
            };
            let found = self.between(text, start, index, scratch);
            self.splitter.count_more(found);
            self.accounted = end;
            index += found;
            if let Part::Item { within, .. } = part
                && !self.item(text, start..end, index, within, scratch)
            {
                continue;
            }
            // Findings come in the order of records.
            self.apart = true;
            self.flush(scratch);
            if !self.searched {
                self.search(text, scratch);
            }
            let record = Record { bytes: &text[start..end], index };
            self.hunt(record, start, &mut next_hit, scratch);
        }
    }

    /// Tells that the first `by` bytes of the text are gone. The rows of a table do not ask.
    fn drop_before(&mut self, by: usize) {
        if self.rows.is_none() {
            self.splitter.shift(by);
            self.accounted = self.accounted.saturating_sub(by);
        }
    }

    /// Lets the gates look at a text with plain records in it. One that has none is not searched:
    /// what stands in strings is not visible before it is unwrapped.
    fn search(&mut self, text: &[u8], scratch: &mut Scratch) {
        self.searched = true;
        if !self.scanner.options.no_prefilter {
            self.scanner.prefilter.search(text, &mut scratch.gates);
        }
    }

    /// Hunts one record, which begins at `start` in the text whose hits stand in `scratch`;
    /// `next_hit` walks along.
    fn hunt(
        &mut self,
        record: Record<'_>,
        start: usize,
        next_hit: &mut usize,
        scratch: &mut Scratch,
    ) {
        let end = start + record.bytes.len();
        let hits = hits_within(&scratch.gates.hits.list, next_hit, start, end);
        if let Err(broken) = self.record(record, hits, scratch) {
            self.splitter.damage.add(format!("record {}: {broken}", record.index));
        }
    }

    /// Fills `scratch.candidates` with the rules to evaluate on a record with these hits.
    fn gather_candidates(&self, hits: std::ops::Range<usize>, scratch: &mut Scratch) {
        let gates = &scratch.gates;
        let candidates = &mut scratch.candidates;
        candidates.clear();
        if self.scanner.options.no_prefilter || gates.hits.everywhere {
            candidates.extend_from_slice(gates.sets.row(SetId::ALL));
            return;
        }
        candidates.extend_from_slice(
            gates.sets.row(self.scanner.prefilter.ungated().unwrap_or(SetId::EMPTY)),
        );
        let counted = if self.scanner.planted.has(Flaw::FirstHitOnly) { 1 } else { hits.len() };
        for hit in gates.hits.list[hits].iter().take(counted) {
            candidates
                .iter_mut()
                .zip(gates.sets.row(hit.set))
                .for_each(|(word, bits)| *word |= bits);
        }
    }

    /// Evaluates the candidates of one record with these hits, if there are any.
    fn record(
        &mut self,
        record: Record<'_>,
        hits: std::ops::Range<usize>,
        scratch: &mut Scratch,
    ) -> Result<(), BrokenRecord> {
        if self.scanner.options.event_times {
            self.times.note(record.bytes, &mut scratch.parser);
        }
        self.gather_candidates(hits, scratch);
        let watched = self.scanner.prefilter.take_watched(&mut scratch.candidates);
        if !self.scanner.options.no_prefilter {
            let Scratch { gates, candidates, costs, .. } = scratch;
            let refused = self.scanner.prefilter.look_beside(record.bytes, candidates, gates);
            if let Some(costs) = costs {
                rules_in(refused).for_each(|rule| costs.refused(rule));
            }
        }
        let idle = scratch.candidates.iter().all(|&bits| bits == 0);
        if idle && !watched && !self.scanner.options.parse_all {
            return Ok(());
        }
        // What no rule asks for is no cost of the rules.
        match scratch.costs.take_if(|_| !idle || self.scanner.options.parse_all) {
            None => self.evaluate(record, watched, scratch, &mut Unwatched),
            Some(mut costs) => {
                let evaluated = self.evaluate(record, watched, scratch, &mut *costs);
                scratch.costs = Some(costs);
                evaluated
            }
        }
    }

    /// Parses one record and evaluates its candidates; a `watched` one may tell of logging itself.
    fn evaluate(
        &mut self,
        record: Record<'_>,
        watched: bool,
        scratch: &mut Scratch,
        watch: &mut impl Watch,
    ) -> Result<(), BrokenRecord> {
        let Scratch { parser, evaluation, candidates, .. } = scratch;
        watch.begins(rules_in(candidates));
        let lossy = parser.parse(record.bytes, |event| {
            watch.parsed();
            if let Some(observe) = self.scanner.observer {
                observe(event);
            }
            if watched {
                self.scanned.logging.note(event);
            }
            // Of the record, once a rule has matched it.
            let mut time = None;
            for rule in rules_in(candidates) {
                let holds = self.scanner.engine.matches(rule, event, evaluation);
                watch.evaluated(rule);
                if !holds {
                    continue;
                }
                let time = time.get_or_insert_with(|| self.time_of(event));
                if self.scanner.options.is_in_range(time.at) {
                    let finding = describe::finding(
                        self.scanner,
                        self.origin,
                        rule,
                        record,
                        event,
                        time,
                        evaluation,
                    );
                    (self.found)(rule, &finding);
                    watch.found(rule);
                }
            }
            event.is_lossy()
        })?;
        if lossy {
            self.splitter.damage.add(format!("record {} is not UTF-8", record.index));
        }
        Ok(())
    }

    /// The time of a record that a rule matched; one without a readable time is counted.
    fn time_of<'t>(&mut self, event: &'t Event<'_>) -> EventTime<'t> {
        let time = EventTime::of(event);
        self.scanned.records_without_time += u64::from(time.at.is_none());
        time
    }

    /// Notes what is asked for beside findings, of a text or the part of one that is done with.
    fn survey(&mut self, text: &[u8], gates: &GateScratch) {
        let wrapped = std::mem::take(&mut self.wrapped);
        if self.searched {
            self.survey_of(text, &wrapped, gates);
        }
    }

    /// Looks for traces of records in a text, or a part of one, as long as none was found.
    fn traced(&mut self, text: &[u8]) {
        if self.splitter.seen.is_not_understood() {
            self.hints.look(text);
            self.zip_end.look(text);
            self.signs.look(text);
        }
    }

    fn finish(mut self) -> Scanned {
        self.splitter.seen.resembles |= self.hints.tell() || self.zip_end.is_met();
        self.scanned.records = self.splitter.records();
        self.scanned.event_times = self.times.range();
        self.scanned.foreign_events = self.splitter.seen.foreign_events;
        self.scanned.rebuilt_records = self.splitter.seen.rebuilt;
        self.scanned.has_signs = self.signs.met();
        self.scanned.is_other_data = self.splitter.seen.is_other_data();
        let records = self.splitter.records();
        let verdict = self.splitter.seen.verdict(self.splitter.damage, records);
        (self.scanned.content, self.scanned.damage) = verdict;
        self.scanned
    }
}

/// The hits in `start..end`; `next` walks along with the records.
fn hits_within(hits: &[Hit], next: &mut usize, start: usize, end: usize) -> std::ops::Range<usize> {
    while hits.get(*next).is_some_and(|hit| hit.at < start) {
        *next += 1;
    }
    let first = *next;
    while hits.get(*next).is_some_and(|hit| hit.at < end) {
        *next += 1;
    }
    first..*next
}
