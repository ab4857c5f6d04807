//! Beside the name: a second look at records that gate A let pass, before they are parsed.
//!
//! Where a rule requires more than its event name, the bytes of the record are searched for it. As
//! everywhere at the gates, what may be spelled in another way passes: records that are not ASCII, or
//! that hold `\\u` or `\\/`, are not refused.

use super::{
    fingerprints::{Literals, are_rare},
    flaw::Planted,
    hits::{Hits, SetId, insert},
};
use crate::{engine::Engine, simd::Instance};

/// The second literals of all rules that have such.
#[derive(Debug)]
pub(super) struct Beside {
    sets: Vec<Set>,
}

/// Literals, and the rules that require one of them.
#[derive(Debug)]
struct Set {
    literals: Literals,
    rules: Vec<u64>,
}

/// What a worker keeps for it.
#[derive(Debug, Default)]
pub(super) struct BesideScratch {
    hits: Hits,
    refused: Vec<u64>,
}

/// Sets looked for in one record; with more of them parsing is cheaper.
const MOST_SETS: usize = 6;

impl Beside {
    /// `None` if no rule has any that is worth it.
    pub(super) fn new(engine: &Engine, words: usize) -> Option<Self> {
        let mut rows = std::collections::BTreeMap::new();
        for rule in 0..engine.len() {
            if let Some(literals) = engine.beside(rule) {
                insert(rows.entry(literals).or_insert(vec![0; words]), rule);
            }
        }
        let mut sets = Vec::new();
        for (literals, rules) in rows {
            if are_rare(literals) {
                let literals = literals.iter().map(|literal| (literal.clone(), SetId::ALL));
                sets.push(Set {
                    literals: Literals::new(literals.collect(), false, Planted::default()),
                    rules,
                });
            }
        }
        (!sets.is_empty()).then_some(Self { sets })
    }

    /// Takes from `candidates` the rules that require a literal that `record` does not hold, and gives
    /// them.
    pub(super) fn refuse<'s>(
        &self,
        instance: &'static Instance,
        record: &[u8],
        candidates: &mut [u64],
        scratch: &'s mut BesideScratch,
    ) -> &'s [u64] {
        let BesideScratch { hits, refused } = scratch;
        refused.clear();
        let mut asked = 0;
        for set in &self.sets {
            if candidates.iter().zip(&set.rules).all(|(bits, rules)| bits & rules == 0) {
                continue;
            }
            asked += 1;
            if asked > MOST_SETS || asked == 1 && may_be_spelled_otherwise(record) {
                break;
            }
            hits.clear(record.len());
            set.literals.search(instance, record, hits);
            if !hits.is_empty() {
                continue;
            }
            refused.resize(candidates.len(), 0);
            for ((bits, refused), rules) in candidates.iter_mut().zip(&mut *refused).zip(&set.rules)
            {
                *refused |= *bits & rules;
                *bits &= !rules;
            }
        }
        refused
    }
}

/// Whether the record may hold a literal in other bytes.
fn may_be_spelled_otherwise(record: &[u8]) -> bool {
    let escapes = memchr::memchr_iter(b'\\', record);
    !record.is_ascii()
        || escapes.map(|at| record.get(at + 1)).any(|next| matches!(next, Some(b'u' | b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{hits::rules_in, prefilter::tests::engine};

    /// The rules that are left of all.
    fn left(engine: &Engine, record: &str) -> Vec<usize> {
        let beside = Beside::new(engine, 1).expect("there are some");
        let mut candidates = [0];
        (0..engine.len()).for_each(|rule| insert(&mut candidates, rule));
        let instance = crate::simd::selected().expect("there is an instance");
        beside.refuse(instance, record.as_bytes(), &mut candidates, &mut BesideScratch::default());
        rules_in(&candidates).collect()
    }

    #[test]
    fn what_is_required_beside_the_name_is_looked_for() {
        let engine = engine(&[
            "{eventName: AssumeRole, requestParameters.roleSessionName: aws_consoler}",
            "{eventName: AssumeRole, userAgent|contains: [rclone, s3browser]}",
            "{eventName: AssumeRole}",
            "{eventName: AssumeRole, eventSource: sts.amazonaws.com}",
        ]);
        assert_eq!(left(&engine, r#"{"eventName":"AssumeRole"}"#), [2, 3]);
        assert_eq!(left(&engine, r#"{"userAgent":"an RClone"}"#), [1, 2, 3]);
        assert_eq!(left(&engine, r#"{"roleSessionName":"AWS_consoler"}"#), [0, 2, 3]);
        for other in [r#"{"a":"\u0041"}"#, r#"{"a":"\/"}"#, r#"{"a":"é"}"#] {
            assert_eq!(left(&engine, other), [0, 1, 2, 3], "{other}");
        }
    }
}
