//! What the references of correlations stand for.
//!
//! An id counts before a name, a name before a title. What is unknown, ambiguous or looks at itself
//! refuses the correlation, and those that look at a refused one. Nothing here recurses.

use std::collections::{HashMap, HashSet};

use super::{NotRun, NotRunReason, RuleSet};
use crate::{
    rule::{Correlation, Diagnostic, Member, Reference},
    text::nearest,
};

/// How many correlations may look at one another in a chain.
const MAX_LEVELS: usize = 16;

/// A document that can be referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// Index of a rule that runs.
    Rule(usize),
    /// Index of a correlation.
    Correlation(usize),
    /// Index of a document that does not run.
    NotRun(usize),
}

/// The documents by what they can be referred to with.
pub(super) struct Known<'s> {
    ids: HashMap<&'s str, Vec<Target>>,
    names: HashMap<&'s str, Vec<Target>>,
    titles: HashMap<&'s str, Vec<Target>>,
    id_of: HashMap<Target, &'s str>,
    refused: usize,
}

impl<'s> Known<'s> {
    pub(super) fn new(set: &'s RuleSet) -> Self {
        let rules = set.rules.iter().map(|loaded| &loaded.rule).enumerate();
        let rules =
            rules.map(|(at, it)| (Target::Rule(at), &it.head.id, &it.head.name, &it.head.title));
        let correlations = set.correlations.iter().map(|loaded| &loaded.correlation).enumerate();
        let correlations = correlations
            .map(|(at, it)| (Target::Correlation(at), &it.head.id, &it.head.name, &it.head.title));
        let not_run = set.not_run.iter().enumerate();
        let not_run = not_run.map(|(at, it)| (Target::NotRun(at), &it.id, &it.name, &it.title));
        let mut all = Self {
            ids: HashMap::new(),
            names: HashMap::new(),
            titles: HashMap::new(),
            id_of: HashMap::new(),
            refused: set.refused,
        };
        for (target, id, name, title) in rules.chain(correlations).chain(not_run) {
            for (map, key) in [
                (&mut all.ids, id.as_deref()),
                (&mut all.names, name.as_deref()),
                (&mut all.titles, Some(title.as_str())),
            ] {
                if let Some(key) = key {
                    map.entry(key).or_default().push(target);
                }
            }
            if let Some(id) = id {
                all.id_of.insert(target, id);
            }
        }
        all
    }

