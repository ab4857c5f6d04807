//! What is known of `CloudTrail`: its fields, and which service writes which event names.
//!
//! The tables under `data/` are ours and never complete: what is not in them is not known, and only
//! what they call wrong is wrong. An archive can add events and fields, and what it holds is
//! right whatever a table says. Names are compared without case, as rules are.

use std::collections::{HashMap, HashSet};

use crate::text::nearest;

const EVENTS: &str = include_str!("data/events.txt");
const WRONG: &str = include_str!("data/wrong.txt");
const SOURCES: &str = include_str!("data/sources.txt");
const FIELDS: &str = include_str!("data/fields.txt");
const NAMES: &str = include_str!("data/names.txt");

/// What is known of `CloudTrail`.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// Event names, in lower case, of each source, in lower case, as they are spelled.
    sources: HashMap<String, Source>,
    /// The sources that write a name, both in lower case.
    writers: HashMap<String, Vec<String>>,
    /// Names that no record has, by source and name in lower case, with what is written instead.
    wrong: HashMap<(String, String), Vec<&'static str>>,
    wrong_sources: HashMap<&'static str, &'static str>,
    fields: HashMap<&'static str, Kind>,
    /// The spelling of each known field by its lower case.
    spellings: HashMap<String, &'static str>,
    /// Names that other tools have for a field, in lower case.
    elsewhere: HashMap<String, &'static str>,
    /// Fields that an archive holds.
    seen: HashSet<String>,
}

#[derive(Debug, Clone, Default)]
struct Source {
    /// Its names in lower case, and as they are spelled.
    names: HashMap<String, String>,
    /// All of its names are known.
    whole: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// At most one scalar.
    Text,
    /// Scalars, possibly several.
    Texts,
    /// An object whose members are all known.
    Closed,
    /// An object whose members depend on the service.
    Open,
    /// It is never in a trail's files.
    Lake,
}

impl Default for Knowledge {
    /// What the tables say.
    fn default() -> Self {
        let mut known = Self {
            sources: HashMap::new(),
            writers: HashMap::new(),
            wrong: HashMap::new(),
            wrong_sources: lines(SOURCES).filter_map(|line| line.split_once(' ')).collect(),
            fields: HashMap::new(),
            spellings: HashMap::new(),
            elsewhere: HashMap::new(),
            seen: HashSet::new(),
        };
        let mut source = "";
        for line in lines(EVENTS) {
            if line.starts_with(' ') {
                line.split_whitespace().for_each(|name| known.learn(source, name));
            } else {
                let (name, whole) = line.split_once(' ').unwrap_or((line, ""));
                source = name;
                known.sources.entry(name.to_owned()).or_default().whole = whole == "whole";
            }
        }
        for line in lines(WRONG) {
            let mut words = line.split_whitespace();
            if let (Some(source), Some(name)) = (words.next(), words.next()) {
                let right = words.filter(|word| *word != "-").collect();
                known.wrong.insert((source.to_owned(), name.to_ascii_lowercase()), right);
            }
        }
        for (name, kind) in lines(FIELDS).filter_map(|line| line.split_once(' ')) {
            let kind = match kind {
                "text" => Kind::Text,
                "texts" => Kind::Texts,
                "closed" => Kind::Closed,
                "lake" => Kind::Lake,
                _ => Kind::Open,
            };
            known.fields.insert(name, kind);
            known.spellings.insert(name.to_lowercase(), name);
        }
        let elsewhere = lines(NAMES).filter_map(|line| line.split_once(' '));
        known.elsewhere.extend(elsewhere.map(|(name, field)| (name.to_lowercase(), field)));
        known
    }
}

/// The lines of a table that say something.
fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Where a field leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is a field of `CloudTrail`, or stands below an open one.
    Field(Option<Kind>),
    /// This part of it, so many segments, is no field.
    Unknown(usize),
}

impl Knowledge {
    /// Adds an event that an archive holds.
    pub fn learn(&mut self, source: &str, name: &str) {
        let (source, lower) = (source.to_ascii_lowercase(), name.to_ascii_lowercase());
        let of_source = self.sources.entry(source.clone()).or_default();
        if of_source.names.insert(lower.clone(), name.to_owned()).is_none() {
            self.writers.entry(lower).or_default().push(source);
        }
    }

    /// Adds a field that an archive holds.
    pub fn learn_field(&mut self, name: &str) {
        self.seen.insert(name.to_owned());
    }

