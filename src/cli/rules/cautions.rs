//! What a rule costs, and what can hide from it.

use backtrail::rule::{Block, Detection, Item, Test, Token};

use super::plan::{DetectionPlan, PrefilterPlan};

/// Fields that AWS leaves out above a size, as the user guide of `CloudTrail` has it.
const OMITTED: [(&str, &str); 4] = [
    ("requestParameters", "100 KB"),
    ("responseElements", "100 KB"),
    ("serviceEventDetails", "100 KB"),
    ("additionalEventData", "28 KB"),
];

/// Fields that AWS cuts after 1 KB.
const CUT: [&str; 4] = ["userAgent", "errorCode", "errorMessage", "requestID"];

/// What the rule costs, and what can hide from it.
pub(super) fn cautions(
    detection: &Detection,
    asks: &DetectionPlan<'_>,
    prefilter: &PrefilterPlan,
) -> Vec<String> {
    let mut told = Vec::new();
    if prefilter.kind == "none" {
        told.push(
            "Without a prefilter every record is parsed for this rule, which slows down the whole hunt; `backtrail profile` measures by how much."
                .to_owned(),
        );
    }
    for (selection, plan) in detection.selections.iter().zip(&asks.selections) {
        let mut blocks = vec![&selection.block];
        while let Some(block) = blocks.pop() {
            match block {
                Block::Any(inner) => blocks.extend(inner.iter().rev()),
                Block::All(items) => {
                    for caution in items.iter().filter_map(|item| caution(item, plan.excludes)) {
                        if !told.contains(&caution) {
                            told.push(caution);
                        }
                    }
                }
            }
            // Many alike say no more than a few.
            if told.len() > 20 {
                return told;
            }
        }
    }
    told
}

fn caution(item: &Item, excludes: bool) -> Option<String> {
    let field = item.field.as_ref()?;
    let top = field.segments.first()?.as_str();
    let mut tests = item.values.iter().flat_map(|value| &value.tests);
    if let Some((name, size)) = OMITTED.iter().find(|(name, _)| *name == top) {
        let by_absence =
            item.negated || tests.any(|test| matches!(test, Test::Null | Test::Exists(false)));
        let then = match (excludes, by_absence) {
            (false, false) => "the rule cannot match there",
            (false, true) => "it counts as missing, which this rule requires",
            (true, false) => "the exclusion is not true, and the record is still found",
            (true, true) => "it counts as missing, and the exclusion is true",
        };
        return Some(format!(
            "{}: AWS omits {name} from a record if it is over {size}; {then}. The coverage report counts such records as blind spots.",
            field.name
        ));
    }
    let reaches_far = tests.any(|test| match test {
        Test::Text(pattern) => pattern.tokens.len() > 1 && pattern.tokens[0] == Token::Any,
        Test::Regex(_) => true,
        _ => false,
    });
    let then = if excludes { ", so the exclusion may not be true" } else { "" };
    (CUT.contains(&top) && reaches_far).then(|| {
        format!("{}: AWS truncates it after 1 KB; the rest is not in the record{then}.", field.name)
    })
}
