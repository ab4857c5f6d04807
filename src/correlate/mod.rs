//! Findings in order of time to correlation findings.
//!
//! Whoever drives takes the rows that a match gives ([`Plan::rows`]), sorts them as bytes, level by
//! level, and puts them through a [`Pass`]; what a pass finds gives rows for higher levels. So the
//! result depends on times and texts alone, not on the order in which matches were found. JSON is
//! not known here. What memory should not hold of a window goes to an unnamed temporary file; a finding lists
//! its first events.

mod aggregate;
mod exact;
mod queue;
mod ranked;
mod row;
#[cfg(test)]
mod tests;
mod window;

pub use row::Match;
pub(crate) use row::{push_text, sortable};
pub use window::{Alert, Pass};

use crate::rule::{LoadedCorrelation, Member};

/// A correlation and which of its members.
type Place = (u32, u16);

/// All correlations of a run.
#[derive(Debug, Default)]
pub struct Plan {
    correlations: Vec<LoadedCorrelation>,
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
}
