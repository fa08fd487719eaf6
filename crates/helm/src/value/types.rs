//! The Go kinds and types that templates can see and that functions require of their arguments.

/// How deep values may nest before they are taken to contain themselves.
pub(super) const DEPTH_LIMIT: usize = 1000;
/// How many nodes a value may have; what it contains in several places counts each time.
pub(crate) const NODE_LIMIT: usize = 1_000_000;
/// How many bytes of a string count as one more node.
pub(super) const NODE_TEXT: usize = 256;

/// A Go kind: what a type is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Go's own")]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float64,
    Complex128,
    String,
    Slice,
    Map,
    Pointer,
    Struct,
    Interface,
}

impl Kind {
    /// Returns the name as Go prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Struct => "struct",
            Self::Interface => "interface",
        }
    }
}

impl Kind {
    /// Returns whether this is an unsigned integer.
    pub fn is_unsigned(self) -> bool {
        matches!(self, Self::Uint | Self::Uint8 | Self::Uint16 | Self::Uint32 | Self::Uint64)
    }
}

/// A Go slice type.
#[derive(Debug)]
pub struct ListType {
    /// The name that `%T` prints.
    pub name: &'static str,
    /// The type of the elements.
    pub element: Type,
}

/// A Go map type with string keys.
#[derive(Debug)]
pub struct MapType {
    /// The name that `%T` prints.
    pub name: &'static str,
    /// The type of the elements.
    pub element: Type,
}

/// `[]interface {}`.
pub static ANY_LIST: ListType = ListType { name: "[]interface {}", element: Type::Any };
/// `[]string`.
pub static STRING_LIST: ListType = ListType { name: "[]string", element: Type::String };
/// `[]int`.
pub static INT_LIST: ListType = ListType { name: "[]int", element: Type::Integer(Kind::Int) };
/// `[][]interface {}`.
pub static LIST_LIST: ListType = ListType { name: "[][]interface {}", element: Type::List(&ANY_LIST) };
/// `[]map[string]interface {}`.
pub static MAP_LIST: ListType = ListType { name: "[]map[string]interface {}", element: Type::Map(&ANY_MAP) };
/// `map[string]interface {}`.
pub static ANY_MAP: MapType = MapType { name: "map[string]interface {}", element: Type::Any };
/// `map[string]string`.
pub static STRING_MAP: MapType = MapType { name: "map[string]string", element: Type::String };
/// `common.Values`, the type of `.Values`, of the root and of `.Template`.
pub static VALUES_MAP: MapType = MapType { name: "common.Values", element: Type::Any };
/// `map[string][]uint8`.
pub static BYTES_MAP: MapType = MapType { name: "map[string][]uint8", element: Type::Bytes };

/// A Go type of a parameter or element.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `interface {}`.
    Any,
    /// `bool`.
    Bool,
    /// An integer kind, signed or unsigned.
    Integer(Kind),
    /// `float64`.
    Float,
    /// `string`.
    String,
    /// `[]uint8`.
    Bytes,
    /// A slice type.
    List(&'static ListType),
    /// A map type.
    Map(&'static MapType),
    /// Go's `reflect.Value`: any value, not unwrapped; a missing one is refused.
    Reflect,
    /// A struct, pointer or named number, by the name that `%T` prints.
    Native(&'static str),
}

impl Type {
    /// Go's `int`.
    pub const INT: Self = Self::Integer(Kind::Int);
    /// Go's `int64`.
    pub const INT64: Self = Self::Integer(Kind::Int64);
    /// `[]interface {}`.
    pub const LIST: Self = Self::List(&ANY_LIST);
    /// `[]string`.
    pub const STRINGS: Self = Self::List(&STRING_LIST);
    /// `map[string]interface {}`.
    pub const MAP: Self = Self::Map(&ANY_MAP);

    /// Returns the name as Go prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Integer(kind) => kind.name(),
            Self::Float => "float64",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::List(list) => list.name,
            Self::Map(map) => map.name,
            Self::Reflect => "reflect.Value",
            Self::Native(name) => name,
        }
    }
}
