//! What is known of a file on the way down to it, and what is said of it if it is not searched.

use super::super::{outcome::Expected, pass, report::FileReport};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    source::{Damage, LogFile, Shape},
};

/// Bundles inside bundles, and packings inside packings, that are opened.
const LEVELS: usize = 4;

/// A file on the way, as far as it is known.
pub(super) struct Item<'i> {
    pub(super) name: &'i FileName,
    /// What it is expected to hold.
    pub(super) expected: Expected,
    /// Bundles that were opened on the way to it, and packings directly inside packings.
    pub(super) depth: usize,
    /// It came out of a packing of its own.
    unpacked: bool,
    /// It came out of something whose checksum failed.
    pub(super) unchecked: bool,
    /// What was wrong with its packing.
    pub(super) told: Vec<String>,
}

impl<'i> Item<'i> {
    /// A file that was listed.
    pub(super) fn listed(file: &'i LogFile) -> Self {
        Self {
            name: &file.name,
            expected: if file.named {
                Expected::Log
            } else {
                Expected::by_name(&file.name.display)
            },
            depth: 0,
            unpacked: false,
            unchecked: false,
            told: Vec::new(),
        }
    }

    /// A file inside this one.
    pub(super) fn inside<'n>(&self, name: &'n FileName) -> Item<'n> {
        Item {
            name,
            expected: Expected::by_name(&name.display),
            depth: self.depth + 1,
            unpacked: false,
            unchecked: self.unchecked,
            told: Vec::new(),
        }
    }

    /// The same file without its packing.
    pub(super) fn unpacked(&self) -> Self {
        let depth = self.depth + usize::from(self.unpacked);
        Self { depth, unpacked: true, told: self.told.clone(), ..*self }
    }

    /// The same file, out of something that was so damaged.
    pub(super) fn out_of(&self, damage: &[Damage]) -> Self {
        Self {
            unchecked: self.unchecked || damage.iter().any(Damage::unchecked),
            told: [&self.told[..], &pass::told(damage)].concat(),
            ..*self
        }
    }

    /// Whether it may not be opened if it has that shape. The packing of a bundle is no level of its
    /// own.
    pub(super) fn is_too_deep_for(&self, shape: Shape) -> bool {
        match shape {
            Shape::Packed => self.unpacked && self.depth >= LEVELS,
            shape => shape.is_bundle() && self.depth >= LEVELS,
        }
    }

    /// It is not opened, as it is too deep.
    pub(super) fn too_deep(&self) -> FileReport {
        self.failed(format!("archives are nested more than {LEVELS} levels deep; unpack it first"))
    }

    /// It was not searched.
    pub(super) fn failed(&self, reason: String) -> FileReport {
        FileReport { outcome: self.reasons(reason), ..FileReport::default() }
    }

    /// It has a format that backtrail cannot read: whatever its name, it may hold records.
    pub(super) fn foreign(&self, what: &str) -> FileReport {
        self.failed(what.to_owned())
    }

    fn reasons(&self, reason: String) -> Outcome {
        let reasons = [&self.told[..], &[reason]].concat();
        Outcome::Failed(reasons.join("; "))
    }
}
