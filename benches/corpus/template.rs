//! Templates: JSON text with `<names>` in it that a record fills in.
//!
//! `{"bucketName":"<bucket>","size":<below:4096>}` is cut once into parts and then only appended. A name
//! that is not known panics when the tables are made ready, so a typing error cannot reach a corpus.

use std::fmt::Debug;
use std::str::FromStr;

use super::world::Thing;

/// A piece of a template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// Text that stands as it is.
    Text(&'static str),
    /// A value that the record knows or draws.
    Slot(Slot),
}

/// What a `<name>` stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slot {
    /// One of the account's things; the same wherever it is named in one record.
    Thing(Thing),
    /// The account of the record.
    Account,
    /// The other account of the corpus.
    Other,
    /// The region of the record.
    Region,
    /// The ARN of the caller.
    Caller,
    /// The service that calls, for calls AWS makes by itself.
    Service,
    /// A name for a session of a role that is being assumed.
    Session,
    /// The id of the role that the record names.
    RoleId,
    /// The id of the user that the record names.
    UserId,
    /// So many random characters of an access key.
    Code(usize),
    /// A new temporary access key.
    Key,
    /// The token that comes with it.
    Token,
    /// A random UUID.
    Uuid,
    /// So many random hexadecimal digits.
    Hex(usize),
    /// So many random characters of base 64.
    Base64(usize),
    /// A random number below this one.
    Below(u64),
    /// The time of the event, `2026-03-01T00:00:00Z`.
    Time,
    /// The time of the event, `Mar 1, 2026, 12:00:00 AM`.
    Date,
    /// An hour later, in the same form.
    Expiry,
    /// The time of the event in milliseconds since 1970.
    Millis,
}

/// Cuts a template into its parts.
pub(crate) fn cut(template: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('<') {
        let (name, tail) = tail.split_once('>').expect("a template closes each name");
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        parts.push(Part::Slot(slot(name)));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn slot(name: &str) -> Slot {
    if let Some((name, number)) = name.split_once(':') {
        return match name {
            "hex" => Slot::Hex(count(number)),
            "code" => Slot::Code(count(number)),
            "base64" => Slot::Base64(count(number)),
            "below" => Slot::Below(count(number)),
            _ => panic!("a template names <{name}:{number}>, which is not known"),
        };
    }
    match name {
        "account" => Slot::Account,
        "other" => Slot::Other,
        "region" => Slot::Region,
        "caller" => Slot::Caller,
        "service" => Slot::Service,
        "session" => Slot::Session,
        "roleid" => Slot::RoleId,
        "userid" => Slot::UserId,
        "key" => Slot::Key,
        "token" => Slot::Token,
        "uuid" => Slot::Uuid,
        "time" => Slot::Time,
        "date" => Slot::Date,
        "expiry" => Slot::Expiry,
        "millis" => Slot::Millis,
        _ => Slot::Thing(
            Thing::named(name)
                .unwrap_or_else(|| panic!("a template names <{name}>, which is not known")),
        ),
    }
}

fn count<T: FromStr>(number: &str) -> T
where
    T::Err: Debug,
{
    number.parse().expect("a number follows the colon in a template")
}
