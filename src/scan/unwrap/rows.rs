//! Rows of a table in text form (CSV by RFC 4180), whose cells may be records.
//!
//! A query of `CloudTrail` Lake, a spreadsheet, an export of a search: the names of the columns do not
//! matter, a cell that is a record is one. The table comes in pieces, cells may have line feeds in
//! them, and of a row no more is kept than a window holds.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter, memmem};

use crate::cloudtrail::{
    envelope::{Stamp, stamp, stranger_line},
    rebuild::Columns,
};

/// What [`Rows::next`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Row {
    /// A row; its cells can be asked for.
    Whole,
    /// A row that is larger than the window; it was passed over.
    TooLarge,
    /// More text is needed.
    More,
    /// The table is at its end.
    End,
}

/// Reads the rows of one table.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(in crate::scan) struct Rows {
    reader: Reader,
    row: Vec<u8>,
    ends: Vec<usize>,
    filled: usize,
    cells: usize,
    too_large: bool,
    closed: bool,
    /// The text ended inside a cell in quotes.
    pub(in crate::scan) cut: bool,
    /// No row was read yet.
    pub(in crate::scan) first: bool,
    /// What the first row says of its columns, if a record can be built from the others.
    pub(in crate::scan) columns: Option<Columns>,
}

/// So many first bytes tell whether a text is a table.
const LONGEST_HEAD: usize = 1 << 16;

/// Whether a text that begins like this is known not to be a table.
fn is_no_table(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'{' | b'[' | 0x1E)) || matches!(stamp(text), Stamp::Before(_))
}

impl Rows {
    /// Whether [`of`](Self::of) would say more of a longer text that begins like this.
    pub(in crate::scan) fn needs_more(text: &[u8]) -> bool {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        text.len() < LONGEST_HEAD && !is_no_table(text)
    }

    /// The rows of a text that begins like this, if it looks like a table: its first line is a list
    /// of names, or has JSON in quotes.
    pub(in crate::scan) fn of(text: &[u8], last: bool) -> Option<Self> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let head = &text[..text.len().min(LONGEST_HEAD)];
        if head.is_empty() || is_no_table(head) {
            return None;
        }
        let end = memchr(b'\n', head).or_else(|| last.then_some(head.len()))?;
        let (line, after) = (head[..end].trim_ascii_end(), &head[(end + 1).min(head.len())..]);
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .rev()
            .max_by_key(|&delimiter| memchr_iter(delimiter, line).count())?;
        let columns = line.split(|&byte| byte == delimiter).count();
        let names = line.split(|&byte| byte == delimiter).all(is_name)
            && !matches!(after.trim_ascii_start().first(), Some(b'{' | b'['))
            && !has_json_line(after)
            && (columns > 1 || after.starts_with(b"\"{"))
            && stranger_line(line).is_none();
        if !names && memmem::find(line, b"\"{\"\"").is_none() {
            return None;
        }
        Some(Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            row: vec![0; 1 << 12],
            ends: vec![0; 1 << 6],
            filled: 0,
            cells: 0,
            too_large: false,
            closed: false,
            cut: false,
            first: true,
            columns: None,
        })
    }

    /// Reads on in `text`, which is moved to what was not read yet. With `last`, no more will come.
    /// A row holds at most `window` bytes.
    pub(in crate::scan) fn next(&mut self, text: &mut &[u8], last: bool, window: usize) -> Row {
        loop {
            if text.is_empty() && !last {
                return Row::More;
            }
            // A line feed behind the text ends its last row, unless that ends inside quotes.
            let closes = text.is_empty() && !self.closed;
            let (result, read, filled, cells) = self.reader.read_record(
                if closes { b"\n" } else { text },
                &mut self.row[self.filled..],
                &mut self.ends[self.cells..],
            );
            if closes {
                self.closed = read > 0;
                self.cut = filled > 0;
            } else {
                *text = &text[read..];
            }
            self.filled += filled;
            self.cells += cells;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.row.len() > window => self.pass_over(),
                ReadRecordResult::OutputEndsFull if self.ends.len() > window => self.pass_over(),
                ReadRecordResult::OutputFull => self.row.resize(self.row.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::End => return Row::End,
                ReadRecordResult::Record => {
                    return if std::mem::take(&mut self.too_large) {
                        Row::TooLarge
                    } else {
                        Row::Whole
                    };
                }
            }
        }
    }

    fn pass_over(&mut self) {
        self.too_large = true;
        self.forget();
    }

    /// Forgets the row, to make room for the next one.
    pub(in crate::scan) fn forget(&mut self) {
        self.filled = 0;
        self.cells = 0;
    }

    /// The cells of a whole row.
    pub(in crate::scan) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends[..self.cells]
            .iter()
            .map(move |&end| &self.row[std::mem::replace(&mut start, end)..end])
    }

    /// The first cells of a row of names, for people.
    pub(in crate::scan) fn names(&self) -> String {
        const SHOWN: usize = 6;
        let name = |cell: &[u8]| String::from_utf8_lossy(&cell[..cell.len().min(40)]).into_owned();
        let mut names: Vec<_> = self.cells().take(SHOWN).map(name).collect();
        if self.cells > SHOWN {
            names.push("...".to_owned());
        }
        names.join(", ")
    }
}

