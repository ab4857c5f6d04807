//! The rule model: what a rule says, whatever language it was written in.
//!
//! Plain data, without YAML and without `CloudTrail`. A reader of a rule language (`sigma`) lowers
//! its files to this model and refuses what the model cannot express; the engine, the lints, the
//! catalog, correlations and `rules explain` know only the model. The semantics of the tests are
//! those of the Sigma specification 2.1.0, and a language that differs spells the difference out.

mod correlation;
mod diagnostic;
mod document;
mod filter;
mod head;
mod loaded;
mod number;
mod pattern;
mod predicate;
mod regex;
mod span;

pub use correlation::{Alias, Correlation, CorrelationBody, CorrelationKind, Operator, Reference};
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Document, Rule};
pub use filter::{Filter, FilteredRules};
pub use head::{Head, Level, LogSource, Status, UnknownLevel};
pub use loaded::{CorrelationField, LoadedCorrelation, LoadedRule, Member};
pub use number::Number;
pub(crate) use number::{Spelling, digits, is_exponent};
pub use pattern::{Pattern, Token};
pub use predicate::{
    Block, CidrNet, Comparison, Condition, Detection, Field, FieldRef, Item, Quantifier, Relation,
    Selection, Test, TimePart, Value,
};
pub use regex::{RegexBudget, RegexError, RegexFlags, RegexTest};
pub use span::Span;
