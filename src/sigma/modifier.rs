//! The modifiers, as one table.

/// A value modifier of the Sigma specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the modifier of that name in the specification")]
pub enum Modifier {
    All,
    Contains,
    StartsWith,
    EndsWith,
    Cased,
    Neq,
    Windash,
    Re,
    IgnoreCase,
    MultiLine,
    DotAll,
    Base64,
    Base64Offset,
    Wide,
    Utf16Le,
    Utf16Be,
    Utf16,
    Lt,
    Lte,
    Gt,
    Gte,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Cidr,
    Exists,
    FieldRef,
    Expand,
}
