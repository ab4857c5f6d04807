//! From the parser's places, which count characters, to bytes of the text.

use saphyr_parser::{Marker, ScalarStyle};

use crate::rule::Span;

/// From the parser's places, which count characters, to bytes.
#[derive(Debug, Default)]
pub(super) struct Places<'t> {
    /// The text of the file.
    text: &'t str,
    /// The byte of each character, unless all are ASCII.
    bytes: Option<Vec<usize>>,
    /// Bytes of a byte order mark before the text that is parsed.
    pub(super) skipped: usize,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let skipped = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let bytes = (!text.is_ascii())
            .then(|| text[skipped..].char_indices().map(|(at, _)| skipped + at).collect());
        Self { text, bytes, skipped }
    }

    pub(super) fn byte(&self, marker: Marker) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.get(marker.index()).copied().unwrap_or(self.text.len()),
            None => (self.skipped + marker.index()).min(self.text.len()),
        }
    }

    /// The parser counts a comment behind a quoted scalar, and the line end behind a block, as part
    /// of it; a narrow place ends where the scalar does.
    pub(super) fn scalar(&self, span: Span, style: ScalarStyle) -> Span {
        let source = self.text.get(span.start..span.end).unwrap_or_default();
        let length = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => quoted_length(source),
            _ => source.trim_end().len(),
        };
        Span::new(span.start, span.start + length)
    }
}

/// Bytes up to and with the closing quote.
fn quoted_length(source: &str) -> usize {
    let bytes = source.as_bytes();
    let quote = bytes.first().copied();
    let mut at = 1;
    while at < bytes.len() {
        let byte = Some(bytes[at]);
        let doubled = quote == Some(b'\'') && bytes.get(at + 1).copied() == quote;
        match byte {
            Some(b'\\') if quote == Some(b'"') => at += 2,
            _ if byte == quote && doubled => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
