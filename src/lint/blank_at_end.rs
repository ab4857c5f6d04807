//! `blank-at-end`: a value that begins or ends with a blank.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Severity, Test, Token};

pub(super) const LINT: Lint = Lint {
    code: "blank-at-end",
    brief: "A value that begins or ends with a blank",
    severity: Severity::Warning,
    finds: "A value in quotes with a blank at its beginning or end, for a field whose values AWS makes: eventName, eventSource, awsRegion, an id, an ARN, a code.",
    matters: "AWS writes these values without blanks around them, so the value never matches.",
    instead: "Write the value without the blank.",
    fixes: false,
    check: Some(check),
};

/// Fields whose values AWS makes, or allows no blank in. Names that a person chose and what a client sent are not among
/// them.
const MADE_BY_AWS: [&str; 26] = [
    "eventVersion",
    "eventTime",
    "eventSource",
    "eventName",
    "eventType",
    "eventCategory",
    "eventID",
    "awsRegion",
    "sourceIPAddress",
    "errorCode",
    "requestID",
    "sharedEventID",
    "recipientAccountId",
    "apiVersion",
    "readOnly",
    "vpcEndpointId",
    "userIdentity.type",
    "userIdentity.arn",
    "userIdentity.accountId",
    "userIdentity.accessKeyId",
    "userIdentity.invokedBy",
    "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "userIdentity.sessionContext.sessionIssuer.type",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.sessionContext.sessionIssuer.accountId",
    "tlsDetails.tlsVersion",
];

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let name = field(item);
        if !MADE_BY_AWS.contains(&name) {
            continue;
        }
        for value in &item.values {
            let [Test::Text(pattern)] = value.tests.as_slice() else { continue };
            let literal = |token: Option<&Token>| match token {
                Some(Token::Literal(text)) => text.clone(),
                _ => String::new(),
            };
            let begins = literal(pattern.tokens.first()).starts_with(char::is_whitespace);
            let ends = literal(pattern.tokens.last()).ends_with(char::is_whitespace);
            let place = match (begins, ends) {
                (false, false) => continue,
                (true, false) => "begins",
                (false, true) => "ends",
                (true, true) => "begins and ends",
            };
            let message =
                format!("no {name} {place} with a blank, so {:?} never matches", value.text);
            report.add(value.span, message, format!("write {:?}", value.text.trim()));
        }
    }
}
