//! The structs of all built-in kinds, by Kubernetes version.
//!
//! The test `tables` generates `tables.txt` from the published documents. It contains each struct once, followed by a
//! line for each field: its name, its shape, and the versions that have it, unless all do. The kinds come after a line
//! `=`. The structs of a version are read when the first object is checked against it.

pub(crate) mod decode;
pub(crate) mod field_type;

use std::collections::BTreeMap;
use std::sync::OnceLock;

static TEXT: &str = include_str!("tables.txt");

/// The first and the last minor version in the tables.
pub(crate) const FIRST: u32 = 25;
pub(crate) const LAST: u32 = 37;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Bool,
    Int32,
    Int64,
    Number,
    Bytes,
    Quantity,
    IntOrText,
    Time,
    MicroTime,
    Any,
    /// The schema inside a custom resource's schema, which is decoded without looking for unknown fields, or something
    /// else.
    Schema,
    /// A struct, by number.
    Struct(u16),
    /// A list; the number is its entry type.
    List(u16),
    /// A map with string keys.
    Map(u16),
}

/// The type of the entries of a list or map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) shape: Shape,
    /// The key fields of a list's entries, separated by commas; empty if the entries themselves are the keys.
    pub(crate) keys: Option<&'static str>,
}

/// The structs of one version.
#[derive(Debug)]
pub(crate) struct Schemas {
    structs: Vec<Struct>,
    entries: Vec<Entry>,
    kinds: BTreeMap<(&'static str, &'static str), u16>,
    /// The struct of [`Shape::Schema`].
    pub(crate) inner_schema: Option<u16>,
}

/// The fields of one struct, by name.
#[derive(Debug, Default)]
pub(crate) struct Struct {
    pub(crate) fields: Vec<(&'static str, Shape)>,
}

impl Struct {
    pub(crate) fn field(&self, name: &str) -> Option<Shape> {
        self.fields.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|at| self.fields[at].1)
    }
}

impl Schemas {
    /// Returns the structs of a minor version, or of the nearest known one.
    pub(crate) fn of(minor: u32) -> &'static Self {
        static VERSIONS: [OnceLock<Schemas>; (LAST - FIRST + 1) as usize] =
            [const { OnceLock::new() }; (LAST - FIRST + 1) as usize];
        let minor = minor.clamp(FIRST, LAST);
        VERSIONS[(minor - FIRST) as usize].get_or_init(|| Self::read(minor))
    }

    fn read(minor: u32) -> Self {
        let (types, kinds) = TEXT.split_once("\n=\n").unwrap_or((TEXT, ""));
        let names = types.lines().filter(|line| !line.starts_with(' '));
        let numbers: BTreeMap<&str, u16> = names.zip(0..).collect();
        let inner_schema =
            numbers.iter().find(|(name, _)| name.ends_with(".JSONSchemaProps")).map(|(_, number)| *number);
        let mut schemas =
            Self { structs: Vec::new(), entries: Vec::new(), kinds: BTreeMap::new(), inner_schema };
        let mut known = BTreeMap::new();
        for line in types.lines() {
            let Some(field) = line.strip_prefix(' ') else {
                schemas.structs.push(Struct::default());
                continue;
            };
            if let (Some((name, shape)), Some(last)) =
                (of_version(field, minor), schemas.structs.len().checked_sub(1))
            {
                let shape = schemas.shape(shape, &numbers, &mut known);
                schemas.structs[last].fields.push((name, shape));
            }
        }
        for line in kinds.lines() {
            let line = line.trim_start();
            if let Some((version, rest)) = line.split_once(' ')
                && let Some((kind, name)) = of_version(rest, minor)
                && let Some(number) = numbers.get(name)
            {
                schemas.kinds.insert((version, kind), *number);
            }
        }
        schemas
    }

    fn shape(
        &mut self,
        text: &'static str,
        numbers: &BTreeMap<&str, u16>,
        known: &mut BTreeMap<&'static str, u16>,
    ) -> Shape {
        let (first, rest) = text.split_at(text.len().min(1));
        match first {
            "s" => Shape::Text,
            "b" => Shape::Bool,
            "i" => Shape::Int32,
            "l" => Shape::Int64,
            "f" => Shape::Number,
            "B" => Shape::Bytes,
            "q" => Shape::Quantity,
            "x" => Shape::IntOrText,
            "t" => Shape::Time,
            "m" => Shape::MicroTime,
            "p" => Shape::Schema,
            "@" => numbers.get(rest).map_or(Shape::Any, |number| Shape::Struct(*number)),
            "[" => Shape::List(self.inner(rest, numbers, known)),
            "{" => Shape::Map(self.inner(rest, numbers, known)),
            _ => Shape::Any,
        }
    }

    fn inner(
        &mut self,
        text: &'static str,
        numbers: &BTreeMap<&str, u16>,
        known: &mut BTreeMap<&'static str, u16>,
    ) -> u16 {
        if let Some(number) = known.get(text) {
            return *number;
        }
        let keyed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (keys, inner) = keyed.map_or((None, text), |(keys, inner)| (Some(keys), inner));
        let shape = self.shape(inner, numbers, known);
        let number = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        self.entries.push(Entry { shape, keys });
        known.insert(text, number);
        number
    }

    /// Returns the struct of a kind.
    pub(crate) fn kind(&self, version: &str, kind: &str) -> Option<Shape> {
        self.kinds.get(&(version, kind)).map(|number| Shape::Struct(*number))
    }

    /// Returns the groups and versions that have a kind.
    pub(crate) fn versions_of(&self, kind: &str) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().filter(move |(_, known)| *known == kind).map(|(version, _)| *version)
    }

    /// Returns the kinds of a group and version.
    pub(crate) fn kinds_of(&self, version: &str) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().filter(move |(known, _)| *known == version).map(|(_, kind)| *kind)
    }

    pub(crate) fn structure(&self, number: u16) -> Option<&Struct> {
        self.structs.get(usize::from(number))
    }

    pub(crate) fn entry(&self, number: u16) -> Entry {
        let unknown = Entry { shape: Shape::Any, keys: None };
        self.entries.get(usize::from(number)).copied().unwrap_or(unknown)
    }
}

/// Tells whether any version in the tables, or an API from before them, has a group of built-in kinds.
pub(crate) fn is_built_in(group: &str) -> bool {
    static GROUPS: OnceLock<Vec<&'static str>> = OnceLock::new();
    let groups = GROUPS.get_or_init(|| {
        let (_, kinds) = TEXT.split_once("\n=\n").unwrap_or_default();
        let tables = kinds.lines().filter_map(|line| line.split_whitespace().next());
        let served = aqueduct_manifest::KUBERNETES_APIS.iter().map(|api| api.version);
        let mut groups: Vec<&str> = tables
            .chain(served)
            .map(|version| version.split_once('/').map_or("", |(group, _)| group))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    });
    groups.binary_search(&group).is_ok()
}

/// Splits `name value`, or `name value first-last` if that range includes the requested version.
fn of_version(line: &'static str, minor: u32) -> Option<(&'static str, &'static str)> {
    let mut words = line.split(' ');
    let (name, value) = (words.next()?, words.next()?);
    if let Some(span) = words.next() {
        let (first, last) = span.split_once('-')?;
        let span = first.parse().ok()?..=last.parse().ok()?;
        if !span.contains(&minor) {
            return None;
        }
    }
    Some((name, value))
}
