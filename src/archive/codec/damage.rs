//! What can be wrong with a stored file that still gives text.

use std::fmt;

/// One kind of damage. Displayed as a fragment fit for a list of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The file ends too early. The text is what came before.
    Cut,
    /// Compressed data that cannot be. The text is what came before.
    Corrupt,
    /// All text is there and its checksum is wrong.
    Checksum,
    /// All text is there, its checksum is right (or there is none) and its length is not the one
    /// stored.
    Length,
    /// Other data stands behind the last compressed member.
    Trailing {
        /// Bytes of it, zero padding before it left out.
        bytes: u64,
    },
    /// A zstd frame that needs more memory than is allowed; it and what follows was not read.
    Window {
        /// Bytes it asks for.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A zstd frame that needs a dictionary; it and what follows was not read.
    Dictionary,
    /// The archive that the file is in ends inside it. The text is what came before.
    Ends,
    /// All text is there, and the checksum that belongs to it is not.
    NoChecksum,
}

impl Damage {
    /// The text's checksum failed or was never reached, so the text may not be what was stored.
    pub fn unchecked(&self) -> bool {
        matches!(
            self,
            Self::Cut
                | Self::Corrupt
                | Self::Checksum
                | Self::Length
                | Self::Ends
                | Self::NoChecksum
        )
    }

    /// The data may be fine and is not decoded here.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Window { .. } | Self::Dictionary)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("the compressed data is cut short"),
            Self::Corrupt => f.write_str("the compressed data is corrupt"),
            Self::Checksum => f.write_str("the checksum is wrong"),
            Self::Length => f.write_str("the stored length is wrong"),
            Self::Trailing { bytes } => {
                write!(f, "{bytes} bytes of other data behind the compressed data")
            }
            Self::Window { bytes, limit } => {
                write!(f, "a zstd window of {bytes} bytes is over the limit of {limit}")
            }
            Self::Dictionary => f.write_str("a zstd frame needs a dictionary"),
            Self::Ends => f.write_str("its archive ends inside it"),
            Self::NoChecksum => f.write_str("the checksum is missing"),
        }
    }
}

/// Damage met so far. Each kind is kept once, so that a million broken members cost nothing.
#[derive(Debug, Default)]
pub(super) struct DamageList(Vec<Damage>);

impl DamageList {
    pub(super) fn note(&mut self, damage: Damage) {
        if !self.0.contains(&damage) {
            self.0.push(damage);
        }
    }

    pub(super) fn as_slice(&self) -> &[Damage] {
        &self.0
    }

    pub(super) fn into_vec(self) -> Vec<Damage> {
        self.0
    }
}
