//! The three streams, and whether they are a terminal.

use super::workspace::reason;
use crate::diagnostic::{self, Diagnostic};
use crate::source::Files;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

/// Where a command writes. Colours follow the terminal, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`.
#[derive(Debug)]
pub struct Console {
    out: BufWriter<StdoutLock<'static>>,
    colour_out: bool,
    colour_err: bool,
}

impl Console {
    /// Over the process's own streams.
    pub fn new() -> Console {
        Console {
            out: BufWriter::new(io::stdout().lock()),
            colour_out: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            colour_err: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// Writes data to standard output. An error says that it is standard output's.
    pub fn data(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes()).map_err(|error| of_output(&error))
    }

    /// Gives on what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| of_output(&error))
    }

    /// A line for a person, on standard error. Where nobody can read it, it is dropped.
    pub fn note(&mut self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Findings as data: on standard output.
    pub fn findings_as_data(&mut self, findings: &[Diagnostic], files: &Files) -> io::Result<()> {
        let text = diagnostic::text(findings, files, self.colour_out);
        self.data(&text)
    }

    /// Findings beside data: on standard error.
    pub fn findings(&mut self, findings: &[Diagnostic], files: &Files) {
        let text = diagnostic::text(findings, files, self.colour_err);
        if !text.is_empty() {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// True where standard output shows colours.
    pub fn is_coloured(&self) -> bool {
        self.colour_out
    }

    /// True where a person watches standard error.
    pub fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }
}

/// The kind stays, by which a pipe that nobody reads any more is known.
fn of_output(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("standard output cannot be written: {}", reason(error)))
}

impl Default for Console {
    fn default() -> Self {
        Console::new()
    }
}

/// True where the reader of standard output went away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|e| e.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// `1 error`, `2 errors`, `2 queries`.
pub fn counted(count: usize, what: &str) -> String {
    let stem = what.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match (count, stem) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn several_have_another_ending() {
        let cases =
            [(1, "query", "1 query"), (0, "query", "0 queries"), (2, "day", "2 days"), (3, "error", "3 errors")];
        cases.iter().for_each(|(count, what, said)| assert_eq!(counted(*count, what), *said));
    }
}
