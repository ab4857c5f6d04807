//! Sums without rounding, from which numbers can be taken away again.
//!
//! Every double is a whole multiple of 2^-1074, so a fixed-point number of some 2,200 bits holds any
//! sum of them exactly. Only the result is rounded, once, to the nearest double; a whole result that
//! fits stays exact. So a sum does not depend on the order of its parts.

use crate::rule::Number;

/// Bits of one digit.
const BITS: usize = 32;

/// Bits behind the point.
const POINT: usize = 1074;

/// Digits: 2^-1074 up to 2^1024, and room for 2^64 numbers and the sign.
const DIGITS: usize = (POINT + 1024 + 64 + 32).div_ceil(BITS) + 1;

/// Additions after which carries must be carried, before a digit can overflow.
const LAZY: u32 = 1 << 28;

/// A sum. Digits have signs and may be larger than 32 bits until carries are carried.
#[derive(Debug, Clone)]
pub(super) struct ExactSum {
    digits: [i64; DIGITS],
    pending: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { digits: [0; DIGITS], pending: 0 }
    }
}

impl ExactSum {
    /// Adds a number.
    pub(super) fn add(&mut self, number: Number) {
        self.change(number, 1);
    }

    /// Takes away a number that was added.
    pub(super) fn subtract(&mut self, number: Number) {
        self.change(number, -1);
    }

    /// Adds a number so many times; `None` if that is beyond what can be held.
    pub(super) fn add_times(&mut self, number: Number, times: u128) -> Option<()> {
        let (magnitude, shift, sign) = parts(number);
        self.place(magnitude.checked_mul(times)?, shift, sign);
        Some(())
    }

    fn change(&mut self, number: Number, sign: i64) {
        let (magnitude, shift, own) = parts(number);
        self.place(magnitude, shift, own * sign);
        self.pending += 1;
        if self.pending == LAZY {
            carry(&mut self.digits);
            self.pending = 0;
        }
    }

    /// Adds or takes away `magnitude` times 2^(`shift` - 1074).
    fn place(&mut self, magnitude: u128, shift: usize, sign: i64) {
        let mut at = shift / BITS;
        let mut left = magnitude;
        // The lowest digit takes what the shift leaves of it, each further one 32 bits.
        let mut bits = BITS - shift % BITS;
        let mut low = shift % BITS;
        while left != 0 && at < DIGITS {
            let part = i64::try_from(left & ((1_u128 << bits) - 1)).unwrap_or(0) << low;
            self.digits[at] += sign * part;
            left >>= bits;
            (at, bits, low) = (at + 1, BITS, 0);
        }
    }

    /// The sum divided by `count`, from 1 up to 2^96: exact if it is whole and fits, otherwise the
    /// nearest double.
    pub(super) fn over(&self, count: u128) -> Number {
        let mut digits = self.digits;
        carry(&mut digits);
        let negative = digits[DIGITS - 1] < 0;
        if negative {
            for digit in &mut digits {
                *digit = -*digit;
            }
            carry(&mut digits);
        }
        let mut rest: u128 = 0;
        let mut quotient = [0_u32; DIGITS];
        for at in (0..DIGITS).rev() {
            // Digits are below 2^32 and the rest below the count, so each quotient is below 2^32.
            let part = rest << BITS | u128::from(digits[at].unsigned_abs());
            quotient[at] = u32::try_from(part / count).unwrap_or(u32::MAX);
            rest = part % count;
        }
        rounded(&quotient, rest != 0, negative)
    }
}

/// A number as a whole multiple of 2^-1074: magnitude, shift and sign.
fn parts(number: Number) -> (u128, usize, i64) {
    match number {
        Number::Int(value) => (value.unsigned_abs(), POINT, if value < 0 { -1 } else { 1 }),
        Number::Float(value) => {
            let bits = value.to_bits();
            let exponent = usize::try_from(bits >> 52 & 0x7FF).unwrap_or(0);
            let fraction = bits & ((1 << 52) - 1);
            let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
            let sign = if value < 0.0 { -1 } else { 1 };
            (mantissa.into(), exponent.saturating_sub(1), sign)
        }
    }
}

/// Brings every digit but the highest into 0 .. 2^32.
fn carry(digits: &mut [i64; DIGITS]) {
    let mut over = 0;
    for digit in &mut digits[..DIGITS - 1] {
        let value = *digit + over;
        *digit = value & 0xFFFF_FFFF;
        over = value >> BITS;
    }
    digits[DIGITS - 1] += over;
}

