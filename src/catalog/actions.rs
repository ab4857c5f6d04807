//! The actions a rule looks for: event sources and event names, as pairs.
//!
//! Read from the condition, so that names in different selections meet where both must hold. In doubt
//! an action is wider than it need be: a rule is never said not to look for what it finds.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use serde::Serialize;

use crate::{
    engine::fold,
    rule::{Block, Condition, Detection, Item, Pattern, Test, Token, Value},
};

/// More ways than this for one part of a condition to hold are told as one.
const MOST_WAYS: usize = 256;

/// At most so many actions of a rule are told. Where there would be more, events are of any provider.
const MOST_ACTIONS: usize = 2000;

/// So many names are compared for one rule; after that, sets of names are no longer narrowed.
const MOST_COMPARED: usize = 2_000_000;

/// What a record must name to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Action {
    /// `eventSource`, as the rule writes it; `None` if any will do.
    pub provider: Option<String>,
    /// `eventName`, likewise.
    pub event: Option<String>,
}

impl Action {
    /// Both parts in the case that they are compared in.
    pub(super) fn folded(&self) -> (Option<String>, Option<String>) {
        (self.provider.as_deref().map(fold), self.event.as_deref().map(fold))
    }

    /// Whether it is about the event `name` of `provider`, ignoring case; without one, of any.
    pub fn is_about(&self, provider: Option<&str>, name: &str) -> bool {
        let same = |own: &Option<String>, wanted: &str| {
            own.as_deref().is_some_and(|own| fold(own) == fold(wanted))
        };
        same(&self.event, name)
            && provider.is_none_or(|wanted| self.provider.is_none() || same(&self.provider, wanted))
    }
}

/// Names by number; `None` is any.
type Names = Option<Rc<BTreeSet<usize>>>;

/// One way for a part of the condition to hold.
#[derive(Debug, Clone, Default)]
struct Way {
    providers: Names,
    events: Names,
}

/// The actions that a detection looks for, in the order of their names. A rule that looks for any
/// event has none.
pub fn actions(detection: &Detection) -> Vec<Action> {
    let mut reader = Reader::default();
    let mut ways = reader.condition(&detection.condition, detection);
    let count = |names: &Names| names.as_ref().map_or(1, |names| names.len());
    let pairs: usize = ways.iter().map(|way| count(&way.providers) * count(&way.events)).sum();
    if pairs > MOST_ACTIONS {
        for way in ways.iter_mut().filter(|way| way.events.is_some()) {
            way.providers = None;
        }
    }
    let mut found = BTreeSet::new();
    for way in &ways {
        let each = |names: &Names| match names {
            None => vec![None],
            Some(names) => names.iter().map(|&at| Some(reader.texts[at].clone())).collect(),
        };
        let events = each(&way.events);
        for provider in each(&way.providers) {
            for event in &events {
                if found.len() < MOST_ACTIONS {
                    found.insert(Action { provider: provider.clone(), event: event.clone() });
                }
            }
        }
    }
    let any = Action { provider: None, event: None };
    if found.len() == 1 && found.contains(&any) { Vec::new() } else { found.into_iter().collect() }
}

/// Names met so far, and how much work they were.
#[derive(Debug, Default)]
struct Reader {
    texts: Vec<String>,
    numbers: HashMap<String, usize>,
    compared: usize,
}

impl Reader {
    /// The ways in which a condition can hold. Its depth is bounded by who read it.
    fn condition(&mut self, condition: &Condition, detection: &Detection) -> Vec<Way> {
        match condition {
            Condition::Not(_) => vec![Way::default()],
            Condition::Selection(at) => self.selection(*at, detection),
            Condition::And(parts) => {
                let mut ways = vec![Way::default()];
                for part in parts {
                    let more = self.condition(part, detection);
                    ways = self.both(&ways, &more);
                }
                ways
            }
            Condition::Or(parts) => {
                let mut ways = Vec::new();
                for part in parts {
                    ways.extend(self.condition(part, detection));
                    ways = self.bounded(ways);
                }
                ways
            }
            Condition::Of { all, selections, .. } => {
                let mut ways = if *all { vec![Way::default()] } else { Vec::new() };
                for at in selections {
                    let more = self.selection(*at, detection);
                    if *all {
                        ways = self.both(&ways, &more);
                    } else {
                        ways.extend(more);
                        ways = self.bounded(ways);
                    }
                }
                ways
            }
        }
    }

