//! Numbers in their order, to look up percentiles while some come and others go.
//!
//! A list of short sorted lists: to put a number in or take one out moves the rest of one of them.

use std::cmp::Ordering;

use super::exact::ExactSum;
use crate::rule::Number;

/// A list that grows beyond this is cut in two.
const LONGEST: usize = 512;

/// A sorted multiset of numbers.
#[derive(Debug, Default)]
pub(super) struct Ranked {
    /// None of them is empty.
    lists: Vec<Vec<Number>>,
    count: usize,
}

fn compare(a: &Number, b: &Number) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

impl Ranked {
    /// The list where a number stands or would stand.
    fn list_of(&self, number: Number) -> usize {
        let is_before = |list: &Vec<Number>| list.last().is_some_and(|last| *last < number);
        self.lists.partition_point(is_before).min(self.lists.len().saturating_sub(1))
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn insert(&mut self, number: Number) {
        if self.lists.is_empty() {
            self.lists.push(Vec::new());
        }
        let at = self.list_of(number);
        let list = &mut self.lists[at];
        let place = list.partition_point(|other| compare(other, &number).is_lt());
        list.insert(place, number);
        self.count += 1;
        if list.len() > LONGEST {
            let rest = list.split_off(LONGEST / 2);
            self.lists.insert(at + 1, rest);
        }
    }

    /// Takes out a number that was put in.
    pub(super) fn remove(&mut self, number: Number) {
        let at = self.list_of(number);
        let Some(list) = self.lists.get_mut(at) else { return };
        if let Ok(place) = list.binary_search_by(|other| compare(other, &number)) {
            list.remove(place);
            self.count -= 1;
            if list.is_empty() {
                self.lists.remove(at);
            }
        }
    }

    /// The number with that many before it.
    fn nth(&self, mut rank: usize) -> Option<Number> {
        for list in &self.lists {
            if let Some(number) = list.get(rank) {
                return Some(*number);
            }
            rank -= list.len();
        }
        None
    }

    /// The percentile, from 0 to 100: between two numbers, what lies as far between them.
    pub(super) fn percentile(&self, percentile: Number) -> Option<Number> {
        // In units of 2^-64 percent, which holds every double from 2^-12 on exactly.
        const UNIT: u128 = 1 << 64;
        let units = match percentile {
            Number::Int(whole) => u128::try_from(whole).unwrap_or(0) * UNIT,
            Number::Float(float) => scaled(float),
        };
        let last = self.count.checked_sub(1)?;
        let place = units.saturating_mul(last as u128);
        let (hundred, below) = (100 * UNIT, place / (100 * UNIT));
        let low = self.nth(usize::try_from(below).ok()?.min(last))?;
        match place % hundred {
            0 => Some(low),
            part => Some(between(low, self.nth(usize::try_from(below).ok()? + 1)?, part, hundred)),
        }
    }
}

/// A number from 0 to 100 in units of 2^-64, rounded down.
fn scaled(float: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100 times 2^64, which is below 2^71"
    )]
    let units = (float.clamp(0.0, 100.0) * 2_f64.powi(64)) as u128;
    units
}

/// What lies `part` of `whole` of the way from `low` to `high`, rounded once.
fn between(low: Number, high: Number, part: u128, whole: u128) -> Number {
    let divisor = gcd(part, whole);
    let (part, whole) = (part / divisor, whole / divisor);
    let mut sum = ExactSum::default();
    let held = sum.add_times(low, whole - part).and_then(|()| sum.add_times(high, part));
    // Whole numbers of more than 56 bits with an odd percentile: the lower one stands for both.
    if held.is_some() { sum.over(whole) } else { low }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(numbers: &[i128]) -> Ranked {
        let mut ranked = Ranked::default();
        for &number in numbers {
            ranked.insert(Number::Int(number));
        }
        ranked
    }

    fn at(ranked: &Ranked, percentile: f64) -> Option<String> {
        ranked.percentile(Number::Float(percentile)).map(|number| number.text())
    }

    #[test]
    fn percentiles_lie_between_the_numbers_around_them() {
        let two = ranked(&[20, 10]);
        for (percentile, text) in [(0.0, "10"), (50.0, "15"), (25.0, "12.5"), (100.0, "20")] {
            assert_eq!(at(&two, percentile).as_deref(), Some(text));
        }
        assert_eq!(
            at(&ranked(&[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]), 90.0).as_deref(),
            Some("90")
        );
        assert_eq!(at(&ranked(&[7]), 33.3).as_deref(), Some("7"));
        assert_eq!(at(&ranked(&[]), 50.0), None);
    }

    #[test]
    fn numbers_come_and_go_in_any_order() {
        let mut ranked = Ranked::default();
        let number = |n: i128| Number::Int(n * 7919 % 3001);
        for n in 0..3001 {
            ranked.insert(number(n));
            ranked.insert(Number::Int(5));
        }
        for n in 0..3001 {
            ranked.remove(Number::Int(5));
            if n % 2 == 1 {
                ranked.remove(number(n));
            }
        }
        let mut left: Vec<i128> = (0..3001).step_by(2).map(|n| n * 7919 % 3001).collect();
        left.sort_unstable();
        assert_eq!(ranked.count, left.len());
        let all: Vec<_> = (0..left.len()).filter_map(|rank| ranked.nth(rank)).collect();
        assert_eq!(all, left.into_iter().map(Number::Int).collect::<Vec<_>>());
    }
}
