//! Which correlations the matches of a rule and the findings of a correlation count for.

use std::io;

use super::{
    alert::Alert,
    row::{Match, group_bytes, key, payload, push_event, value_bytes},
};
use crate::rule::{LoadedCorrelation, Member};

/// Takes a row: the level it is for, its key, its payload.
pub(super) type Take<'t> = dyn FnMut(usize, &[u8], &[u8]) -> io::Result<()> + 't;

/// A correlation and which of its members.
type Place = (u32, u16);

/// All correlations of a run.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) correlations: Vec<LoadedCorrelation>,
    /// For each rule, where its matches count.
    by_rule: Vec<Vec<Place>>,
    /// For each correlation, where its findings count.
    above: Vec<Vec<Place>>,
}

impl Plan {
    /// A plan for `correlations`, by their numbers.
    pub fn new(correlations: Vec<LoadedCorrelation>) -> Self {
        let mut plan = Self { by_rule: Vec::new(), above: Vec::new(), correlations };
        plan.above.resize_with(plan.correlations.len(), Vec::new);
        for (at, correlation) in (0..).zip(&plan.correlations) {
            for (place, member) in (0..).zip(&correlation.members) {
                let places = match member {
                    Member::Rule { rule, .. } => {
                        if plan.by_rule.len() <= *rule {
                            plan.by_rule.resize_with(rule + 1, Vec::new);
                        }
                        &mut plan.by_rule[*rule]
                    }
                    Member::Correlation { correlation, .. } => &mut plan.above[*correlation],
                    Member::NotRun => continue,
                };
                places.push((at, place));
            }
        }
        plan
    }

    /// The correlations, by their numbers.
    pub fn correlations(&self) -> &[LoadedCorrelation] {
        &self.correlations
    }

    /// How many levels there are.
    pub fn levels(&self) -> usize {
        self.correlations.iter().map(|correlation| correlation.level + 1).max().unwrap_or(0)
    }

    /// The rows that a match of `rule` gives, one for each correlation that looks at the rule.
    pub fn rows(&self, rule: usize, found: &Match<'_>, take: &mut Take<'_>) -> io::Result<()> {
        let places = self.by_rule.get(rule).map_or(&[][..], Vec::as_slice);
        for &(at, place) in places {
            let correlation = &self.correlations[at as usize];
            let Member::Rule { keys, values, .. } = &correlation.members[usize::from(place)] else {
                continue;
            };
            let text = |&at: &usize| found.texts.get(at).copied().flatten();
            let group = group_bytes(at, keys.iter().map(text));
            let values: Vec<_> = values.iter().map(text).collect();
            let mut events = Vec::new();
            push_event(found.time, found.event_id, &mut events);
            let key = key(&group, found.time, found.event_id, found.identity, place);
            let payload = payload(group.len(), &value_bytes(correlation, &values), 0, &events);
            take(correlation.level, &key, &payload)?;
        }
        Ok(())
    }

    /// The rows that a finding gives for the correlations that look at its own. `number` tells the
    /// findings of one run apart.
    pub fn rows_of_alert(&self, alert: &Alert, number: u64, take: &mut Take<'_>) -> io::Result<()> {
        let own = &self.correlations[alert.correlation].correlation.body.group_by;
        let place_of = |name: &String| own.iter().position(|own| own == name);
        // The name itself counts before its alias, also where its value is nothing.
        let text_of = |(name, key)| {
            let at = place_of(name).or_else(|| place_of(key))?;
            alert.group.get(at)?.as_deref()
        };
        for &(at, place) in &self.above[alert.correlation] {
            let correlation = &self.correlations[at as usize];
            let Member::Correlation { keys, .. } = &correlation.members[usize::from(place)] else {
                continue;
            };
            let names = correlation.correlation.body.group_by.iter().zip(keys);
            let group = group_bytes(at, names.map(text_of));
            let mut identity = [0; 16];
            identity[..8].copy_from_slice(&(alert.correlation as u64).to_be_bytes());
            identity[8..].copy_from_slice(&number.to_be_bytes());
            let key = key(&group, alert.last, None, identity, place);
            let payload = payload(group.len(), &[], alert.unlisted, &alert.events);
            take(correlation.level, &key, &payload)?;
        }
        Ok(())
    }
}
