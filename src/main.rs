//! The program: run, then the exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::outlive_full_files();
    match cli::run() {
        Ok(status) => status.into(),
        Err(error) => cli::report(&error),
    }
}
