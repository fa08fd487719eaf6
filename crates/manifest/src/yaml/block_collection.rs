//! Parses block collections, whose structure is in the indentation.

use super::error::Result;
use super::parser::{Event, Parser, Setting, State, Step};
use super::token::Kind;

impl<'a> Parser<'a> {
    pub(super) fn block_sequence_entry(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        match kind {
            Kind::BlockEntry => {
                self.scanner.skip();
                match self.scanner.peek()?.0 {
                    Kind::BlockEntry | Kind::BlockEnd => Ok(self.empty(mark, State::BlockSequenceEntry)),
                    _ => self.node_then(State::BlockSequenceEntry, Setting::Block),
                }
            }
            Kind::BlockEnd => Ok(self.close(mark)),
            _ => Err(self.error_in_collection("did not find expected '-' indicator", mark)),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if kind != Kind::BlockEntry {
            self.leave();
            return Ok((Event::CollectionEnd, mark));
        }
        self.scanner.skip();
        match self.scanner.peek()?.0 {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                Ok(self.empty(mark, State::IndentlessSequenceEntry))
            }
            _ => self.node_then(State::IndentlessSequenceEntry, Setting::Block),
        }
    }

    pub(super) fn block_mapping_key(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        match kind {
            Kind::Key => {
                self.scanner.skip();
                match self.scanner.peek()?.0 {
                    Kind::Key | Kind::Value | Kind::BlockEnd => {
                        Ok(self.empty(mark, State::BlockMappingValue))
                    }
                    _ => self.node_then(State::BlockMappingValue, Setting::BlockOrIndentless),
                }
            }
            // yaml.v3 accepts a value without a key, like libyaml; yaml.v2 does not.
            Kind::BlockEnd => Ok(self.close(mark)),
            _ => Err(self.error_in_collection("did not find expected key", mark)),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if kind != Kind::Value {
            return Ok(self.empty(mark, State::BlockMappingKey));
        }
        self.scanner.skip();
        match self.scanner.peek()?.0 {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty(mark, State::BlockMappingKey)),
            _ => self.node_then(State::BlockMappingKey, Setting::BlockOrIndentless),
        }
    }
}
