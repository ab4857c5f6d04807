//! `arn-compared-with-name`: an ARN is compared with what is none.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Relation, Severity, Test, Token};

pub(super) const LINT: Lint = Lint {
    code: "arn-compared-with-name",
    brief: "An ARN is compared with what is none",
    severity: Severity::Warning,
    finds: "A field that holds an ARN, compared as a whole with a bare name or with a field that holds one.",
    matters: "An ARN begins with arn: and ends with the name; the two are never equal. A rule never fires, an exclusion never excludes.",
    instead: "Compare what is alike, as userIdentity.userName with requestParameters.userName, or only the end: `|endswith: '/name'`, `|fieldref|endswith`.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items().filter(|(_, item)| is_arn(field(item))) {
        let name = field(item);
        for value in &item.values {
            let [test] = value.tests.as_slice() else { continue };
            match test {
                Test::Text(pattern) => {
                    let Some(Token::Literal(start)) = pattern.tokens.first() else { continue };
                    let begins = start.get(..4.min(start.len())).unwrap_or_default();
                    if !"arn:".starts_with(&begins.to_lowercase()) {
                        let message = format!(
                            "{name} holds an ARN, which does not begin like {:?}",
                            value.text
                        );
                        report.add(
                            value.span,
                            message,
                            format!(
                                "write the whole ARN, or {name}|endswith: '/{}'",
                                start.trim_start_matches('/')
                            ),
                        );
                    }
                }
                Test::FieldRef(reference) => {
                    let other = reference.field.name.as_str();
                    let is_name = other.rsplit('.').next().is_some_and(is_name);
                    if is_name
                        && matches!(reference.relation, Relation::Equal | Relation::StartsWith)
                    {
                        let message = format!(
                            "{name} holds an ARN, {other} a bare name: they are never equal"
                        );
                        let help = if name == "userIdentity.arn" {
                            format!(
                                "write userIdentity.userName|fieldref: {other}, or {name}|fieldref|endswith: {other}"
                            )
                        } else {
                            format!("write {name}|fieldref|endswith: {other}")
                        };
                        report.add(value.span, message, help);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Fields that hold an ARN and nothing else.
fn is_arn(name: &str) -> bool {
    matches!(
        name,
        "userIdentity.arn"
            | "userIdentity.sessionContext.sessionIssuer.arn"
            | "resources.ARN"
            | "requestParameters.policyArn"
            | "requestParameters.roleArn"
            | "requestParameters.topicArn"
            | "requestParameters.permissionsBoundary"
            | "responseElements.assumedRoleUser.arn"
            | "responseElements.role.arn"
            | "responseElements.user.arn"
    )
}

/// Last parts of fields that hold a name and no ARN.
fn is_name(last: &str) -> bool {
    matches!(
        last,
        "userName"
            | "roleName"
            | "groupName"
            | "user"
            | "name"
            | "principalId"
            | "accountId"
            | "accessKeyId"
            | "type"
            | "bucketName"
    )
}
