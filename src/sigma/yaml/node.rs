//! The tree that YAML becomes.

use crate::rule::{Number, Span};

/// What a node is taken to cost beside its text.
const NODE_COST: usize = 128;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sigma) struct Node {
    pub(in crate::sigma) data: Data,
    pub(in crate::sigma) span: Span,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sigma) enum Data {
    Null,
    Bool(bool),
    /// A number, and its digits if it is spelled as an integer: they may be more than a
    /// [`Number`] can hold.
    Number(Number, Option<String>),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sigma) struct Entry {
    pub(in crate::sigma) key: String,
    pub(in crate::sigma) key_span: Span,
    pub(in crate::sigma) value: Node,
}

impl Node {
    /// The entry with that key, if this is a mapping that has it.
    pub(in crate::sigma) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(in crate::sigma) fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::sigma) fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// What it is, for messages.
    pub(in crate::sigma) fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Number(..) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// A scalar as text, the way its author sees it; `None` for lists and mappings.
    pub(in crate::sigma) fn scalar_text(&self) -> Option<String> {
        match &self.data {
            Data::Null => Some("null".to_owned()),
            Data::Bool(value) => Some(value.to_string()),
            Data::Number(_, Some(digits)) => Some(digits.clone()),
            Data::Number(number, None) => Some(number.text()),
            Data::Text(text) => Some(text.clone()),
            Data::List(_) | Data::Map(_) => None,
        }
    }

    /// What a copy of it costs.
    pub(super) fn cost(&self) -> usize {
        NODE_COST
            + match &self.data {
                Data::Text(text) => text.len(),
                Data::List(nodes) => nodes.iter().map(Self::cost).sum(),
                Data::Map(entries) => entries
                    .iter()
                    .map(|entry| NODE_COST + entry.key.len() + entry.value.cost())
                    .sum(),
                _ => 0,
            }
    }

    /// How many levels of lists and mappings it has.
    pub(super) fn height(&self) -> usize {
        match &self.data {
            Data::List(nodes) => 1 + nodes.iter().map(Self::height).max().unwrap_or(0),
            Data::Map(entries) => {
                1 + entries.iter().map(|entry| entry.value.height()).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}