    /// The documents with this id, else those with this name.
    pub(super) fn by_id_or_name(&self, name: &str) -> &[Target] {
        self.ids.get(name).or_else(|| self.names.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The documents with this title.
    pub(super) fn by_title(&self, title: &str) -> &[Target] {
        self.titles.get(title).map_or(&[], Vec::as_slice)
    }

    /// A reference is the title of `target` and nothing else.
    pub(super) fn by_title_only(&self, reference: &Reference, target: Target) -> Diagnostic {
        let name = &reference.name;
        let (message, help) = match self.id_of.get(&target) {
            Some(id) => (
                format!("{name:?} is a title; its id is {id}"),
                format!("titles change: refer to the rule by its id, {id}"),
            ),
            None => (
                format!("{name:?} is a title, which may change"),
                "give the rule an id or a name, and refer to it by that".to_owned(),
            ),
        };
        Diagnostic::warning("reference-by-title", reference.span, message).help(help)
    }

    /// What is wrong with a reference that stands for several documents.
    pub(super) fn ambiguous(&self, reference: &Reference, several: &[Target]) -> Diagnostic {
        let what = match (self.ids.get(&*reference.name), self.names.get(&*reference.name)) {
            (Some(_), _) => "id",
            (None, Some(_)) => "name",
            (None, None) => "title",
        };
        let message = format!("{:?} is the {what} of {} documents", reference.name, several.len());
        let help = if what == "id" {
            "give each document an id of its own, or load only one of them"
        } else {
            "refer to the one that is meant by its id"
        };
        Diagnostic::error("ambiguous-reference", reference.span, message).help(help)
    }

    /// The document that a reference of the correlation at `me` stands for.
    fn resolve(
        &self,
        reference: &Reference,
        me: usize,
        hints: &mut usize,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Target> {
        match self.by_id_or_name(&reference.name) {
            [] => {}
            [only] => return Some(*only),
            several => {
                problems.push(self.ambiguous(reference, several));
                return None;
            }
        }
        // Two are enough to know that there are several.
        let titled = self.by_title(&reference.name);
        let mut others = titled.iter().copied().filter(|it| *it != Target::Correlation(me));
        match (others.next(), others.next()) {
            (None, _) => problems.push(self.unknown(reference, hints)),
            (Some(only), None) => {
                problems.push(self.by_title_only(reference, only));
                return Some(only);
            }
            (Some(_), Some(_)) => problems.push(self.ambiguous(reference, titled)),
        }
        None
    }

    /// A near name is looked for a bounded number of times.
    fn unknown(&self, reference: &Reference, hints: &mut usize) -> Diagnostic {
        const MAX_HINTS: usize = 20;
        *hints += 1;
        let known = self.names.keys().chain(self.ids.keys()).chain(self.titles.keys()).copied();
        let near = if *hints > MAX_HINTS { None } else { nearest_of(&reference.name, known) };
        let help = match near {
            Some(near) => format!("did you mean {near:?}?"),
            None if self.refused > 0 => {
                "the document that is meant may be a refused one".to_owned()
            }
            None => {
                "load the file with that rule too; references are ids, names or titles".to_owned()
            }
        };
        let message = format!("no rule has the id, name or title {:?}", reference.name);
        Diagnostic::error("unknown-reference", reference.span, message).help(help)
    }
}

/// The near name that comes first of all, so that the advice is the same in every run.
fn nearest_of<'n>(wanted: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    nearest(wanted, known)
}

/// Resolves the references of every correlation. Those that cannot run as written are taken out and
/// counted as refused; those over rules that do not run at all join them.
pub(super) fn resolve(set: &mut RuleSet) {
    let count = set.correlations.len();
    let mut told = Vec::new();
    let mut hints = 0;
    let known = Known::new(set);
    let mut targets: Vec<Option<Vec<Target>>> = Vec::with_capacity(count);
    for (me, loaded) in set.correlations.iter().enumerate() {
        let mut problems = Vec::new();
        let found = targets_of(&loaded.correlation, me, &known, &mut hints, &mut problems);
        told.extend(problems.into_iter().map(|problem| (loaded.file, problem)));
        targets.push(found);
    }
    drop(known);
    let mut levels = levels(&targets);
    for (at, level) in levels.iter_mut().enumerate() {
        let deep = matches!(level, Level::At(height) if *height >= MAX_LEVELS);
        let (code, message, help) = match level {
            Level::At(_) if !deep => continue,
            Level::Refused => continue,
            Level::At(_) => (
                "chain-too-deep",
                format!("more than {MAX_LEVELS} correlations look at one another"),
                "look at the rules themselves",
            ),
            Level::Behind => (
                "refused-reference",
                "this looks at a correlation that is refused".to_owned(),
                "correct that one first",
            ),
            Level::Circle => (
                "correlation-cycle",
                "this correlation looks at itself, at once or by way of others".to_owned(),
                "take one of the references out",
            ),
        };
        let loaded = &set.correlations[at];
        let span =
            loaded.correlation.body.rules.first().map_or(loaded.correlation.span, |it| it.span);
        told.push((loaded.file, Diagnostic::error(code, span, message).help(help)));
        *level = Level::Refused;
    }
    for (file, problem) in told {
        set.report(file, problem);
    }
    keep(set, targets, &levels);
}

/// What the references of one correlation stand for; `None` if one of them is not sound.
fn targets_of(
    correlation: &Correlation,
    me: usize,
    known: &Known<'_>,
    hints: &mut usize,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Target>> {
    let mut seen = HashSet::new();
    let mut sound = true;
    let mut targets = Vec::new();
    for reference in &correlation.body.rules {
        let Some(target) = known.resolve(reference, me, hints, problems) else {
            sound = false;
            continue;
        };
        if !seen.insert(target) {
            let message = format!("{:?} is a rule that is named before", reference.name);
            let problem = Diagnostic::error("repeated-rule", reference.span, message);
            problems.push(problem.help("name each rule once"));
            sound = false;
        }
        targets.push(target);
    }
    let as_written: HashSet<&str> =
        correlation.body.rules.iter().map(|reference| reference.name.as_str()).collect();
    for (reference, _) in correlation.body.aliases.iter().flat_map(|alias| &alias.fields) {
        let is_one = as_written.contains(reference.name.as_str())
            || known.by_id_or_name(&reference.name).iter().any(|target| seen.contains(target));
        if sound && !is_one {
            let message = format!("{:?} is none of the correlation's rules", reference.name);
            problems.push(
                Diagnostic::warning("idle-alias", reference.span, message)
                    .help("the alias has no effect there; name one of `rules`"),
            );
        }
    }
    sound.then_some(targets)
}

/// Where a correlation stands above those it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    At(usize),
    /// It is refused, and that has been told.
    Refused,
    /// It looks at one that is refused.
    Behind,
    /// It looks at itself.
    Circle,
}

/// Counts levels from below: each correlation once all it looks at have theirs.
fn levels(targets: &[Option<Vec<Target>>]) -> Vec<Level> {
    let inner = |at: usize| {
        let targets = targets[at].as_deref().unwrap_or_default().iter();
        targets.filter_map(|target| match target {
            Target::Correlation(at) => Some(*at),
            _ => None,
        })
    };
    let mut waiting = vec![0_usize; targets.len()];
    let mut outer: Vec<Vec<usize>> = vec![Vec::new(); targets.len()];
    for (at, waiting) in waiting.iter_mut().enumerate() {
        for below in inner(at) {
            *waiting += 1;
            outer[below].push(at);
        }
    }
    let mut levels = vec![Level::Circle; targets.len()];
    let mut looked_at_by: Vec<usize> = outer.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..targets.len()).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        levels[at] = inner(at).fold(Level::At(0), |level, below| match (level, levels[below]) {
            (Level::At(level), Level::At(below)) => Level::At(level.max(below + 1)),
            _ => Level::Behind,
        });
        if targets[at].is_none() {
            levels[at] = Level::Refused;
        }
        for &above in &outer[at] {
            waiting[above] -= 1;
            if waiting[above] == 0 {
                ready.push(above);
            }
        }
    }
    // What is left looks at a circle or is part of one; nothing in a circle is looked at by none.
    let mut outside: Vec<usize> = (0..targets.len())
        .filter(|&at| levels[at] == Level::Circle && looked_at_by[at] == 0)
        .collect();
    while let Some(at) = outside.pop() {
        levels[at] = Level::Behind;
        for below in inner(at) {
            looked_at_by[below] -= 1;
            if looked_at_by[below] == 0 && levels[below] == Level::Circle {
                outside.push(below);
            }
        }
    }
    levels
}

