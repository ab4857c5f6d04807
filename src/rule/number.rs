//! Numbers as Sigma compares them: exact integers, otherwise IEEE doubles.
//!
//! Comparison is by value and exact across both kinds: 2^53 + 1 is not the double 2^53, although a
//! conversion would make them equal. There is no NaN and no infinity.

use std::cmp::Ordering;

/// A number of a rule or of an event.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer that fits 128 bits, exactly.
    Int(i128),
    /// Everything else.
    Float(f64),
}

impl Number {
    /// Reads a JSON number literal (RFC 8259): the whole of `text`, nothing around it.
    ///
    /// `None` if `text` is not one, or if its value is beyond the range of a double.
    pub fn parse_json(text: &str) -> Option<Self> {
        let spelling = Spelling::of(text)?;
        Self::read(text, spelling)
    }

    /// The value of a literal whose grammar has been checked.
    pub(crate) fn read(text: &str, spelling: Spelling) -> Option<Self> {
        if spelling == Spelling::Integer
            && let Ok(integer) = text.parse()
        {
            return Some(Self::Int(integer));
        }
        text.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float)
    }

    /// The text form: integers as their digits, other numbers as the shortest decimal that reads
    /// back the same. `2.0` is `2`, and an exponent is written from 1e21 and below 1e-4.
    pub fn text(&self) -> String {
        match *self {
            Self::Int(integer) => integer.to_string(),
            Self::Float(0.0) => "0".to_owned(),
            Self::Float(float) if float.fract() == 0.0 && float.abs() < 1e21 => {
                format!("{float:.0}")
            }
            Self::Float(float) if float.abs() >= 1e-4 && float.abs() < 1e16 => float.to_string(),
            Self::Float(float) => {
                let short = format!("{float:e}");
                let Some((mantissa, exponent)) = short.split_once('e') else { return short };
                let (sign, size) =
                    exponent.strip_prefix('-').map_or(('+', exponent), |size| ('-', size));
                format!("{mantissa}e{sign}{size:0>2}")
            }
        }
    }
}

/// How a number is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Digits only.
    Integer,
    /// With a fraction or an exponent.
    Decimal,
}

impl Spelling {
    /// Checks the JSON grammar.
    fn of(text: &str) -> Option<Self> {
        let (whole, rest) = digits(text.strip_prefix('-').unwrap_or(text));
        if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        if rest.is_empty() {
            return Some(Self::Integer);
        }
        let exponent = match rest.strip_prefix('.').map(digits) {
            Some(("", _)) => return None,
            Some((_, after)) => after,
            None => rest,
        };
        (exponent.is_empty() || is_exponent(exponent)).then_some(Self::Decimal)
    }
}

/// Splits off the leading ASCII digits.
pub(crate) fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether all of `text` is an exponent: `e5`, `E-07`.
pub(crate) fn is_exponent(text: &str) -> bool {
    let Some(size) = text.strip_prefix(['e', 'E']) else { return false };
    let (number, rest) = digits(size.strip_prefix(['-', '+']).unwrap_or(size));
    !number.is_empty() && rest.is_empty()
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Float(b)) => compare(a, b),
            (Self::Float(a), Self::Int(b)) => compare(b, a).map(Ordering::reverse),
        }
    }
}

/// Compares an integer with a double, without rounding either.
fn compare(integer: i128, float: f64) -> Option<Ordering> {
    // 2^127 is a double, and the first one that no `i128` reaches.
    const LIMIT: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, the fraction is looked at next"
    )]
    let whole = float.trunc() as i128;
    Some(
        integer
            .cmp(&whole)
            .then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(literal: &str) -> Option<String> {
        Number::parse_json(literal).map(|number| number.text())
    }

    #[test]
    fn only_the_json_grammar_is_a_number() {
        for good in ["0", "-0", "22", "22.0", "2.2e1", "1E+5", "-1.5e-05", "18446744073709551615"] {
            assert!(Number::parse_json(good).is_some(), "{good}");
        }
        for bad in [
            "", "-", "022", " 22", "22 ", "0x16", "+5", "inf", "nan", "1.", ".5", "1e", "1e+",
            "1.e5", "٣", "1_0",
        ] {
            assert!(Number::parse_json(bad).is_none(), "{bad}");
        }
        assert!(Number::parse_json("1e400").is_none());
    }

    #[test]
    fn equal_values_are_equal_in_any_spelling() {
        let number = |literal| Number::parse_json(literal).expect("a number");
        assert_eq!(number("22"), number("22.0"));
        assert_eq!(number("22"), number("2.2e1"));
        assert_eq!(number("-0"), number("0.0"));
        assert_eq!(number("-0.0"), number("0"));
    }

    #[test]
    fn integers_and_doubles_compare_exactly() {
        let near = Number::Int((1 << 53) + 1);
        let double = Number::Float(9_007_199_254_740_992.0);
        assert_ne!(near, double);
        assert!(near > double);
        assert_eq!(Number::Int(1 << 53), double);
        assert!(Number::Int(1) < Number::Float(1.5));
        assert!(Number::Int(-1) > Number::Float(-1.5));
        assert!(Number::Int(i128::MAX) < Number::Float(1e39));
        assert!(Number::Int(i128::MIN) > Number::Float(-1e39));
        assert_eq!(
            Number::Int(i128::MIN),
            Number::Float(-170_141_183_460_469_231_731_687_303_715_884_105_728.0)
        );
    }

    #[test]
    fn the_text_form_is_the_shortest_decimal() {
        for (literal, expected) in [
            ("1.5", "1.5"),
            ("2.0", "2"),
            ("-0.0", "0"),
            ("-0", "0"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("0.000015", "1.5e-05"),
            ("1e-7", "1e-07"),
            ("123456789012345.6", "123456789012345.6"),
            ("12345678901234567890123", "12345678901234567890123"),
        ] {
            assert_eq!(text(literal).as_deref(), Some(expected), "{literal}");
        }
    }
}
