//! What is compared of a window, kept up to date as events come and go.
//!
//! Each step costs little more than the event itself, so that a long window is not looked at again
//! for every event in it.

use std::collections::{HashMap, VecDeque};

use super::{exact::ExactSum, ranked::Ranked, row, window::Held};
use crate::sigma::{CorrelationBody, CorrelationKind, Number};

/// The running value of one window.
#[derive(Debug)]
pub(super) enum Aggregate {
    Events(u64),
    /// Events by rule.
    Rules(Vec<u64>),
    /// Times of the events of each rule, in order.
    Ordered(Vec<VecDeque<i128>>),
    /// How often each value is there.
    Values(HashMap<Box<[u8]>, u64>),
    /// The numbers added up, how many they are, and whether their mean is wanted.
    Sum {
        sum: Box<ExactSum>,
        numbers: u64,
        mean: bool,
    },
    /// The numbers in their order, and which percentile is wanted.
    Percentile(Ranked, Number),
}

impl Aggregate {
    pub(super) fn new(body: &CorrelationBody) -> Self {
        let sum = |mean| Self::Sum { sum: Box::default(), numbers: 0, mean };
        match body.kind {
            CorrelationKind::EventCount => Self::Events(0),
            CorrelationKind::Temporal => Self::Rules(vec![0; body.rules.len()]),
            CorrelationKind::TemporalOrdered => {
                Self::Ordered(vec![VecDeque::new(); body.rules.len()])
            }
            CorrelationKind::ValueCount => Self::Values(HashMap::new()),
            CorrelationKind::ValueSum => sum(false),
            CorrelationKind::ValueAvg => sum(true),
            CorrelationKind::ValuePercentile | CorrelationKind::ValueMedian => {
                let percentile = body.percentile.unwrap_or(Number::Int(50));
                Self::Percentile(Ranked::default(), percentile)
            }
        }
    }

    /// An event comes into the window, behind all others.
    pub(super) fn add(&mut self, event: &Held) {
        let places = event.places.iter().map(|&place| usize::from(place));
        match self {
            Self::Events(count) => *count += 1,
            Self::Rules(counts) => {
                for place in places {
                    counts[place] += 1;
                }
            }
            Self::Ordered(times) => {
                for place in places {
                    times[place].push_back(event.time);
                }
            }
            Self::Values(values) => {
                if event.value.is_empty() {
                    return;
                }
                match values.get_mut(&event.value) {
                    Some(count) => *count += 1,
                    None => {
                        values.insert(event.value.clone(), 1);
                    }
                }
            }
            Self::Sum { sum, numbers, .. } => {
                for number in row::numbers(&event.value) {
                    sum.add(number);
                    *numbers += 1;
                }
            }
            Self::Percentile(ranked, _) => {
                for number in row::numbers(&event.value) {
                    ranked.insert(number);
                }
            }
        }
    }

    /// The first event goes out of the window.
    pub(super) fn remove(&mut self, event: &Held) {
        let places = event.places.iter().map(|&place| usize::from(place));
        match self {
            Self::Events(count) => *count -= 1,
            Self::Rules(counts) => {
                for place in places {
                    counts[place] -= 1;
                }
            }
            Self::Ordered(times) => {
                for place in places {
                    times[place].pop_front();
                }
            }
            Self::Values(values) => {
                if let Some(count) = values.get_mut(&event.value) {
                    *count -= 1;
                    if *count == 0 {
                        values.remove(&event.value);
                    }
                }
            }
            Self::Sum { sum, numbers, .. } => {
                for number in row::numbers(&event.value) {
                    sum.subtract(number);
                    *numbers -= 1;
                }
            }
            Self::Percentile(ranked, _) => {
                for number in row::numbers(&event.value) {
                    ranked.remove(number);
                }
            }
        }
    }

    /// What is compared; nothing if there is no number to calculate with.
    pub(super) fn value(&self) -> Option<Number> {
        match self {
            Self::Events(count) => Some(Number::Int((*count).into())),
            Self::Rules(counts) => Some(whole(counts.iter().filter(|count| **count > 0).count())),
            Self::Ordered(times) => Some(whole(longest_prefix(times))),
            Self::Values(values) => Some(whole(values.len())),
            Self::Sum { numbers: 0, .. } => None,
            Self::Sum { sum, numbers, mean } => {
                Some(sum.over(if *mean { (*numbers).into() } else { 1 }))
            }
            Self::Percentile(ranked, percentile) => ranked.percentile(*percentile),
        }
    }
}

fn whole(count: usize) -> Number {
    Number::Int(i128::try_from(count).unwrap_or(i128::MAX))
}

/// How many of the rules follow one another from the first on: to take the earliest event of each
/// leaves the most for the next. Equal times count as in order.
fn longest_prefix(times: &[VecDeque<i128>]) -> usize {
    let mut from = i128::MIN;
    for (length, times) in times.iter().enumerate() {
        let first = times.partition_point(|&time| time < from);
        match times.get(first) {
            Some(&time) => from = time,
            None => return length,
        }
    }
    times.len()
}
