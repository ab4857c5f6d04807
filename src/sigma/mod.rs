//! What a rule says: Sigma documents, read faithfully or refused.
//!
//! No I/O and no `CloudTrail` here. [`parse`] turns the text of one rule file into documents and
//! diagnostics; a document that cannot be run as written is refused with its place, the reason and
//! what to write instead. The semantics are those of the Sigma specification 2.1.0.

mod body;
mod condition;
mod correlation;
mod detection;
mod diagnostic;
mod document;
mod encoding;
mod filter;
mod metadata;
mod modifier;
mod number;
mod pattern;
mod placeholder;
mod regex;
mod rule;
mod selection;
mod suggest;
mod value;
mod yaml;

#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use correlation::{Alias, Correlation, CorrelationBody, CorrelationKind, Operator, Reference};
pub use detection::{
    Block, CidrNet, Comparison, Detection, Field, FieldRef, Item, Quantifier, Relation, Selection,
    Test, TimePart, Value,
};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use document::{Document, Head, Parsed, may_be_sigma, parse, parse_within};
pub use filter::{Filter, FilteredRules};
pub use modifier::Modifier;
pub use number::Number;
pub use pattern::{Pattern, Token};
pub use placeholder::Placeholders;
pub use regex::{RegexBudget, RegexError, RegexFlags, RegexTest};
pub use rule::{Level, LogSource, Rule, Status, UnknownLevel};
pub(crate) use suggest::nearest;
