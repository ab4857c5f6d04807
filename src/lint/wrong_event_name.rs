//! `wrong-event-name`: an event name that no record has.

use super::{
    Lint,
    run::Report,
    subject::{Subject, field, plain},
};
use crate::sigma::Severity;

pub(super) const LINT: Lint = Lint {
    code: "wrong-event-name",
    brief: "An event name that no record has",
    severity: Severity::Warning,
    finds: "An eventName that is known to stand in no record: an IAM action whose API has another name, a permission that is no call, a Lambda name without its date, an action with its service in front.",
    matters: "CloudTrail writes the name of the API call. A rule that looks for the action's name never sees it.",
    instead: "Write the name of the call, as the lint tells it. For Lambda, `eventName|startswith` also takes the dates to come.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    for (map, item) in subject.event_names() {
        let sources = subject.sources_beside(map);
        for value in &item.values {
            let Some(name) = plain(value) else { continue };
            if let Some((service, action)) =
                name.split_once(':').filter(|(service, action)| is_word(service) && is_word(action))
            {
                let message = format!(
                    "{name} is an IAM action; CloudTrail writes the name of the call alone"
                );
                let help = format!("write {action}, and eventSource: {service}.amazonaws.com");
                report.tell(value.span, message, help);
                continue;
            }
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
                [] => "it is a permission and no call; look for the calls that use it".to_owned(),
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
            report.tell(value.span, message, help);
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
