//! Where the program writes: data to standard output, messages to standard error.

use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

/// The two streams, and whether messages are wanted.
pub(crate) struct Terminal {
    quiet: bool,
}

impl Terminal {
    /// Returns the streams of the process.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Returns standard output, which strips colours if it is not a terminal or `NO_COLOR` is set.
    pub(crate) fn output(&self) -> AutoStream<io::Stdout> {
        anstream::stdout()
    }

    /// Returns the number of columns of standard output, if it is a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
    }

    /// Writes a text to standard output, through a pager if the terminal has too few lines for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the pager is a preference of the user, not part of the platform"
    )]
    pub(crate) fn page(&self, text: &str) -> io::Result<()> {
        let rows = Term::stdout().size_checked().map(|(rows, _)| usize::from(rows));
        let pager = std::env::var("PAGER").unwrap_or_else(|_| "less -R".to_owned());
        let mut words = pager.split_whitespace();
        if let (Some(rows), Some(name)) = (rows, words.next())
            && text.lines().count() >= rows
            && let Ok(mut pager) = Command::new(name).args(words).stdin(Stdio::piped()).spawn()
        {
            if let Some(mut input) = pager.stdin.take() {
                let plain = AutoStream::choice(&io::stdout()) == ColorChoice::Never;
                let text = if plain { strip_str(text).to_string() } else { text.to_owned() };
                // The user can close the pager before the end.
                let _ = input.write_all(text.as_bytes());
            }
            return pager.wait().map(drop);
        }
        let mut output = self.output();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    /// Tells whether standard error shows colours.
    pub(crate) fn is_styled(&self) -> bool {
        AutoStream::choice(&io::stderr()) != ColorChoice::Never
    }

    /// Writes a message, unless `--quiet` is set.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Writes a message even if `--quiet` is set.
    pub(crate) fn warn(&self, text: &str) {
        // If standard error is closed, there is nowhere left to report to.
        let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
    }

    /// Returns a progress indicator, hidden if standard error is not a terminal.
    pub(crate) fn progress(&self) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        let bar =
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        bar
    }
}
