//! Numbers as Sigma compares them: exact integers, otherwise IEEE doubles.

/// A number of a rule or of an event.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer that fits 128 bits, exactly.
    Int(i128),
    /// Everything else.
    Float(f64),
}
