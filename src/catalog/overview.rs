//! All rules at once: the matrix, the indicators most used, how many by level and by event.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    asks::Key,
    attack::{Row, TACTICS},
    model::{Cell, Column, CorrelationPage, Event, Overview, RulePage, Used},
};
use crate::rule::Level;

/// So many indicators are listed.
const MOST_INDICATORS: usize = 30;

impl<'s> Overview<'s> {
    pub(super) fn new(rules: &[RulePage<'s>], correlations: &[CorrelationPage<'s>]) -> Self {
        let covered = rules.iter().map(|rule| &rule.attack.rows);
        let covered = covered.chain(correlations.iter().map(|it| &it.attack.rows));
        let all = rules.iter().map(|rule| rule.about.level);
        Self {
            matrix: matrix(covered),
            indicators: indicators(rules),
            levels: levels(all.chain(correlations.iter().map(|it| it.about.level))),
            events: events(rules),
            any_event: rules.iter().filter(|rule| rule.actions.is_empty()).count(),
        }
    }

    /// The most rules that one technique has.
    pub(super) fn peak(&self) -> usize {
        let cells = self.matrix.iter().flat_map(|column| &column.techniques);
        cells.map(|cell| cell.rules).max().unwrap_or(0)
    }
}

fn matrix<'r>(covered: impl Iterator<Item = &'r Vec<Row>>) -> Vec<Column> {
    let mut counts = vec![0; TACTICS.len() + 1];
    let mut cells: Vec<BTreeMap<String, Cell>> = counts.iter().map(|_| BTreeMap::new()).collect();
    for row in covered.flatten() {
        let at = row
            .tactic
            .and_then(|tactic| TACTICS.iter().position(|it| it == tactic))
            .unwrap_or(TACTICS.len());
        counts[at] += 1;
        for technique in &row.techniques {
            let cell = cells[at]
                .entry(technique.id.clone())
                .or_insert_with(|| Cell { technique: technique.clone(), rules: 0 });
            cell.rules += 1;
        }
    }
    let tactics = TACTICS.iter().map(Some).chain([None]);
    tactics
        .zip(counts)
        .zip(cells)
        .filter(|((_, rules), _)| *rules > 0)
        .map(|((tactic, rules), cells)| Column {
            tactic,
            rules,
            techniques: cells.into_values().collect(),
        })
        .collect()
}

fn indicators<'s>(rules: &[RulePage<'s>]) -> Vec<Used<'s>> {
    let mut met: HashSet<Key<'s>> = HashSet::new();
    let mut used = Vec::new();
    for indicator in rules.iter().flat_map(|rule| &rule.indicators) {
        if indicator.corpus > 0 && met.insert(indicator.key()) {
            used.push(Used {
                field: indicator.field,
                operator: indicator.operator.clone(),
                value: indicator.value,
                rules: indicator.corpus + 1,
            });
        }
    }
    used.sort_by(|a, b| {
        let key = |it: &Used<'s>| (it.field, it.value);
        b.rules.cmp(&a.rules).then_with(|| key(a).cmp(&key(b))).then(a.operator.cmp(&b.operator))
    });
    used.truncate(MOST_INDICATORS);
    used
}

fn levels(all: impl Iterator<Item = Option<Level>>) -> Vec<(Option<&'static str>, usize)> {
    let mut counts: HashMap<Option<Level>, usize> = HashMap::new();
    for level in all {
        *counts.entry(level).or_default() += 1;
    }
    let order = Level::ALL.into_iter().rev().map(Some).chain([None]);
    order.filter_map(|level| Some((level.map(Level::as_str), *counts.get(&level)?))).collect()
}

fn events(rules: &[RulePage<'_>]) -> Vec<Event> {
    let mut counts: HashMap<(Option<String>, Option<String>), Event> = HashMap::new();
    for rule in rules {
        let mut own = BTreeSet::new();
        for action in &rule.actions {
            let key = action.folded();
            if own.insert(key.clone()) {
                let event =
                    counts.entry(key).or_insert_with(|| Event { action: action.clone(), rules: 0 });
                event.rules += 1;
            }
        }
    }
    let mut events: Vec<Event> = counts.into_values().collect();
    events.sort_by(|a, b| b.rules.cmp(&a.rules).then_with(|| a.action.cmp(&b.action)));
    events
}
