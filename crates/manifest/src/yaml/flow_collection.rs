//! Parses flow collections, in brackets and braces.

use super::error::Result;
use super::parser::{Event, Parser, Properties, Setting, State, Step};
use super::token::Kind;

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Result<Step<'a>> {
        let (mut kind, mut mark) = self.scanner.peek()?;
        if kind != Kind::FlowSequenceEnd {
            if !first {
                if kind != Kind::FlowEntry {
                    return Err(self.error_in_collection("did not find expected ',' or ']'", mark));
                }
                self.scanner.skip();
                (kind, mark) = self.scanner.peek()?;
            }
            if kind == Kind::Key {
                self.scanner.skip();
                self.state = State::FlowPairKey;
                return Ok((Event::MappingStart(Properties::default()), mark));
            }
            if kind != Kind::FlowSequenceEnd {
                return self.node_then(State::FlowSequenceEntry, Setting::Flow);
            }
        }
        Ok(self.close(mark))
    }

    pub(super) fn flow_pair_key(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if !matches!(kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
            return self.node_then(State::FlowPairValue, Setting::Flow);
        }
        // go-yaml drops the token here, so that `[? ]` is an error.
        self.scanner.skip();
        Ok(self.empty(mark, State::FlowPairValue))
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if kind == Kind::Value {
            self.scanner.skip();
            if !matches!(self.scanner.peek()?.0, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                return self.node_then(State::FlowPairEnd, Setting::Flow);
            }
        }
        Ok(self.empty(mark, State::FlowPairEnd))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<Step<'a>> {
        let (mut kind, mut mark) = self.scanner.peek()?;
        if kind != Kind::FlowMappingEnd {
            if !first {
                if kind != Kind::FlowEntry {
                    return Err(self.error_in_collection("did not find expected ',' or '}'", mark));
                }
                self.scanner.skip();
                (kind, mark) = self.scanner.peek()?;
            }
            if kind == Kind::Key {
                self.scanner.skip();
                let (kind, mark) = self.scanner.peek()?;
                if !matches!(kind, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd) {
                    return self.node_then(State::FlowMappingValue, Setting::Flow);
                }
                return Ok(self.empty(mark, State::FlowMappingValue));
            }
            if kind != Kind::FlowMappingEnd {
                return self.node_then(State::FlowMappingEmptyValue, Setting::Flow);
            }
        }
        Ok(self.close(mark))
    }

    pub(super) fn flow_mapping_value(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if kind == Kind::Value {
            self.scanner.skip();
            if !matches!(self.scanner.peek()?.0, Kind::FlowEntry | Kind::FlowMappingEnd) {
                return self.node_then(State::FlowMappingKey, Setting::Flow);
            }
        }
        Ok(self.empty(mark, State::FlowMappingKey))
    }
}
