//! What is generated: thousands of small cases, the same ones in every run.

use std::cell::Cell;

use backtrail::engine::Engine;
use proptest::{
    prelude::any,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use crate::{
    generate::{Case, Grammar},
    reader::records,
    trial::{Way, agree, by_hand, gated, rule_set},
};

/// How many cases a run tries, unless `PROPTEST_CASES` asks for more.
const CASES: u32 = 2000;
const TAPE: usize = 4000;

/// Tries `check` on so many cases and gives the simplest one it refuses, with the reason.
pub(crate) fn search(
    grammar: Grammar,
    cases: u32,
    check: impl Fn(&Case) -> Result<(), String>,
) -> Result<(), String> {
    let Some(tape) = refused(grammar, cases, 300, &check) else { return Ok(()) };
    let case = Case::new(&tape, grammar).simplified(|case| check(case).is_err());
    check(&case).map_err(|reason| format!("{reason}\n{}", case.shown()))
}

/// The tape of a case that `check` refuses, shrunk in at most so many steps.
fn refused(
    grammar: Grammar,
    cases: u32,
    steps: u32,
    check: impl Fn(&Case) -> Result<(), String>,
) -> Option<Vec<u16>> {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: steps, ..Config::default() };
    // The seed is fixed, so a failure in one place is a failure everywhere.
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let tapes = proptest::collection::vec(any::<u16>(), TAPE / 4..TAPE);
    match runner.run(&tapes, |tape| check(&Case::new(&tape, grammar)).map_err(TestCaseError::fail))
    {
        Ok(()) => None,
        Err(TestError::Fail(_, tape)) => Some(tape),
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
}

pub(crate) fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

#[test]
fn the_scanner_answers_as_the_slow_evaluator() {
    let outcome = search(Grammar::Full, cases(), |case| {
        agree(&rule_set(&case.rules)?, &case.file).map(|_| ())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
}

/// Cases in which nothing matches would agree for the wrong reason.
#[test]
fn a_good_part_of_the_generated_pairs_match() {
    for grammar in [Grammar::Full, Grammar::Gate, Grammar::Shared] {
        let (pairs, matches) = (Cell::new(0), Cell::new(0));
        let outcome = search(grammar, 300, |case| {
            let set = rule_set(&case.rules)?;
            let records = records(&case.file).ok_or("the log file is not JSON")?.len();
            pairs.set(pairs.get() + set.rules.len() * records);
            matches.set(matches.get() + by_hand(&set, &case.file).map_or(0, |hits| hits.len()));
            Ok(())
        });
        if let Err(reason) = outcome {
            panic!("{reason}");
        }
        let percent = matches.get() * 100 / pairs.get();
        assert!(
            (30..90).contains(&percent),
            "{grammar:?}: {percent} % of {} pairs match",
            pairs.get()
        );
    }
}

/// The cases that are meant for a flawed gate must be told from harmless ones by an honest one, too.
#[test]
fn the_gate_lets_every_match_through() {
    let outcome = search(Grammar::Gate, cases() / 2, |case| {
        agree(&rule_set(&case.rules)?, &case.file).map(|_| ())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
}

/// Whether 500 cases are enough to notice that a scan is wrong.
fn catches(scan: Way<'_>) -> bool {
    let same = |case: &Case| {
        let set = rule_set(&case.rules).expect("generated rules can be read");
        let slow = by_hand(&set, &case.file).expect("generated log files are JSON");
        if scan(&Engine::compile(&set.rules), &case.file) == slow {
            Ok(())
        } else {
            Err("caught".to_owned())
        }
    };
    refused(Grammar::Gate, 500, 0, same).is_some()
}

/// The tests above prove nothing unless a broken gate would fail them. A release build has none.
#[cfg(debug_assertions)]
mod flaws {
    use backtrail::scan::Flaw;

    use super::{catches, gated};
    use crate::trial::{Hit, flawed};

    #[test]
    fn an_honest_gate_is_not_accused() {
        assert!(!catches(&gated));
    }

    #[test]
    fn every_known_flaw_of_a_gate_is_caught() {
        let flaws = [
            Flaw::NoEscapeCheck,
            Flaw::NoFoldCheck,
            Flaw::NoOverlap,
            Flaw::PlainNamesOnly,
            Flaw::FirstHitOnly,
        ];
        let missed: Vec<Flaw> = flaws
            .into_iter()
            .filter(|flaw| !catches(&|engine, text| flawed(engine, text, *flaw)))
            .collect();
        assert!(missed.is_empty(), "not caught: {missed:?}");
    }

    /// A gate that trusts the first of two equal keys loses records in which the last one matters.
    #[test]
    fn trusting_the_first_of_two_keys_is_caught() {
        let doubled = |event: &str| event.matches("\"eventName\":").count() > 1;
        assert!(catches(&|engine, text| without(gated(engine, text), doubled)));
    }

    fn without(hits: Vec<Hit>, lost: impl Fn(&str) -> bool) -> Vec<Hit> {
        hits.into_iter().filter(|hit| !lost(&hit.2)).collect()
    }
}