    /// How many pairs of source and name are known.
    pub fn pairs(&self) -> usize {
        self.sources.values().map(|source| source.names.len()).sum()
    }

    /// The source writes that name.
    pub(super) fn writes(&self, source: &str, name: &str) -> bool {
        let of_source = self.sources.get(&source.to_ascii_lowercase());
        of_source.is_some_and(|source| source.names.contains_key(&name.to_ascii_lowercase()))
    }

    /// The sources that write that name.
    pub(super) fn writers(&self, name: &str) -> &[String] {
        self.writers.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Something is known of the source.
    pub(super) fn knows_source(&self, source: &str) -> bool {
        self.sources.contains_key(&source.to_ascii_lowercase())
    }

    /// All names of the source are known.
    pub(super) fn is_whole(&self, source: &str) -> bool {
        self.sources.get(&source.to_ascii_lowercase()).is_some_and(|source| source.whole)
    }

    /// What is written instead of a name that no record of the source has, if that is known.
    pub(super) fn instead(&self, source: &str, name: &str) -> Option<&[&'static str]> {
        let key = (source.to_ascii_lowercase(), name.to_ascii_lowercase());
        self.wrong.get(&key).map(Vec::as_slice)
    }

    /// The sources of which that name is known to be wrong.
    pub(super) fn wrong_of(&self, name: &str) -> Vec<&str> {
        let lower = name.to_ascii_lowercase();
        let mut found: Vec<&str> = self
            .wrong
            .keys()
            .filter(|(_, wrong)| *wrong == lower)
            .map(|(source, _)| source.as_str())
            .collect();
        found.sort_unstable();
        found
    }

    /// What is written instead of a source that no record has, if that is known.
    pub(super) fn source_instead(&self, source: &str) -> Option<&'static str> {
        self.wrong_sources.get(source.to_ascii_lowercase().as_str()).copied()
    }

    /// The known names of these sources, or of all if there are none, as they are spelled and in order.
    pub(super) fn names_of(&self, sources: &[&str]) -> Vec<&str> {
        let of = |source: &&str| self.sources.get(&source.to_ascii_lowercase());
        let mut names: Vec<&str> = if sources.is_empty() {
            self.sources
                .values()
                .flat_map(|source| source.names.values())
                .map(String::as_str)
                .collect()
        } else {
            let listed = sources.iter().filter_map(of);
            listed.flat_map(|source| source.names.values()).map(String::as_str).collect()
        };
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The known source that is most like `source`; what they all end with does not count.
    pub(super) fn near_source(&self, source: &str) -> Option<&str> {
        let own = |name: &'_ str| name.split('.').next().unwrap_or_default().to_owned();
        let mut names: Vec<&str> = self.sources.keys().map(String::as_str).collect();
        names.sort_unstable();
        let services: Vec<String> = names.iter().map(|name| own(name)).collect();
        let near = nearest(&own(source), services.iter().map(String::as_str))?;
        let at = services.iter().position(|service| service == near)?;
        names.get(at).copied()
    }

    /// Where the segments of a field lead.
    pub(super) fn field(&self, segments: &[String]) -> Known {
        if !self.seen.is_empty() && self.seen.contains(&segments.join(".")) {
            return Known::Field(self.kind(&segments.join(".")).filter(|kind| *kind != Kind::Lake));
        }
        let mut name = String::new();
        for (at, segment) in segments.iter().enumerate() {
            if at > 0 {
                name.push('.');
            }
            name.push_str(segment);
            match self.fields.get(name.as_str()) {
                None | Some(Kind::Lake) => return Known::Unknown(at + 1),
                Some(Kind::Open) if at + 1 < segments.len() => return Known::Field(None),
                Some(kind) if at + 1 == segments.len() => return Known::Field(Some(*kind)),
                Some(Kind::Text | Kind::Texts) => return Known::Unknown(at + 2),
                Some(_) => {}
            }
        }
        Known::Unknown(1)
    }

    /// The kind of a whole field name, if it is known.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.fields.get(name).copied()
    }

    /// The field as `CloudTrail` spells it, if the name differs in case only, on its known part.
    pub(super) fn spelled(&self, segments: &[String]) -> Option<String> {
        for known in (1..=segments.len()).rev() {
            let head = segments[..known].join(".");
            if let Some(spelling) = self.spellings.get(&head.to_lowercase()) {
                let reaches = known == segments.len() || self.kind(spelling) == Some(Kind::Open);
                let name = segments[known..]
                    .iter()
                    .fold((*spelling).to_owned(), |name, segment| name + "." + segment);
                return (reaches && *spelling != head).then_some(name);
            }
        }
        None
    }

