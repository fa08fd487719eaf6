//! Values of expressions, created from manifests and read after an evaluation.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aqueduct_manifest::{SmolStr, Value};
use cel::common::traits::Indexer;
use cel::common::types::{
    self, CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelMapKey, CelNull,
    CelOptional, CelString, CelTimestamp, CelType, CelUInt,
};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::context::VariableResolver;
use cel::{Env, ExecutionError};

use crate::library;
use crate::types::ExpressionType;

/// A value of an expression.
#[derive(Clone)]
pub struct Datum(pub(crate) Box<dyn Val>);

impl Datum {
    /// Creates a value from a manifest.
    pub fn new(value: &Value) -> Self {
        Self(plain(value))
    }

    /// Creates a value from a manifest with a declared type; for example, text is parsed as a time.
    ///
    /// A value that does not match its type stays unchanged.
    pub fn typed(value: &Value, of: &ExpressionType) -> Self {
        Self(typed(value, of))
    }

    /// Creates a map of values, some of which could not be computed. Reading one of these gives its error.
    pub fn lazy(entries: BTreeMap<SmolStr, Result<Datum, String>>) -> Self {
        Self(Box::new(Lazy(Arc::new(entries))))
    }

    /// Returns the value as a present optional value.
    pub fn into_optional(self) -> Self {
        Self(Box::new(CelOptional::of(self.0)))
    }

    /// Returns the absent optional value.
    pub fn none() -> Self {
        Self(Box::new(CelOptional::none()))
    }

    /// Returns the boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        self.0.downcast_ref::<CelBool>().map(|truth| *truth.inner())
    }

    /// Returns the string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        self.0.downcast_ref::<CelString<'_>>().map(CelString::inner)
    }

    /// Copies a value out of an evaluation, if it is not larger than a limit.
    pub(crate) fn of(value: &dyn Val, limit: &mut usize) -> Option<Self> {
        detach(value, limit).map(Self)
    }
}

impl fmt::Debug for Datum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The value as an expression would write it, with maps in key order.
impl fmt::Display for Datum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(&*self.0, out)
    }
}

fn plain(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(truth) => Box::new(CelBool::from(*truth)),
        Value::Int(number) => Box::new(CelInt::from(*number)),
        Value::Uint(number) => Box::new(CelUInt::from(*number)),
        Value::Float(number) => Box::new(CelDouble::from(*number)),
        Value::String(text) => Box::new(CelString::from(text.to_string())),
        Value::List(items) => Box::new(CelList::from(items.iter().map(plain).collect::<Vec<_>>())),
        Value::Map(entries) => map(entries.iter().map(|(key, value)| (key.to_string(), plain(value)))),
    }
}

fn typed(value: &Value, of: &ExpressionType) -> Box<dyn Val> {
    match (value, of) {
        (Value::Int(number), ExpressionType::Double) => Box::new(CelDouble::from(*number as f64)),
        (Value::String(text), ExpressionType::Timestamp) => {
            // A date without a time is valid, too.
            let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_string() };
            read("timestamp", &full).unwrap_or_else(|| plain(value))
        }
        (Value::String(text), ExpressionType::Duration) => {
            read("duration", text).unwrap_or_else(|| plain(value))
        }
        (Value::String(text), ExpressionType::Bytes) => {
            let bytes = library::decode_base64(text);
            bytes.map_or_else(|| plain(value), |bytes| Box::new(CelBytes::from(bytes)))
        }
        (Value::List(items), ExpressionType::List(of) | ExpressionType::Set(of)) => {
            Box::new(CelList::from(items.iter().map(|item| typed(item, of)).collect::<Vec<_>>()))
        }
        (Value::Map(entries), ExpressionType::Map(_, of)) => {
            map(entries.iter().map(|(key, value)| (key.to_string(), typed(value, of))))
        }
        (Value::Map(entries), ExpressionType::Object(fields)) => {
            map(entries.iter().flat_map(|(key, value)| {
                let names = selectors(key);
                let of = names
                    .first()
                    .and_then(|name| fields.fields.get(name.as_str()))
                    .unwrap_or(&ExpressionType::Dyn);
                let value = typed(value, of);
                names.into_iter().map(move |name| (name, value.clone()))
            }))
        }
        _ => plain(value),
    }
}

/// The reserved words of the language.
pub const KEYWORDS: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Returns the names with which expressions select a field. Kubernetes escapes what is not an identifier, and accepts
/// keywords both escaped and unescaped.
pub fn selectors(field: &str) -> Vec<String> {
    if KEYWORDS.contains(&field) {
        return vec![format!("__{field}__"), field.to_owned()];
    }
    let is_plain =
        field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !field.contains("__");
    if is_plain {
        return vec![field.to_owned()];
    }
    let escapes = [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];
    vec![escapes.iter().fold(field.to_owned(), |name, (plain, escaped)| name.replace(plain, escaped))]
}

