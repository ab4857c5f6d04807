//! The condition: a boolean over selections.

/// A condition tree. Selections are named by their index in `Detection::selections`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The selection holds.
    Selection(usize),
    /// The inner condition does not hold.
    Not(Box<Condition>),
    /// All hold. Never empty.
    And(Vec<Condition>),
    /// One holds. Never empty.
    Or(Vec<Condition>),
    /// `1 of PATTERN` or `all of PATTERN`, resolved.
    Of {
        /// `all of` instead of `1 of`.
        all: bool,
        /// The pattern as written, or `them`.
        pattern: String,
        /// The selections it names. Never empty.
        selections: Vec<usize>,
    },
}
