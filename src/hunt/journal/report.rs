//! What the collector takes in, as bytes: findings as they travel, then what became of their file.

use super::code::{Decoder, Encoder};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    finding::Integrity,
    hunt::{
        spool::{Frame, Spool},
        visitor::Entered,
        worker::Report,
    },
    scan::{Change, Families, LoggingChange, Scanned, Trail},
};

/// What an item begins with.
const FINDING: u8 = b'F';
const FILE: u8 = b'R';
const AGAIN: u8 = b'A';

/// One thing that the collector took in.
#[derive(Debug)]
pub(super) enum Item<'b> {
    /// A finding of the file whose report follows.
    Finding(Frame<'b>),
    /// What became of a file.
    File(Box<Report>),
    /// The hunt was broken off, and the file is begun again: findings before count for nothing.
    Again,
}

pub(super) fn put_finding(frame: &Frame<'_>, out: &mut Encoder) {
    out.bytes.push(FINDING);
    frame.write(&mut out.bytes);
}

pub(super) fn put_again(out: &mut Encoder) {
    out.bytes.push(AGAIN);
}

/// Reads an item; nothing if it is garbled.
pub(super) fn item<'b>(from: &mut Decoder<'b>) -> Option<Item<'b>> {
    match from.byte()? {
        FINDING => Frame::split(&mut from.bytes).map(Item::Finding),
        FILE => report(from).map(|report| Item::File(Box::new(report))),
        AGAIN => Some(Item::Again),
        _ => None,
    }
}

pub(super) fn put_report(report: &Report, out: &mut Encoder) {
    let Report { entered, scanned, .. } = report;
    out.bytes.push(FILE);
    let Entered { entry, allowed, inner, pruned, left_out } = *entered;
    let flags = [report.last, report.listed];
    for number in [report.seq, report.part, report.pruned, report.left_out]
        .into_iter()
        .chain(flags.map(u64::from))
        .chain([entry, allowed, inner, pruned, left_out])
        .chain([report.packed, report.inflated, scanned.records, scanned.omitted_parameters])
        .chain([scanned.families.bits().into(), scanned.records_without_time])
        .chain([scanned.rebuilt_records, scanned.foreign_events])
    {
        out.number(number);
    }
    out.name(report.name.display.as_bytes());
    out.optional(report.name.raw_hex.as_deref());
    out.optional(report.sha256.as_deref());
    out.optional(report.integrity.map(Integrity::as_str));
    out.flag(scanned.event_times.is_some());
    if let Some((first, last)) = &scanned.event_times {
        for time in [first, last] {
            out.bytes.extend_from_slice(&time.as_nanosecond().to_le_bytes());
        }
    }
    let (outcome, reasons) = match &report.outcome {
        Outcome::Read => (0, &[][..]),
        Outcome::Salvaged(reasons) => (1, &reasons[..]),
        Outcome::Skipped(reason) => (2, std::slice::from_ref(reason)),
        Outcome::Failed(reason) => (3, std::slice::from_ref(reason)),
    };
    out.number(outcome);
    texts(reasons, out);
    out.number(scanned.logging.more);
    out.number(scanned.logging.changes.len() as u64);
    for change in &scanned.logging.changes {
        put_change(change, out);
    }
}

fn report(from: &mut Decoder<'_>) -> Option<Report> {
    let mut numbers = [0; 19];
    for number in &mut numbers {
        *number = from.number()?;
    }
    let [seq, part, pruned, left_out, last, listed, rest @ ..] = numbers;
    let [entry, allowed, inner, pruned_before, left_out_before, rest @ ..] = rest;
    let [packed, inflated, records, omitted_parameters, rest @ ..] = rest;
    let [families, records_without_time, rebuilt_records, foreign_events] = rest;
    let display = String::from_utf8(from.name()?.to_vec()).ok()?;
    let name = FileName { display, raw_hex: from.optional()? };
    let sha256 = from.optional()?;
    let integrity = match from.optional()? {
        Some(word) => Some(Integrity::of(&word)?),
        None => None,
    };
    let event_times = if from.flag()? { Some((time(from)?, time(from)?)) } else { None };
    let outcome = outcome(from)?;
    let mut scanned = Scanned {
        records,
        event_times,
        omitted_parameters,
        rebuilt_records,
        foreign_events,
        families: Families::from_bits(u8::try_from(families).ok()?),
        records_without_time,
        ..Scanned::default()
    };
    scanned.logging.more = from.number()?;
    for _ in 0..from.number()? {
        scanned.logging.changes.push(change(from)?);
    }
    Some(Report {
        seq,
        part,
        last: last == 1,
        listed: listed == 1,
        cut: false,
        entered: Entered {
            entry,
            allowed,
            inner,
            pruned: pruned_before,
            left_out: left_out_before,
        },
        pruned,
        left_out,
        name,
        outcome,
        scanned,
        packed,
        inflated,
        sha256,
        integrity,
        findings: Spool::default(),
        broken: None,
    })
}