/// Calls one of the functions that parse text.
fn read(function: &str, text: &str) -> Option<Box<dyn Val>> {
    let environment: &Env = library::environment(crate::CelDialect::Kubernetes);
    let arguments = vec![CowVal::owned(CelString::from(text.to_owned()))];
    let read = environment.find_overload(function, &arguments)?;
    read(arguments).ok().map(CowVal::into_owned)
}

#[expect(
    clippy::disallowed_types,
    reason = "the interpreter's maps are made of nothing else; they are read sorted"
)]
pub(crate) fn map<'v>(entries: impl Iterator<Item = (String, Box<dyn Val + 'v>)>) -> Box<dyn Val + 'v> {
    let entries: std::collections::HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> =
        entries.map(|(key, value)| (CelMapKey::from(key), value)).collect();
    Box::new(CelMap::from(entries))
}

/// Copies a value so that it borrows nothing; `None` if it is larger than the limit.
fn detach(value: &dyn Val, limit: &mut usize) -> Option<Box<dyn Val>> {
    *limit = limit.checked_sub(1)?;
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        *limit = limit.checked_sub(text.inner().len())?;
        return Some(Box::new(text.clone().into_static()));
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        *limit = limit.checked_sub(bytes.inner().len())?;
        return Some(Box::new(bytes.clone().into_static()));
    }
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        let items: Option<Vec<_>> = list.inner().iter().map(|item| detach(&**item, limit)).collect();
        return Some(Box::new(CelList::from(items?)));
    }
    if let Some(entries) = value.downcast_ref::<CelMap<'_>>() {
        #[expect(clippy::disallowed_types, reason = "the interpreter's maps are made of nothing else")]
        let mut copy = std::collections::HashMap::new();
        for (key, value) in entries.inner() {
            copy.insert(static_key(key), detach(&**value, limit)?);
        }
        return Some(Box::new(CelMap::from(copy)));
    }
    if let Some(optional) = value.downcast_ref::<CelOptional<'_>>() {
        let inner = match optional.inner() {
            Some(inner) => CelOptional::of(detach(inner, limit)?),
            None => CelOptional::none(),
        };
        return Some(Box::new(inner));
    }
    if let Some(lazy) = value.downcast_ref::<Lazy>() {
        return Some(Box::new(lazy.clone()));
    }
    if let Some(unknown) = value.downcast_ref::<Unknown>() {
        return Some(Box::new(unknown.clone()));
    }
    macro_rules! scalars {
        ($($of:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$of>() {
                return Some(Box::new(value.clone()));
            })*
        };
    }
    scalars!(CelBool, CelInt, CelUInt, CelDouble, CelDuration, CelTimestamp, CelType);
    if value.downcast_ref::<CelNull>().is_some() {
        return Some(Box::new(CelNull));
    }
    library::detach(value)
}

fn static_key(key: &CelMapKey<'_>) -> CelMapKey<'static> {
    match key {
        CelMapKey::Bool(key) => CelMapKey::Bool(*key),
        CelMapKey::Int(key) => CelMapKey::Int(*key),
        CelMapKey::String(key) => CelMapKey::String(key.clone().into_static()),
        CelMapKey::UInt(key) => CelMapKey::UInt(*key),
    }
}

/// Returns the entries of a map in key order.
pub(crate) fn sorted<'b, 'v>(map: &'b CelMap<'v>) -> Vec<(&'b CelMapKey<'v>, &'b (dyn Val + 'v))> {
    let mut entries: Vec<_> = map.inner().iter().map(|(key, value)| (key, &**value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

fn display(value: &dyn Val, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return write!(out, "{:?}", text.inner());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        return write!(out, "b{:?}", bytes.inner());
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return write!(out, "{}", number.inner());
    }
    if let Some(number) = value.downcast_ref::<CelUInt>() {
        return write!(out, "{}u", number.inner());
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        return write!(out, "{:?}", number.inner());
    }
    if let Some(truth) = value.downcast_ref::<CelBool>() {
        return write!(out, "{}", truth.inner());
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return out.write_str("null");
    }
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        out.write_str("[")?;
        for (place, item) in list.inner().iter().enumerate() {
            out.write_str(if place == 0 { "" } else { ", " })?;
            display(&**item, out)?;
        }
        return out.write_str("]");
    }
    if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        out.write_str("{")?;
        for (place, (key, value)) in sorted(map).into_iter().enumerate() {
            out.write_str(if place == 0 { "" } else { ", " })?;
            match key {
                CelMapKey::Bool(key) => write!(out, "{}: ", key.inner())?,
                CelMapKey::Int(key) => write!(out, "{}: ", key.inner())?,
                CelMapKey::UInt(key) => write!(out, "{}u: ", key.inner())?,
                CelMapKey::String(key) => write!(out, "{:?}: ", key.inner())?,
            }
            display(value, out)?;
        }
        return out.write_str("}");
    }
    if let Some(optional) = value.downcast_ref::<CelOptional<'_>>() {
        return match optional.inner() {
            Some(inner) => {
                out.write_str("optional.of(")?;
                display(inner, out)?;
                out.write_str(")")
            }
            None => out.write_str("optional.none()"),
        };
    }
    if let Some(of) = value.downcast_ref::<CelType>() {
        return write!(out, "type({})", of.name());
    }
    if let Some(duration) = value.downcast_ref::<CelDuration>() {
        let span = duration.inner();
        return write!(out, "duration({}s {}ns)", span.num_seconds(), span.subsec_nanos());
    }
    if let Some(time) = value.downcast_ref::<CelTimestamp>() {
        let time = time.inner();
        return write!(out, "timestamp({}s {}ns)", time.timestamp(), time.timestamp_subsec_nanos());
    }
    write!(out, "{}", value.get_type().name())
}

