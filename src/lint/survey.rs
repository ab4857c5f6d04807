//! What an archive holds: its fields, and the values of those that rules ask about.
//!
//! Records are shown to it one by one; who reads them is not its business. What it keeps is bounded: so
//! many fields, so many values of each, and beyond that it says that there are more and judges nothing
//! by their absence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Knowledge;
use crate::{
    cloudtrail::{Event, Node},
    rule::{Block, Item, Selection, Test},
    ruleset::RuleSet,
    text::nearest,
};

/// Fields that are told apart.
const MOST_FIELDS: usize = 50_000;

/// How many names deep a field may stand.
const MOST_DEEP: usize = 24;

/// Distinct values that are kept of one field.
const MOST_VALUES: usize = 20_000;

/// A longer value is not kept.
const LONGEST: usize = 512;

/// Pairs of source and name that are kept.
const MOST_EVENTS: usize = 100_000;

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Survey {
    records: u64,
    fields: Vec<FieldSeen>,
    /// For each field, those below it. The first is the record.
    below: Vec<HashMap<Box<str>, usize>>,
    by_name: HashMap<String, usize>,
    /// The fields whose values are of interest.
    asked: BTreeSet<String>,
    /// Not every field is kept.
    cut: bool,
    events: BTreeMap<(String, String), u64>,
}

/// What is known of one field.
#[derive(Debug, Default)]
pub(super) struct FieldSeen {
    name: String,
    /// Records that have it, be it null.
    records: u64,
    /// It held a scalar.
    scalar: bool,
    /// It held an object.
    pub(super) object: bool,
    /// Its values by their lower case, as first spelled, if they are of interest.
    values: Option<BTreeMap<String, String>>,
    /// Values are missing in `values`.
    cut: bool,
    /// The last record that had it.
    last: u64,
}

/// A field that no rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unasked<'s> {
    /// Its name, with dots.
    pub field: &'s str,
    /// How many records have it.
    pub records: u64,
}

impl Survey {
    /// Ready to be shown the records that `rules` are to be held against.
    pub fn new(rules: &RuleSet) -> Self {
        let mut asked: BTreeSet<String> = items(rules)
            .filter_map(|item| item.field.as_ref())
            .map(|field| field.name.clone())
            .collect();
        asked.insert("eventName".to_owned());
        let top = FieldSeen { object: true, ..FieldSeen::default() };
        Self { asked, fields: vec![top], below: vec![HashMap::new()], ..Self::default() }
    }

    /// How many records were shown.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many fields there are.
    pub fn fields(&self) -> usize {
        self.fields.len().saturating_sub(1)
    }

    /// How many pairs of event source and event name there are.
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// Takes a record into account.
    pub fn note(&mut self, event: &Event<'_>) {
        if !event.is_object() {
            return;
        }
        self.records += 1;
        if let (Some(source), Some(name)) =
            (event.string_at(&["eventSource"]), event.string_at(&["eventName"]))
        {
            let pair = (source.to_owned(), name.to_owned());
            if self.events.len() < MOST_EVENTS || self.events.contains_key(&pair) {
                *self.events.entry(pair).or_default() += 1;
            }
        }
        let mut open = vec![(0, 0, 0)];
        while let Some((index, field, depth)) = open.pop() {
            match event.node(index) {
                Node::Object { .. } => {
                    self.fields[field].object = true;
                    if depth == MOST_DEEP {
                        self.cut = true;
                        continue;
                    }
                    for (key, value) in event.members(index) {
                        if let Some(inner) = self.step(field, key) {
                            let seen = &mut self.fields[inner];
                            seen.records += u64::from(seen.last != self.records);
                            seen.last = self.records;
                            open.push((value, inner, depth + 1));
                        }
                    }
                }
                Node::Array { .. } => {
                    let end = event.after(index);
                    let mut at = index + 1;
                    while at < end {
                        open.push((at, field, depth));
                        at = event.after(at);
                    }
                }
                Node::Null => {}
                Node::String(text) => self.fields[field].value(text),
                Node::Bool(value) => self.fields[field].value(&value.to_string()),
                Node::Int(_) | Node::UInt(_) | Node::Float(_) | Node::Spelled(_) => {
                    self.fields[field].value(&event.json_of(index));
                }
            }
        }
    }

