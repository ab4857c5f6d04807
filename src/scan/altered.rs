//! Scanners for tests: with gates that are broken on purpose, and with small pieces.

use super::{Flaw, ScanError, ScanOptions, Scanner};
use crate::engine::Engine;

impl<'e> Scanner<'e> {
    /// A scanner whose gates are broken in one way, for tests that must notice it.
    #[doc(hidden)]
    pub fn with_flaw(
        engine: &'e Engine,
        options: ScanOptions,
        flaw: Flaw,
    ) -> Result<Self, ScanError> {
        Self::build(engine, options, Some(flaw))
    }

    /// The same, taking so many bytes of a stream at once instead of a number that is fast: small
    /// texts then have many pieces, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn in_pieces_of(self, bytes: usize) -> Self {
        Self { piece: bytes.max(1), ..self }
    }
}
