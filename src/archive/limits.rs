//! What one object may cost, however it was made: memory, disk, nesting, expansion.
//!
//! All of these bounds are here and nowhere else. A container is hostile until it has been read:
//! one that is over a bound is reported, and the rest of it is not searched.

/// Bounds on what decompression may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one text in memory.
    pub max_inflated: usize,
}

impl Limits {
    /// Bytes of one entry of a streamed tar that are held in memory.
    pub(super) fn held_entry(self) -> usize {
        self.max_inflated.clamp(MIN_WINDOW, MAX_HELD_ENTRY)
    }

    /// The same bounds for a text of which only the first bytes are needed, to see whether it is a
    /// container.
    pub(super) fn peek(self) -> Self {
        const PEEK: usize = 64 << 10;
        Self { max_inflated: self.max_inflated.min(PEEK) }
    }
}

/// However low [`Limits::max_inflated`] is, a streamed text is read in windows of this many bytes:
/// AWS writes records of 256 KB, and a smaller window would lose them.
pub const MIN_WINDOW: usize = 1 << 20;

/// An entry of a streamed tar that is larger is not held, whatever [`Limits::max_inflated`] is.
const MAX_HELD_ENTRY: usize = 64 << 20;

/// Containers inside containers, and packings inside packings, that are opened.
pub(super) const MAX_NESTING: usize = 4;

/// Bytes that one object may keep in temporary files at once.
pub(super) const MAX_DISK: u64 = 8 << 30;

/// Bytes that the entries of an object of `stored` bytes may decompress to. Deflate cannot give
/// more than 1,032 bytes for one, so only containers inside containers made for it exceed this.
pub(super) fn max_expansion(stored: u64) -> u64 {
    const RATIO: u64 = 1032;
    const ALWAYS: u64 = 64 << 20;
    stored.saturating_mul(RATIO).saturating_add(ALWAYS)
}

/// Bytes that an entry counts towards the limit on expansion besides its text: a million empty entries
/// are not free.
pub const ENTRY_COST: u64 = 512;

/// Bytes of a stream that are held in memory. More are kept in a temporary file.
pub(super) const MAX_HELD_STREAM: usize = 64 << 20;

/// A stream that gives more bytes is refused, so that an endless one does not fill the disk.
pub(super) const MAX_STREAM: u64 = 8 << 30;

/// A file that gives so many bytes more than the size it was listed with is refused.
pub(super) const MAX_GROWTH: u64 = 1 << 30;

/// Bytes of a mapped object that stay in memory behind the place where it is read.
pub(super) const RELEASE_EVERY: u64 = 8 << 20;
