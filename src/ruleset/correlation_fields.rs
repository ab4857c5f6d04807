//! What the matches of a rule carry for the correlations they feed.
//!
//! Each field that some correlation asks for is carried once, and members know it by its place.

use std::collections::HashMap;

use super::RuleSet;
use crate::rule::{CorrelationBody, CorrelationField, Field, LoadedRule, Member};

/// Gives every member its places, and every rule that feeds a correlation its fields.
pub(super) fn assign(set: &mut RuleSet) {
    let mut places: HashMap<(usize, String, bool), usize> = HashMap::new();
    for at in 0..set.correlations.len() {
        let mut members = std::mem::take(&mut set.correlations[at].members);
        let body = &set.correlations[at].correlation.body;
        for (member, reference) in members.iter_mut().zip(&body.rules) {
            match member {
                Member::Rule { rule, keys, values } => {
                    let loaded = &mut set.rules[*rule];
                    let called = Called {
                        id: &loaded.rule.head.id,
                        name: &loaded.rule.head.name,
                        as_written: &reference.name,
                    };
                    let names: Vec<_> =
                        body.group_by.iter().map(|name| field_of(body, name, &called)).collect();
                    let mut place = |name: &str, numbers| {
                        let next = loaded.correlation_fields.get_or_insert_default();
                        *places.entry((*rule, name.to_owned(), numbers)).or_insert_with(|| {
                            next.push(CorrelationField { field: Field::new(name), numbers });
                            next.len() - 1
                        })
                    };
                    *keys = names.iter().map(|name| place(name, false)).collect();
                    let numbers = body.kind.is_numeric();
                    *values = body.fields.iter().map(|it| place(&it.name, numbers)).collect();
                }
                Member::Correlation { correlation, keys } => {
                    // Its own members are taken out only while their turn lasts.
                    let inner =
                        if *correlation == at { None } else { set.correlations.get(*correlation) };
                    let called = inner.map(|it| Called {
                        id: &it.correlation.head.id,
                        name: &it.correlation.head.name,
                        as_written: &reference.name,
                    });
                    let field = |name: &String| {
                        called.as_ref().map_or_else(|| name.clone(), |it| field_of(body, name, it))
                    };
                    *keys = body.group_by.iter().map(field).collect();
                }
                Member::NotRun => {}
            }
        }
        set.correlations[at].members = members;
    }
    debug_assert!(set.rules.iter().all(LoadedRule::is_of_use), "what runs is reported or feeds");
}

impl LoadedRule {
    fn is_of_use(&self) -> bool {
        self.reported || self.correlation_fields.is_some()
    }
}

/// What a rule may be called in an alias.
struct Called<'r> {
    id: &'r Option<String>,
    name: &'r Option<String>,
    as_written: &'r str,
}

/// The field that a name of `group-by` stands for in a rule.
fn field_of(body: &CorrelationBody, name: &str, called: &Called<'_>) -> String {
    let Some(alias) = body.aliases.iter().find(|alias| alias.name == name) else {
        return name.to_owned();
    };
    let by = |wanted: Option<&str>| {
        let wanted = wanted?;
        let found = alias.fields.iter().find(|(reference, _)| reference.name == wanted);
        found.map(|(_, field)| field.clone())
    };
    by(called.id.as_deref())
        .or_else(|| by(called.name.as_deref()))
        .or_else(|| by(Some(called.as_written)))
        .unwrap_or_else(|| name.to_owned())
}