    /// The field of that name below another.
    fn step(&mut self, field: usize, key: &str) -> Option<usize> {
        if let Some(at) = self.below[field].get(key) {
            return Some(*at);
        }
        if self.fields.len() >= MOST_FIELDS || key.len() > LONGEST {
            self.cut = true;
            return None;
        }
        let above = &self.fields[field].name;
        let name = if field == 0 { key.to_owned() } else { format!("{above}.{key}") };
        // A key with dots may lead to a name that is there already.
        let at = if let Some(at) = self.by_name.get(&name) {
            *at
        } else {
            let at = self.fields.len();
            let values = self.asked.contains(&name).then(BTreeMap::new);
            self.by_name.insert(name.clone(), at);
            self.fields.push(FieldSeen { name, values, ..FieldSeen::default() });
            self.below.push(HashMap::new());
            at
        };
        self.below[field].insert(key.into(), at);
        Some(at)
    }

    /// What is known of the field; `Err` if it may have been left out.
    pub(super) fn field(&self, name: &str) -> Result<Option<&FieldSeen>, ()> {
        match self.by_name.get(name) {
            Some(at) => Ok(Some(&self.fields[*at])),
            None if self.cut => Err(()),
            None => Ok(None),
        }
    }

    /// The field most like `name`, below the same field as far as that is there.
    pub(super) fn near(&self, name: &str) -> Option<&str> {
        let ends = name.rmatch_indices('.').map(|(at, _)| at);
        let above = ends.into_iter().find_map(|at| Some((at + 1, *self.by_name.get(&name[..at])?)));
        let (start, above) = above.unwrap_or((0, 0));
        let mut inner: Vec<(&str, usize)> =
            self.below[above].iter().map(|(key, at)| (&**key, *at)).collect();
        inner.sort_unstable();
        let near = nearest(&name[start..], inner.iter().map(|(key, _)| *key))?;
        let at = inner.iter().find(|(key, _)| *key == near)?.1;
        Some(&self.fields[at].name)
    }

    /// Adds the events of the archive to what is known, and those of its fields that rules ask about.
    pub fn teach(&self, knowledge: &mut Knowledge) {
        for name in self.asked.iter().filter(|name| self.by_name.contains_key(*name)) {
            knowledge.learn_field(name);
        }
        for (source, name) in self.events.keys() {
            knowledge.learn(source, name);
        }
    }

    /// The fields with values that none of the rules looks at, the most frequent first.
    pub fn unasked(&self, rules: &RuleSet) -> Vec<Unasked<'_>> {
        let mut looked_at: BTreeSet<&str> = items(rules)
            .filter_map(|item| item.field.as_ref())
            .map(|field| field.name.as_str())
            .collect();
        for item in items(rules) {
            for test in item.values.iter().flat_map(|value| &value.tests) {
                if let Test::FieldRef(reference) = test {
                    looked_at.insert(&reference.field.name);
                }
            }
        }
        for body in rules.correlations.iter().map(|loaded| &loaded.correlation.body) {
            looked_at.extend(body.group_by.iter().map(String::as_str));
            looked_at.extend(body.fields.iter().map(|field| field.name.as_str()));
            let aliased = body.aliases.iter().flat_map(|alias| &alias.fields);
            looked_at.extend(aliased.map(|(_, field)| field.as_str()));
        }
        let is_asked = |name: &str| {
            looked_at.contains(name)
                || name.match_indices('.').any(|(at, _)| looked_at.contains(&name[..at]))
        };
        let fields =
            self.fields.iter().skip(1).filter(|field| field.scalar && !is_asked(&field.name));
        let mut unasked: Vec<_> =
            fields.map(|field| Unasked { field: &field.name, records: field.records }).collect();
        unasked.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.field.cmp(b.field)));
        unasked
    }
}

