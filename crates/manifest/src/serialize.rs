//! Serialization into [`Value`], which turns structs into manifests without a detour through text.

use std::fmt;

use serde::ser::{self, Impossible, Serialize};
use smol_str::{SmolStr, ToSmolStr};

use crate::{List, Map, Value};

/// Converts anything serializable into a [`Value`].
///
/// # Errors
/// Returns an error for a map key that is not a string, number, character or boolean.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, SerializeError> {
    value.serialize(ValueSerializer)
}

/// Why a Rust value cannot be represented in the value model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerializeError(String);

impl fmt::Display for SerializeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for SerializeError {}

impl ser::Error for SerializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Result<T = Value, E = SerializeError> = std::result::Result<T, E>;

struct ValueSerializer;

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result {
            Ok(Value::Int(value.into()))
        }
    )*};
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = SerializeError;
    type SerializeSeq = ListSerializer;
    type SerializeTuple = ListSerializer;
    type SerializeTupleStruct = ListSerializer;
    type SerializeTupleVariant = ListSerializer;
    type SerializeMap = MapSerializer;
    type SerializeStruct = MapSerializer;
    type SerializeStructVariant = MapSerializer;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32);

    fn serialize_u64(self, value: u64) -> Result {
        Ok(value.into())
    }

    fn serialize_bool(self, value: bool) -> Result {
        Ok(Value::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result {
        Ok(Value::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Result {
        Ok(Value::String(value.to_smolstr()))
    }

    fn serialize_str(self, value: &str) -> Result {
        Ok(value.into())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        Ok(Value::List(value.iter().map(|byte| Value::Int((*byte).into())).collect()))
    }

    fn serialize_none(self) -> Result {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result {
        Ok(Value::String(SmolStr::new_static(variant)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        Ok(Value::Map(Map::from_iter([(variant, to_value(value)?)])))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ListSerializer> {
        Ok(ListSerializer { variant: None, values: Vec::with_capacity(length.unwrap_or(0)) })
    }

    fn serialize_tuple(self, length: usize) -> Result<ListSerializer> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<ListSerializer> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<ListSerializer> {
        Ok(ListSerializer { variant: Some(variant), values: Vec::with_capacity(length) })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<MapSerializer> {
        Ok(MapSerializer { variant: None, entries: Vec::with_capacity(length.unwrap_or(0)), key: None })
    }

    fn serialize_struct(self, _name: &'static str, length: usize) -> Result<MapSerializer> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<MapSerializer> {
        Ok(MapSerializer { variant: Some(variant), entries: Vec::with_capacity(length), key: None })
    }
}

struct ListSerializer {
    variant: Option<&'static str>,
    values: Vec<Value>,
}

impl ListSerializer {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.values.push(to_value(value)?);
        Ok(())
    }

    fn finish(self) -> Result {
        let list = Value::List(List::from(self.values));
        Ok(match self.variant {
            Some(variant) => Value::Map(Map::from_iter([(variant, list)])),
            None => list,
        })
    }
}

macro_rules! list_serializer {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for ListSerializer {
            type Ok = Value;
            type Error = SerializeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result {
                self.finish()
            }
        }
    )*};
}

list_serializer!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

struct MapSerializer {
    variant: Option<&'static str>,
    entries: Vec<(SmolStr, Value)>,
    key: Option<SmolStr>,
}

impl MapSerializer {
    fn finish(self) -> Result {
        let map = Value::Map(self.entries.into_iter().collect());
        Ok(match self.variant {
            Some(variant) => Value::Map(Map::from_iter([(variant, map)])),
            None => map,
        })
    }
}

impl ser::SerializeMap for MapSerializer {
    type Ok = Value;
    type Error = SerializeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(key.serialize(KeySerializer)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.take().ok_or_else(|| SerializeError("a map value came before its key".into()))?;
        self.entries.push((key, to_value(value)?));
        Ok(())
    }

    fn end(self) -> Result {
        self.finish()
    }
}

macro_rules! struct_serializer {
    ($($trait:ident),*) => {$(
        impl ser::$trait for MapSerializer {
            type Ok = Value;
            type Error = SerializeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.entries.push((SmolStr::new_static(key), to_value(value)?));
                Ok(())
            }

            fn end(self) -> Result {
                self.finish()
            }
        }
    )*};
}

struct_serializer!(SerializeStruct, SerializeStructVariant);

/// Converts a map key into text.
struct KeySerializer;

macro_rules! display_keys {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<SmolStr> {
            Ok(value.to_smolstr())
        }
    )*};
}

fn bad_key<T>() -> Result<T> {
    Err(SerializeError("a map key must be a string, a number or a boolean".into()))
}

impl ser::Serializer for KeySerializer {
    type Ok = SmolStr;
    type Error = SerializeError;
    type SerializeSeq = Impossible<SmolStr, SerializeError>;
    type SerializeTuple = Impossible<SmolStr, SerializeError>;
    type SerializeTupleStruct = Impossible<SmolStr, SerializeError>;
    type SerializeTupleVariant = Impossible<SmolStr, SerializeError>;
    type SerializeMap = Impossible<SmolStr, SerializeError>;
    type SerializeStruct = Impossible<SmolStr, SerializeError>;
    type SerializeStructVariant = Impossible<SmolStr, SerializeError>;

    display_keys!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_str: &str);

    fn serialize_bytes(self, _value: &[u8]) -> Result<SmolStr> {
        bad_key()
    }

    fn serialize_none(self) -> Result<SmolStr> {
        bad_key()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<SmolStr> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<SmolStr> {
        bad_key()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<SmolStr> {
        bad_key()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<SmolStr> {
        Ok(SmolStr::new_static(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<SmolStr> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<SmolStr> {
        bad_key()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq> {
        bad_key()
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple> {
        bad_key()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct> {
        bad_key()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        bad_key()
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap> {
        bad_key()
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self::SerializeStruct> {
        bad_key()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant> {
        bad_key()
    }
}

impl Serialize for Value {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Uint(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::List(list) => serializer.collect_seq(list),
            Self::Map(map) => map.serialize(serializer),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}
