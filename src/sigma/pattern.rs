//! Wildcards and escapes: the text of a value as a sequence of tokens.

/// A text to compare with: literal runs and wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The tokens in order. Neighbouring literals are merged and neighbouring [`Token::Any`] are
    /// one, so that a plain value is at most one `Literal`. Empty for the empty string.
    pub tokens: Vec<Token>,
    /// Compare code points exactly. Otherwise both sides are mapped with Unicode simple case
    /// folding first; the literals here are kept as written.
    pub cased: bool,
}

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// These characters.
    Literal(String),
    /// `?`: exactly one Unicode scalar value.
    One,
    /// `*`: any run of characters, also none, also line feeds.
    Any,
}
