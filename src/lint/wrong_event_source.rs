//! `wrong-event-source`: an event source that no record has.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "wrong-event-source",
    brief: "An event source that no record has",
    severity: Severity::Warning,
    finds: "An eventSource that is known to stand in no record: a bare service name, or a product's name where CloudTrail writes another, such as cloudwatch for monitoring.",
    matters: "The source is compared as a whole. A rule that needs this one never fires.",
    instead: "Write the host name: ec2.amazonaws.com, monitoring.amazonaws.com, elasticloadbalancing.amazonaws.com.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    for (_, item) in subject.items().filter(|(_, item)| field(item) == "eventSource") {
        for value in &item.values {
            let Some(source) = plain(value).filter(|source| !known.knows_source(source)) else {
                continue;
            };
            let host = format!("{source}.amazonaws.com");
            let right = known.source_instead(source).map(str::to_owned);
            let right = right.or_else(|| known.source_instead(&host).map(str::to_owned));
            let right = right.or_else(|| known.knows_source(&host).then_some(host));
            if let Some(right) = right {
                let message = format!("no record has the eventSource {source}");
                report.add(value.span, message, format!("CloudTrail writes {right}"));
            } else if !source.contains('.') {
                let message =
                    format!("the eventSource {source:?} is no host name, as they all are");
                report.add(value.span, message, "it ends with .amazonaws.com");
            }
        }
    }
}
