//! A [`Node`] as a source for serde: as a whole, or only one value of it.

use std::cell::Cell;
use std::iter::{Enumerate, Skip, Take};

use aqueduct_manifest::SmolStr;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::node::{Content, Node};
use crate::table::Table;

use super::error::{Kind, ReadError, Segment, Subject, quoted};

/// The name of a field whose struct is read from the same table as its parent struct, so that both share the table's
/// keys. Unlike serde's `flatten`, this copies nothing, and errors keep their places.
const SAME_TABLE: &str = "..";

/// A step from a table or list to one of its values, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) parent: &'a Node,
    pub(super) at: usize,
}

/// A node that is being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 'b> {
    node: &'a Node,
    /// The steps to the only value to read, if the reading is limited to one; its parents appear to contain nothing
    /// else.
    path: &'b [Step<'a>],
    /// Where a struct that shares its table records its keys.
    taken: Option<&'b Cell<&'static [&'static str]>>,
}

impl<'a, 'b> Reader<'a, 'b> {
    /// Reads a node; with a path, as if the value there were the only one in it.
    pub(super) fn new(node: &'a Node, path: &'b [Step<'a>]) -> Self {
        Self { node, path, taken: None }
    }

    fn other(self, node: &'a Node) -> Self {
        Self { node, taken: None, ..self }
    }

    /// Returns which value of this node to read, if limited to one.
    fn only(&self) -> Option<usize> {
        self.path.iter().find(|step| std::ptr::eq(step.parent, self.node)).map(|step| step.at)
    }

    fn entries(&self, table: &'a Table) -> Entries<'a> {
        self.only().map_or_else(|| table.into_iter(), |at| table.only(at))
    }

    fn table_access(self, table: &'a Table, fields: Option<&'static [&'static str]>) -> TableAccess<'a, 'b> {
        TableAccess { reader: self, table, fields, shared: None, entries: self.entries(table), value: None }
    }
}

type Entries<'a> = <&'a Table as IntoIterator>::IntoIter;

impl<'a: 'b, 'b, 'de> Deserializer<'de> for Reader<'a, 'b> {
    type Error = ReadError<'a>;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError<'a>> {
        match &self.node.content {
            Content::String(text) => visitor.visit_str(text),
            Content::Integer(value) => visitor.visit_i64(*value),
            Content::Float(value) => visitor.visit_f64(*value),
            Content::Boolean(value) => visitor.visit_bool(*value),
            Content::List(list) => {
                let (first, count) = self.only().map_or((0, list.len()), |at| (at, 1));
                let elements = list.iter().enumerate().skip(first).take(count);
                visitor.visit_seq(ListAccess { reader: self, elements })
            }
            Content::Table(table) => visitor.visit_map(self.table_access(table, None)),
        }
        .map_err(|error| error.at(Subject::Value(self.node)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError<'a>> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError<'a>> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError<'a>> {
        let Content::Table(table) = &self.node.content else { return self.deserialize_any(visitor) };
        if let Some(taken) = self.taken {
            taken.set(fields);
        }
        let shares = self.taken.is_some() || fields.contains(&SAME_TABLE);
        visitor
            .visit_map(self.table_access(table, shares.then_some(fields)))
            .map_err(|error| error.at(Subject::Value(self.node)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError<'a>> {
        match &self.node.content {
            Content::String(variant) => visitor.visit_enum(StrDeserializer::new(variant)),
            Content::Table(table) => match table.iter().next() {
                Some((variant, node)) if table.len() == 1 => {
                    visitor.visit_enum(Variant { name: variant, reader: self.other(node) })
                }
                _ => Err(ReadError::new(Kind::Type {
                    expected: format!("a table with one of the keys {}", quoted(variants)),
                    found: format!("one with {} keys", table.len()),
                })),
            },
            _ => Err(ReadError::new(Kind::Type {
                expected: format!("one of {}", quoted(variants)),
                found: self.node.kind().into(),
            })),
        }
        .map_err(|error| error.at(Subject::Value(self.node)))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct ListAccess<'a, 'b> {
    reader: Reader<'a, 'b>,
    elements: Take<Skip<Enumerate<std::slice::Iter<'a, Node>>>>,
}

impl<'a: 'b, 'b, 'de> SeqAccess<'de> for ListAccess<'a, 'b> {
    type Error = ReadError<'a>;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError<'a>> {
        match self.elements.next() {
            Some((index, node)) => seed
                .deserialize(self.reader.other(node))
                .map(Some)
                .map_err(|error| error.below(Segment::Index(index))),
            None => Ok(None),
        }
    }
}

struct TableAccess<'a, 'b> {
    reader: Reader<'a, 'b>,
    table: &'a Table,
    /// The fields of the struct that is read, if another one shares the table.
    fields: Option<&'static [&'static str]>,
    /// The fields of the other struct, once it has been read.
    shared: Option<&'static [&'static str]>,
    entries: Entries<'a>,
    value: Option<(&'a SmolStr, &'a Node)>,
}

impl<'a> TableAccess<'a, '_> {
    /// Tells whether a key belongs to the struct that is read.
    fn takes(&self, key: &str) -> bool {
        self.fields.is_none_or(|fields| key != SAME_TABLE && fields.contains(&key))
    }

    fn has_shared(&self) -> bool {
        self.fields.is_some_and(|fields| fields.contains(&SAME_TABLE))
    }

    /// Returns the error for an unknown key.
    fn refused(&self, error: ReadError<'a>, key: &SmolStr, node: &'a Node) -> ReadError<'a> {
        error.at(Subject::Key(node)).below(Segment::Key(key.clone()))
    }

    /// Returns the error for the first key that neither struct has, once both have been read.
    fn unknown(&self) -> Option<ReadError<'a>> {
        let shared = self.shared?;
        let is_known = |key: &str| self.takes(key) || shared.contains(&key);
        let (key, node) = self.reader.entries(self.table).find(|(key, _)| !is_known(key))?;
        let own = self.fields.into_iter().flatten().filter(|field| **field != SAME_TABLE);
        Some(self.refused(ReadError::unknown(key, shared.iter().chain(own).copied().collect()), key, node))
    }
}

impl<'a: 'b, 'b, 'de> MapAccess<'de> for TableAccess<'a, 'b> {
    type Error = ReadError<'a>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError<'a>> {
        while let Some((key, node)) = self.entries.next() {
            if self.takes(key) {
                self.value = Some((key, node));
                let text: StrDeserializer<'_, ReadError<'a>> = key.as_str().into_deserializer();
                return seed.deserialize(text).map(Some).map_err(|error| self.refused(error, key, node));
            }
        }
        if self.has_shared() && self.shared.is_none() {
            let text: StrDeserializer<'_, ReadError<'a>> = SAME_TABLE.into_deserializer();
            return seed.deserialize(text).map(Some);
        }
        self.unknown().map_or(Ok(None), Err)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError<'a>> {
        if let Some((key, node)) = self.value.take() {
            return seed
                .deserialize(self.reader.other(node))
                .map_err(|error| error.at(Subject::Value(node)).below(Segment::Key(key.clone())));
        }
        let taken = Cell::new([].as_slice());
        let value = seed.deserialize(Reader { taken: Some(&taken), ..self.reader });
        self.shared = Some(taken.get());
        // An unknown key is more helpful than a missing one, since it may be a misspelling of that.
        value.map_err(|error| match error.kind {
            Kind::Missing { .. } => self.unknown().unwrap_or(error),
            _ => error,
        })
    }
}

/// A table with one key, the name of a variant.
struct Variant<'a, 'b> {
    name: &'a SmolStr,
    reader: Reader<'a, 'b>,
}

impl<'a: 'b, 'b, 'de> EnumAccess<'de> for Variant<'a, 'b> {
    type Error = ReadError<'a>;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError<'a>> {
        let text: StrDeserializer<'_, ReadError<'a>> = self.name.as_str().into_deserializer();
        let variant = seed.deserialize(text).map_err(|error| error.at(Subject::Key(self.reader.node)))?;
        Ok((variant, self))
    }
}

impl<'a: 'b, 'b> Variant<'a, 'b> {
    fn place(&self, error: ReadError<'a>) -> ReadError<'a> {
        error.at(Subject::Value(self.reader.node)).below(Segment::Key(self.name.clone()))
    }
}

impl<'a: 'b, 'b, 'de> VariantAccess<'de> for Variant<'a, 'b> {
    type Error = ReadError<'a>;

    fn unit_variant(self) -> Result<(), ReadError<'a>> {
        match self.reader.node.as_table() {
            Some(table) if table.is_empty() => Ok(()),
            _ => Err(self.place(ReadError::new(Kind::Type {
                expected: "an empty table".into(),
                found: self.reader.node.kind().into(),
            }))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError<'a>> {
        seed.deserialize(self.reader).map_err(|error| self.place(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, ReadError<'a>> {
        self.reader.deserialize_any(visitor).map_err(|error| self.place(error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError<'a>> {
        self.reader.deserialize_any(visitor).map_err(|error| self.place(error))
    }
}
