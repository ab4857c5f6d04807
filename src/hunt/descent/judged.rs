//! From the text of a file to its report: scanned, and judged.

use super::{Descent, Item};
use crate::{
    finding::Integrity,
    hunt::{
        outcome,
        pass::{Done, Pass},
        report::FileReport,
    },
};

impl<'h> Descent<'_, 'h> {
    /// Scans a text and judges the file.
    pub(super) fn scan(
        &mut self,
        item: &Item<'_>,
        scan: impl FnOnce(&mut Pass<'_, 'h>) -> Done,
    ) -> FileReport {
        self.scan_if_sound(item, |pass| Some(scan(pass))).unwrap_or_default()
    }

    /// The same of one that may turn out not to be sound: then there is no report.
    pub(super) fn scan_if_sound(
        &mut self,
        item: &Item<'_>,
        scan: impl FnOnce(&mut Pass<'_, 'h>) -> Option<Done>,
    ) -> Option<FileReport> {
        if self.only_inner && item.depth == 0 {
            return Some(FileReport { listed: false, ..FileReport::default() });
        }
        // A panic may have left something of another file.
        self.scratch.spool.clear();
        let mut pass = Pass {
            context: self.context,
            place: (self.seq, self.inner),
            name: item.name,
            scan: &mut self.scratch.scan,
            held: &mut self.scratch.held,
            integrity: item.unchecked.then_some(Integrity::Unchecked),
            spool: &mut self.scratch.spool,
            broken: None,
        };
        let Done { mut scanned, inflated, damage, sha256, .. } = scan(&mut pass)?;
        let (findings, broken, integrity) = (pass.spool.take(), pass.broken, pass.integrity);
        let damage = if item.told.is_empty() { damage } else { [&item.told[..], &damage].concat() };
        let outcome = outcome::judge(item.expected, damage, inflated, &mut scanned);
        Some(FileReport {
            outcome,
            scanned,
            inflated,
            sha256,
            integrity,
            findings,
            broken,
            ..FileReport::default()
        })
    }
}
