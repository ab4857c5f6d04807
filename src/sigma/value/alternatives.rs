//! What multiplies a text: placeholders, dashes, encodings. How far it may is bounded here.

use crate::{
    rule::{Diagnostic, Pattern, Span, Token},
    sigma::{
        Modifier, encoding,
        placeholder::{self, Piece},
        reader::Reader,
    },
};

/// At most this many alternatives may come out of one value by combination.
const MAX_ALTERNATIVES: usize = 10_000;

/// The dashes that stand for one another under `windash`.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

fn too_many(span: Span, modifier: Modifier) -> Diagnostic {
    let message = format!(
        "{} makes more than {MAX_ALTERNATIVES} alternatives of this value",
        modifier.as_str()
    );
    Diagnostic::error("too-many-alternatives", span, message)
        .help("write a shorter value, or several of them")
}

/// Refuses a product of alternatives. One list alone may be as long as it was given.
pub(super) fn check_product(
    counts: impl Iterator<Item = usize>,
    span: Span,
    modifier: Modifier,
) -> Result<(), Diagnostic> {
    let (mut product, mut greatest) = (1_usize, 1);
    for count in counts {
        product = product.saturating_mul(count);
        greatest = greatest.max(count);
    }
    if product > greatest.max(MAX_ALTERNATIVES) { Err(too_many(span, modifier)) } else { Ok(()) }
}

/// Puts the values of placeholders in their place; every combination is an alternative.
pub(super) fn expand(
    value: &str,
    span: Span,
    cased: bool,
    reader: &Reader,
) -> Result<Vec<Pattern>, Diagnostic> {
    let pieces = placeholder::pieces(value, span, reader.text, reader.placeholders)?;
    check_product(pieces.iter().map(count), span, Modifier::Expand)?;
    let mut alternatives = vec![Pattern::plain("", cased)];
    for piece in pieces {
        let parts: Vec<Pattern> = match &piece {
            Piece::Text(text) => vec![Pattern::parse(text, cased)],
            Piece::Values(values) => {
                values.iter().map(|value| Pattern::parse(value, cased)).collect()
            }
        };
        alternatives = combine(&alternatives, &parts, |before, part| {
            let mut whole = before.clone();
            part.tokens.iter().for_each(|token| whole.push(token.clone()));
            whole
        });
    }
    Ok(alternatives)
}

pub(super) fn count(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Text(_) => 1,
        Piece::Values(values) => values.len(),
    }
}

pub(super) fn combine<T>(before: &[T], parts: &[T], join: impl Fn(&T, &T) -> T) -> Vec<T> {
    before
        .iter()
        .flat_map(|before| parts.iter().map(|part| join(before, part)).collect::<Vec<_>>())
        .collect()
}

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Char(char),
    One,
    Any,
}

/// Each dash that begins a word after something that is none stands for every dash.
pub(super) fn windash(patterns: &[Pattern], span: Span) -> Result<Vec<Pattern>, Diagnostic> {
    let mut out = Vec::new();
    for pattern in patterns {
        let units: Vec<Unit> = pattern
            .tokens
            .iter()
            .flat_map(|token| match token {
                Token::Literal(text) => text.chars().map(Unit::Char).collect(),
                Token::One => vec![Unit::One],
                Token::Any => vec![Unit::Any],
            })
            .collect();
        let places: Vec<usize> =
            (0..units.len()).filter(|at| is_option_dash(&units, *at)).collect();
        check_product(places.iter().map(|_| DASHES.len()), span, Modifier::Windash)?;
        let variants = DASHES.len().pow(u32::try_from(places.len()).unwrap_or(u32::MAX));
        if patterns.len() > 1 && out.len() + variants > MAX_ALTERNATIVES.max(patterns.len()) {
            return Err(too_many(span, Modifier::Windash));
        }
        for mut variant in 0..variants {
            let mut units = units.clone();
            for place in &places {
                units[*place] = Unit::Char(DASHES[variant % DASHES.len()]);
                variant /= DASHES.len();
            }
            out.push(collect(&units, pattern.cased));
        }
    }
    Ok(out)
}

fn is_option_dash(units: &[Unit], at: usize) -> bool {
    let is_word = |unit: Option<&Unit>| matches!(unit, Some(Unit::Char(char)) if char.is_alphanumeric() || *char == '_');
    matches!(units[at], Unit::Char(char) if DASHES.contains(&char))
        && !is_word(at.checked_sub(1).and_then(|before| units.get(before)))
        && is_word(units.get(at + 1))
}

fn collect(units: &[Unit], cased: bool) -> Pattern {
    let mut pattern = Pattern::plain("", cased);
    for unit in units {
        match unit {
            Unit::Char(char) => pattern.push_char(*char),
            Unit::One => pattern.push(Token::One),
            Unit::Any => pattern.push(Token::Any),
        }
    }
    pattern
}

/// The encoded forms of plain patterns.
pub(super) fn encode(
    patterns: &[Pattern],
    modifiers: &[Modifier],
    span: Span,
) -> Result<Vec<Pattern>, Diagnostic> {
    let mut out = Vec::new();
    for pattern in patterns {
        let Some(text) = pattern.as_plain() else {
            return Err(Diagnostic::error(
                "encoded-wildcard",
                span,
                "a wildcard cannot be encoded",
            )
            .help("write \\* or \\? for the plain character, or leave the wildcard to contains"));
        };
        out.extend(
            encoding::encoded(text, modifiers)
                .iter()
                .map(|form| Pattern::plain(form, pattern.cased)),
        );
    }
    Ok(out)
}
