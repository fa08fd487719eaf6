//! A [`Node`] as a source for serde, with what is to be left out and what is to be put in.

use std::cell::Cell;

use aqueduct_manifest::SmolStr;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::node::{Content, Node};
use crate::table::Table;

use super::error::{Kind, Place, ReadError, Segment, quoted};
use super::stand_in::StandIn;

/// The name of a field whose struct is read from the same table as the one that it is a field of: the two share the
/// keys of the table. Nothing is copied for it, and errors keep their places, unlike with serde's `flatten`.
const SAME_TABLE: &str = "..";

/// How a reading differs from what was written.
#[derive(Debug, Default)]
pub(super) struct Amendments<'a> {
    /// The nodes that are passed over.
    left_out: Vec<&'a Node>,
    /// The keys that are there although nobody wrote them.
    pub(super) stand_ins: Vec<StandIn<'a>>,
    /// What the unknown keys of tables were probably meant to be.
    pub(super) suggested: Vec<(&'a Node, &'static str)>,
}

impl<'a> Amendments<'a> {
    /// Leaves out a node too; nothing where no reading is possible without it.
    pub(super) fn leave_out(mut self, root: &'a Node, node: &'a Node) -> Option<Self> {
        if std::ptr::eq(root, node) || self.leaves_out(node) {
            return None;
        }
        self.left_out.push(node);
        Some(self)
    }

    fn leaves_out(&self, node: &Node) -> bool {
        self.left_out.iter().any(|left_out| std::ptr::eq(*left_out, node))
    }

    /// Tells whether a key is only missing because its value was refused or its name mistyped.
    pub(super) fn explain_missing(&self, table: &Node, key: &str) -> bool {
        table.get(key).is_some_and(|node| self.leaves_out(node))
            || self
                .suggested
                .iter()
                .any(|(other, suggestion)| std::ptr::eq(*other, table) && *suggestion == key)
    }

    /// Tells whether anything in a node was left out or put in.
    pub(super) fn touch(&self, node: &Node) -> bool {
        !(self.left_out.is_empty() && self.stand_ins.is_empty()) && {
            self.leaves_out(node)
                || self.stand_ins.iter().any(|stand_in| std::ptr::eq(stand_in.table, node))
                || match &node.content {
                    Content::List(list) => list.iter().any(|node| self.touch(node)),
                    Content::Table(table) => table.values().any(|node| self.touch(node)),
                    _ => false,
                }
        }
    }
}

/// A node in one reading.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 'b> {
    node: &'a Node,
    amendments: &'b Amendments<'a>,
    /// Where a struct that shares its table says which keys it takes.
    taken: Option<&'b Cell<&'static [&'static str]>>,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn new(node: &'a Node, amendments: &'b Amendments<'a>) -> Self {
        Self { node, amendments, taken: None }
    }

    fn other(self, node: &'a Node) -> Self {
        Self { node, taken: None, ..self }
    }

    fn table_access(self, table: &'a Table, fields: Option<&'static [&'static str]>) -> TableAccess<'a, 'b> {
        TableAccess {
            reader: self,
            fields,
            shared: None,
            entries: table.into_iter(),
            value: None,
            stand_ins: self.amendments.stand_ins.iter(),
            stand_in: None,
        }
    }
}

