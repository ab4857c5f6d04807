//! The modifiers, as one table.
//!
//! A row of the table is a modifier's name and its role; the rules of combination are written in
//! terms of roles, in [`check`].

use crate::{
    rule::{Diagnostic, Span},
    text::nearest,
};

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

/// What a modifier does, as far as combinations are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `all`: how values combine.
    Quantifier,
    /// `neq`.
    Negation,
    /// `cased`.
    Case,
    /// Adds wildcards at the ends.
    Substring,
    /// Replaces text by other text: `windash`, `expand`.
    Rewriting,
    /// Base64 in both forms.
    Encoding,
    /// Bytes of UTF-16, for an encoding that follows.
    Utf16,
    /// Not a comparison by text at all. One of these at most.
    Test,
    /// Flags of `re`.
    Flag,
}

/// Every modifier: the variant, its name and its role.
const TABLE: &[(Modifier, &str, Role)] = &[
    (Modifier::All, "all", Role::Quantifier),
    (Modifier::Contains, "contains", Role::Substring),
    (Modifier::StartsWith, "startswith", Role::Substring),
    (Modifier::EndsWith, "endswith", Role::Substring),
    (Modifier::Cased, "cased", Role::Case),
    (Modifier::Neq, "neq", Role::Negation),
    (Modifier::Windash, "windash", Role::Rewriting),
    (Modifier::Re, "re", Role::Test),
    (Modifier::IgnoreCase, "i", Role::Flag),
    (Modifier::MultiLine, "m", Role::Flag),
    (Modifier::DotAll, "s", Role::Flag),
    (Modifier::Base64, "base64", Role::Encoding),
    (Modifier::Base64Offset, "base64offset", Role::Encoding),
    (Modifier::Wide, "wide", Role::Utf16),
    (Modifier::Utf16Le, "utf16le", Role::Utf16),
    (Modifier::Utf16Be, "utf16be", Role::Utf16),
    (Modifier::Utf16, "utf16", Role::Utf16),
    (Modifier::Lt, "lt", Role::Test),
    (Modifier::Lte, "lte", Role::Test),
    (Modifier::Gt, "gt", Role::Test),
    (Modifier::Gte, "gte", Role::Test),
    (Modifier::Minute, "minute", Role::Test),
    (Modifier::Hour, "hour", Role::Test),
    (Modifier::Day, "day", Role::Test),
    (Modifier::Week, "week", Role::Test),
    (Modifier::Month, "month", Role::Test),
    (Modifier::Year, "year", Role::Test),
    (Modifier::Cidr, "cidr", Role::Test),
    (Modifier::Exists, "exists", Role::Test),
    (Modifier::FieldRef, "fieldref", Role::Test),
    (Modifier::Expand, "expand", Role::Rewriting),
];

impl Modifier {
    /// The modifier with that name. Names are compared with case.
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The name in a rule.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The name, if the modifier says how one value is compared.
    pub(super) fn operator(self) -> Option<&'static str> {
        let compares = !matches!(self.role(), Role::Quantifier | Role::Negation);
        compares.then(|| self.as_str())
    }

    fn role(self) -> Role {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, Role) {
        // The table has the order of the enum; a test holds it to that.
        &TABLE[self as usize]
    }

    /// Contains, startswith or endswith.
    pub(super) fn is_substring(self) -> bool {
        self.role() == Role::Substring
    }

    /// Whether a value under this modifier is read as text, be it a number or a boolean.
    pub(super) fn wants_text(self) -> bool {
        matches!(
            self.role(),
            Role::Substring | Role::Rewriting | Role::Encoding | Role::Utf16 | Role::Case
        )
    }

    /// Base64 in both forms.
    pub(super) fn is_encoding(self) -> bool {
        self.role() == Role::Encoding
    }
}