/// The number with these digits, `more` if something follows behind the last of them.
fn rounded(digits: &[u32; DIGITS], more: bool, negative: bool) -> Number {
    let bit = |at: usize| digits[at / BITS] >> (at % BITS) & 1 == 1;
    let Some(highest) = (0..DIGITS * BITS).rev().find(|&at| bit(at)) else {
        return if more && negative {
            Number::Float(-f64::from_bits(1))
        } else if more {
            Number::Float(f64::from_bits(1))
        } else {
            Number::Int(0)
        };
    };
    let is_whole = !more && (0..POINT).all(|at| !bit(at));
    if is_whole && highest < POINT + 127 {
        let value = (POINT..=highest).rev().fold(0_i128, |sum, at| sum << 1 | i128::from(bit(at)));
        return Number::Int(if negative { -value } else { value });
    }
    // 64 bits from the highest on; what is below them only decides how to round.
    let lowest = highest.saturating_sub(63);
    let mut mantissa =
        (lowest..=highest).rev().fold(0_u64, |sum, at| sum << 1 | u64::from(bit(at)));
    if more || (0..lowest).any(bit) {
        mantissa |= 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "this is the one place that rounds")]
    let mut value = mantissa as f64;
    // In two steps, as 2^-1074 times a mantissa may need a factor that is no double.
    let exponent = i32::try_from(lowest).unwrap_or(i32::MAX) - 1074;
    let half = exponent / 2;
    value = value * 2_f64.powi(half) * 2_f64.powi(exponent - half);
    let value = value.min(f64::MAX);
    Number::Float(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for &number in numbers {
            sum.add(Number::Float(number));
        }
        sum
    }

    #[test]
    fn sums_are_rounded_once() {
        assert_eq!(sum(&[0.1, 0.2]).over(1).text(), "0.30000000000000004");
        assert_eq!(sum(&[1e16, 1.0, 1.0, -1e16]).over(1).text(), "2");
        assert_eq!(sum(&[1e300, 1.5, -1e300]).over(1).text(), "1.5");
        assert_eq!(sum(&[f64::MAX, f64::MAX]).over(1).text(), Number::Float(f64::MAX).text());
        assert_eq!(sum(&[5e-324, 5e-324]).over(1), Number::Float(1e-323));
        assert_eq!(sum(&[-0.75, 0.25]).over(1), Number::Float(-0.5));
    }

    #[test]
    fn whole_results_are_exact() {
        let mut sum = ExactSum::default();
        let large = (1_i128 << 100) + 1;
        sum.add(Number::Int(large));
        sum.add(Number::Int(-7));
        assert_eq!(sum.over(1).text(), (large - 7).to_string());
        sum.subtract(Number::Int(large));
        assert_eq!(sum.over(1).text(), "-7");
        sum.add(Number::Int(i128::MAX));
        sum.subtract(Number::Int(i128::MAX));
        sum.add(Number::Float(7.0));
        assert_eq!(sum.over(1).text(), "0");
    }

    #[test]
    fn means_are_exact_if_whole_and_the_nearest_double_otherwise() {
        let mut sum = ExactSum::default();
        for number in [1_i128, 2, 3, 4] {
            sum.add(Number::Int(number));
        }
        assert_eq!(sum.over(4).text(), "2.5");
        assert_eq!(sum.over(5).text(), "2");
        assert_eq!(sum.over(3), Number::Float(10.0 / 3.0));
        assert_eq!(sum.over(7), Number::Float(10.0 / 7.0));
    }

    #[test]
    fn order_and_coming_and_going_leave_no_trace() {
        let numbers: Vec<f64> =
            (1..200).map(|n| f64::from(n * 7919 % 101) * 1.1_f64.powi(n % 40 - 20)).collect();
        let mut walked = sum(&[]);
        for (at, &number) in numbers.iter().rev().enumerate() {
            walked.add(Number::Float(number * 3.0));
            walked.add(Number::Float(number));
            walked.subtract(Number::Float(number * 3.0));
            if at == 77 {
                carry(&mut walked.digits);
            }
        }
        assert_eq!(walked.over(1), sum(&numbers).over(1));
        for &number in &numbers {
            walked.subtract(Number::Float(number));
        }
        assert_eq!(walked.over(1).text(), "0");
    }
}