    /// The field that another tool calls so; empty if it has none.
    pub(super) fn elsewhere(&self, name: &str) -> Option<&'static str> {
        let field = self.elsewhere.get(&name.to_lowercase()).copied()?;
        Some(if field == "-" { "" } else { field })
    }

    /// The known field that is most like `name`.
    pub(super) fn near_field(&self, name: &str) -> Option<&'static str> {
        let mut names: Vec<&'static str> = self.fields.keys().copied().collect();
        names.sort_unstable();
        nearest(name, names)
    }

    /// The names that stand at the top of a record and hold an object.
    pub(super) fn is_top_object(&self, name: &str) -> bool {
        !name.contains('.')
            && matches!(self.kind(name), Some(Kind::Open | Kind::Closed | Kind::Lake))
    }

    /// Every wrong name, for a look at the tables.
    #[cfg(test)]
    pub(super) fn wrong_names(&self) -> impl Iterator<Item = (&str, &str, &[&'static str])> {
        self.wrong
            .iter()
            .map(|((source, name), right)| (source.as_str(), name.as_str(), right.as_slice()))
    }
}

/// Names that so many services have that they say nothing of one.
pub(super) fn is_common(name: &str) -> bool {
    const COMMON: [&str; 12] = [
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
        "GetResourcePolicy",
        "PutResourcePolicy",
        "DeleteResourcePolicy",
        "AddTags",
        "RemoveTags",
        "ListTags",
        "CreateTags",
        "DeleteTags",
        "DescribeTags",
    ];
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(name: &str) -> Vec<String> {
        name.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn the_tables_do_not_contradict_one_another() {
        let known = Knowledge::default();
        assert!(known.pairs() > 1500, "{}", known.pairs());
        for (source, name, right) in known.wrong_names() {
            assert!(!known.writes(source, name), "{source} {name} is both right and wrong");
            for right in right {
                assert!(known.writes(source, right), "{source} {right} is not in the events");
            }
        }
        for (wrong, right) in &known.wrong_sources {
            assert!(!known.knows_source(wrong), "{wrong}");
            assert!(known.knows_source(right), "{right}");
        }
        for field in known.elsewhere.values().filter(|field| **field != "-") {
            let found = known.field(&segments(field));
            assert!(matches!(found, Known::Field(_)), "{field}");
        }
    }

    #[test]
    fn every_source_of_the_table_is_a_host_name_and_no_name_is_repeated() {
        let mut seen = HashSet::new();
        let mut source = "";
        for line in lines(EVENTS) {
            if line.starts_with(' ') {
                for name in line.split_whitespace() {
                    assert!(seen.insert((source, name.to_ascii_lowercase())), "{source} {name}");
                }
            } else {
                source = line.split_whitespace().next().unwrap_or_default();
                assert!(source.ends_with(".amazonaws.com"), "{source}");
            }
        }
    }

    #[test]
    fn fields_are_followed_as_far_as_they_are_known() {
        let known = Knowledge::default();
        for (name, leads) in [
            ("eventName", Known::Field(Some(Kind::Text))),
            ("requestParameters", Known::Field(Some(Kind::Open))),
            ("requestParameters.a.b", Known::Field(None)),
            ("userIdentity.arn", Known::Field(Some(Kind::Text))),
            ("userIdentity.name", Known::Unknown(2)),
            ("eventName.x", Known::Unknown(2)),
            ("status", Known::Unknown(1)),
            ("eventContext", Known::Unknown(1)),
            ("resources.ARN", Known::Field(Some(Kind::Texts))),
        ] {
            assert_eq!(known.field(&segments(name)), leads, "{name}");
        }
    }

    #[test]
    fn a_wrong_case_has_one_right_spelling() {
        let known = Knowledge::default();
        for (name, right) in [
            ("eventname", Some("eventName")),
            ("EventName", Some("eventName")),
            ("eventName", None),
            ("requestparameters.bucketName", Some("requestParameters.bucketName")),
            ("useridentity.ARN", Some("userIdentity.arn")),
            ("resources.arn", Some("resources.ARN")),
            ("userIdentity.name", None),
            ("status", None),
        ] {
            assert_eq!(known.spelled(&segments(name)).as_deref(), right, "{name}");
        }
    }
}
