//! Places in the text of a rule file.

use serde::Serialize;

/// A range of bytes in a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Line and column of the first byte in `text`, both counted from 1, the column in characters.
    ///
    /// A place beyond the end of `text` is taken for its end.
    pub fn line_column(&self, text: &str) -> (usize, usize) {
        let before = &text.as_bytes()[..self.start.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        // Every character has exactly one byte that does not continue another one.
        let column = 1 + before[line_start..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let text = "a: b\nü€: x\n";
        assert_eq!(Span::new(0, 1).line_column(text), (1, 1));
        assert_eq!(Span::new(5, 7).line_column(text), (2, 1));
        assert_eq!(Span::new(10, 11).line_column(text), (2, 3));
        assert_eq!(Span::new(999, 999).line_column(text), (3, 1));
    }
}
