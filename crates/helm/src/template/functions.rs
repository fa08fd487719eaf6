//! The functions that templates can call, and the methods of their values.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use super::function::{Function, prefix};

/// Functions sorted by name.
pub(crate) type Table = &'static [Function];
/// The methods of types, by the name that `%T` prints.
pub(crate) type Methods = &'static [(&'static str, Table)];

/// The functions of an engine. Constant ones stay where they are, so that creating an engine takes no time.
#[derive(Clone, Debug)]
pub(crate) struct Functions {
    /// Later tables win.
    tables: &'static [Table],
    methods: Methods,
    /// These win over all tables.
    added: BTreeMap<&'static str, Arc<Function>>,
}

/// The function behind a name.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    Stock(&'static Function),
    Added(Arc<Function>),
}

impl Deref for Named {
    type Target = Function;

    fn deref(&self) -> &Function {
        match self {
            Self::Stock(function) => function,
            Self::Added(function) => function,
        }
    }
}

impl Functions {
    pub(crate) const fn new(tables: &'static [Table], methods: Methods) -> Self {
        Self { tables, methods, added: BTreeMap::new() }
    }

    /// Adds a function, replacing one of the same name.
    pub(crate) fn add(&mut self, function: Function) {
        self.added.insert(function.name, Arc::new(function));
    }

    /// Returns all of them, sorted by name.
    pub(crate) fn all(&self) -> Vec<&Function> {
        let stock = self.tables.iter().copied().flatten();
        let all = stock.chain(self.added.values().map(Arc::as_ref)).map(|function| (function.name, function));
        all.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<Named> {
        if let Some(function) = self.added.get(name) {
            return Some(Named::Added(Arc::clone(function)));
        }
        let prefix = prefix(name.as_bytes());
        self.tables.iter().rev().find_map(|table| {
            let at = table.binary_search_by(|function| function.compare(prefix, name)).ok()?;
            table.get(at).map(Named::Stock)
        })
    }

    /// Returns a method of a type.
    pub(super) fn method(&self, type_name: &str, name: &[u8]) -> Option<&'static Function> {
        // Only named types have methods.
        if type_name.starts_with("map[") || type_name.starts_with('[') {
            return None;
        }
        let (_, methods) = self.methods.iter().find(|(named, _)| *named == type_name)?;
        methods.iter().find(|method| method.name.as_bytes() == name)
    }
}
