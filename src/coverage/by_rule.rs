//! How many findings each rule has, as lines for people.

use std::cmp::Reverse;

use super::Coverage;
use crate::text::grouped;

/// Levels from the worst.
const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "informational"];

impl Coverage {
    /// Findings by rule, the worst level first and then the most findings, at most `most` rules and a line for the rest.
    pub fn findings_by_rule(&self, most: usize) -> Vec<String> {
        let rank = |level: Option<&str>| {
            LEVELS.iter().position(|known| Some(*known) == level).unwrap_or(LEVELS.len())
        };
        let mut rules: Vec<_> =
            self.rules.findings.iter().filter(|rule| rule.findings > 0).collect();
        rules.sort_by_key(|rule| (rank(rule.level.as_deref()), Reverse(rule.findings)));
        let counts: Vec<_> = rules.iter().map(|rule| grouped(rule.findings)).collect();
        let width = counts.iter().map(String::len).max().unwrap_or(0);
        let mut lines: Vec<_> = rules
            .iter()
            .zip(&counts)
            .take(most)
            .map(|(rule, count)| {
                format!(
                    "  {count:>width$}  {:13}  {}",
                    rule.level.as_deref().unwrap_or("-"),
                    rule.title
                )
            })
            .collect();
        if rules.len() > most {
            let rest: u64 = rules[most..].iter().map(|rule| rule.findings).sum();
            let more = rules.len() - most;
            let rules = if more == 1 { "rule" } else { "rules" };
            lines.push(format!("  {:>width$}  of {} more {rules}", grouped(rest), grouped(more)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RuleFindings, RulesCovered};
    use super::*;

    #[test]
    fn the_worst_and_most_frequent_come_first_and_the_rest_is_summed() {
        let rule = |title: &str, level: Option<&'static str>, findings| RuleFindings {
            id: None,
            title: title.to_owned(),
            level: level.map(Into::into),
            findings,
        };
        let findings = vec![
            rule("a", Some("low"), 20_968),
            rule("b", Some("high"), 1),
            rule("c", Some("high"), 7),
            rule("d", None, 2),
            rule("e", Some("critical"), 0),
        ];
        let rules = RulesCovered { findings, ..RulesCovered::default() };
        let coverage = Coverage { rules, ..Coverage::default() };
        assert_eq!(
            coverage.findings_by_rule(3),
            [
                "       7  high           c",
                "       1  high           b",
                "  20,968  low            a",
                "       2  of 1 more rule",
            ]
        );
        assert!(Coverage::default().findings_by_rule(3).is_empty());
    }
}
