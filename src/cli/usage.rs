//! What is wrong with a command line, where the parser's own words are of no help.

use std::error::Error as _;

use clap::{
    CommandFactory, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::args::Cli;

/// A better message for an error of the parser, if there is one.
pub(super) fn message(error: &Error) -> Option<String> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    match error.kind() {
        ErrorKind::UnknownArgument => of_another_command(option),
        ErrorKind::ValueValidation => {
            let why = error.source()?.to_string();
            let why = if why.contains("zero") { "must be at least 1" } else { &why };
            let option = option.split(' ').next()?;
            why.starts_with("must be ").then(|| format!("{option} {why}"))
        }
        _ => None,
    }
}

/// An option that only other commands have.
fn of_another_command(option: &str) -> Option<String> {
    let name = option.split('=').next()?.strip_prefix("--")?;
    let mut commands = Vec::new();
    with_option(&Cli::command(), name, "backtrail", &mut commands);
    (!commands.is_empty()).then(|| format!("--{name} belongs to {}", commands.join(", ")))
}

/// The commands below `command` that have the option.
fn with_option(command: &clap::Command, name: &str, path: &str, found: &mut Vec<String>) {
    for sub in command.get_subcommands() {
        let path = format!("{path} {}", sub.get_name());
        if sub.get_arguments().any(|option| option.get_long() == Some(name)) {
            found.push(format!("`{path}`"));
        }
        with_option(sub, name, &path, found);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use clap::Parser;

    use super::*;

    #[test]
    fn options_of_other_commands_are_told_with_their_command() {
        let told = |args: &[&str]| message(&Cli::try_parse_from(args).unwrap_err());
        assert_eq!(
            told(&["backtrail", "hunt", "x", "--sample", "5%"]).as_deref(),
            Some("--sample belongs to `backtrail profile`")
        );
        assert_eq!(
            told(&["backtrail", "rules", "list", "--deny=x"]).as_deref(),
            Some("--deny belongs to `backtrail rules check`")
        );
        assert_eq!(told(&["backtrail", "hunt", "--no-such-thing"]), None);
    }

    #[test]
    fn numbers_that_must_not_be_zero_say_so() {
        let told = |args: &[&str]| message(&Cli::try_parse_from(args).unwrap_err());
        for option in ["--limit", "--threads"] {
            for number in ["0", "-3"] {
                assert_eq!(
                    told(&["backtrail", "hunt", option, number, "x"]),
                    Some(format!("{option} must be at least 1"))
                );
            }
        }
        assert_eq!(
            told(&["backtrail", "hunt", "--late-days", "-1", "x"]).as_deref(),
            Some("--late-days must be a whole number of days, at least 0")
        );
        assert_eq!(told(&["backtrail", "hunt", "--level", "0", "x"]), None);
    }
}
