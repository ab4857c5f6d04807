//! `unknown-event`: an event name that is in no table.

use super::{
    Lint,
    knowledge::is_common,
    logic,
    report::Report,
    subject::{Subject, plain},
    wrong_event_name::is_word,
};
use crate::{
    rule::{Severity, Test, Token},
    text::nearest,
};

pub(super) const LINT: Lint = Lint {
    code: "unknown-event",
    brief: "An event name that is in no table",
    severity: Severity::Note,
    finds: "An eventName that is neither known to be right nor known to be wrong: the table of events does not have it, and no archive that was asked does.",
    matters: "It may be misspelled, and then never fires; or it is new, or rare. The table holds some 5,000 names, AWS has more.",
    instead: "Compare it with the name nearest to it. `--events-from ARCHIVE` takes the names of an archive into account.",
    fixes: false,
    check: Some(check),
};

/// Names that a pattern is compared with at most, in all of a document.
const MOST_COMPARED: usize = 200_000;

/// The known name most like `name`. Of very many names only those that begin alike are compared.
fn near<'n>(name: &str, names: Vec<&'n str>) -> Option<&'n str> {
    const FEW: usize = 1000;
    let start = name.get(..3).unwrap_or(name);
    let alike = |other: &&str| {
        other.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start))
    };
    if names.len() <= FEW {
        nearest(name, names)
    } else {
        nearest(name, names.into_iter().filter(alike))
    }
}

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    let mut compared = 0;
    for (map, item) in subject.event_names() {
        let sources = subject.sources_beside(map);
        let of_known: Vec<&str> =
            sources.iter().copied().filter(|source| known.knows_source(source)).collect();
        for value in &item.values {
            if report.is_full() {
                return;
            }
            let [Test::Text(pattern)] = value.tests.as_slice() else { continue };
            // Blanks around a value are told by a lint of their own, a service in front by another.
            let has_service =
                value.text.split_once(':').is_some_and(|(service, _)| is_word(service));
            if value.text.trim() != value.text || has_service {
                continue;
            }
            if let Some(name) = plain(value) {
                let is_known = !known.writers(name).is_empty()
                    || !known.wrong_of(name).is_empty()
                    || is_common(name);
                if is_known {
                    continue;
                }
                let near = near(name, known.names_of(&of_known));
                let help = near.map_or_else(
                    || "if it is right, an archive with --events-from makes it known".to_owned(),
                    |near| format!("the nearest known name is {near}; if it is right, an archive with --events-from makes it known"),
                );
                report.add(value.span, format!("{name} is not known as an event name"), help);
                continue;
            }
            let says_something = pattern
                .tokens
                .iter()
                .any(|token| matches!(token, Token::Literal(text) if text.len() > 2));
            let all_known = sources.iter().all(|source| known.is_whole(source));
            if !says_something || !all_known || pattern.cased {
                continue;
            }
            let names = known.names_of(&of_known);
            compared += names.len();
            if compared > MOST_COMPARED {
                return;
            }
            if !names.iter().any(|name| logic::matches(pattern, &name.to_lowercase())) {
                let message = format!("no event name that is known fits {:?}", value.text);
                report.add(value.span, message, "compare it with the names in your records");
            }
        }
    }
}
