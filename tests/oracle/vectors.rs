//! Reads the conformance vectors: YAML whose events are JSON in flow style, or raw JSON text.

use std::{fs, path::Path};

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::reader::quoted;

/// One rule file, some events, and what is expected.
#[derive(Debug, Default)]
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) rule: String,
    /// Each event as JSON text.
    pub(crate) events: Vec<String>,
    /// One answer per event; `None` where either will do. Empty if only loading is tested.
    pub(crate) expect: Vec<Option<bool>>,
    /// The rule file must be refused.
    pub(crate) error: bool,
}

enum Yaml {
    Plain(String),
    Quoted(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    fn text(&self) -> String {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text.clone(),
            Self::List(_) | Self::Map(_) => panic!("a text is expected"),
        }
    }

    fn list(&self) -> &[Self] {
        let Self::List(items) = self else { panic!("a list is expected") };
        items
    }

    fn json(&self) -> String {
        match self {
            Self::Plain(text) if serde_json::from_str::<serde_json::Value>(text).is_ok() => {
                text.clone()
            }
            Self::Plain(text) | Self::Quoted(text) => quoted(text),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::json).collect::<Vec<_>>().join(","))
            }
            Self::Map(members) => {
                let member =
                    |(key, value): &(String, Self)| format!("{}:{}", quoted(key), value.json());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// The vectors of one file.
pub(crate) fn read(path: &Path) -> Vec<Vector> {
    let text = fs::read_to_string(path).expect("the vectors can be read");
    let mut events = Vec::new();
    for event in Parser::new_from_str(&text) {
        events.push(event.expect("the vectors are YAML").0);
    }
    let mut events = events.into_iter().peekable();
    while matches!(events.peek(), Some(Event::StreamStart | Event::DocumentStart(_))) {
        events.next();
    }
    value(&mut events).list().iter().map(vector).collect()
}

fn value<'i>(events: &mut std::iter::Peekable<impl Iterator<Item = Event<'i>>>) -> Yaml {
    match events.next().expect("a value follows") {
        Event::Scalar(text, ScalarStyle::Plain, ..) => Yaml::Plain(text.into_owned()),
        Event::Scalar(text, ..) => Yaml::Quoted(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while events.next_if(|event| matches!(event, Event::SequenceEnd)).is_none() {
                items.push(value(events));
            }
            Yaml::List(items)
        }
        Event::MappingStart(..) => {
            let mut members = Vec::new();
            while events.next_if(|event| matches!(event, Event::MappingEnd)).is_none() {
                let key = value(events).text();
                members.push((key, value(events)));
            }
            Yaml::Map(members)
        }
        other => panic!("unexpected {other:?}"),
    }
}

fn vector(case: &Yaml) -> Vector {
    let Yaml::Map(members) = case else { panic!("a vector is a mapping") };
    let mut vector = Vector::default();
    for (key, value) in members {
        match key.as_str() {
            "id" => vector.id = value.text(),
            "title" => vector.title = value.text(),
            "rule" => vector.rule = value.text(),
            "error" => vector.error = value.text() == "true",
            "events" => vector.events = value.list().iter().map(event).collect(),
            "expect" => {
                let answer = |value: &Yaml| value.text().parse().ok();
                vector.expect = value.list().iter().map(answer).collect();
            }
            _ => {}
        }
    }
    vector
}

/// A mapping is the event, a string is its raw text.
fn event(value: &Yaml) -> String {
    if let Yaml::Map(_) = value { value.json() } else { value.text() }
}
