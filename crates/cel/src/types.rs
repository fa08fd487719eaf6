//! The types of expressions, and the names that an expression may use.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

/// The type of an expression, as far as it is known statically.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionType {
    /// Known only at run time.
    Dyn,
    /// `null`.
    Null,
    /// A boolean.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// An unsigned 64-bit integer.
    Uint,
    /// A floating-point number.
    Double,
    /// A string.
    String,
    /// Bytes.
    Bytes,
    /// A timestamp.
    Timestamp,
    /// A duration.
    Duration,
    /// A list of one type.
    List(Arc<ExpressionType>),
    /// A list whose order does not matter: two are equal if they have the same items.
    Set(Arc<ExpressionType>),
    /// A map of one type to another.
    Map(Arc<ExpressionType>, Arc<ExpressionType>),
    /// A value that may be absent.
    Optional(Arc<ExpressionType>),
    /// The type of a type.
    Type,
    /// A map with known fields.
    Object(Arc<Fields>),
    /// A type that only functions can use, such as `kubernetes.Quantity`.
    Opaque(&'static str),
    /// Anything, in a signature; the same letter means the same type.
    Parameter(char),
}

/// The fields of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// The name of the type in messages.
    pub name: String,
    /// Each field with its type.
    pub fields: BTreeMap<SmolStr, ExpressionType>,
}

impl ExpressionType {
    /// Returns the type of a list.
    pub fn list(of: ExpressionType) -> Self {
        Self::List(Arc::new(of))
    }

    /// Returns the type of a list whose order does not matter.
    pub fn set(of: ExpressionType) -> Self {
        Self::Set(Arc::new(of))
    }

    /// Returns the type of a map.
    pub fn map(from: ExpressionType, to: ExpressionType) -> Self {
        Self::Map(Arc::new(from), Arc::new(to))
    }

    /// Returns the type of an optional value.
    pub fn optional(of: ExpressionType) -> Self {
        Self::Optional(Arc::new(of))
    }

    /// Returns the type of an object.
    pub fn object<N: Into<SmolStr>>(
        name: &str,
        fields: impl IntoIterator<Item = (N, ExpressionType)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, of)| (name.into(), of)).collect();
        Self::Object(Arc::new(Fields { name: name.to_owned(), fields }))
    }
}

impl fmt::Display for ExpressionType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => out.write_str("dyn"),
            Self::Null => out.write_str("null"),
            Self::Bool => out.write_str("bool"),
            Self::Int => out.write_str("int"),
            Self::Uint => out.write_str("uint"),
            Self::Double => out.write_str("double"),
            Self::String => out.write_str("string"),
            Self::Bytes => out.write_str("bytes"),
            Self::Timestamp => out.write_str("timestamp"),
            Self::Duration => out.write_str("duration"),
            Self::List(of) | Self::Set(of) => write!(out, "list({of})"),
            Self::Map(from, to) => write!(out, "map({from}, {to})"),
            Self::Optional(of) => write!(out, "optional_type({of})"),
            Self::Type => out.write_str("type"),
            Self::Object(fields) => out.write_str(&fields.name),
            Self::Opaque(name) => out.write_str(name),
            Self::Parameter(letter) => write!(out, "{letter}"),
        }
    }
}

/// Which functions exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CelDialect {
    /// Those of Kubernetes.
    #[default]
    Kubernetes,
    /// Those of the language with all its extensions, without static checks.
    Unchecked,
}

/// The names that an expression may use: variables with their types, and functions.
#[derive(Clone, Debug, Default)]
pub struct ExpressionScope {
    pub(crate) dialect: CelDialect,
    pub(crate) variables: BTreeMap<SmolStr, ExpressionType>,
}

impl ExpressionScope {
    /// Returns a scope without variables.
    pub fn new(dialect: CelDialect) -> Self {
        Self { dialect, variables: BTreeMap::new() }
    }

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: impl Into<SmolStr>, of: ExpressionType) -> Self {
        self.variables.insert(name.into(), of);
        self
    }
}
