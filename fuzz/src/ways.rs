//! The ways to scan one text, and what they must have in common.

use backtrail::{
    cloudtrail::FileName,
    engine::Engine,
    rule::{Document, Rule},
    scan::{Content, Origin, ScanOptions, Scanned, Scanner},
    sigma::{Parsed, Placeholders, parse},
};

/// One finding: the record, the rule, the record's text on one line, and what matched.
pub(crate) type Hit = (u64, usize, String, String);

/// Bytes that are given at once, and those held at most.
pub(crate) type Pieces = (usize, usize);

/// What a scan finds and tells.
pub(crate) fn scanned(
    scanner: &Scanner<'_>,
    text: &[u8],
    pieces: Option<Pieces>,
) -> (Vec<Hit>, Scanned) {
    let name = FileName::default();
    let origin = Origin { name: &name, integrity: None };
    let mut hits = Vec::new();
    let mut found = |rule: usize, finding: &backtrail::finding::Finding<'_>| {
        let matched = format!("{:?}", finding.matched);
        hits.push((finding.record, rule, finding.event.to_string(), matched));
    };
    let scratch = &mut scanner.scratch();
    let told = match pieces {
        None => scanner.scan(origin, text, scratch, &mut found),
        Some((step, window)) => {
            let mut rest = text;
            let mut read = |buffer: &mut Vec<u8>, room: usize| {
                let (now, later) = rest.split_at(room.min(step).min(rest.len()));
                buffer.extend_from_slice(now);
                rest = later;
                now.len()
            };
            scanner.scan_stream(origin, &mut read, window, scratch, &mut found)
        }
    };
    (hits, told)
}

/// The scanners of one engine.
pub(crate) struct Ways<'e> {
    gated: Scanner<'e>,
    ungated: Scanner<'e>,
    parsing: Scanner<'e>,
}

impl<'e> Ways<'e> {
    /// `None` if the rules hold more than the gates can take.
    pub(crate) fn of(engine: &'e Engine) -> Option<Self> {
        let plain = ScanOptions::default();
        let slow = ScanOptions { no_prefilter: true, ..plain };
        let parsing = ScanOptions { parse_all: true, ..plain };
        Some(Self {
            gated: Scanner::new(engine, plain).ok()?.in_pieces_of(37),
            ungated: Scanner::new(engine, slow).ok()?.in_pieces_of(37),
            parsing: Scanner::new(engine, parsing).ok()?.in_pieces_of(37),
        })
    }

    /// Holds the gates against the slow path: the findings are the same, and what is counted
    /// exactly is the same.
    pub(crate) fn agree(&self, text: &[u8], pieces: Option<Pieces>) {
        let (found, told) = scanned(&self.ungated, text, pieces);
        let (gated, gated_told) = scanned(&self.gated, text, pieces);
        let show = || String::from_utf8_lossy(text);
        assert!(gated == found, "gated {gated:#?}\nnot {found:#?}\nin {pieces:?} of\n{}", show());
        let (a, b) = (gated_told.records, told.records);
        assert!(a == b, "{a} records, not {b}, in {pieces:?} of\n{}", show());
        let (parsed, parsed_told) = scanned(&self.parsing, text, pieces);
        assert!(parsed == found, "all parsed {parsed:#?}\nnot {found:#?} in\n{}", show());
        let whole = (&parsed_told.content, &parsed_told.damage, parsed_told.records);
        let slow = (&told.content, &told.damage, told.records);
        assert!(whole == slow, "all parsed {parsed_told:#?}\nnot {told:#?} in\n{}", show());
    }

    /// The stream finds and tells what the whole text does. Where damage ends and the next record begins
    /// depends on how much of the text is seen, so a broken text need only be met without a panic.
    pub(crate) fn streamed(&self, text: &[u8]) {
        // UTF-16 grows by half; a whole text may hold any record.
        let window = (text.len() * 2).max(1 << 10);
        let (found, told) = scanned(&self.ungated, text, None);
        // What marks a blind spot counts outside of records too, in what is no record; but pieces
        // with nothing else are not searched for it.
        let of_records = text
            .split(|byte| *byte == b'\n')
            .all(|line| line.trim_ascii_start().first().is_none_or(|byte| b"{[".contains(byte)));
        for step in [1, 5, 64, 4096] {
            let (hits, mut streamed) = scanned(&self.ungated, text, Some((step, window)));
            if !of_records || !told.damage.is_empty() {
                streamed.omitted_parameters = told.omitted_parameters;
                streamed.families = told.families;
            }
            let sound = told.damage.iter().all(|damage| damage.contains("are no records"));
            if told.content != Content::Trail || !sound {
                continue;
            }
            let show = || String::from_utf8_lossy(text);
            assert!(hits == found, "{hits:#?}\nnot {found:#?}\nby {step} of\n{}", show());
            assert!(streamed == told, "{streamed:#?}\nnot {told:#?}\nby {step} of\n{}", show());
        }
    }
}

/// The rules in this text.
pub(crate) fn rules(text: &str) -> (Parsed, Vec<Rule>) {
    let parsed = parse(text, &Placeholders::new());
    let rules = parsed.documents.iter().filter_map(|document| match document {
        Document::Rule(rule) => Some((**rule).clone()),
        Document::Correlation(_) | Document::Filter(_) => None,
    });
    let rules = rules.collect();
    (parsed, rules)
}
