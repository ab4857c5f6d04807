//! `user-name-of-role`: a user name is asked of a session that has none.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain_values},
};
use crate::rule::{Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "user-name-of-role",
    brief: "A user name is asked of a session that has none",
    severity: Severity::Warning,
    finds: "userIdentity.userName beside userIdentity.type: AssumedRole.",
    matters: "The session of a role has no user name: this never holds.",
    instead: "userIdentity.sessionContext.sessionIssuer.userName is the role's name; the session's own name is the end of userIdentity.arn and of userIdentity.principalId.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, items) in subject.maps() {
        let is_role = items.iter().any(|item| {
            field(item) == "userIdentity.type"
                && plain_values(item).is_some_and(|values| {
                    values.iter().all(|value| value.eq_ignore_ascii_case("AssumedRole"))
                })
        });
        if !is_role {
            continue;
        }
        for item in
            items.iter().filter(|item| field(item) == "userIdentity.userName" && !item.negated)
        {
            let mut tests = item.values.iter().flat_map(|value| &value.tests);
            if tests.all(|test| !matches!(test, Test::Null | Test::Exists(false))) {
                let message = "the session of a role has no userIdentity.userName".to_owned();
                report.add(
                    item.span,
                    message,
                    "the role's name is userIdentity.sessionContext.sessionIssuer.userName",
                );
            }
        }
    }
}
