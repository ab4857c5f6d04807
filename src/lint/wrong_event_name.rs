//! `wrong-event-name`: an event name that no record has.

use super::{
    Lint,
    knowledge::Knowledge,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "wrong-event-name",
    brief: "An event name that no record has",
    severity: Severity::Warning,
    finds: "An eventName that is known to stand in no record: an IAM action whose API has another name, a permission that is no call, a Lambda name without its date, an action with its service in front.",
    matters: "CloudTrail writes the name of the API call. A rule that looks for the name of an IAM action never sees it.",
    instead: "Write the name of the call that the help has. A permission such as iam:PassRole has no call: look for the calls that use it. For Lambda, `eventName|startswith` also takes the dates to come.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    for (map, item) in subject.event_names() {
        let sources = subject.sources_beside(map);
        for value in &item.values {
            if let Some((service, action)) = service_and_action(&value.text) {
                let message = format!(
                    "{:?} has a service in front, as IAM actions have; an eventName is the name of the call alone",
                    value.text
                );
                report.add(value.span, message, help_for_action(known, service, action));
                continue;
            }
            let Some(name) = plain(value) else { continue };
            // What an archive holds is right, whatever the table says.
            let wrong_of: Vec<&str> = known.wrong_of(name);
            let concerned = if sources.is_empty() {
                if known.writers(name).is_empty() { wrong_of } else { Vec::new() }
            } else {
                let all_wrong = sources.iter().all(|source| known.instead(source, name).is_some());
                if all_wrong { sources.clone() } else { Vec::new() }
            };
            let Some(source) = concerned.first() else { continue };
            if concerned.iter().any(|source| known.writes(source, name)) {
                continue;
            }
            let Some(right) = known.instead(source, name) else { continue };
            let message = format!("no record has the {} {name} of {source}", field(item));
            let help = match right {
                [] => no_call(name),
                names
                    if source.starts_with("lambda.")
                        && names[0].to_lowercase().starts_with(&name.to_lowercase()) =>
                {
                    format!(
                        "Lambda appends the date of its API: write {}, or {}|startswith: {name}",
                        names[0],
                        field(item)
                    )
                }
                names => format!("CloudTrail writes {}", names.join(" or ")),
            };
            report.add(value.span, message, help);
        }
    }
}

/// Help for the name of a permission that no API call has.
const NO_CALL: &str = "it is a permission and no API call, so no record has it as eventName; look for the calls that use it";

/// The same with an example, where one is known.
fn no_call(action: &str) -> String {
    let example = if action.eq_ignore_ascii_case("PassRole") {
        ", such as RunInstances or CreateFunction with a role"
    } else {
        ""
    };
    format!("{NO_CALL}{example}")
}

/// The parts of `service:Action`, also with wildcards in the action.
fn service_and_action(text: &str) -> Option<(&str, &str)> {
    let (service, action) = text.trim().split_once(':')?;
    let is_action = !action.is_empty()
        && action.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?-".contains(&byte));
    (is_word(service) && is_action).then_some((service, action))
}

/// What to write for `service:action`, which stands in policies and not in records.
fn help_for_action(known: &Knowledge, service: &str, action: &str) -> String {
    let source = format!("{}.amazonaws.com", service.to_lowercase());
    match known.instead(&source, action) {
        Some([]) => no_call(action),
        Some(names) => {
            format!("CloudTrail writes {}, with eventSource: {source}", names.join(" or "))
        }
        None if known.is_whole(&source)
            && !action.contains(['*', '?'])
            && !known.writes(&source, action) =>
        {
            format!(
                "no call of {source} is known by the name {action}; look for the calls that use this permission"
            )
        }
        None if action.contains(['*', '?']) => {
            format!("write the name of a call without {service}:, and eventSource: {source}")
        }
        None => format!("write {action}, and eventSource: {source}"),
    }
}

/// Letters, digits and hyphens, as the names of services are spelled.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
