//! Numbers as decimal digits, compared like a pupil compares them.
//!
//! An integer literal keeps its digits, whatever their number. Anything with a fraction or an exponent is
//! the double it reads as, written out in full, so that both kinds compare exactly.

use std::cmp::Ordering;

use backtrail::rule::Number;

/// Sign, digits before the point without leading zeros, digits after it without trailing zeros.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    /// The value of a JSON number literal; `None` if it is beyond a double.
    pub(crate) fn of_literal(literal: &str) -> Option<Self> {
        if !literal.contains(['.', 'e', 'E']) {
            return literal
                .parse::<f64>()
                .ok()
                .filter(|float| float.is_finite())
                .map(|_| Self::of_digits(literal));
        }
        literal.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::of_float)
    }

    /// The value of a number in a rule.
    pub(crate) fn of_rule(number: Number) -> Self {
        match number {
            Number::Int(integer) => Self::of_digits(&integer.to_string()),
            Number::Float(float) => Self::of_float(float),
        }
    }

    /// A double has at most 1074 digits after the point.
    fn of_float(float: f64) -> Self {
        Self::of_digits(&format!("{float:.1074}"))
    }

    fn of_digits(digits: &str) -> Self {
        let unsigned = digits.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Self { negative: digits.starts_with('-') && !zero, whole, fraction }
    }

    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), &self.whole, &self.fraction)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[test]
fn decimals_compare_by_value() {
    let of = |literal| Decimal::of_literal(literal).expect("it is finite");
    for (a, b) in [("1000", "1e3"), ("-0", "0"), ("-0.0", "0"), ("22", "2.2e1"), ("0.5", "5e-1")] {
        assert_eq!(of(a), of(b), "{a} {b}");
    }
    let ascending = [
        "-10",
        "-9.5",
        "-1",
        "0",
        "0.25",
        "0.5",
        "2",
        "10",
        "9007199254740992",
        "9007199254740993",
        "1e300",
    ];
    for pair in ascending.windows(2) {
        assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
    }
    assert_eq!(Decimal::of_literal("1e400"), None);
}
