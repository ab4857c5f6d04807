//! What is compared of a window, kept up to date as events come and go.
//!
//! Each step costs little more than the event itself, so that a long window is not looked at again
//! for every event in it.

use std::collections::{HashMap, VecDeque};

use super::{exact::ExactSum, held::Held, ranked::Ranked, row};
use crate::rule::{CorrelationBody, CorrelationKind, Number};

/// The running value of one window.
#[derive(Debug)]
pub(super) struct Aggregate {
    running: Running,
    /// What may be held of single events: values, times or numbers.
    most: usize,
    /// Nothing had to be left out so far.
    is_exact: bool,
}

#[derive(Debug)]
enum Running {
    Events(u64),
    /// Events by rule.
    Rules(Vec<u64>),
    /// Times of the events of each rule, in order, and how many events each is of; and how many there are.
    Ordered(Vec<VecDeque<(i128, u64)>>, usize),
    /// How often each value is there, by its hash.
    Values(HashMap<[u8; 16], u64>),
    /// The numbers added up, how many they are, and whether their mean is wanted.
    Sum {
        sum: Box<ExactSum>,
        numbers: u64,
        mean: bool,
    },
    /// The numbers in their order, and which percentile is wanted.
    Percentile(Ranked, Number),
}

/// Bytes that a value, time or number is taken to need, with what is around it.
const EACH: usize = 64;

impl Aggregate {
    /// The aggregate of an empty window, which holds about `memory` bytes.
    pub(super) fn new(body: &CorrelationBody, memory: usize) -> Self {
        let sum = |mean| Running::Sum { sum: Box::default(), numbers: 0, mean };
        let running = match body.kind {
            CorrelationKind::EventCount => Running::Events(0),
            CorrelationKind::Temporal => Running::Rules(vec![0; body.rules.len()]),
            CorrelationKind::TemporalOrdered => {
                Running::Ordered(vec![VecDeque::new(); body.rules.len()], 0)
            }
            CorrelationKind::ValueCount => Running::Values(HashMap::new()),
            CorrelationKind::ValueSum => sum(false),
            CorrelationKind::ValueAvg => sum(true),
            CorrelationKind::ValuePercentile | CorrelationKind::ValueMedian => {
                let percentile = body.percentile.unwrap_or(Number::Int(50));
                Running::Percentile(Ranked::default(), percentile)
            }
        };
        // However little memory there is, small windows are exact.
        Self { running, most: (memory / EACH).max(LEAST), is_exact: true }
    }

    /// Whether nothing had to be left out for lack of memory. Otherwise values are lower bounds, and
    /// percentiles are those of a part of the numbers.
    pub(super) fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// An event comes into the window, behind all others. Gives whether it is counted: one that is not must not
    /// be removed.
    pub(super) fn add(&mut self, event: &Held) -> bool {
        let is_counted = self.has_room(event);
        self.is_exact &= is_counted;
        if is_counted {
            self.change(event, true);
        }
        is_counted
    }

    /// The first event goes out of the window. It was counted.
    pub(super) fn remove(&mut self, event: &Held) {
        self.change(event, false);
    }

    fn has_room(&self, event: &Held) -> bool {
        match &self.running {
            Running::Events(_) | Running::Rules(_) | Running::Sum { .. } => true,
            Running::Ordered(_, held) => held + event.places.len() <= self.most,
            Running::Values(values) => {
                values.len() < self.most
                    || hash_of(event).is_none_or(|hash| values.contains_key(&hash))
            }
            // A text of that many bytes has no more numbers than half of them and one.
            Running::Percentile(ranked, _) => ranked.len() + event.value.len() / 2 < self.most,
        }
    }

