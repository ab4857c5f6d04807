//! Sigma rules: YAML documents lowered to the rule model, or refused.
//!
//! No I/O and no `CloudTrail` here. [`parse`] turns the text of one rule file into documents and
//! diagnostics; a document that cannot be run as written is refused with its place, the reason and
//! what to write instead. The semantics are those of the Sigma specification 2.1.0.

mod body;
mod condition;
mod correlation;
mod document;
mod encoding;
mod filter;
mod metadata;
mod modifier;
mod placeholder;
mod reader;
mod selection;
mod value;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::{Head, Parsed, may_be_sigma, parse, parse_within};
pub use modifier::Modifier;
pub use placeholder::Placeholders;
