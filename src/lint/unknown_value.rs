//! `unknown-value`: a value that its field never has.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::{rule::Severity, text::nearest};

pub(super) const LINT: Lint = Lint {
    code: "unknown-value",
    brief: "A value that its field never has",
    severity: Severity::Warning,
    finds: "A value that is none of those that eventType, eventCategory, userIdentity.type or userIdentity.sessionContext.sessionIssuer.type can have.",
    matters: "These fields have few values, and no record has another: this never holds.",
    instead: "Write one of the values that the lint tells.",
    fixes: false,
    check: Some(check),
};

/// The fields whose values are all known.
const VALUES: [(&str, &[&str]); 4] = [
    (
        "eventType",
        &[
            "AwsApiCall",
            "AwsServiceEvent",
            "AwsConsoleAction",
            "AwsConsoleSignIn",
            "AwsVpceEvents",
            "AwsCloudTrailInsight",
            "AwsAggregatedEvent",
        ],
    ),
    ("eventCategory", &["Management", "Data", "NetworkActivity", "Insight", "Aggregated"]),
    (
        "userIdentity.type",
        &[
            "Root",
            "IAMUser",
            "AssumedRole",
            "Role",
            "FederatedUser",
            "SAMLUser",
            "WebIdentityUser",
            "Directory",
            "AWSAccount",
            "AWSService",
            "IdentityCenterUser",
            "Unknown",
        ],
    ),
    (
        "userIdentity.sessionContext.sessionIssuer.type",
        &["Root", "IAMUser", "Role", "AWSService", "FederatedUser"],
    ),
];

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some((name, values)) = VALUES.iter().find(|(name, _)| *name == field(item)) else {
            continue;
        };
        for value in &item.values {
            let Some(text) = plain(value) else { continue };
            if values.iter().any(|known| known.eq_ignore_ascii_case(text)) {
                continue;
            }
            let help = match nearest(text, values.iter().copied()) {
                Some(near) => format!("did you mean {near}? There are {}", values.join(", ")),
                None => format!("there are {}", values.join(", ")),
            };
            report.add(value.span, format!("{name} is never {text:?}"), help);
        }
    }
}