    fn change(&mut self, event: &Held, comes: bool) {
        let places = event.places.iter().map(|&place| usize::from(place));
        match &mut self.running {
            Running::Events(count) => step(count, comes),
            Running::Rules(counts) => places.for_each(|place| step(&mut counts[place], comes)),
            Running::Ordered(times, held) => {
                for place in places {
                    let times = &mut times[place];
                    let end = if comes { times.back_mut() } else { times.front_mut() };
                    if let Some((_, count)) = end.filter(|(time, _)| *time == event.time) {
                        step(count, comes);
                    } else {
                        times.push_back((event.time, 1));
                        *held += 1;
                    }
                    if times.front().is_some_and(|(_, count)| *count == 0) {
                        times.pop_front();
                        *held -= 1;
                    }
                }
            }
            Running::Values(values) => {
                let Some(hash) = hash_of(event) else { return };
                let count = values.entry(hash).or_default();
                step(count, comes);
                if *count == 0 {
                    values.remove(&hash);
                }
            }
            Running::Sum { sum, numbers, .. } => {
                for number in row::numbers(&event.value) {
                    if comes {
                        sum.add(number);
                    } else {
                        sum.subtract(number);
                    }
                    step(numbers, comes);
                }
            }
            Running::Percentile(ranked, _) => {
                for number in row::numbers(&event.value) {
                    if comes { ranked.insert(number) } else { ranked.remove(number) }
                }
            }
        }
    }

    /// What is compared; nothing if there is no number to calculate with.
    pub(super) fn value(&self) -> Option<Number> {
        match &self.running {
            Running::Events(count) => Some(Number::Int((*count).into())),
            Running::Rules(counts) => {
                Some(whole(counts.iter().filter(|count| **count > 0).count()))
            }
            Running::Ordered(times, _) => Some(whole(longest_prefix(times))),
            Running::Values(values) => Some(whole(values.len())),
            Running::Sum { numbers: 0, .. } => None,
            Running::Sum { sum, numbers, mean } => {
                Some(sum.over(if *mean { (*numbers).into() } else { 1 }))
            }
            Running::Percentile(ranked, percentile) => ranked.percentile(*percentile),
        }
    }
}

/// Values, times or numbers that are held in any case.
const LEAST: usize = 1024;

fn step(count: &mut u64, up: bool) {
    *count = if up { *count + 1 } else { *count - 1 };
}

/// The hash of an event's values; `None` if it has none.
fn hash_of(event: &Held) -> Option<[u8; 16]> {
    event.value.first_chunk().copied()
}

fn whole(count: usize) -> Number {
    Number::Int(i128::try_from(count).unwrap_or(i128::MAX))
}

/// How many of the rules follow one another from the first on: to take the earliest event of each
/// leaves the most for the next. Equal times count as in order.
fn longest_prefix(times: &[VecDeque<(i128, u64)>]) -> usize {
    let mut from = i128::MIN;
    for (length, times) in times.iter().enumerate() {
        let first = times.partition_point(|&(time, _)| time < from);
        match times.get(first) {
            Some(&(time, _)) => from = time,
            None => return length,
        }
    }
    times.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rule::Document,
        sigma::{Placeholders, parse},
    };

    fn aggregate(kind: &str) -> Aggregate {
        let text = format!(
            "title: t\ncorrelation:\n  type: {kind}\n  rules: [a]\n  timespan: 10s\n  condition: {{gte: 1, field: v}}\n"
        );
        let parsed = parse(&text, &Placeholders::new());
        let Some(Document::Correlation(read)) = parsed.documents.into_iter().next() else {
            panic!("{text}: {:?}", parsed.diagnostics)
        };
        Aggregate::new(&read.body, 0)
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        for (kind, at_most) in [("value_count", LEAST), ("value_median", LEAST)] {
            let mut aggregate = aggregate(kind);
            let mut counted = Vec::new();
            for number in 0..LEAST * 2 {
                let value = (1_000_000_000_000_000 + number).to_string().into_bytes().into();
                let event = Held { value, ..Held::default() };
                if aggregate.add(&event) {
                    counted.push(event);
                }
            }
            assert!(!aggregate.is_exact() && counted.len() <= at_most, "{}", counted.len());
            for event in &counted {
                aggregate.remove(event);
            }
            let empty = (kind == "value_count").then_some(Number::Int(0));
            assert_eq!(aggregate.value(), empty, "{kind}");
        }
        let mut sum = aggregate("value_sum");
        let event = Held { value: b"1".as_slice().into(), ..Held::default() };
        assert!((0..LEAST * 2).all(|_| sum.add(&event)) && sum.is_exact());
    }
}