fn outcome(from: &mut Decoder<'_>) -> Option<Outcome> {
    let outcome = from.number()?;
    let mut reasons = read_texts(from)?;
    Some(match outcome {
        0 => Outcome::Read,
        1 => Outcome::Salvaged(reasons),
        2 => Outcome::Skipped(reasons.pop()?),
        3 => Outcome::Failed(reasons.pop()?),
        _ => return None,
    })
}

fn put_change(LoggingChange { time, trail, change }: &LoggingChange, out: &mut Encoder) {
    out.bytes.extend_from_slice(&time.as_nanosecond().to_le_bytes());
    for text in [&trail.account, &trail.region, &trail.name] {
        out.text(text);
    }
    let (kind, call, ways) = match change {
        Change::Started => (0, "", &[][..]),
        Change::Stopped(call) => (1, *call, &[][..]),
        Change::Narrowed(call, ways) => (2, *call, &ways[..]),
    };
    out.number(kind);
    out.text(call);
    texts(ways, out);
}

fn change(from: &mut Decoder<'_>) -> Option<LoggingChange> {
    let time = time(from)?;
    let trail = Trail { account: from.text()?, region: from.text()?, name: from.text()? };
    let (kind, call, ways) = (from.number()?, from.text()?, read_texts(from)?);
    let change = match kind {
        0 => Change::Started,
        1 => Change::Stopped(Change::call(&call)?),
        2 => Change::Narrowed(Change::call(&call)?, ways),
        _ => return None,
    };
    Some(LoggingChange { time, trail, change })
}

fn time(from: &mut Decoder<'_>) -> Option<jiff::Timestamp> {
    let (time, rest) = from.bytes.split_first_chunk()?;
    from.bytes = rest;
    jiff::Timestamp::from_nanosecond(i128::from_le_bytes(*time)).ok()
}

fn texts(texts: &[String], out: &mut Encoder) {
    out.number(texts.len() as u64);
    for text in texts {
        out.text(text);
    }
}

fn read_texts(from: &mut Decoder<'_>) -> Option<Vec<String>> {
    (0..from.number()?).map(|_| from.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hunt::spool::{Mark, SharedAction},
        scan::Logging,
    };

    fn reports() -> Vec<Report> {
        let trail = Trail { account: "1".to_owned(), region: String::new(), name: "é".to_owned() };
        let change = |change| LoggingChange {
            time: "2026-01-01T00:00:00.5Z".parse().expect("a time"),
            trail: trail.clone(),
            change,
        };
        let logging = Logging {
            changes: vec![
                change(Change::Started),
                change(Change::Stopped("StopLogging")),
                change(Change::Narrowed("UpdateTrail", vec!["one".to_owned(), "two".to_owned()])),
            ],
            more: 7,
        };
        let scanned = Scanned {
            records: 9,
            event_times: Some((jiff::Timestamp::MIN, jiff::Timestamp::MAX)),
            omitted_parameters: 3,
            rebuilt_records: 8,
            foreign_events: 6,
            families: Families::from_bits(5),
            logging,
            records_without_time: 2,
            ..Scanned::default()
        };
        vec![
            Report { seq: u64::MAX, name: FileName::of(b"a\xFFb"), ..Report::default() },
            Report {
                part: 3,
                last: false,
                listed: false,
                outcome: Outcome::Salvaged(vec!["x".to_owned(), "y".to_owned()]),
                scanned,
                entered: Entered { entry: 1, allowed: 2, inner: 3, pruned: 4, left_out: 5 },
                sha256: Some("00".to_owned()),
                integrity: Some(Integrity::Modified),
                packed: 1 << 40,
                ..Report::default()
            },
            Report { outcome: Outcome::Skipped("s".to_owned()), ..Report::default() },
            Report { outcome: Outcome::Failed("f".to_owned()), ..Report::default() },
        ]
    }

    fn bytes() -> Vec<u8> {
        let mut out = Encoder::default();
        let mark = Mark {
            rule: 4,
            shared: Some(SharedAction { id: [1; 8], recipient: [2; 8] }),
            time: -1,
            ..Mark::default()
        };
        let body = b"body";
        put_finding(&Frame { mark, body, ..Frame::default() }, &mut out);
        put_again(&mut out);
        for report in reports() {
            put_report(&report, &mut out);
        }
        out.bytes
    }

    #[test]
    fn items_come_back_as_they_went_in() {
        let bytes = bytes();
        let mut from = Decoder::new(&bytes);
        let Some(Item::Finding(frame)) = item(&mut from) else { panic!("the finding comes first") };
        assert_eq!((frame.mark.rule, frame.body), (4, &b"body"[..]));
        assert!(matches!(item(&mut from), Some(Item::Again)));
        for report in reports() {
            let Some(Item::File(back)) = item(&mut from) else { panic!("a report") };
            assert_eq!(format!("{back:?}"), format!("{report:?}"));
        }
        assert!(from.bytes.is_empty());
    }

    #[test]
    fn what_is_cut_gives_fewer_items_and_no_panic() {
        let bytes = bytes();
        for cut in 0..bytes.len() {
            let mut from = Decoder::new(&bytes[..cut]);
            let items = std::iter::from_fn(|| item(&mut from)).count();
            assert!(items < 2 + reports().len(), "cut at {cut}");
        }
    }
}
