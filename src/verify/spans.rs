//! The time that a chain of digests covers, and what is missing in it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::load::file_key;

/// A span of time, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its start.
    #[serde(serialize_with = "shown")]
    pub from: Timestamp,
    /// Its end.
    #[serde(serialize_with = "shown")]
    pub to: Timestamp,
}

/// Time that no digest here covers, between two that do or before the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The end of the digest before; `None` if there is none.
    #[serde(serialize_with = "shown_if_any")]
    pub from: Option<Timestamp>,
    /// The start of the digest after.
    #[serde(serialize_with = "shown")]
    pub to: Timestamp,
    /// Why.
    pub why: Why,
    /// Digests that are missing, as far as their names are known, the newest first.
    pub missing: Vec<String>,
    /// About how many digests are missing in all, at one an hour.
    pub about: Option<u64>,
}

/// Why there is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The digest after it begins a new chain: logging or validation was off.
    Started,
    /// The digest after it names one that is not here.
    Missing,
    /// The digest before is here and cannot be read.
    Damaged,
    /// The digests on both sides follow each other, and their times do not meet.
    Unexplained,
}

fn shown<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

#[expect(clippy::ref_option, reason = "serde asks for it")]
fn shown_if_any<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}

/// What of a digest matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'n> {
    pub(super) span: Span,
    pub(super) proved: bool,
    pub(super) empty: bool,
    /// The key of the digest before it.
    pub(super) previous: Option<&'n str>,
}

/// What a chain covers.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) proved: Vec<Span>,
    pub(super) unproved: Vec<Span>,
    pub(super) silent: Vec<Span>,
    pub(super) gaps: Vec<Gap>,
}

/// Lays the digests of one chain side by side. `state` says of a key whether it is here and can be
/// read (`Some(true)`), cannot be read (`Some(false)`) or is not here.
pub(super) fn covered(mut pieces: Vec<Piece<'_>>, state: impl Fn(&str) -> Option<bool>) -> Covered {
    pieces.sort_by_key(|piece| (piece.span.from, piece.span.to, !piece.proved));
    let mut covered = Covered::default();
    let mut end: Option<Timestamp> = None;
    for piece in &pieces {
        let before = end.is_none_or(|end| piece.span.from > end);
        let gap = if before { gap(end, piece, &state) } else { None };
        covered.gaps.extend(gap);
        end = end.max(Some(piece.span.to));
        join(if piece.proved { &mut covered.proved } else { &mut covered.unproved }, piece.span);
        if piece.proved && piece.empty {
            join(&mut covered.silent, piece.span);
        }
    }
    covered
}

/// The gap before a digest.
fn gap(
    end: Option<Timestamp>,
    piece: &Piece<'_>,
    state: &impl Fn(&str) -> Option<bool>,
) -> Option<Gap> {
    let previous = piece.previous.map(|object| (object, state(file_key(object))));
    let why = match previous {
        // Where a chain starts nothing is missing before it.
        None => end.map(|_| Why::Started)?,
        Some((_, None)) => Why::Missing,
        Some((_, Some(false))) => Why::Damaged,
        Some((_, Some(true))) => end.map(|_| Why::Unexplained)?,
    };
    let missing = match previous {
        Some((object, None)) => vec![object.to_owned()],
        _ => Vec::new(),
    };
    let hours = |from: Timestamp| {
        let seconds = piece.span.from.as_second().saturating_sub(from.as_second());
        u64::try_from(seconds.saturating_add(1800) / 3600).unwrap_or(0).max(1)
    };
    let about = if why == Why::Missing { end.map(hours) } else { None };
    Some(Gap { from: end, to: piece.span.from, why, missing, about })
}

/// Adds a span to a sorted list, to the last one if they meet.
fn join(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
        _ => spans.push(span),
    }
}

/// Seconds in all of them.
pub(super) fn seconds(spans: &[Span]) -> i64 {
    spans.iter().map(|span| span.to.as_second() - span.from.as_second()).sum()
}

/// Names without those that were met before.
pub(super) fn unmet<'n>(met: &mut BTreeSet<String>, name: &'n str) -> Option<&'n str> {
    met.insert(file_key(name).to_owned()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
        Span { from: at(from), to: at(to) }
    }

    fn piece(from: i64, previous: Option<&str>) -> Piece<'_> {
        Piece { span: span(from, from + 1), proved: from < 10, empty: from % 2 == 0, previous }
    }

    #[test]
    fn digests_that_meet_are_one_span_and_gaps_say_why() {
        let pieces = vec![
            piece(12, Some("11")),
            piece(1, None),
            piece(2, Some("1")),
            piece(5, Some("gone")),
            piece(7, None),
            piece(9, Some("bad")),
        ];
        let covered = covered(pieces, |key| match key {
            "gone" => None,
            key => Some(key != "bad"),
        });
        assert_eq!(covered.proved, [span(1, 3), span(5, 6), span(7, 8), span(9, 10)]);
        assert_eq!(covered.unproved, [span(12, 13)]);
        assert_eq!(covered.silent, [span(2, 3)]);
        assert_eq!(seconds(&covered.proved), 5 * 3600);
        let gaps: Vec<_> = covered
            .gaps
            .iter()
            .map(|gap| (gap.from.map(|from| Span { from, to: gap.to }), gap.why, gap.about))
            .collect();
        assert_eq!(
            gaps,
            [
                (Some(span(3, 5)), Why::Missing, Some(2)),
                (Some(span(6, 7)), Why::Started, None),
                (Some(span(8, 9)), Why::Damaged, None),
                (Some(span(10, 12)), Why::Unexplained, None),
            ]
        );
        assert_eq!(covered.gaps[0].missing, ["gone"]);
    }

    #[test]
    fn a_chain_that_begins_before_what_is_here_says_so() {
        let gaps = covered(vec![piece(3, Some("gone"))], |_| None).gaps;
        assert_eq!(gaps.len(), 1);
        assert_eq!((gaps[0].from, gaps[0].why, gaps[0].about), (None, Why::Missing, None));
        assert!(covered(vec![piece(3, None)], |_| None).gaps.is_empty());
    }
}
