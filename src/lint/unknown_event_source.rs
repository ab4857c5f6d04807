//! `unknown-event-source`: an event source that is in no table.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "unknown-event-source",
    brief: "An event source that is in no table",
    severity: Severity::Note,
    finds: "An eventSource that is neither known to be right nor known to be wrong.",
    matters: "It may be misspelled, and then the rule never fires; or the service is new, or rare.",
    instead: "Compare it with the source nearest to it. `--events-from ARCHIVE` takes the sources of an archive into account.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    for (_, item) in subject.items().filter(|(_, item)| field(item) == "eventSource") {
        for value in &item.values {
            if report.is_full() {
                return;
            }
            let Some(source) = plain(value) else { continue };
            let host = format!("{source}.amazonaws.com");
            let is_judged = known.knows_source(source)
                || known.source_instead(source).is_some()
                || known.source_instead(&host).is_some()
                || !source.contains('.');
            if is_judged {
                continue;
            }
            let help = match known.near_source(source) {
                Some(near) => format!("the nearest known source is {near}"),
                None => "it is the host name of the service".to_owned(),
            };
            report.add(value.span, format!("{source} is not known as an event source"), help);
        }
    }
}
