//! Go values as templates see them.
//!
//! A chart can tell a Go `int` from an `int64`, a missing key from an empty string and a map from a copy of it, so a
//! [`Value`] keeps all of that: numbers with their Go kind, strings of arbitrary bytes, lists and maps with their Go
//! type. Maps are shared and mutable (`set` changes the map for all holders), so a render stays on one thread. Clones
//! are cheap.

mod convert;
mod list;
mod map;
mod native;
mod text;
mod types;

use std::rc::Rc;
use std::sync::Arc;

use crate::stack::deepen;
use crate::template::FunctionError;

pub use list::List;
pub use map::Map;
pub use native::Native;
pub use text::Text;
pub(crate) use types::NODE_LIMIT;
pub use types::{
    ANY_LIST, ANY_MAP, BYTES_MAP, INT_LIST, Kind, LIST_LIST, ListType, MAP_LIST, MapType, STRING_LIST,
    STRING_MAP, Type, VALUES_MAP,
};

/// Any value in a template.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `nil`: no value, or an `interface {}` that holds none.
    #[default]
    Nil,
    /// A `nil` that is known to be an `interface {}`, like a missing map key. It only occurs inside the evaluator;
    /// functions and lists use [`Value::Nil`].
    NilInterface,
    /// `true` or `false`.
    Bool(bool),
    /// A signed integer of a Go kind: [`Kind::Int`], [`Kind::Int64`] and so on.
    Int(Kind, i64),
    /// An unsigned integer of a Go kind: [`Kind::Uint8`], [`Kind::Uint64`] and so on.
    Uint(Kind, u64),
    /// A `float64`.
    Float(f64),
    /// A `complex128`: the real and the imaginary part.
    Complex(f64, f64),
    /// A `string`.
    String(Text),
    /// A `[]uint8`.
    Bytes(Arc<[u8]>),
    /// A slice of anything else.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A Go struct, a pointer to one, or a named number.
    Native(Rc<dyn Native>),
}

