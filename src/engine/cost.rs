//! What each rule costs, counted while records are parsed and rules evaluated.
//!
//! The one place of the engine that reads a clock, and only for a profile: a hunt is watched by
//! [`Unwatched`], which does nothing and is compiled to nothing. Each worker has its own [`Costs`],
//! and they are merged at the end.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::{Engine, RulePrefilter};

/// Is told, record by record, what is being done.
pub trait Watch {
    /// A record is about to be parsed for these rules, the candidates.
    fn begins(&mut self, candidates: impl Iterator<Item = usize>);
    /// It was parsed.
    fn parsed(&mut self);
    /// One of the rules was evaluated.
    fn evaluated(&mut self, rule: usize);
    /// That rule matched, and its finding was rendered.
    fn found(&mut self, rule: usize);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    #[inline]
    fn begins(&mut self, _candidates: impl Iterator<Item = usize>) {}
    #[inline]
    fn parsed(&mut self) {}
    #[inline]
    fn evaluated(&mut self, _rule: usize) {}
    #[inline]
    fn found(&mut self, _rule: usize) {}
}

/// What one rule cost. Times are without the price of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Records that its gate let pass, those refused for what they do not hold beside included.
    pub candidates: u64,
    /// Records on which it was evaluated: candidates that were not refused and could be parsed.
    pub evaluated: u64,
    /// Records that it matched, within the times asked for.
    pub matched: u64,
    /// Time in its evaluation.
    pub evaluating: Duration,
    /// Time in rendering its findings.
    pub rendering: Duration,
    /// Records that were parsed for it alone.
    pub alone: u64,
    /// Time in parsing these.
    pub parsing_alone: Duration,
}

/// What all rules cost.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    /// By the index of the rule.
    pub rules: Vec<RuleCost>,
    /// Records with candidates.
    pub records: u64,
    /// Time in parsing them.
    pub parsing: Duration,
    /// Records of which all candidates are rules without a gate.
    pub ungated_only: u64,
    /// Time in parsing these.
    pub parsing_ungated: Duration,
    /// Processor time in scanning as a whole: gates, splitting, all of the above, and the readings.
    pub scanning: Duration,
    /// How often the clock was read while scanning.
    pub readings: u64,
    /// What one such reading costs.
    pub price: Duration,
    /// What was spent on measuring beside these readings.
    pub watching: Duration,
    ungated: Vec<bool>,
    record: Parsed,
    last: Option<Instant>,
    long: Vec<(Duration, Piece)>,
}

/// Whom the parsing of a record is for.
#[derive(Debug, Clone, Copy, Default)]
struct Parsed {
    lone: Option<usize>,
    all_ungated: bool,
}

/// Something that takes time.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Parsing(Parsed),
    Evaluating(usize),
    Rendering(usize),
}

/// A piece that takes longer may have been interrupted by the system.
const LONG: Duration = Duration::from_micros(50);
/// Long pieces of one text that are remembered.
const MOST_LONG: usize = 1 << 12;

impl Costs {
    /// Nothing spent yet on the rules of `engine`.
    pub fn new(engine: &Engine) -> Self {
        Self {
            rules: vec![RuleCost::default(); engine.len()],
            ungated: (0..engine.len())
                .map(|rule| *engine.prefilter(rule) == RulePrefilter::None)
                .collect(),
            price: price(),
            ..Self::default()
        }
    }

