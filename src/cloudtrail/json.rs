//! JSON values as nodes of a tape, and why a text is not JSON.

/// One value of an event, or the head of one that holds others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node<'e> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits with sign.
    Int(i64),
    /// An integer that fits 64 bits without sign.
    UInt(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A number as spelled, which may be beyond all of these.
    Spelled(&'e str),
    /// A string, unescaped.
    String(&'e str),
    /// An object; its keys and values follow, in turn.
    Object {
        /// Number of nodes below it.
        nodes: usize,
    },
    /// An array; its elements follow.
    Array {
        /// Number of nodes below it.
        nodes: usize,
    },
}

/// The record cannot be read, not even by the tolerant reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at byte {offset} of the record: {reason}")]
pub struct BrokenRecord {
    /// Where in the record, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub reason: &'static str,
}
