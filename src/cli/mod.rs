//! The command line: arguments in, data on standard output, everything else on standard error, an exit code.
//!
//! In: arguments, files, standard input. Out: what the other rooms made, rendered. One file per command; [`workspace`] turns paths
//! into packs and rules, [`console`] owns the streams. This room must never decide what a rule means or how a query looks.
//!
//! Where the design leaves a choice:
//! - Exit codes: 0 good; 1 findings (an error, a failed case, a refusal, a bad line of events); 2 wrong usage, or input that cannot be
//!   read at all (a missing file, bytes that are not UTF-8, a path without a pack, an environment that does not exist).
//! - A path names a pack's directory, a part of one, or a rule file. Without a path it is the pack around the current directory, else
//!   `rules/`. A directory outside of packs stands for the packs directly in it.
//! - `check` looks at every environment of a pack unless one is named, and says of a finding in which ones it is found. The other
//!   commands take the pack's default environment.
//! - With `--target all` a refusal is a note, and an error only for a rule that no target can say. With targets by name each refusal
//!   counts.
//! - `run` wants rules without errors, of one pack. Of bad lines the first [`run::MOST_REPORTED`] are printed; all are counted.
//! - `simulate --judge` is an option of `simulate` and not a command of its own: what a rule is judged by is exactly the fleet that the
//!   same arguments write, so that one can look at the events behind a number.
//! - A reader that goes away (`siemc ... | head`) ends a command quietly, with 0.

pub mod args;
pub mod check;
mod codes;
pub mod compile;
pub mod console;
mod exit;
pub mod explain;
pub mod init;
pub mod new;
pub mod run;
pub mod simulate;
pub mod test;
pub mod verify;
pub mod workspace;

pub use args::Cli;
pub use exit::Exit;

use anyhow::Result;
use args::Command;
use clap::Parser;
use console::Console;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command that the arguments (the program's name first) ask for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // Help that nobody reads any more is no error.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let mut console = Console::new();
    let done = dispatch(&cli.command, &mut console).and_then(|exit| Ok(console.flush().map(|()| exit)?));
    match done {
        Ok(exit) => exit.into(),
        Err(error) if console::is_closed_pipe(&error) => Exit::Good.into(),
        Err(error) => {
            console.note(&format!("error: {error:#}"));
            Exit::Unusable.into()
        }
    }
}

fn dispatch(command: &Command, console: &mut Console) -> Result<Exit> {
    match command {
        Command::Check(args) => check::run(args, console),
        Command::Compile(args) => compile::run(args, console),
        Command::Run(args) => run::run(args, console),
        Command::Simulate(args) => simulate::run(args, console),
        Command::Explain(args) => explain::run(args, console),
        Command::Test(args) => test::run(args, console),
        Command::Verify(args) => verify::run(args, console),
        Command::New(args) => new::run(args, console),
        Command::Init(args) => init::run(args, console),
    }
}
