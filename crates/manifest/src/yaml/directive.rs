//! Scans directives, tags, anchors and aliases.

use super::Dialect;
use super::cursor::Mark;
use super::error::Result;
use super::scanner::Scanner;
use super::token::{Kind, Token};

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let name = self.scan_word();
        if name.is_empty() {
            return Err(self.error_since(mark, "could not find expected directive name"));
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error_since(mark, "found unexpected non-alphabetical character"));
        }
        let token = match name {
            "YAML" => self.scan_version(mark)?,
            "TAG" => self.scan_tag_directive(mark)?,
            _ => return Err(self.error_since(mark, "found unknown directive name")),
        };
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error_since(mark, "did not find expected comment or line break"));
        }
        self.cursor.take_break();
        Ok(token)
    }

    fn scan_word(&mut self) -> &'a str {
        let start = self.cursor.position;
        while self.cursor.is_word() {
            self.cursor.skip();
        }
        self.cursor.slice(start, self.cursor.position)
    }

    fn scan_version(&mut self, mark: Mark) -> Result<Token<'a>> {
        self.cursor.skip_blanks();
        let major = self.scan_version_number(mark)?;
        if self.cursor.byte(0) != b'.' {
            return Err(self.error_since(mark, "did not find expected digit or '.' character"));
        }
        self.cursor.skip();
        let minor = self.scan_version_number(mark)?;
        let compatible =
            (major, minor) == (1, 1) || (self.dialect == Dialect::Kyaml && (major, minor) == (1, 2));
        Ok(Token::bare(Kind::VersionDirective { compatible }, mark))
    }

    fn scan_version_number(&mut self, mark: Mark) -> Result<u8> {
        let mut number = 0;
        let mut length = 0;
        while let digit @ b'0'..=b'9' = self.cursor.byte(0) {
            length += 1;
            if length > 2 {
                return Err(self.error_since(mark, "found extremely long version number"));
            }
            number = number * 10 + (digit - b'0');
            self.cursor.skip();
        }
        if length == 0 {
            return Err(self.error_since(mark, "did not find expected version number"));
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self, mark: Mark) -> Result<Token<'a>> {
        self.cursor.skip_blanks();
        let handle = self.scan_tag_handle(mark)?;
        if handle != "!" && (handle.len() < 2 || !handle.ends_with('!')) {
            return Err(self.error_since(mark, "did not find expected '!'"));
        }
        if !self.cursor.is_blank(0) {
            return Err(self.error_since(mark, "did not find expected whitespace"));
        }
        self.cursor.skip_blanks();
        let prefix = self.scan_tag_uri("", mark)?;
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error_since(mark, "did not find expected whitespace or line break"));
        }
        let mut token = Token::with_text(Kind::TagDirective, mark, handle);
        token.suffix = Some(prefix.into());
        Ok(token)
    }

    /// Scans the name after `&` or `*`.
    pub(super) fn scan_name(&mut self, kind: Kind) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let name = self.scan_word();
        let ends = self.cursor.is_blank_or_end(0)
            || matches!(self.cursor.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.error_since(mark, "did not find expected alphabetic or numeric character"));
        }
        Ok(Token::with_text(kind, mark, name))
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        let (handle, suffix);
        if self.cursor.byte(1) == b'<' {
            self.cursor.skip_run(2, 2);
            handle = "";
            suffix = self.scan_tag_uri("", mark)?;
            if self.cursor.byte(0) != b'>' {
                return Err(self.error_since(mark, "did not find the expected '>'"));
            }
            self.cursor.skip();
        } else {
            let start = self.scan_tag_handle(mark)?;
            if start.len() > 1 && start.ends_with('!') {
                handle = start;
                suffix = self.scan_tag_uri("", mark)?;
            } else {
                // It was not a handle but the start of the suffix.
                let rest = self.scan_tag_uri(start, mark)?;
                // A lone `!` is a tag too.
                (handle, suffix) = if rest.is_empty() { ("", "!".to_owned()) } else { ("!", rest) };
            }
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error_since(mark, "did not find expected whitespace or line break"));
        }
        let mut token = Token::with_text(Kind::Tag, mark, handle);
        token.suffix = Some(suffix.into());
        Ok(token)
    }

    /// Scans `!`, `!word` or `!word!`.
    fn scan_tag_handle(&mut self, mark: Mark) -> Result<&'a str> {
        if self.cursor.byte(0) != b'!' {
            return Err(self.error_since(mark, "did not find expected '!'"));
        }
        let start = self.cursor.position;
        self.cursor.skip();
        self.scan_word();
        if self.cursor.byte(0) == b'!' {
            self.cursor.skip();
        }
        Ok(self.cursor.slice(start, self.cursor.position))
    }

    /// Scans the characters of a tag. `head` is the part that was already read, with its `!`.
    fn scan_tag_uri(&mut self, head: &str, mark: Mark) -> Result<String> {
        let mut uri = head.strip_prefix('!').unwrap_or(head).to_owned();
        let mut found = !head.is_empty();
        loop {
            let byte = self.cursor.byte(0);
            let fits = self.cursor.is_word()
                || matches!(byte, b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.')
                || matches!(byte, b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b'[' | b']');
            if fits {
                uri.push(char::from(byte));
                self.cursor.skip();
            } else if byte == b'%' {
                uri.push(self.scan_uri_escape(mark)?);
            } else {
                break;
            }
            found = true;
        }
        if !found {
            return Err(self.error_since(mark, "did not find expected tag URI"));
        }
        Ok(uri)
    }

    /// Scans the `%xx` bytes of one character.
    fn scan_uri_escape(&mut self, mark: Mark) -> Result<char> {
        let mut bytes: Vec<u8> = Vec::with_capacity(4);
        let mut width = 1;
        while bytes.len() < width {
            let digit = |ahead| char::from(self.cursor.byte(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.cursor.byte(0), digit(1), digit(2)) else {
                return Err(self.error_since(mark, "did not find URI escaped octet"));
            };
            let octet = (high * 16 + low) as u8;
            if bytes.is_empty() {
                width = match octet {
                    0..0x80 => 1,
                    0xC0..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    0xF0..0xF8 => 4,
                    _ => return Err(self.error_since(mark, "found an incorrect leading UTF-8 octet")),
                };
            } else if octet & 0xC0 != 0x80 {
                return Err(self.error_since(mark, "found an incorrect trailing UTF-8 octet"));
            }
            bytes.push(octet);
            self.cursor.skip_run(3, 3);
        }
        let text = std::str::from_utf8(&bytes).ok();
        Ok(text.and_then(|text| text.chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