    /// Adds what another worker counted for the same rules.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.candidates += theirs.candidates;
            mine.evaluated += theirs.evaluated;
            mine.matched += theirs.matched;
            mine.evaluating += theirs.evaluating;
            mine.rendering += theirs.rendering;
            mine.alone += theirs.alone;
            mine.parsing_alone += theirs.parsing_alone;
        }
        self.records += other.records;
        self.parsing += other.parsing;
        self.ungated_only += other.ungated_only;
        self.parsing_ungated += other.parsing_ungated;
        self.scanning += other.scanning;
        self.readings += other.readings;
        self.watching += other.watching;
    }

    /// The time in evaluating all rules.
    pub fn evaluating(&self) -> Duration {
        self.rules.iter().map(|rule| rule.evaluating).sum()
    }

    /// The time in rendering the findings of all rules.
    pub fn rendering(&self) -> Duration {
        self.rules.iter().map(|rule| rule.rendering).sum()
    }

    /// A text was scanned; `reading` went into reading pieces of a stream meanwhile, and is no part
    /// of it. What the thread was kept from the processor is taken from the pieces that were long.
    pub fn scanned(&mut self, scanning: Stopwatch, reading: Stopwatch) {
        self.scanning = (self.scanning + scanning.spent).saturating_sub(reading.spent);
        self.watching += scanning.price + reading.price;
        let long: Duration = self.long.iter().map(|(lap, _)| *lap).sum();
        if long.is_zero() {
            return;
        }
        let share = (scanning.away.as_secs_f64() / long.as_secs_f64()).min(1.0);
        for (lap, piece) in std::mem::take(&mut self.long) {
            self.pieces(piece, |time| *time = time.saturating_sub(lap.mul_f64(share)));
        }
    }

    /// The time since the last call, without the price of this one.
    fn lap(&mut self) -> Duration {
        let now = moment();
        let lap = self.last.map_or(Duration::ZERO, |last| now.duration_since(last));
        self.last = Some(now);
        self.readings += 1;
        lap.saturating_sub(self.price)
    }

    /// The time since the last call went into this.
    fn spend(&mut self, piece: Piece) {
        let lap = self.lap();
        self.pieces(piece, |time| *time += lap);
        if lap > LONG && self.long.len() < MOST_LONG {
            self.long.push((lap, piece));
        }
    }

    /// All sums that a piece is part of.
    fn pieces(&mut self, piece: Piece, change: impl Fn(&mut Duration)) {
        match piece {
            Piece::Evaluating(rule) => change(&mut self.rules[rule].evaluating),
            Piece::Rendering(rule) => change(&mut self.rules[rule].rendering),
            Piece::Parsing(Parsed { lone, all_ungated }) => {
                change(&mut self.parsing);
                if let Some(rule) = lone {
                    change(&mut self.rules[rule].parsing_alone);
                }
                if all_ungated {
                    change(&mut self.parsing_ungated);
                }
            }
        }
    }
}

impl Costs {
    /// A record was a candidate for this rule, and then refused for what it does not hold.
    pub fn refused(&mut self, rule: usize) {
        self.rules[rule].candidates += 1;
    }
}

impl Watch for Costs {
    fn begins(&mut self, candidates: impl Iterator<Item = usize>) {
        let (mut count, mut last, mut all_ungated) = (0, None, true);
        for rule in candidates {
            count += 1;
            last = Some(rule);
            self.rules[rule].candidates += 1;
            all_ungated &= self.ungated[rule];
        }
        let lone = last.filter(|_| count == 1);
        self.record = Parsed { lone, all_ungated: all_ungated && count > 0 };
        self.records += u64::from(count > 0);
        self.lap();
    }

    fn parsed(&mut self) {
        self.spend(Piece::Parsing(self.record));
        if let Some(rule) = self.record.lone {
            self.rules[rule].alone += 1;
        }
        self.ungated_only += u64::from(self.record.all_ungated);
    }

    fn evaluated(&mut self, rule: usize) {
        self.spend(Piece::Evaluating(rule));
        self.rules[rule].evaluated += 1;
    }

    fn found(&mut self, rule: usize) {
        self.spend(Piece::Rendering(rule));
        self.rules[rule].matched += 1;
    }
}

/// Sums up what something takes, if it is switched on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stopwatch {
    on: bool,
    /// Processor time of the thread.
    spent: Duration,
    /// Time that passed while the thread did not run.
    away: Duration,
    /// What looking cost.
    price: Duration,
}

impl Stopwatch {
    /// One that never looks at a clock unless it is `on`.
    pub fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    /// Does the work, and adds the time it took.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        if !self.on {
            return work();
        }
        let before = moment();
        let started = processor();
        // Unless the thread was pushed aside right there, looking takes less than that.
        let looked = before.elapsed().min(Duration::from_micros(2));
        let done = work();
        let spent = processor().saturating_sub(started);
        self.spent += spent;
        self.away += before.elapsed().saturating_sub(spent + 2 * looked);
        self.price += 2 * looked;
        done
    }
}

/// Processor time of this thread so far. It costs more than a look at the clock on the wall.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "a profile measures time, and only here")]
fn moment() -> Instant {
    Instant::now()
}

