//! The keys that digests list, in the order they were read: on disk where they are many.
//!
//! Each is kept without what it has in common with the one before it.

use std::io::{self, Read as _};

use super::spill::Spill;

/// Bytes of names that stay in memory.
const HELD: usize = 4 << 20;

/// Keys of log files with the digests that list them.
#[derive(Debug)]
pub(super) struct Names {
    bytes: Spill,
    last: String,
}

/// A name as it was pushed.
pub(super) struct Name<'n> {
    /// How many were pushed before it.
    pub(super) number: u64,
    /// The digest that lists it.
    pub(super) digest: u32,
    pub(super) object: &'n str,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { bytes: Spill::new(HELD), last: String::new() }
    }

    pub(super) fn push(&mut self, digest: u32, name: &str) -> io::Result<()> {
        let same = name.bytes().zip(self.last.bytes()).take_while(|(a, b)| a == b).count();
        // Names are at most 1,024 bytes.
        let same = u16::try_from(name.floor_char_boundary(same)).unwrap_or(0);
        let rest = &name[usize::from(same)..];
        let length = u16::try_from(rest.len()).unwrap_or(u16::MAX);
        self.bytes.push(&digest.to_le_bytes())?;
        self.bytes.push(&same.to_le_bytes())?;
        self.bytes.push(&length.to_le_bytes())?;
        self.bytes.push(&rest.as_bytes()[..usize::from(length)])?;
        name.clone_into(&mut self.last);
        Ok(())
    }

    pub(super) fn reader(&self) -> NamesReader<impl io::Read> {
        NamesReader {
            bytes: self.bytes.reader(),
            left: self.bytes.len(),
            number: 0,
            name: Vec::new(),
            text: String::new(),
        }
    }
}

/// Reads names back in order.
pub(super) struct NamesReader<R> {
    bytes: R,
    left: u64,
    number: u64,
    name: Vec<u8>,
    text: String,
}

impl<R: io::Read> NamesReader<R> {
    pub(super) fn next(&mut self) -> io::Result<Option<Name<'_>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.bytes.read_exact(&mut head)?;
        let [d0, d1, d2, d3, s0, s1, l0, l1] = head;
        let length = u64::from(u16::from_le_bytes([l0, l1]));
        self.name.truncate(usize::from(u16::from_le_bytes([s0, s1])));
        (&mut self.bytes).take(length).read_to_end(&mut self.name)?;
        self.left = self.left.saturating_sub(8 + length);
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(&self.name));
        let number = self.number;
        self.number += 1;
        let digest = u32::from_le_bytes([d0, d1, d2, d3]);
        Ok(Some(Name { number, digest, object: &self.text }))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_come_back_as_they_went_in(names in prop::collection::vec("[aäb/]{0,12}", 0..20)) {
            let mut kept = Names::new();
            for (digest, name) in (0..).zip(&names) {
                kept.push(digest, name).unwrap();
            }
            let mut reader = kept.reader();
            let mut back = Vec::new();
            while let Some(name) = reader.next().unwrap() {
                prop_assert_eq!(name.number, u64::from(name.digest));
                back.push(name.object.to_owned());
            }
            prop_assert_eq!(back, names);
        }
    }
}