impl FieldSeen {
    /// It held something else than null.
    pub(super) fn is_valued(&self) -> bool {
        self.scalar || self.object
    }

    /// All of its values by their lower case, as spelled; `None` if they are not all known.
    pub(super) fn values(&self) -> Option<&BTreeMap<String, String>> {
        self.values.as_ref().filter(|_| !self.cut)
    }

    fn value(&mut self, text: &str) {
        self.scalar = true;
        let Some(values) = &mut self.values else { return };
        if text.len() > LONGEST {
            self.cut = true;
            return;
        }
        let lower = text.to_lowercase();
        if !values.contains_key(&lower) {
            if values.len() < MOST_VALUES {
                values.insert(lower, text.to_owned());
            } else {
                self.cut = true;
            }
        }
    }
}

/// Every item of every rule, those of its filters included.
fn items(rules: &RuleSet) -> impl Iterator<Item = &Item> {
    let selections = rules.rules.iter().flat_map(|loaded| &loaded.rule.detection.selections);
    selections.flat_map(|selection: &Selection| all_items(&selection.block))
}

fn all_items(block: &Block) -> Vec<&Item> {
    super::subject::maps_of(block).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{
        cloudtrail::Parser,
        rule::{Document, LoadedRule},
        sigma::{Placeholders, parse},
    };

    fn surveyed(records: &[&str]) -> (RuleSet, Survey) {
        let text = "title: t\nlogsource: {product: aws}\ndetection:\n  s: {a.b: x, list: y, 'n|exists': true}\n  condition: s\n";
        let rules = parse(text, &Placeholders::new()).documents.into_iter();
        let rules = rules.map(|document| match document {
            Document::Rule(rule) => LoadedRule::new(*rule, 0),
            _ => unreachable!("the text has a rule"),
        });
        let set = RuleSet { rules: rules.collect(), ..RuleSet::default() };
        let mut survey = Survey::new(&set);
        for record in records {
            Parser::default().parse(record.as_bytes(), |event| survey.note(event)).unwrap();
        }
        (set, survey)
    }

    #[test]
    fn fields_are_counted_once_a_record_and_lists_stand_for_their_elements() {
        let (set, survey) = surveyed(&[
            r#"{"a":{"b":"X"},"list":[["p",1],{"k":2},{"k":3}],"n":null}"#,
            r#"{"a.b":true,"list":[],"other":1.50}"#,
        ]);
        let values = |name: &str| {
            let seen = survey.field(name).unwrap().unwrap();
            seen.values().unwrap().values().cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            (values("a.b"), values("list")),
            (vec!["true".into(), "X".into()], vec!["1".into(), "p".into()])
        );
        assert!(!survey.field("n").unwrap().unwrap().is_valued(), "null is no value");
        assert!(survey.field("gone").unwrap().is_none());
        let unasked: Vec<_> =
            survey.unasked(&set).iter().map(|field| (field.field, field.records)).collect();
        assert_eq!(
            unasked,
            [("other", 1)],
            "what stands below a field that is looked at is looked at"
        );
    }

    #[test]
    fn what_is_not_kept_is_not_judged_by_its_absence() {
        let long = format!(r#"{{"a":{{"b":"{}"}}}}"#, "x".repeat(LONGEST + 1));
        let (_, survey) = surveyed(&[&long]);
        assert!(survey.field("a.b").unwrap().unwrap().values().is_none());
        let deep = format!("{}1{}", r#"{"a":"#.repeat(60), "}".repeat(60));
        let (_, survey) = surveyed(&[&deep]);
        assert!(survey.field("gone").is_err());
        assert!(survey.fields() <= MOST_DEEP);
    }
}