/// A value that only a server knows, because it depends on the request. Reading it leaves a marker.
#[derive(Clone, Debug)]
pub struct Unknown {
    touched: Arc<AtomicBool>,
}

static UNKNOWN: types::Type = types::Type::new_unspecified_type("unknown");

/// Returns the type of what only a server knows.
pub(crate) fn unknown_type() -> types::Type {
    UNKNOWN.to_owned()
}

impl Unknown {
    /// Creates a value without a marker.
    pub fn new() -> Self {
        Self { touched: Arc::new(AtomicBool::new(false)) }
    }

    /// Returns the value for expressions.
    pub fn datum(&self) -> Datum {
        Datum(Box::new(self.clone()))
    }

    /// Removes the marker, and tells whether there was one.
    pub fn take(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed)
    }

    fn touch(&self) -> ExecutionError {
        self.touched.store(true, Ordering::Relaxed);
        ExecutionError::function_error("authorizer", "only a server can tell")
    }
}

impl Default for Unknown {
    fn default() -> Self {
        Self::new()
    }
}

impl Val for Unknown {
    fn get_type(&self) -> &types::Type {
        // An operation on it fails and reads its type for the message.
        self.touched.store(true, Ordering::Relaxed);
        &UNKNOWN
    }

    fn cel_type() -> &'static types::Type {
        &UNKNOWN
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, _other: &dyn Val) -> bool {
        self.touched.store(true, Ordering::Relaxed);
        false
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Unknown {}

impl Indexer for Unknown {
    fn get<'b, 'v>(&'b self, _key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(self.touch())
    }

    fn steal<'v>(self: Box<Self>, _key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(self.touch())
    }
}

/// A map of values, some of which are errors.
#[derive(Clone, Debug)]
struct Lazy(Arc<BTreeMap<SmolStr, Result<Datum, String>>>);

impl Lazy {
    fn find(&self, key: &dyn Val) -> Result<&Datum, ExecutionError> {
        let name = key.downcast_ref::<CelString<'_>>().map_or("", CelString::inner);
        match self.0.get(name) {
            Some(Ok(datum)) => Ok(datum),
            Some(Err(error)) => Err(ExecutionError::function_error("variables", error)),
            None => Err(ExecutionError::no_such_key(name)),
        }
    }
}

impl Val for Lazy {
    fn get_type(&self) -> &types::Type {
        &types::MAP_TYPE
    }

    fn cel_type() -> &'static types::Type {
        &types::MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Lazy {}

impl Indexer for Lazy {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.find(key).map(|datum| CowVal::Borrowed(&*datum.0))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.find(key).map(|datum| datum.0.clone_as_boxed())
    }
}

/// The variables of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<SmolStr, Datum>);

impl Variables {
    /// Returns no variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<SmolStr>, datum: Datum) {
        self.0.insert(name.into(), datum);
    }

    /// Sets a variable, and returns all of them.
    #[must_use]
    pub fn with(mut self, name: impl Into<SmolStr>, datum: Datum) -> Self {
        self.set(name, datum);
        self
    }
}

impl VariableResolver for Variables {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        self.0.get(variable).map(|datum| CowVal::Borrowed(&*datum.0))
    }
}
