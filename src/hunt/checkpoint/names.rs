//! Names and bytes as blocks hold them. A name mostly begins like the one before it, so only what
//! differs is stored.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// Bytes, borrowed from the block when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Bytes<'b> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrowed;

        impl<'de> Visitor<'de> for Borrowed {
            type Value = &'de [u8];

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<&'de [u8], E> {
                Ok(bytes)
            }
        }

        from.deserialize_bytes(Borrowed).map(Self)
    }
}

/// A name without the bytes that it shares with the name before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CutName<'n> {
    shared: usize,
    #[serde(borrow)]
    rest: Bytes<'n>,
}

/// The name before; empty at the beginning of a block.
#[derive(Debug, Default)]
pub(super) struct LastName(Vec<u8>);

impl LastName {
    /// `name` without what it shares with the name before.
    pub(super) fn cut<'n>(&mut self, name: &'n str) -> CutName<'n> {
        let name = name.as_bytes();
        let shared = self.0.iter().zip(name).take_while(|(a, b)| a == b).count();
        let rest = &name[shared..];
        self.0.truncate(shared);
        self.0.extend_from_slice(rest);
        CutName { shared, rest: Bytes(rest) }
    }

    /// The whole name; `None` if it is corrupt.
    pub(super) fn join(&mut self, name: CutName<'_>) -> Option<String> {
        if name.shared > self.0.len() {
            return None;
        }
        self.0.truncate(name.shared);
        self.0.extend_from_slice(name.rest.0);
        str::from_utf8(&self.0).ok().map(str::to_owned)
    }

    /// Begins another block.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_whole() {
        let (mut cut, mut join) = (LastName::default(), LastName::default());
        for name in ["a/b/1.gz", "a/b/2.gz", "", "a/c", "\u{e9}", "\u{e8}"] {
            let bytes = postcard::to_stdvec(&cut.cut(name)).expect("it is written");
            let back = postcard::from_bytes(&bytes).expect("it is read");
            assert_eq!(join.join(back).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_corrupt_name_is_refused() {
        let rest = Bytes(b"\xFF");
        assert_eq!(LastName::default().join(CutName { shared: 1, rest }), None);
        assert_eq!(LastName::default().join(CutName { shared: 0, rest }), None, "not UTF-8");
    }

    #[test]
    fn a_length_beyond_the_block_is_refused() {
        for bytes in [&[5, b'a'][..], &[0xFF; 10], &[0x80]] {
            assert!(postcard::from_bytes::<Bytes<'_>>(bytes).is_err());
        }
    }
}