/// What reading the clock costs here: the mean of many readings in a row, and of several such rows
/// the cheapest, as others may have used the processor meanwhile.
fn price() -> Duration {
    let row = || {
        let started = moment();
        let mut last = started;
        for _ in 0..1_000 {
            last = moment();
        }
        last.duration_since(started) / 1_000
    };
    (0..5).map(|_| row()).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(ungated: &[bool]) -> Costs {
        Costs {
            rules: vec![RuleCost::default(); ungated.len()],
            ungated: ungated.to_vec(),
            ..Costs::default()
        }
    }

    /// Parses a record with these candidates and evaluates them.
    fn record(costs: &mut Costs, candidates: &[usize]) {
        costs.begins(candidates.iter().copied());
        costs.parsed();
        for &rule in candidates {
            costs.evaluated(rule);
        }
    }

    #[test]
    fn a_record_with_one_candidate_is_parsed_for_it_alone() {
        let mut costs = costs(&[false, true, true]);
        record(&mut costs, &[0]);
        record(&mut costs, &[1, 2]);
        record(&mut costs, &[0, 1]);
        record(&mut costs, &[]);
        let counts = |rule: usize| (costs.rules[rule].candidates, costs.rules[rule].alone);
        assert_eq!([counts(0), counts(1), counts(2)], [(2, 1), (2, 0), (1, 0)]);
        assert_eq!((costs.records, costs.ungated_only), (3, 1));
        assert!(costs.parsing >= costs.parsing_ungated + costs.rules[0].parsing_alone);
    }

    #[test]
    fn a_record_that_cannot_be_parsed_is_a_candidate_and_no_more() {
        let mut costs = costs(&[false]);
        costs.begins([0].into_iter());
        record(&mut costs, &[0]);
        let rule = costs.rules[0];
        assert_eq!((rule.candidates, rule.evaluated, rule.alone), (2, 1, 1));
    }

    #[test]
    fn time_goes_to_what_took_it() {
        let mut costs = costs(&[false, false]);
        costs.begins([0, 1].into_iter());
        costs.parsed();
        costs.evaluated(0);
        std::thread::sleep(Duration::from_millis(3));
        costs.evaluated(1);
        costs.found(1);
        assert!(costs.rules[1].evaluating >= Duration::from_millis(3));
        assert!(costs.rules[0].evaluating < costs.rules[1].evaluating);
        assert_eq!((costs.readings, costs.rules[1].matched), (5, 1));
    }

    #[test]
    fn a_stopwatch_that_is_off_reads_no_clock() {
        let (mut on, mut off) = (Stopwatch::new(true), Stopwatch::new(false));
        for watch in [&mut on, &mut off] {
            watch.time(|| std::thread::sleep(Duration::from_millis(3)));
        }
        assert!(on.away >= Duration::from_millis(2), "{on:?}");
        assert!(on.spent < Duration::from_millis(2) && !on.price.is_zero(), "{on:?}");
        assert!(off.away.is_zero() && off.spent.is_zero() && off.price.is_zero());
        let mut costs = costs(&[]);
        costs.scanned(on, on);
        assert_eq!((costs.scanning, costs.watching), (Duration::ZERO, 2 * on.price));
    }

    #[test]
    fn time_off_the_processor_is_nobodys() {
        let mut costs = costs(&[false]);
        let mut watch = Stopwatch::new(true);
        watch.time(|| {
            costs.begins([0].into_iter());
            std::thread::sleep(Duration::from_millis(20));
            costs.parsed();
            costs.evaluated(0);
        });
        assert!(costs.parsing >= Duration::from_millis(20));
        costs.scanned(watch, Stopwatch::default());
        assert!(costs.parsing < Duration::from_millis(10), "{:?}", costs.parsing);
        assert_eq!(costs.rules[0].parsing_alone, costs.parsing);
    }

    #[test]
    fn workers_add_up() {
        let (mut one, mut other) = (costs(&[false, true]), costs(&[false, true]));
        record(&mut one, &[0, 1]);
        record(&mut other, &[1]);
        let sum = one.evaluating() + other.evaluating();
        one.merge(&other);
        assert_eq!((one.records, one.rules[1].candidates, one.ungated_only), (2, 2, 1));
        assert_eq!(one.evaluating(), sum);
    }

    #[test]
    fn a_reading_of_the_clock_has_a_price() {
        let price = price();
        assert!(!price.is_zero() && price < Duration::from_millis(1), "{price:?}");
    }
}
