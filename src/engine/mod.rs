//! A rule set made ready to run. No I/O.
//!
//! Compiled once and borrowed by all threads. For each rule there is the evaluation itself and its
//! prefilter: the literals without which a record cannot match.

mod check;
mod compile;
mod correlation_fields;
mod cost;
mod evaluate;
pub mod explain;
mod fold;
mod inner;
mod many;
mod matcher;
mod prefilter;
mod required;
mod scalar;
#[cfg(test)]
mod tests;

pub use cost::{Costs, RuleCost, Stopwatch, Unwatched, Watch};
pub use evaluate::EvalScratch;
pub(crate) use fold::fold;
pub use prefilter::{ANCHOR, RulePrefilter};
pub use required::{AnyOf, Literal, Place, Required, required};

use self::correlation_fields::FieldText;
use crate::{
    cloudtrail::Event,
    rule::{Head, LoadedRule, Rule},
};

/// The compiled rules of one hunt.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    head: Head,
    prefilter: RulePrefilter,
    secondary_literals: Option<Vec<Vec<u8>>>,
    rule: compile::CompiledRule,
    /// What its matches carry for correlations; `None` for a rule that feeds none.
    correlation_fields: Option<Vec<FieldText>>,
    /// Its matches are findings.
    reported: bool,
}

impl Engine {
    /// Compiles the rules of `rules`, in their order, and what those carry that feed correlations.
    pub fn compile(rules: &[LoadedRule]) -> Self {
        let mut engine = Self::from_rules(rules.iter().map(|loaded| &loaded.rule));
        for (compiled, loaded) in engine.rules.iter_mut().zip(rules) {
            let fields = loaded.correlation_fields.as_ref();
            compiled.correlation_fields =
                fields.map(|fields| fields.iter().map(FieldText::new).collect());
            compiled.reported = loaded.reported;
        }
        engine
    }

    /// Compiles rules given one by one.
    pub fn from_rules<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| {
            let required = required(&rule.detection);
            let prefilter = RulePrefilter::choose(&required);
            Compiled {
                head: rule.head.clone(),
                secondary_literals: prefilter::secondary_literals(&required, &prefilter),
                prefilter,
                rule: compile::CompiledRule::new(&rule.detection),
                correlation_fields: None,
                reported: true,
            }
        });
        Self { rules: rules.collect() }
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// There is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What findings show of the rule at `index`.
    pub fn head(&self, index: usize) -> &Head {
        &self.rules[index].head
    }

    /// The prefilter of the rule at `index`.
    pub fn prefilter(&self, index: usize) -> &RulePrefilter {
        &self.rules[index].prefilter
    }

    /// Byte strings, ASCII in any case, of which a match of the rule at `index` holds one beside the
    /// event name that its prefilter looks for.
    pub fn secondary_literals(&self, index: usize) -> Option<&[Vec<u8>]> {
        self.rules[index].secondary_literals.as_deref()
    }

    /// Whether the rule at `index` is true on the event. Events that are no objects match nothing.
    pub fn matches(&self, index: usize, event: &Event<'_>, scratch: &mut EvalScratch) -> bool {
        event.is_object() && evaluate::holds(&self.rules[index].rule, event, scratch)
    }

    /// Whether matches of the rule at `index` are findings, and do not only feed correlations.
    pub fn is_reported(&self, index: usize) -> bool {
        self.rules[index].reported
    }

    /// What a match of the rule at `index` carries for the correlations it feeds, in the order of
    /// [`LoadedRule::correlation_fields`]; `None` if it feeds none.
    pub fn correlation_texts(
        &self,
        index: usize,
        event: &Event<'_>,
    ) -> Option<Vec<Option<String>>> {
        let fields = self.rules[index].correlation_fields.as_ref()?;
        Some(fields.iter().map(|field| field.text(event)).collect())
    }

    /// What made the rule at `index` match: for every item of the selections that hold and do not
    /// stand under a `not`, its field (empty for keywords) and the value as JSON, `null` where the
    /// absence of one matched.
    pub fn matched<'e>(
        &'e self,
        index: usize,
        event: &Event<'_>,
        scratch: &mut EvalScratch,
    ) -> Vec<(&'e str, String)> {
        evaluate::matched(&self.rules[index].rule, event, scratch)
    }
}
