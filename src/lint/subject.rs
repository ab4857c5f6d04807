//! One document as lints see it: its own selections and condition, and what each selection is for.
//!
//! What filters add to a rule is not part of it: a filter is a document of its own, in its own file.

use crate::{
    rule::{
        Block, Condition, Correlation, Field, Filter, Item, LoadedCorrelation, LoadedRule,
        Quantifier, Rule, Selection, Span, Test, Value,
    },
    ruleset::RuleSet,
};

use super::Knowledge;

/// A document, and what it is.
pub(super) struct Subject<'s> {
    /// The text of its file.
    pub(super) text: &'s str,
    /// Its place there.
    pub(super) span: Span,
    pub(super) kind: Kind<'s>,
    /// Its own selections; a correlation has none.
    pub(super) selections: &'s [Selection],
    pub(super) condition: Option<&'s Condition>,
    /// What each selection is for.
    pub(super) roles: Vec<Role>,
    pub(super) knowledge: &'s Knowledge,
    /// It has findings of its own.
    pub(super) reported: bool,
}

/// What a document is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'s> {
    Rule(&'s Rule),
    Correlation(&'s Correlation),
    Filter(&'s Filter),
}

/// How the condition uses a selection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Role {
    /// It stands where it must hold.
    pub(super) asked: bool,
    /// It stands under a `not`.
    pub(super) excluded: bool,
}

impl<'s> Subject<'s> {
    /// A rule that runs.
    pub(super) fn rule(loaded: &'s LoadedRule, set: &'s RuleSet, knowledge: &'s Knowledge) -> Self {
        let detection = &loaded.rule.detection;
        let added = loaded.filters.iter().filter_map(|at| set.filters.get(*at));
        let added: usize = added.map(|filter| filter.filter.body.selections.len()).sum();
        let own = detection.selections.len().saturating_sub(added);
        let condition = match &detection.condition {
            Condition::And(parts) if !loaded.filters.is_empty() => parts.first(),
            whole => Some(whole),
        };
        let body = (&detection.selections[..own], condition);
        let (text, kind) = (text_of(set, loaded.file), Kind::Rule(&loaded.rule));
        let subject = Self::new(text, loaded.rule.span, kind, body, knowledge);
        Self { reported: loaded.reported, ..subject }
    }

    /// A filter.
    pub(super) fn filter(
        filter: &'s Filter,
        file: usize,
        set: &'s RuleSet,
        knowledge: &'s Knowledge,
    ) -> Self {
        let body = (&filter.body.selections[..], Some(&filter.body.condition));
        Self::new(text_of(set, file), filter.span, Kind::Filter(filter), body, knowledge)
    }

    /// A correlation.
    pub(super) fn correlation(
        loaded: &'s LoadedCorrelation,
        set: &'s RuleSet,
        knowledge: &'s Knowledge,
    ) -> Self {
        let (text, span) = (text_of(set, loaded.file), loaded.correlation.span);
        let kind = Kind::Correlation(&loaded.correlation);
        let subject = Self::new(text, span, kind, (&[], None), knowledge);
        Self { reported: loaded.reported, ..subject }
    }

    fn new(
        text: &'s str,
        span: Span,
        kind: Kind<'s>,
        (selections, condition): (&'s [Selection], Option<&'s Condition>),
        knowledge: &'s Knowledge,
    ) -> Self {
        let roles = condition.map_or_else(Vec::new, |tree| roles(tree, selections.len()));
        Self { text, span, kind, selections, condition, roles, knowledge, reported: true }
    }

    /// Every map of items, with the number of the selection it stands in.
    pub(super) fn maps(&self) -> impl Iterator<Item = (usize, &'s [Item])> {
        self.selections.iter().enumerate().flat_map(|(at, selection)| {
            maps_of(&selection.block).into_iter().map(move |items| (at, items))
        })
    }

    /// Every item, with the number of its selection.
    pub(super) fn items(&self) -> impl Iterator<Item = (usize, &'s Item)> {
        self.maps().flat_map(|(at, items)| items.iter().map(move |item| (at, item)))
    }

    /// The selections that hold in every match.
    pub(super) fn mandatory(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open: Vec<&Condition> = self.condition.into_iter().collect();
        while let Some(tree) = open.pop() {
            match tree {
                Condition::Selection(at) => found.push(*at),
                Condition::And(parts) => open.extend(parts),
                Condition::Of { all, selections, .. } if *all || selections.len() == 1 => {
                    found.extend(selections);
                }
                Condition::Not(_) | Condition::Or(_) | Condition::Of { .. } => {}
            }
        }
        found
    }

    /// Every item that asks for an event name, with the map it stands in.
    pub(super) fn event_names(&self) -> impl Iterator<Item = (&'s [Item], &'s Item)> {
        self.maps().flat_map(|(_, items)| {
            items.iter().filter(|item| field(item) == "eventName").map(move |item| (items, item))
        })
    }

    /// The event sources of which a record must have one where the items of `map` hold: those named
    /// beside them, or else those that the condition asks for elsewhere. Empty if it is not known.
    pub(super) fn sources_beside(&self, map: &'s [Item]) -> Vec<&'s str> {
        let of = |items: &'s [Item]| {
            let mut named = items.iter().filter(|item| field(item) == "eventSource");
            named.find_map(plain_values)
        };
        let elsewhere = || {
            self.mandatory().into_iter().find_map(|at| match &self.selections.get(at)?.block {
                Block::All(items) => of(items),
                Block::Any(_) => None,
            })
        };
        of(map).or_else(elsewhere).unwrap_or_default()
    }

    /// The fields that a correlation groups by and counts, with their places as far as they can be seen.
    pub(super) fn correlated(&self) -> Vec<(Field, Span)> {
        let Kind::Correlation(correlation) = self.kind else { return Vec::new() };
        let body = &correlation.body;
        // A name that an alias explains is no field; what it stands for is one.
        let aliased = |name: &str| body.aliases.iter().any(|alias| alias.name == name);
        let names = body.group_by.iter().filter(|name| !aliased(name)).map(|name| Field::new(name));
        let behind = body.aliases.iter().flat_map(|alias| &alias.fields);
        let behind = behind.map(|(_, field)| Field::new(field));
        let all = names.chain(behind).chain(body.fields.iter().cloned());
        let key = self.key("correlation");
        all.map(|field| {
            let span = self.place_of(&field.name, key);
            (field, span)
        })
        .collect()
    }

    /// Where a text stands behind `from` in the document; `from` itself if it cannot be seen.
    pub(super) fn place_of(&self, text: &str, from: Span) -> Span {
        let source = self.text.get(from.start..self.span.end).unwrap_or_default();
        match source.find(text) {
            Some(at) => Span::new(from.start + at, from.start + at + text.len()),
            None => from,
        }
    }

    /// The text of the document.
    pub(super) fn source(&self) -> &'s str {
        self.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// Where a key stands at that depth of indentation or deeper; the title's line if it cannot be seen.
    pub(super) fn key(&self, name: &str) -> Span {
        let mut start = self.span.start;
        for line in self.source().split_inclusive('\n') {
            let indent = line.len() - line.trim_start().len();
            let key = line.trim_start().strip_prefix(name);
            if key.is_some_and(|rest| rest.trim_start().starts_with(':')) {
                return Span::new(start + indent, start + indent + name.len());
            }
            start += line.len();
        }
        self.head()
    }

    /// The first line of the document.
    pub(super) fn head(&self) -> Span {
        let line = self.source().lines().next().unwrap_or_default().trim_end();
        Span::new(self.span.start, self.span.start + line.len())
    }
}

/// The text of a file of the set.
pub(super) fn text_of(set: &RuleSet, file: usize) -> &str {
    set.files.get(file).map_or("", |file| &file.text)
}

/// The maps of a selection. Lists do not nest, so this is no recursion.
pub(super) fn maps_of(block: &Block) -> Vec<&[Item]> {
    let mut open = vec![block];
    let mut maps = Vec::new();
    while let Some(block) = open.pop() {
        match block {
            Block::All(items) => maps.push(items.as_slice()),
            Block::Any(blocks) => open.extend(blocks.iter().rev()),
        }
    }
    maps
}

/// Walks the condition once, with the sign of each place.
fn roles(condition: &Condition, count: usize) -> Vec<Role> {
    let mut roles = vec![Role::default(); count];
    let mut open = vec![(condition, false)];
    let note = |at: usize, under_not: bool, roles: &mut Vec<Role>| {
        if let Some(role) = roles.get_mut(at) {
            role.asked |= !under_not;
            role.excluded |= under_not;
        }
    };
    while let Some((tree, under_not)) = open.pop() {
        match tree {
            Condition::Selection(at) => note(*at, under_not, &mut roles),
            Condition::Not(inner) => open.push((inner, !under_not)),
            Condition::And(parts) | Condition::Or(parts) => {
                open.extend(parts.iter().map(|part| (part, under_not)));
            }
            Condition::Of { selections, .. } => {
                for at in selections {
                    note(*at, under_not, &mut roles);
                }
            }
        }
    }
    roles
}

/// The name of an item's field; empty for keywords.
pub(super) fn field(item: &Item) -> &str {
    item.field.as_ref().map_or("", |field| field.name.as_str())
}

/// The place of the field's name within the item's key.
pub(super) fn field_span(item: &Item, text: &str) -> Span {
    let name = field(item);
    match text.get(item.span.start..item.span.end).and_then(|key| key.find(name)) {
        Some(at) => Span::new(item.span.start + at, item.span.start + at + name.len()),
        None => item.span,
    }
}

/// The text that a value asks for as a whole, if it is one plain text.
pub(super) fn plain(value: &Value) -> Option<&str> {
    match value.tests.as_slice() {
        [Test::Text(pattern)] => pattern.as_plain(),
        _ => None,
    }
}

/// The plain texts of an item of which one must be the field's value; `None` if it asks otherwise.
pub(super) fn plain_values(item: &Item) -> Option<Vec<&str>> {
    if item.negated || item.quantifier == Quantifier::All {
        return None;
    }
    item.values.iter().map(plain).collect()
}
