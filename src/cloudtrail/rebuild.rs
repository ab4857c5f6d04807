//! Records built again from what other tools made of them: documents of Elasticsearch, rows of tables.
//!
//! Such a tool takes a record apart and keeps its values under other names. Where the record itself was
//! not kept, these are all there is, so they are put back to where `CloudTrail` has them. Nothing is
//! guessed: a value that cannot be told from its text with certainty stays that text, and what the
//! tool dropped is not there. A record built again says so in its last member, [`MARK`].

mod elastic;
mod row;
mod structure;

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

pub use self::{
    elastic::{Rebuilt, from_document},
    row::{Columns, from_members, named_cells},
};

/// The last member of each record that was built again; its value says from what.
pub const MARK: &str = "_rebuiltFrom";

/// Bytes of a document or row from which a record is built at most. Records are far smaller.
pub const LARGEST: usize = 4 << 20;

/// The members of an object; of duplicate keys the last.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A record on its way: members in the order in which they were put.
#[derive(Debug, Default)]
struct Draft<'a> {
    members: Vec<(&'a str, Part<'a>)>,
    /// Where each stands among them: a table may have thousands of columns.
    places: BTreeMap<&'a str, usize>,
}

#[derive(Debug)]
enum Part<'a> {
    /// JSON as it will stand there.
    Json(Cow<'a, str>),
    Object(Draft<'a>),
}

impl<'a> Draft<'a> {
    /// Puts JSON at a path. What stands there already stays.
    fn put(&mut self, path: &[&'a str], json: impl Into<Cow<'a, str>>) {
        let Some((last, above)) = path.split_last() else { return };
        let mut draft = self;
        for key in above {
            let at = draft.place(key);
            let at = at.unwrap_or_else(|| draft.add(key, Part::Object(Draft::default())));
            match &mut draft.members[at].1 {
                Part::Object(inner) => draft = inner,
                Part::Json(_) => return,
            }
        }
        if draft.place(last).is_none() {
            draft.add(last, Part::Json(json.into()));
        }
    }

    /// The same with a text.
    fn put_text(&mut self, path: &[&'a str], text: &str) {
        self.put(path, string(text));
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Adds a member that is not there, and gives its place.
    fn add(&mut self, key: &'a str, part: Part<'a>) -> usize {
        let at = self.members.len();
        self.members.push((key, part));
        self.places.insert(key, at);
        at
    }

    /// The record as JSON, marked as built from `source`.
    fn finish(mut self, source: &str) -> String {
        self.put_text(&[MARK], source);
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        for (at, (key, part)) in self.members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(&string(key));
            out.push(':');
            match part {
                Part::Json(json) => out.push_str(json),
                Part::Object(inner) => inner.write(out),
            }
        }
        out.push('}');
    }
}

/// A text as a JSON string.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// JSON that is an object or an array; nothing if it is neither, or no JSON.
fn nested(text: &str) -> Option<&str> {
    let text = text.trim();
    let json: &RawValue =
        text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())??;
    Some(json.get())
}

/// A time as `CloudTrail` writes it, from how databases write it: a blank for the `T`, a zero fraction,
/// no zone. Any other text stays as it is.
fn time(text: &str) -> Cow<'_, str> {
    const FORM: &[u8] = b"dddd-dd-dd dd:dd:dd";
    let fits = text.len() >= FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b' ' => matches!(byte, b' ' | b'T'),
            form => byte == *form,
        });
    let Some((seconds, rest)) = text.split_at_checked(FORM.len()).filter(|_| fits) else {
        return Cow::Borrowed(text);
    };
    let digits = rest.strip_prefix('.').map_or(0, |rest| {
        1 + rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len()
    });
    let (fraction, zone) = rest.split_at(digits);
    if !matches!(zone, "" | "Z" | " UTC" | "+00:00") {
        return Cow::Borrowed(text);
    }
    let fraction = fraction.trim_end_matches(['0']).trim_end_matches('.');
    Cow::Owned(format!("{}{fraction}Z", seconds.replace(' ', "T")))
}

#[cfg(test)]
mod tests;