    fn selection(&mut self, at: usize, detection: &Detection) -> Vec<Way> {
        match detection.selections.get(at) {
            Some(selection) if self.compared < MOST_COMPARED => self.block(&selection.block),
            _ => vec![Way::default()],
        }
    }

    fn block(&mut self, block: &Block) -> Vec<Way> {
        match block {
            Block::All(items) => {
                let mut way = Way::default();
                for item in items.iter().filter(|item| !item.negated) {
                    match item.field.as_ref().map(|field| field.name.as_str()) {
                        Some("eventSource") => {
                            let names = Some(self.names(item));
                            way.providers = self.narrowed(&way.providers, &names);
                        }
                        Some("eventName") => {
                            let names = Some(self.names(item));
                            way.events = self.narrowed(&way.events, &names);
                        }
                        _ => {}
                    }
                }
                vec![way]
            }
            Block::Any(blocks) => {
                let mut ways = Vec::new();
                for block in blocks {
                    ways.extend(self.block(block));
                    ways = self.bounded(ways);
                }
                ways
            }
        }
    }

    /// The names that an item asks for.
    fn names(&mut self, item: &Item) -> Rc<BTreeSet<usize>> {
        let mut names = BTreeSet::new();
        for value in &item.values {
            self.compared += value.text.len() / 8 + 1;
            for text in texts(value) {
                let next = self.texts.len();
                let number = *self.numbers.entry(fold(&text)).or_insert(next);
                if number == next {
                    self.texts.push(text);
                }
                names.insert(number);
            }
        }
        Rc::new(names)
    }

    /// Names that are in both sets. Patterns may have no name in common and still meet, so sets that
    /// seem to exclude one another leave the first.
    fn narrowed(&mut self, one: &Names, other: &Names) -> Names {
        match (one, other) {
            (None, names) | (names, None) => names.clone(),
            (Some(one), Some(other)) if Rc::ptr_eq(one, other) => Some(one.clone()),
            (Some(one), Some(other)) => {
                self.compared += one.len() + other.len();
                if self.compared >= MOST_COMPARED {
                    return Some(one.clone());
                }
                let both: BTreeSet<usize> = one.intersection(other).copied().collect();
                Some(if both.is_empty() { one.clone() } else { Rc::new(both) })
            }
        }
    }

    /// The ways in which both parts hold.
    fn both(&mut self, one: &[Way], other: &[Way]) -> Vec<Way> {
        let joined;
        let other = if one.len() * other.len() > MOST_WAYS {
            joined = [self.joined_ways(other)];
            &joined
        } else {
            other
        };
        let mut ways = Vec::with_capacity(one.len() * other.len());
        for a in one {
            for b in other {
                ways.push(Way {
                    providers: self.narrowed(&a.providers, &b.providers),
                    events: self.narrowed(&a.events, &b.events),
                });
            }
        }
        ways
    }

    /// The same ways, or one that includes them all.
    fn bounded(&mut self, ways: Vec<Way>) -> Vec<Way> {
        if ways.len() <= MOST_WAYS {
            return ways;
        }
        vec![self.joined_ways(&ways)]
    }

    /// One way that includes them all.
    fn joined_ways(&mut self, ways: &[Way]) -> Way {
        Way {
            providers: self.joined(ways.iter().map(|way| &way.providers)),
            events: self.joined(ways.iter().map(|way| &way.events)),
        }
    }

