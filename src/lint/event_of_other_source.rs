//! `event-of-other-source`: an event name that another service writes.

use super::{
    Lint,
    knowledge::is_common,
    report::Report,
    subject::{Subject, plain},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "event-of-other-source",
    brief: "An event name that another service writes",
    severity: Severity::Warning,
    finds: "An eventName beside an eventSource that does not write it, while another source does.",
    matters: "Both must hold, and no record has both: for this name the rule never fires.",
    instead: "Write the source that the lint tells, in a selection of its own if other names stand beside it.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    for (map, item) in subject.event_names() {
        let sources = subject.sources_beside(map);
        // Only of sources whose names are all known is it known that they do not write one.
        if sources.is_empty() || !sources.iter().all(|source| known.is_whole(source)) {
            continue;
        }
        for value in &item.values {
            let Some(name) = plain(value) else { continue };
            let writers = known.writers(name);
            let written = sources.iter().any(|source| known.writes(source, name));
            let wrong = sources.iter().any(|source| known.instead(source, name).is_some());
            if written || wrong || writers.is_empty() || is_common(name) {
                continue;
            }
            let mut others: Vec<&str> = writers.iter().map(String::as_str).collect();
            others.sort_unstable();
            others.truncate(3);
            let message = format!("{} does not write {name}", sources.join(", "));
            report.add(value.span, message, format!("{name} is written by {}", others.join(", ")));
        }
    }
}
