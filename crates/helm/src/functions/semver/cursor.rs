//! The parts of a version, read from the start of a text.

/// What is left of a text.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

/// The parts of a version; what is missing is empty.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) major: &'a str,
    pub(super) minor: &'a str,
    pub(super) patch: &'a str,
    pub(super) prerelease: &'a str,
    pub(super) metadata: &'a str,
    /// All of them as they were written.
    pub(super) written: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the letters of a kind.
    pub(super) fn take(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|byte| is_wanted(*byte)).count();
        // Whoever asks wants ASCII, which ends where letters do.
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// Takes white space and tells whether there was any.
    pub(super) fn space(&mut self) -> bool {
        !self.take(|byte| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')).is_empty()
    }

    /// Takes one letter if it is next.
    pub(super) fn skip(&mut self, letter: char) -> bool {
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a version whose numbers are made of such letters: a leading `v`, the second and the third number, the
    /// prerelease and the metadata may be missing.
    pub(super) fn version(&mut self, is_digit: fn(u8) -> bool) -> Option<Parts<'a>> {
        let start = self.rest;
        self.skip('v');
        let major = self.take(is_digit);
        if major.is_empty() {
            return None;
        }
        let minor = self.after('.', |cursor| cursor.take(is_digit));
        let patch = if minor.is_empty() { "" } else { self.after('.', |cursor| cursor.take(is_digit)) };
        let prerelease = self.after('-', Self::identifiers);
        let metadata = self.after('+', Self::identifiers);
        let written = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Some(Parts { major, minor, patch, prerelease, metadata, written })
    }

    /// Takes what follows a letter; nothing where nothing follows.
    fn after(&mut self, letter: char, take: impl Fn(&mut Self) -> &'a str) -> &'a str {
        let start = self.rest;
        let taken = if self.skip(letter) { take(self) } else { "" };
        if taken.is_empty() {
            self.rest = start;
        }
        taken
    }

    /// Takes identifiers with dots between them.
    fn identifiers(&mut self) -> &'a str {
        let start = self.rest;
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let mut left = self.rest;
        while !self.take(is_letter).is_empty() {
            left = self.rest;
            if !self.skip('.') {
                break;
            }
        }
        // A dot at the end is not taken.
        self.rest = left;
        start.get(..start.len() - left.len()).unwrap_or_default()
    }
}
