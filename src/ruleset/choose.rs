//! Which of the loaded rules are wanted.

use globset::{GlobBuilder, GlobMatcher};

use super::{Choice, RuleSet, RuleSetError};
use crate::sigma::nearest;

/// Takes away every rule that is not wanted.
///
/// A pattern that names nothing is an error, so that a slip of the pen cannot turn a hunt into one
/// for nothing. Documents that do not run can be named too: they are then told as such.
pub(super) fn apply(set: &mut RuleSet, choice: &Choice) -> Result<(), RuleSetError> {
    let wanted = patterns(&choice.rules, set)?;
    let unwanted = patterns(&choice.exclude, set)?;
    let passes = |title: &str, id: Option<&str>| {
        let named = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.names(title, id));
        (wanted.is_empty() || named(&wanted)) && !named(&unwanted)
    };
    set.rules.retain(|loaded| {
        let rule = &loaded.rule;
        let high_enough =
            rule.level.is_none_or(|level| choice.level.is_none_or(|least| level >= least));
        high_enough && passes(&rule.title, rule.id.as_deref())
    });
    set.not_run.retain(|document| passes(&document.title, document.id.as_deref()));
    Ok(())
}

/// One `--rule` or `--exclude-rule`.
struct Pattern {
    /// As given, in lower case: an id or a title may hold what a glob reads otherwise.
    text: String,
    glob: Option<GlobMatcher>,
}

impl Pattern {
    fn names(&self, title: &str, id: Option<&str>) -> bool {
        let is = |name: &str| {
            name.to_lowercase() == self.text
                || self.glob.as_ref().is_some_and(|glob| glob.is_match(name))
        };
        is(title) || id.is_some_and(is)
    }
}

/// Reads the patterns and checks that each names something in `set`.
fn patterns(given: &[String], set: &RuleSet) -> Result<Vec<Pattern>, RuleSetError> {
    let names = || {
        let rules =
            set.rules.iter().map(|loaded| (loaded.rule.title.as_str(), loaded.rule.id.as_deref()));
        rules.chain(
            set.not_run.iter().map(|document| (document.title.as_str(), document.id.as_deref())),
        )
    };
    let mut patterns = Vec::with_capacity(given.len());
    for pattern in given {
        let (glob, bad) = match GlobBuilder::new(pattern).case_insensitive(true).build() {
            Ok(glob) => (Some(glob.compile_matcher()), None),
            Err(error) => (None, Some(error)),
        };
        let read = Pattern { text: pattern.to_lowercase(), glob };
        if !names().any(|(title, id)| read.names(title, id)) {
            return Err(match bad {
                Some(source) => RuleSetError::Pattern { pattern: pattern.clone(), source },
                None => RuleSetError::NothingSelected {
                    pattern: pattern.clone(),
                    hint: hint(pattern, set, names()),
                },
            });
        }
        patterns.push(read);
    }
    Ok(patterns)
}

/// Near names, and whether refused documents may be what was meant.
fn hint<'n>(
    pattern: &str,
    set: &RuleSet,
    names: impl Iterator<Item = (&'n str, Option<&'n str>)>,
) -> String {
    let plain = pattern.replace(['*', '?'], "");
    let near = nearest(&plain, names.flat_map(|(title, id)| std::iter::once(title).chain(id)));
    let mut hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    if set.refused > 0 {
        hint.push_str("; some documents were refused, `rules check` tells why");
    }
    hint
}