impl Value {
    /// Returns a Go `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(Kind::Int, value)
    }

    /// Returns a Go `int64`.
    pub fn int64(value: i64) -> Self {
        Self::Int(Kind::Int64, value)
    }

    /// Returns a Go `string`.
    pub fn string(text: impl Into<Text>) -> Self {
        Self::String(text.into())
    }

    /// Returns a `[]interface {}`.
    pub fn list(values: Vec<Value>) -> Self {
        Self::List(List::new(values))
    }

    /// Returns a `[]string`.
    pub fn strings<T: Into<Text>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(List::strings(values))
    }

    /// Returns a struct, a pointer to one, or a named number.
    pub fn native(native: impl Native + 'static) -> Self {
        Self::Native(Rc::new(native))
    }

    /// Returns the zero value of a type.
    pub fn zero(of: Type) -> Self {
        match of {
            Type::Any | Type::Reflect | Type::Native(_) => Self::NilInterface,
            Type::Bool => Self::Bool(false),
            Type::Integer(kind) if kind.is_unsigned() => Self::Uint(kind, 0),
            Type::Integer(kind) => Self::Int(kind, 0),
            Type::Float => Self::Float(0.0),
            Type::String => Self::String(Text::default()),
            Type::Bytes => Self::Bytes([].into()),
            Type::List(list) => Self::List(List::nil(list)),
            Type::Map(map) => Self::Map(Map::nil(map)),
        }
    }

    /// Returns whether this is `nil` in an interface. Nil slices and nil maps are not.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::NilInterface)
    }

    /// Returns the string, if this is a `string`.
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the map, if this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the list, if this is a slice other than `[]uint8`.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns the boolean, if this is a `bool`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer of any signed kind, or of an unsigned kind if it fits; never a float.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(_, value) => Some(*value),
            Self::Uint(_, value) => i64::try_from(*value).ok(),
            Self::Native(native) => native.underlying()?.as_i64(),
            _ => None,
        }
    }

    /// Returns the Go kind: what `kindOf` prints.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::NilInterface => Kind::Interface,
            Self::Bool(_) => Kind::Bool,
            Self::Int(kind, _) | Self::Uint(kind, _) => *kind,
            Self::Float(_) => Kind::Float64,
            Self::Complex(..) => Kind::Complex128,
            Self::String(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Native(native) => native.kind(),
        }
    }

    /// Returns the Go type as `%T` prints it; `<nil>` for `nil`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::NilInterface => "interface {}",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => list.list_type().name,
            Self::Map(map) => map.map_type().name,
            Self::Native(native) => native.type_name(),
            other => other.kind().name(),
        }
    }

    /// Returns whether `if` considers this true.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil | Self::NilInterface => false,
            Self::Bool(value) => *value,
            Self::Int(_, value) => *value != 0,
            Self::Uint(_, value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Native(native) => native.underlying().is_none_or(|value| value.is_true()),
        }
    }

    /// Returns the length of a string in bytes, or of a list or map in elements.
    pub(crate) fn extent(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
            _ => 0,
        }
    }

    /// Compares like Go's `reflect.DeepEqual`: types count, so `1` and `1.0` differ.
    pub fn deep_equal(&self, other: &Self) -> bool {
        self.deep_compare(other).0
    }

    /// Compares like [`Value::deep_equal`] and also returns how many nodes were compared.
    pub(crate) fn deep_compare(&self, other: &Self) -> (bool, usize) {
        let mut nodes = types::NODE_LIMIT;
        (deep_equal(self, other, types::DEPTH_LIMIT, &mut nodes), types::NODE_LIMIT - nodes)
    }

    /// Checks that a copy of the value would not be too large and returns its number of nodes; what it contains in
    /// several places counts each time.
    ///
    /// A value that contains itself passes: whoever walks it has to bound the depth anyway.
    ///
    /// # Errors
    /// Fails if the value is too large.
    pub fn check_size(&self) -> Result<usize, FunctionError> {
        let mut count = 0_usize;
        let mut pending = vec![(self.clone(), 0_usize)];
        while let Some((value, depth)) = pending.pop() {
            count += 1;
            if depth > types::DEPTH_LIMIT {
                return Ok(count);
            }
            if count + pending.len() > types::NODE_LIMIT {
                return Err(FunctionError::new(format!("a value of more than {} nodes", types::NODE_LIMIT)));
            }
            match &value {
                Self::String(text) => count += text.len() / types::NODE_TEXT,
                Self::List(list) => {
                    pending.extend(list.items().iter().map(|value| (value.clone(), depth + 1)));
                }
                Self::Map(map) => {
                    pending.extend(map.entries().into_iter().map(|(_, value)| (value, depth + 1)));
                }
                _ => {}
            }
        }
        Ok(count)
    }

    /// Moves the values out of a container that has no other holder.
    fn take_children(&mut self, into: &mut Vec<Value>) {
        match self {
            Self::List(list) => list.take_children(into),
            Self::Map(map) => map.take_children(into),
            _ => {}
        }
    }
}

/// Values that nest too deeply contain themselves; what is left of them counts as equal, as in Go. Values that are
/// too large to compare count as different.
fn deep_equal(left: &Value, right: &Value, depth: usize, nodes: &mut usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    let Some(rest) = nodes.checked_sub(1) else { return false };
    *nodes = rest;
    match (left, right) {
        (left, right) if left.is_nil() || right.is_nil() => left.is_nil() && right.is_nil(),
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left_kind, left), Value::Int(right_kind, right)) => {
            left_kind == right_kind && left == right
        }
        (Value::Uint(left_kind, left), Value::Uint(right_kind, right)) => {
            left_kind == right_kind && left == right
        }
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            let alike = left.list_type().name == right.list_type().name
                && left.is_nil() == right.is_nil()
                && left.len() == right.len();
            let (left_items, right_items) = (left.items(), right.items());
            let mut pairs = left_items.iter().zip(right_items.iter());
            alike
                && (left.same(right)
                    || deepen(|| pairs.all(|(left, right)| deep_equal(left, right, depth, nodes))))
        }
        (Value::Map(left), Value::Map(right)) => {
            let alike = left.map_type().name == right.map_type().name
                && left.is_nil() == right.is_nil()
                && left.len() == right.len();
            let mut equal = |(key, value): &(Text, Value)| {
                right.get(key).is_some_and(|other| deep_equal(value, &other, depth, nodes))
            };
            alike && (left.same(right) || deepen(|| left.entries().iter().all(&mut equal)))
        }
        (Value::Native(left), Value::Native(right)) => left.equal(right.as_ref()),
        _ => false,
    }
}

/// Drops values that may nest deeper than the stack can carry.
fn dismantle(mut values: Vec<Value>) {
    while let Some(mut value) = values.pop() {
        value.take_children(&mut values);
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
