//! Completions and the manual page, made from the command line itself.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use super::{args::Cli, exit::Status, render};

/// Prints completions for a shell.
pub(super) fn completions(shell: Shell) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "backtrail", &mut script);
    render::print(&script)?;
    Ok(Status::Done)
}

/// Prints the manual page: the program, then each command.
pub(super) fn man() -> Result<Status> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        page.extend_from_slice(format!(".SH {}\n", part.get_name().to_uppercase()).as_bytes());
        let man = clap_mangen::Man::new(part.clone());
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    render::print(&page)?;
    Ok(Status::Done)
}
