//! The time that a chain of digests covers, and what is missing in it.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

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

/// Time that no proved digest here covers, between two that do or before the first.
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
    /// Digests that are missing, as far as a proved digest names them.
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
    /// The digest before is here and not proved.
    Unproved,
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
    /// The digest before it.
    pub(super) previous: Option<Before<'n>>,
}

/// The digest before another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'n> {
    pub(super) object: &'n str,
    pub(super) state: State,
}

/// What is known of a digest that another one names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Proved,
    /// It is here and not proved.
    Unproved,
    /// It is here and cannot be read.
    Damaged,
    Missing,
}

/// What a chain covers.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) proved: Vec<Span>,
    pub(super) unproved: Vec<Span>,
    pub(super) silent: Vec<Span>,
    pub(super) gaps: Vec<Gap>,
}

/// Puts the digests of one chain in order of time. Gaps are between proved digests alone: a forged
/// one neither opens nor closes any.
pub(super) fn covered(mut pieces: Vec<Piece<'_>>) -> Covered {
    pieces.sort_by_key(|piece| (piece.span.from, piece.span.to, !piece.proved));
    let mut covered = Covered::default();
    let mut end: Option<Timestamp> = None;
    for piece in &pieces {
        if !piece.proved {
            join(&mut covered.unproved, piece.span);
            continue;
        }
        if end.is_none_or(|end| piece.span.from > end) {
            covered.gaps.extend(gap(end, piece));
        }
        end = end.max(Some(piece.span.to));
        join(&mut covered.proved, piece.span);
        if piece.empty {
            join(&mut covered.silent, piece.span);
        }
    }
    covered
}

/// The gap before a digest.
fn gap(end: Option<Timestamp>, piece: &Piece<'_>) -> Option<Gap> {
    let why = match piece.previous.map(|before| before.state) {
        // Where a chain starts nothing is missing before it.
        None => end.map(|_| Why::Started)?,
        Some(State::Missing) => Why::Missing,
        Some(State::Damaged) => Why::Damaged,
        Some(State::Unproved) => end.map(|_| Why::Unproved)?,
        Some(State::Proved) => end.map(|_| Why::Unexplained)?,
    };
    let missing = piece.previous.filter(|before| before.state == State::Missing);
    let missing = missing.map(|before| before.object.to_owned()).into_iter().collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
        Span { from: at(from), to: at(to) }
    }

    fn piece(from: i64, previous: Option<State>) -> Piece<'static> {
        let previous = previous.map(|state| Before { object: "before", state });
        Piece { span: span(from, from + 1), proved: true, empty: from % 2 == 0, previous }
    }

    #[test]
    fn digests_that_meet_are_one_span_and_gaps_say_why() {
        let unproved = |from| Piece { proved: false, ..piece(from, Some(State::Missing)) };
        let pieces = vec![
            piece(12, Some(State::Proved)),
            piece(1, None),
            piece(2, Some(State::Proved)),
            piece(5, Some(State::Missing)),
            piece(7, None),
            piece(9, Some(State::Damaged)),
            piece(15, Some(State::Unproved)),
            // Wherever these claim to be, they change no gap.
            unproved(-400),
            unproved(3),
            unproved(14),
            unproved(90_000),
        ];
        let covered = covered(pieces);
        assert_eq!(
            covered.proved,
            [span(1, 3), span(5, 6), span(7, 8), span(9, 10), span(12, 13), span(15, 16)]
        );
        assert_eq!(
            covered.unproved,
            [span(-400, -399), span(3, 4), span(14, 15), span(90_000, 90_001)]
        );
        assert_eq!(covered.silent, [span(2, 3), span(12, 13)]);
        assert_eq!(seconds(&covered.proved), 7 * 3600);
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
                (Some(span(13, 15)), Why::Unproved, None),
            ]
        );
        assert_eq!(covered.gaps[0].missing, ["before"]);
    }

    #[test]
    fn a_chain_that_begins_before_what_is_here_says_so() {
        let gaps = covered(vec![piece(3, Some(State::Missing))]).gaps;
        assert_eq!(gaps.len(), 1);
        assert_eq!((gaps[0].from, gaps[0].why, gaps[0].about), (None, Why::Missing, None));
        for state in [None, Some(State::Proved), Some(State::Unproved)] {
            assert!(covered(vec![piece(3, state)]).gaps.is_empty());
        }
    }
}