/// Whether a line is JSON as it stands, and not the inside of a cell, where quotes are doubled.
fn has_json_line(text: &[u8]) -> bool {
    memmem::find_iter(text, b"\n{\"").any(|at| text.get(at + 3).is_some_and(|&byte| byte != b'"'))
}

/// Whether a field of a first line is the name of a column.
fn is_name(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    let field = field.strip_prefix(b"\"").unwrap_or(field);
    let field = field.strip_suffix(b"\"").unwrap_or(field);
    field.len() < 128
        && field.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || b"_@".contains(&byte))
        && field.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_@.-: ()/".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rows of a table, which comes in pieces.
    fn rows(text: &str, piece: usize, window: usize) -> Vec<Result<Vec<String>, ()>> {
        let mut rows = Rows::of(text.as_bytes(), true).unwrap_or_else(|| panic!("{text}"));
        let (mut all, mut pieces) = (Vec::new(), text.as_bytes().chunks(piece));
        loop {
            let next = pieces.next();
            let mut rest = next.unwrap_or_default();
            loop {
                match rows.next(&mut rest, next.is_none(), window) {
                    Row::Whole => all.push(Ok(rows
                        .cells()
                        .map(|cell| String::from_utf8_lossy(cell).into_owned())
                        .collect())),
                    Row::TooLarge => all.push(Err(())),
                    Row::More => break,
                    Row::End => return all,
                }
                rows.forget();
            }
        }
    }

    #[test]
    fn rows_are_the_same_in_any_pieces() {
        let text = "id,\"event\"\r\n1,\"{\"\"a\"\":\n\"\"b,c\"\"}\"\r\n\n2,\"\"\n";
        let expected: Vec<Result<Vec<String>, ()>> =
            [["id", "event"], ["1", "{\"a\":\n\"b,c\"}"], ["2", ""]]
                .map(|row| Ok(row.map(str::to_owned).to_vec()))
                .to_vec();
        for piece in 1..20 {
            assert_eq!(rows(text, piece, 1 << 20), expected, "{piece}");
        }
    }

    #[test]
    fn a_row_beyond_the_window_is_passed_over_and_the_next_is_read() {
        let text = format!("id,event\n1,\"{}\"\n2,x\n", "y".repeat(1 << 16));
        for piece in [100, 1 << 20] {
            let rows = rows(&text, piece, 1 << 13);
            assert_eq!(rows.len(), 3);
            assert_eq!(rows[1], Err(()));
            assert_eq!(rows[2], Ok(vec!["2".to_owned(), "x".to_owned()]));
        }
    }

    #[test]
    fn a_text_that_ends_inside_quotes_is_cut() {
        for (text, cut) in [
            ("a,b\n1,\"x\"", false),
            ("a,b\n1,\"x\"\"", true),
            ("a,b\n1,\"x\n", true),
            ("a,b\n1", false),
        ] {
            let mut rows = Rows::of(text.as_bytes(), true).unwrap_or_else(|| panic!("{text}"));
            let mut rest = text.as_bytes();
            while rows.next(&mut rest, true, 1 << 20) != Row::End {
                rows.forget();
            }
            assert_eq!(rows.cut, cut, "{text}");
        }
    }

    #[test]
    fn a_table_is_told_from_other_text() {
        for text in ["a,b\n1,2\n", "event\n\"{\"\"a\"\":1}\"\n", "x;y;z\n", "\"{\"\"a\"\":1}\",2\n"]
        {
            assert!(Rows::of(text.as_bytes(), true).is_some(), "{text}");
        }
        for text in [
            "",
            "nothing here\n",
            "{\"a\":1},2\n",
            "a,b\n{\"eventVersion\":\"1\"}\n",
            "made by a, b\nfor c\n\n{\"eventVersion\":\"1\"}\n",
            "1,2\n3,4\n",
        ] {
            assert!(Rows::of(text.as_bytes(), true).is_none(), "{text}");
        }
        assert!(Rows::of(b"a,b", false).is_none());
    }

    #[test]
    fn a_beginning_that_may_be_a_table_is_waited_for() {
        for text in ["", "a", "a,b\n", "\u{feff}a,b\n1", "2026-03-05T02"] {
            assert!(Rows::needs_more(text.as_bytes()), "{text}");
        }
        assert!(!Rows::needs_more("a,b\n".repeat(1 << 14).as_bytes()));
        for text in ["{", "\u{feff}[{}", "2026-03-05T02:14:09.000Z a,b\n"] {
            assert!(!Rows::needs_more(text.as_bytes()), "{text}");
        }
    }
}
