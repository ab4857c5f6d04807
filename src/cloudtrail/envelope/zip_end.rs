//! The end of a zip archive, which a file may have behind a program or other data.

use memchr::memmem;

/// How an entry of the directory begins.
const ENTRY: &[u8] = b"PK\x01\x02";
/// How the end of the directory begins.
const END: &[u8] = b"PK\x05\x06";
/// Bytes of the end, with the longest comment there is.
const LONGEST_END: u64 = 22 + 0xFFFF;

/// Looks for the end of a zip archive in a file that comes in pieces.
#[derive(Debug, Clone, Default)]
pub struct ZipEnd {
    has_entry: bool,
    /// Where the end was met last.
    end: Option<u64>,
    /// Bytes up to the end of the last piece.
    length: u64,
    /// The end of the last piece.
    tail: Vec<u8>,
}

impl ZipEnd {
    /// Looks at the next piece.
    pub fn look(&mut self, piece: &[u8]) {
        const KEPT: usize = END.len() - 1;
        let mut look = |text: &[u8], start: u64| {
            self.has_entry |= memmem::find(text, ENTRY).is_some();
            self.end = memmem::rfind(text, END).map(|at| start + at as u64).or(self.end);
        };
        let start = self.length - self.tail.len() as u64;
        self.tail.extend_from_slice(&piece[..piece.len().min(KEPT)]);
        look(&self.tail, start);
        look(piece, self.length);
        self.length += piece.len() as u64;
        if piece.len() > KEPT {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - KEPT..]);
        }
        let surplus = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..surplus);
    }

    /// Whether what was looked at ends as a zip archive does.
    pub fn is_met(&self) -> bool {
        self.has_entry && self.end.is_some_and(|at| self.length - at <= LONGEST_END)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_behind_a_program_is_met_whatever_the_cuts() {
        let zip = [ENTRY, &[0; 60], END, &[0; 18]].concat();
        let program = [b"MZ".as_slice(), &[0x90; 300]].concat();
        for (text, is_met) in [
            ([&program[..], &zip].concat(), true),
            ([&program[..], &zip, &vec![0; 70_000]].concat(), false),
            ([&program[..], END, &program].concat(), false),
        ] {
            for piece in (1..40).chain([text.len()]) {
                let mut end = ZipEnd::default();
                text.chunks(piece).for_each(|piece| end.look(piece));
                assert_eq!(end.is_met(), is_met, "{piece}");
            }
        }
    }
}
