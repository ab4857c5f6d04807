//! The edge: command line in, library called, exit code out.
//!
//! Only here is anything shown to a person. Errors come up as one chain and are told once.

mod args;
mod bundle;
mod completions;
mod exit;
mod format;
mod hunt;
mod inputs;
mod outputs;
mod plan;
mod profile;
mod progress;
mod render;
mod repeat;
mod resume;
mod rules;
mod signal;
mod usage;
mod values;
mod verify;

use std::{
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Result;
use args::{Cli, Command, RulesCommand};
use clap::Parser;
use exit::Status;
use render::Voice;

/// Has a write beyond the limit for the size of files fail like one to a full disk, instead of a
/// signal that ends the program. Where that cannot be had, the signal does.
pub(crate) fn outlive_full_files() {
    #[cfg(unix)]
    {
        let met = Arc::new(AtomicBool::new(false));
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, met);
    }
}

/// Runs the command that was given.
pub(crate) fn run() -> Result<Status> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if usage::message(&error).is_some() => {
            render::usage(&usage::message(&error).unwrap_or_default());
            return Ok(Status::Unable);
        }
        Err(told) => {
            // Help and version arrive here too. Where they cannot be shown nobody reads them.
            let _ = told.print();
            return Ok(if told.use_stderr() { Status::Unable } else { Status::Done });
        }
    };
    let voice = Voice::new(cli.manner);
    match cli.command {
        Command::Hunt(args) => hunt::hunt(*args, voice),
        Command::Profile(args) => profile::profile(&args, voice),
        Command::Verify(args) => verify::verify(&args, voice),
        Command::Repeat(args) => repeat::repeat(&args, voice),
        Command::Rules(RulesCommand::List(args)) => rules::list(args, voice),
        Command::Rules(RulesCommand::Check(args)) => rules::check(&args, voice),
        Command::Rules(RulesCommand::Test(args)) => rules::test(&args, voice),
        Command::Rules(RulesCommand::Explain(args)) => rules::explain(args),
        Command::Rules(RulesCommand::Catalog(args)) => rules::catalog(&args, voice),
        Command::Completions { shell } => completions::completions(shell),
        Command::Man => completions::man(),
    }
}

/// Tells why the program could not do what it was asked to.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    render::error(error.as_ref());
    Status::Unable.into()
}
