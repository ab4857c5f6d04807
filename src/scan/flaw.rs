//! Scanners for tests: with a prefilter that is broken on purpose, and with small pieces. A release
//! build has no prefilter that can be broken.

use super::Scanner;
#[cfg(debug_assertions)]
use super::{ScanError, ScanOptions};
#[cfg(debug_assertions)]
use crate::engine::Engine;

/// A way to break the prefilter, for tests that must notice it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Records with `\u` do not pass.
    NoEscapeCheck,
    /// Records with letters that fold to ASCII do not pass.
    NoFoldCheck,
    /// Of several literals at overlapping places only the first counts.
    NoOverlap,
    /// `eventName` values that are no plain strings do not pass.
    PlainNamesOnly,
    /// Only the first hit of a record counts.
    FirstHitOnly,
}

/// The flaw that a test has planted, if any.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Planted(#[cfg(debug_assertions)] Option<Flaw>);

impl Planted {
    /// Whether it is this one.
    #[inline]
    #[cfg(debug_assertions)]
    pub(super) fn has(self, flaw: Flaw) -> bool {
        self.0 == Some(flaw)
    }

    /// There is none.
    #[inline]
    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_self, reason = "debug builds ask it")]
    pub(super) fn has(self, _: Flaw) -> bool {
        false
    }
}

impl<'e> Scanner<'e> {
    /// A scanner whose prefilter is broken in one way, for tests that must notice it.
    #[doc(hidden)]
    #[cfg(debug_assertions)]
    pub fn with_flaw(
        engine: &'e Engine,
        options: ScanOptions,
        flaw: Flaw,
    ) -> Result<Self, ScanError> {
        Self::build(engine, options, Planted(Some(flaw)))
    }

    /// The same, taking so many bytes of a stream at once instead of a number that is fast: small
    /// texts then have many pieces, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn in_pieces_of(self, bytes: usize) -> Self {
        Self { piece: bytes.max(1), ..self }
    }
}
