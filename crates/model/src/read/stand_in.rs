//! A value for a key that is missing, so that reading goes on and finds what else is missing.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};

use crate::node::Node;

/// A missing key, and the sample that stands in for its value.
#[derive(Debug)]
pub(super) struct StandIn<'a> {
    pub(super) table: &'a Node,
    pub(super) key: &'static str,
    sample: usize,
}

/// Scalars of which one or the other is a valid value of most types.
const SAMPLES: &[Sample] = &[
    Sample::Text("1"),
    Sample::Integer(1),
    Sample::Text("a/b"),
    Sample::Text("@daily"),
    Sample::Text("1s"),
    Sample::Text("https://a"),
    Sample::Text("a"),
    Sample::Text("/"),
    Sample::Text("10.0.0.0/8"),
    Sample::Text("1.33"),
    Sample::Text("v1"),
];

#[derive(Clone, Copy, Debug)]
enum Sample {
    Text(&'static str),
    Integer(i64),
}

impl<'a> StandIn<'a> {
    pub(super) fn new(table: &'a Node, key: &'static str) -> Self {
        Self { table, key, sample: 0 }
    }

    /// Takes the next sample, and tells whether there was one.
    pub(super) fn change(&mut self) -> bool {
        self.sample += 1;
        self.sample < SAMPLES.len()
    }

    fn visit_sample<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match SAMPLES.get(self.sample) {
            Some(Sample::Text(text)) => visitor.visit_str(text),
            Some(Sample::Integer(value)) => visitor.visit_i64(*value),
            None => visitor.visit_unit(),
        }
    }
}

macro_rules! constant {
    ($($method:ident => $visit:ident($($value:expr)?)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit($($value)?)
        }
    )*};
}

/// The fields of a missing table are missing too.
impl IntoDeserializer<'_, Error> for &StandIn<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &StandIn<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_sample(visitor)
    }

    constant! {
        deserialize_bool => visit_bool(true),
        deserialize_string => visit_str("a"),
        deserialize_str => visit_str("a"),
        deserialize_char => visit_char('a'),
        deserialize_f32 => visit_f64(1.0),
        deserialize_f64 => visit_f64(1.0),
        deserialize_unit => visit_unit(),
        deserialize_seq => visit_seq(SeqDeserializer::<_, Error>::new(std::iter::empty::<&str>())),
        deserialize_map => visit_map(MapDeserializer::<_, Error>::new(std::iter::empty::<(&str, &str)>())),
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(StrDeserializer::new(variants.get(self.sample).copied().unwrap_or_default()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(fields.iter().map(|field| (*field, self))))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 bytes byte_buf
        unit_struct tuple tuple_struct identifier ignored_any
    }
}