impl<'a: 'b, 'b, 'de> Deserializer<'de> for Reader<'a, 'b> {
    type Error = ReadError<'a>;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError<'a>> {
        match &self.node.content {
            Content::String(text) => visitor.visit_str(text),
            Content::Integer(value) => visitor.visit_i64(*value),
            Content::Float(value) => visitor.visit_f64(*value),
            Content::Boolean(value) => visitor.visit_bool(*value),
            Content::List(list) => {
                visitor.visit_seq(ListAccess { reader: self, elements: list.iter().enumerate() })
            }
            Content::Table(table) => visitor.visit_map(self.table_access(table, None)),
        }
        .map_err(|error| error.at(Place::Value(self.node)))
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
            .map_err(|error| error.at(Place::Value(self.node)))
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
        .map_err(|error| error.at(Place::Value(self.node)))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct ListAccess<'a, 'b> {
    reader: Reader<'a, 'b>,
    elements: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a: 'b, 'b, 'de> SeqAccess<'de> for ListAccess<'a, 'b> {
    type Error = ReadError<'a>;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError<'a>> {
        let amendments = self.reader.amendments;
        match self.elements.find(|(_, node)| !amendments.leaves_out(node)) {
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
    /// The fields of the struct that is read, where another one shares the table.
    fields: Option<&'static [&'static str]>,
    /// The fields of the other struct, once it was read.
    shared: Option<&'static [&'static str]>,
    entries: <&'a Table as IntoIterator>::IntoIter,
    value: Option<(&'a SmolStr, &'a Node)>,
    stand_ins: std::slice::Iter<'b, StandIn<'a>>,
    stand_in: Option<&'b StandIn<'a>>,
}

impl TableAccess<'_, '_> {
    /// Tells whether a key is one of the struct that is read.
    fn takes(&self, key: &str) -> bool {
        self.fields.is_none_or(|fields| key != SAME_TABLE && fields.contains(&key))
    }

    fn has_shared(&self) -> bool {
        self.fields.is_some_and(|fields| fields.contains(&SAME_TABLE))
    }
}

impl<'a: 'b, 'b, 'de> MapAccess<'de> for TableAccess<'a, 'b> {
    type Error = ReadError<'a>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError<'a>> {
        let Reader { node: table, amendments, .. } = self.reader;
        let mut entries = self.entries.clone();
        let next = entries.find(|(key, node)| !amendments.leaves_out(node) && self.takes(key));
        self.entries = entries;
        if let Some((key, node)) = next {
            self.value = Some((key, node));
            let text: StrDeserializer<'_, ReadError<'a>> = key.as_str().into_deserializer();
            return seed.deserialize(text).map(Some).map_err(|error| {
                error.at(Place::Key(node)).in_table(table).below(Segment::Key(key.clone()))
            });
        }
        let mut stand_ins = self.stand_ins.clone();
        self.stand_in =
            stand_ins.find(|stand_in| std::ptr::eq(stand_in.table, table) && self.takes(stand_in.key));
        self.stand_ins = stand_ins;
        if let Some(stand_in) = self.stand_in {
            let text: StrDeserializer<'_, ReadError<'a>> = stand_in.key.into_deserializer();
            return seed.deserialize(text).map(Some);
        }
        if !self.has_shared() {
            return Ok(None);
        }
        let Some(shared) = self.shared else {
            let text: StrDeserializer<'_, ReadError<'a>> = SAME_TABLE.into_deserializer();
            return seed.deserialize(text).map(Some);
        };
        let is_known = |key: &str| self.takes(key) || shared.contains(&key);
        let mut entries = table.as_table().into_iter().flatten();
        match entries.find(|(key, node)| !amendments.leaves_out(node) && !is_known(key)) {
            Some((key, node)) => {
                let own = self.fields.into_iter().flatten().filter(|field| **field != SAME_TABLE);
                let error = ReadError::unknown(key, shared.iter().chain(own).copied().collect());
                Err(error.at(Place::Key(node)).in_table(table).below(Segment::Key(key.clone())))
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError<'a>> {
        match (self.value.take(), self.stand_in) {
            (Some((key, node)), _) => seed
                .deserialize(self.reader.other(node))
                .map_err(|error| error.at(Place::Value(node)).below(Segment::Key(key.clone()))),
            (None, Some(stand_in)) => {
                seed.deserialize(stand_in).map_err(|_: de::value::Error| ReadError::new(Kind::StandIn))
            }
            (None, None) if self.has_shared() => {
                let taken = Cell::new([].as_slice());
                let value = seed.deserialize(Reader { taken: Some(&taken), ..self.reader });
                self.shared = Some(taken.get());
                value
            }
            (None, None) => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// A table with one key that names a variant.
struct Variant<'a, 'b> {
    name: &'a SmolStr,
    reader: Reader<'a, 'b>,
}

impl<'a: 'b, 'b, 'de> EnumAccess<'de> for Variant<'a, 'b> {
    type Error = ReadError<'a>;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError<'a>> {
        let text: StrDeserializer<'_, ReadError<'a>> = self.name.as_str().into_deserializer();
        let variant = seed.deserialize(text).map_err(|error| error.at(Place::Key(self.reader.node)))?;
        Ok((variant, self))
    }
}

impl<'a: 'b, 'b> Variant<'a, 'b> {
    fn place(&self, error: ReadError<'a>) -> ReadError<'a> {
        error.at(Place::Value(self.reader.node)).below(Segment::Key(self.name.clone()))
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
