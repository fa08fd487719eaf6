//! The parts of a version, parsed from the start of a text.

/// The rest of a text.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

/// The parts of a version; missing ones are empty.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) major: &'a str,
    pub(super) minor: &'a str,
    pub(super) patch: &'a str,
    pub(super) prerelease: &'a str,
    pub(super) metadata: &'a str,
    /// The version as it was written.
    pub(super) written: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes leading bytes that satisfy a condition.
    pub(super) fn take(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|byte| is_wanted(*byte)).count();
        // Callers ask for ASCII, so the split is at a character boundary.
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// Skips whitespace and returns whether there was any.
    pub(super) fn space(&mut self) -> bool {
        !self.take(|byte| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')).is_empty()
    }

    /// Skips a character if it is next.
    pub(super) fn skip(&mut self, letter: char) -> bool {
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a version whose numbers consist of the given bytes. The leading `v`, the second and third number, the
    /// prerelease and the metadata are optional.
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

    /// Takes what follows a separator; takes nothing if that is empty.
    fn after(&mut self, letter: char, take: impl Fn(&mut Self) -> &'a str) -> &'a str {
        let start = self.rest;
        let taken = if self.skip(letter) { take(self) } else { "" };
        if taken.is_empty() {
            self.rest = start;
        }
        taken
    }

    /// Takes identifiers separated by dots.
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
        // A trailing dot is not taken.
        self.rest = left;
        start.get(..start.len() - left.len()).unwrap_or_default()
    }
}
