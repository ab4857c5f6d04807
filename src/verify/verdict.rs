//! What is known of one file, in a word.

/// What is known of one file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// It is what AWS delivered.
    Valid = 1,
    /// It may be, and that cannot be proved.
    Unproved,
    /// No digest names it.
    Unlisted,
    /// It is not here, and only digests that are not proved name it.
    NamedUnproved,
    /// It cannot be read whole, or other data follows it.
    Damaged,
    /// A proved digest names it, and it is not here.
    Missing,
    /// A digest with signatures beside it of which none is that of the key it names.
    BadSignature,
    /// It is not what a proved digest says.
    Modified,
}

impl Verdict {
    /// The word shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unproved => "unproved",
            Self::Unlisted => "unlisted",
            Self::NamedUnproved => "named_unproved",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::BadSignature => "bad_signature",
            Self::Modified => "modified",
        }
    }

    /// It says that something is not what AWS delivered, or was taken away.
    pub fn is_tampering(self) -> bool {
        matches!(self, Self::Missing | Self::BadSignature | Self::Modified)
    }
}
