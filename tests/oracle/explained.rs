//! What is explained is what is found: explanations on generated cases, against the engine and the slow evaluator.

use std::cell::Cell;

use backtrail::{
    cloudtrail::Parser,
    engine::{
        Engine, EvalScratch,
        explain::{Branch, Explained, Explainer, What},
    },
};

use crate::{
    generate::Grammar,
    generated::{cases, search},
    naive, reader,
    trial::rule_set,
};

#[test]
fn an_explanation_never_disagrees_with_the_engine() {
    let answers = [Cell::new(0), Cell::new(0)];
    let outcome = search(Grammar::Full, cases(), |case| {
        let set = rule_set(&case.rules)?;
        let engine = Engine::compile(&set.rules);
        let records = reader::records(&case.file).ok_or("the log file is not JSON")?;
        for (rule, loaded) in set.rules.iter().enumerate() {
            let explainer = Explainer::new(&loaded.rule);
            for (place, record) in &records {
                let by_hand = naive::matches(&loaded.rule.detection, record);
                let text = &case.file[place.clone()];
                let (explained, matches) = Parser::default()
                    .parse(text.as_bytes(), |event| {
                        let mut scratch = EvalScratch::default();
                        (explainer.explain(event), engine.matches(rule, event, &mut scratch))
                    })
                    .map_err(|broken| format!("{broken}: {text}"))?;
                if (explained.matches, matches) != (by_hand, by_hand) {
                    return Err(format!(
                        "slow {by_hand}, engine {matches}, explained {explained:#?}: {text}"
                    ));
                }
                adds_up(&explained.condition, &explained)?;
                let answer = &answers[usize::from(matches)];
                answer.set(answer.get() + 1);
            }
        }
        Ok(())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
    assert!(answers.iter().all(|count| count.get() > 1000), "{answers:?}");
}

/// Each node of the condition says what follows from those below it.
fn adds_up(branch: &Branch, explained: &Explained) -> Result<(), String> {
    let held = |index: &usize| explained.selections[*index].block.holds;
    let (follows, below): (bool, &[Branch]) = match &branch.what {
        What::Selection(index) => (held(index), &[]),
        What::Not(inner) => (!inner.holds, std::slice::from_ref(inner)),
        What::And(parts) => (parts.iter().all(|part| part.holds), parts),
        What::Or(parts) => (parts.iter().any(|part| part.holds), parts),
        What::Of { all: true, selections, .. } => (selections.iter().all(held), &[]),
        What::Of { all: false, selections, .. } => (selections.iter().any(held), &[]),
    };
    if follows != branch.holds {
        return Err(format!("{branch:#?} does not follow"));
    }
    below.iter().try_for_each(|part| adds_up(part, explained))
}