    fn joined<'n>(&mut self, sets: impl Iterator<Item = &'n Names>) -> Names {
        let mut all = BTreeSet::new();
        for names in sets {
            let names = names.as_ref()?;
            self.compared += names.len();
            if self.compared >= MOST_COMPARED {
                return None;
            }
            all.extend(names.iter().copied());
        }
        Some(Rc::new(all))
    }
}

/// What a value looks for, as one would write it into a rule.
fn texts(value: &Value) -> Vec<String> {
    let text = |test: &Test| match test {
        Test::Text(pattern) => spelled(pattern),
        Test::Null => "null".to_owned(),
        Test::Regex(regex) => format!("/{}/", regex.source),
        _ => value.text.clone(),
    };
    value.tests.iter().map(text).collect()
}

/// A pattern with its wildcards. A backslash that a wildcard could be taken to follow is doubled.
fn spelled(pattern: &Pattern) -> String {
    if let Some(text) = pattern.as_plain() {
        return text.to_owned();
    }
    let token = |token: &Token| match token {
        Token::Any => "*".to_owned(),
        Token::One => "?".to_owned(),
        Token::Literal(text) => text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?"),
    };
    pattern.tokens.iter().map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rule::Document,
        sigma::{self, Placeholders},
    };

    fn found(detection: &str) -> Vec<String> {
        let text = format!("title: t\nlogsource: {{product: aws}}\ndetection: {detection}\n");
        let parsed = sigma::parse(&text, &Placeholders::new());
        let Some(Document::Rule(rule)) = parsed.documents.first() else {
            panic!("{:?}", parsed.diagnostics)
        };
        let shown = |part: Option<String>| part.unwrap_or_else(|| "any".to_owned());
        let actions = actions(&rule.detection).into_iter();
        actions.map(|it| format!("{} {}", shown(it.provider), shown(it.event))).collect()
    }

    #[test]
    fn names_of_one_selection_are_pairs() {
        assert_eq!(
            found("{s: {eventSource: a.com, eventName: [X, Y]}, condition: s}"),
            ["a.com X", "a.com Y"]
        );
    }

    #[test]
    fn names_of_several_selections_meet() {
        assert_eq!(
            found("{s: {eventSource: a.com}, t: {eventName: X}, condition: s and t}"),
            ["a.com X"]
        );
        assert_eq!(
            found("{s: {eventSource: a.com}, t: {eventName: X}, condition: s or t}"),
            ["any X", "a.com any"]
        );
        assert_eq!(
            found("{s: {eventName: [X, Y]}, t: {eventName: [y, Z]}, condition: all of them}"),
            ["any Y"]
        );
    }

    #[test]
    fn lists_of_maps_are_ways_of_their_own() {
        assert_eq!(
            found(
                "{s: [{eventSource: a.com, eventName: X}, {eventSource: b.com, eventName: Y}], condition: s}"
            ),
            ["a.com X", "b.com Y"]
        );
    }

    #[test]
    fn what_is_excluded_is_no_action() {
        assert_eq!(
            found("{s: {eventSource: a.com}, f: {eventName: X}, condition: s and not f}"),
            ["a.com any"]
        );
        assert_eq!(found("{s: {eventName|neq: X}, condition: s}"), [""; 0]);
        assert_eq!(found("{s: {userAgent: x}, condition: s}"), [""; 0]);
    }

    #[test]
    fn patterns_show_their_wildcards() {
        assert_eq!(found("{s: {eventName|startswith: Get}, condition: s}"), ["any Get*"]);
        assert_eq!(found("{s: {eventName|re: '^Get'}, condition: s}"), ["any /^Get/"]);
    }

    #[test]
    fn many_ways_become_one_that_includes_them() {
        let blocks: Vec<_> =
            (0..300).map(|at| format!("{{eventSource: s{at}, eventName: N{at}}}")).collect();
        let found = found(&format!("{{s: [{}], condition: s}}", blocks.join(", ")));
        assert!(found.contains(&"any N0".to_owned()) && found.contains(&"any N299".to_owned()));
        assert_eq!(found.len(), 300);
    }
}