/// Reads the modifiers of a key, each with its place, and reports those that do not exist.
pub(super) fn read(
    names: &[(&str, Span)],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Modifier, Span)> {
    let mut modifiers = Vec::with_capacity(names.len());
    for &(name, span) in names {
        if let Some(modifier) = Modifier::parse(name) {
            modifiers.push((modifier, span));
            continue;
        }
        let problem = if name.is_empty() {
            Diagnostic::error("empty-modifier", span, "there is no modifier after the |")
                .help("name a modifier, or leave the | out")
        } else {
            let help = match nearest(name, TABLE.iter().map(|row| row.1)) {
                Some(near) => format!("did you mean {near}?"),
                None => "the modifiers are those of the Sigma specification 2.1.0".to_owned(),
            };
            Diagnostic::error("unknown-modifier", span, format!("there is no modifier {name:?}"))
                .help(help)
        };
        problems.push(problem);
    }
    modifiers
}

/// Checks that the modifiers of one item go together.
///
/// `keyword` tells that there is no field before them.
pub(super) fn check(modifiers: &[(Modifier, Span)], keyword: bool, problems: &mut Vec<Diagnostic>) {
    for (at, (modifier, span)) in modifiers.iter().enumerate() {
        if modifiers[..at].iter().any(|(before, _)| before == modifier) {
            let message = format!("{} stands here a second time", modifier.as_str());
            problems.push(
                Diagnostic::error("repeated-modifier", *span, message)
                    .help("leave one of them out"),
            );
            return;
        }
    }
    for role in [Role::Test, Role::Substring, Role::Encoding, Role::Utf16] {
        let mut same = modifiers.iter().filter(|(modifier, _)| modifier.role() == role);
        if let (Some((first, _)), Some((second, span))) = (same.next(), same.next()) {
            let message = format!("{} and {} exclude each other", first.as_str(), second.as_str());
            problems.push(
                Diagnostic::error("modifier-conflict", *span, message)
                    .help("keep one, or write two items"),
            );
        }
    }
    check_test(modifiers, problems);
    check_order(modifiers, problems);
    if keyword {
        check_keyword(modifiers, problems);
    }
}

/// What may stand beside a modifier that does not compare text.
fn check_test(modifiers: &[(Modifier, Span)], problems: &mut Vec<Diagnostic>) {
    let Some((test, _)) = modifiers.iter().find(|(modifier, _)| modifier.role() == Role::Test)
    else {
        return;
    };
    for (other, span) in modifiers {
        let fits = match other.role() {
            Role::Test => true,
            Role::Flag | Role::Quantifier | Role::Negation => *test != Modifier::Exists,
            Role::Substring | Role::Case => *test == Modifier::FieldRef,
            Role::Rewriting => *test == Modifier::Re && *other == Modifier::Expand,
            Role::Encoding | Role::Utf16 => false,
        };
        if !fits {
            let message = format!("{} cannot be combined with {}", other.as_str(), test.as_str());
            let help = match (test, other.role()) {
                (Modifier::Re, Role::Substring) => {
                    "re searches anywhere in the value; anchor it with ^ and $"
                }
                (Modifier::Re, Role::Case) => "re compares with case unless the flag i follows it",
                (Modifier::Exists, _) => {
                    "exists stands alone; use `not` in the condition to negate"
                }
                _ => "leave one of them out",
            };
            problems.push(Diagnostic::error("modifier-conflict", *span, message).help(help));
        }
    }
}

