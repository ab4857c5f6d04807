//! Who else looks for the same: counts of indicators, and rules for the same action.

use std::collections::{BTreeSet, HashMap};

use super::{
    Action,
    asks::Key,
    model::{Others, Places, RulePage},
};

/// At most so many other rules are listed on a page.
const MOST_OTHERS: usize = 500;

/// After so many comparisons for one rule, no more others are looked for.
const MOST_COMPARED: usize = 100_000;

/// Counts, for each indicator, how many other rules have it.
pub(super) fn count(rules: &mut [RulePage<'_>]) {
    let mut counts: HashMap<Key<'_>, usize> = HashMap::new();
    for indicator in rules.iter().flat_map(|rule| &rule.indicators) {
        // A rule has each indicator once.
        *counts.entry(indicator.key()).or_default() += 1;
    }
    for indicator in rules.iter_mut().flat_map(|rule| &mut rule.indicators) {
        indicator.corpus = counts.get(&indicator.key()).map_or(0, |count| count - 1);
    }
}

/// An action in the case that it is compared in.
type Folded = (Option<String>, Option<String>);

/// Finds, for each rule, the others that look for one of its actions: the same event of the same
/// provider, or of any. Where no event is named, the provider alone must be the same.
pub(super) fn relate(rules: &mut [RulePage<'_>]) {
    let folded: Vec<Vec<Folded>> =
        rules.iter().map(|rule| rule.actions.iter().map(Action::folded).collect()).collect();
    let mut by_event: Places<&str> = HashMap::new();
    let mut by_provider: Places<&str> = HashMap::new();
    for (at, actions) in folded.iter().enumerate() {
        for action in actions {
            match action {
                (_, Some(event)) => by_event.entry(event).or_default().push(at),
                (Some(provider), None) => by_provider.entry(provider).or_default().push(at),
                (None, None) => {}
            }
        }
    }
    for places in by_event.values_mut().chain(by_provider.values_mut()) {
        places.dedup();
    }
    // Which providers a rule names for an event; nothing stands for any.
    let mut providers: HashMap<(usize, &str), Vec<Option<&str>>> = HashMap::new();
    for (at, actions) in folded.iter().enumerate() {
        for (provider, event) in actions {
            if let Some(event) = event {
                providers.entry((at, event)).or_default().push(provider.as_deref());
            }
        }
    }
    for (at, actions) in folded.iter().enumerate() {
        let others = others(at, actions, &by_event, &by_provider, &providers);
        rules[at].others = others;
    }
    let order: Vec<(usize, String)> =
        rules.iter().map(|rule| (rule.set, rule.about.title.to_lowercase())).collect();
    for rule in rules {
        rule.others.rules.sort_by(|a, b| order[*a].cmp(&order[*b]).then(a.cmp(b)));
    }
}

fn others(
    own: usize,
    actions: &[Folded],
    by_event: &Places<&str>,
    by_provider: &Places<&str>,
    providers: &HashMap<(usize, &str), Vec<Option<&str>>>,
) -> Others {
    let mut found = BTreeSet::new();
    let mut compared = 0;
    for (provider, event) in actions {
        let places = match (provider, event) {
            (_, Some(event)) => by_event.get(event.as_str()),
            (Some(provider), None) => by_provider.get(provider.as_str()),
            (None, None) => None,
        };
        for &other in places.into_iter().flatten().filter(|other| **other != own) {
            let meets = event.as_deref().is_none_or(|event| {
                let named = providers.get(&(other, event)).map_or(&[][..], Vec::as_slice);
                compared += named.len();
                provider.is_none()
                    || named.iter().any(|it| it.is_none() || *it == provider.as_deref())
            });
            compared += 1;
            if meets {
                found.insert(other);
            }
            if found.len() > MOST_OTHERS || compared > MOST_COMPARED {
                found.pop_last();
                return Others { rules: found.into_iter().collect(), more: true };
            }
        }
    }
    Others { rules: found.into_iter().collect(), more: false }
}
