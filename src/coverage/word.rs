//! Words of the coverage report.

use std::borrow::Cow;

/// A word of a fixed vocabulary. It is owned only where a report is read back.
pub type Word = Cow<'static, str>;