/// The rules that depend on the written order.
fn check_order(modifiers: &[(Modifier, Span)], problems: &mut Vec<Diagnostic>) {
    let re = modifiers.iter().position(|(modifier, _)| *modifier == Modifier::Re);
    let encoding = modifiers.iter().position(|(modifier, _)| modifier.is_encoding());
    let substring = modifiers.iter().position(|(modifier, _)| modifier.is_substring());
    for (at, &(modifier, span)) in modifiers.iter().enumerate() {
        let name = modifier.as_str();
        let (message, help) = match modifier.role() {
            Role::Flag if re.is_none_or(|re| re > at) => {
                (format!("{name} is a flag of re and must follow it"), format!("write |re|{name}"))
            }
            Role::Utf16 if encoding.is_none_or(|encoding| encoding < at) => (
                format!(
                    "{name} must be followed by base64 or base64offset: records hold no UTF-16"
                ),
                format!("write |{name}|base64offset|contains"),
            ),
            Role::Encoding | Role::Utf16 if substring.is_some_and(|substring| substring < at) => {
                let substring = substring.map_or("", |substring| modifiers[substring].0.as_str());
                (
                    format!("{name} must come before {substring}"),
                    format!("write |{name}|{substring}"),
                )
            }
            _ => continue,
        };
        problems.push(Diagnostic::error("modifier-order", span, message).help(help));
    }
}

/// Keywords have no field, so whatever needs one is refused.
fn check_keyword(modifiers: &[(Modifier, Span)], problems: &mut Vec<Diagnostic>) {
    for &(modifier, span) in modifiers {
        let needs_field = match modifier.role() {
            Role::Negation => true,
            Role::Test => modifier != Modifier::Re,
            _ => false,
        };
        if needs_field {
            let name = modifier.as_str();
            problems.push(
                Diagnostic::error("modifier-needs-field", span, format!("{name} needs a field"))
                    .help(format!("write FIELD|{name}")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(key: &str) -> Vec<&'static str> {
        let mut problems = Vec::new();
        let mut names = key.split('|');
        let field = names.next().unwrap_or_default();
        let names: Vec<_> = names.map(|name| (name, Span::default())).collect();
        let modifiers = read(&names, &mut problems);
        check(&modifiers, field.is_empty(), &mut problems);
        problems.into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn the_table_has_the_order_of_the_enum() {
        for (at, (modifier, name, _)) in TABLE.iter().enumerate() {
            assert_eq!(*modifier as usize, at);
            assert_eq!(Modifier::parse(name), Some(*modifier));
            assert_eq!(modifier.as_str(), *name);
        }
    }

    #[test]
    fn what_goes_together_is_accepted() {
        for key in [
            "f|contains|all|neq|cased",
            "f|re|i|m|s|all|neq",
            "f|expand|re",
            "f|wide|base64offset|contains",
            "f|contains|windash|expand",
            "f|fieldref|startswith|cased|neq",
            "f|cidr|neq|all",
            "f|gt|all",
            "|all|re|i",
            "|all|cased|startswith",
            "|utf16|base64|endswith",
            "f|exists",
        ] {
            assert_eq!(problems(key), [] as [&str; 0], "{key}");
        }
    }

    #[test]
    fn what_does_not_is_refused() {
        for (key, code) in [
            ("f|", "empty-modifier"),
            ("f|like", "unknown-modifier"),
            ("f|Contains", "unknown-modifier"),
            ("f|all|all", "repeated-modifier"),
            ("f|re|cidr", "modifier-conflict"),
            ("f|gt|hour", "modifier-conflict"),
            ("f|contains|startswith", "modifier-conflict"),
            ("f|re|contains", "modifier-conflict"),
            ("f|re|cased", "modifier-conflict"),
            ("f|re|windash", "modifier-conflict"),
            ("f|cidr|expand", "modifier-conflict"),
            ("f|exists|neq", "modifier-conflict"),
            ("f|exists|all", "modifier-conflict"),
            ("f|base64|base64offset", "modifier-conflict"),
            ("f|i", "modifier-order"),
            ("f|i|re", "modifier-order"),
            ("f|wide", "modifier-order"),
            ("f|base64|wide", "modifier-order"),
            ("f|contains|base64", "modifier-order"),
            ("|cidr", "modifier-needs-field"),
            ("|neq", "modifier-needs-field"),
            ("|fieldref|contains", "modifier-needs-field"),
        ] {
            assert_eq!(problems(key).first(), Some(&code), "{key}");
        }
    }
}
