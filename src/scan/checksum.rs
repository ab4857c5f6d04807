//! The checksum of a text, which someone takes while the gates look at it.

/// Takes the CRC-32 of a text, the checksum of gzip.
///
/// The gates tell it what they are about to look at, so that it finds the text in the cache; or, where
/// the processor does both in one pass, a few bytes that stand for what they looked at. Of some texts
/// they tell less, or nothing: the rest is for [`Checksum`] to look at by itself.
pub trait Checksum {
    /// The gates are about to look at what stands before byte `end`.
    fn ahead(&mut self, end: usize);

    /// All that stands before byte `end` has the same checksum as the bytes of `like`.
    fn folded(&mut self, like: &[u8], end: usize);
}