/// Keeps the correlations that can run, with what they look at.
fn keep(set: &mut RuleSet, targets: Vec<Option<Vec<Target>>>, levels: &[Level]) {
    let all = std::mem::take(&mut set.correlations);
    let mut runs = vec![false; all.len()];
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&at| match levels[at] {
        Level::At(level) => level,
        _ => usize::MAX,
    });
    // Something must give it events: a rule that runs, by way of others or not.
    for at in order {
        let targets = targets[at].as_deref().unwrap_or_default();
        runs[at] = matches!(levels[at], Level::At(_))
            && targets.iter().any(|target| match target {
                Target::Rule(_) => true,
                Target::Correlation(below) => runs[*below],
                Target::NotRun(_) => false,
            });
    }
    let mut next = 0;
    let numbers: Vec<Option<usize>> = runs
        .iter()
        .map(|runs| {
            let number = runs.then_some(next);
            next += usize::from(*runs);
            number
        })
        .collect();
    for (at, (mut loaded, targets)) in all.into_iter().zip(targets).enumerate() {
        let Level::At(level) = levels[at] else {
            set.refused += 1;
            continue;
        };
        if !runs[at] {
            let reason = NotRunReason::NoRuleRuns;
            set.not_run.push(NotRun::new(loaded.correlation.head, loaded.file, reason));
            continue;
        }
        let member = |target: Target| match target {
            Target::Rule(rule) => Member::Rule { rule, keys: Vec::new(), values: Vec::new() },
            Target::Correlation(below) => match numbers[below] {
                Some(correlation) => Member::Correlation { correlation, keys: Vec::new() },
                None => Member::NotRun,
            },
            Target::NotRun(_) => Member::NotRun,
        };
        loaded.members = targets.unwrap_or_default().into_iter().map(member).collect();
        loaded.level = level;
        set.correlations.push(loaded);
    }
}
