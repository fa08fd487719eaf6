//! Where the program writes: data to standard output, words for people to standard error.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};

/// The two streams, and whether anybody wants to hear words.
pub(crate) struct Terminal {
    quiet: bool,
}

impl Terminal {
    /// Returns the streams of the process.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Returns standard output; colours are taken out where it is no terminal or `NO_COLOR` is set.
    pub(crate) fn output(&self) -> AutoStream<io::Stdout> {
        anstream::stdout()
    }

    /// Tells whether what goes to standard error has colours.
    pub(crate) fn is_styled(&self) -> bool {
        AutoStream::choice(&io::stderr()) != ColorChoice::Never
    }

    /// Writes lines for people, unless they asked for quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Writes lines for people that must be seen.
    pub(crate) fn warn(&self, text: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
    }

    /// Returns a sign of progress, hidden where no terminal watches.
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
