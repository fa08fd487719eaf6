//! The tables of a TOML text while it is read.

use crate::value::{ANY_MAP, List, MAP_LIST, Map, Value};

/// A table while it is read.
#[derive(Default)]
pub(super) struct Table {
    pub(super) entries: Vec<(String, Entry)>,
    /// Where the table came from decides on what may still be put into it.
    pub(super) origin: Made,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Made {
    /// A header named a table inside of it.
    #[default]
    Implicit,
    /// A header named it.
    Header,
    /// A dotted key named a key inside of it.
    Dotted,
    /// It stands between braces, and is complete.
    Inline,
}

/// What a key of a table holds.
pub(super) enum Entry {
    Value(Value),
    Table(Table),
    /// The tables of `[[name]]`.
    Tables(Vec<Table>),
}

impl Table {
    /// Returns the map that templates see.
    pub(super) fn into_map(self) -> Map {
        let entries = self.entries.into_iter().map(|(key, entry)| {
            let value = match entry {
                Entry::Value(value) => value,
                Entry::Table(table) => Value::Map(table.into_map()),
                Entry::Tables(tables) => {
                    let tables = tables.into_iter().map(|table| Value::Map(table.into_map()));
                    Value::List(List::typed(&MAP_LIST, tables.collect()))
                }
            };
            (key, value)
        });
        Map::with_entries(&ANY_MAP, entries)
    }

    /// Returns what a key holds.
    pub(super) fn get(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|(own, _)| own == key).map(|(_, entry)| entry)
    }

    /// Returns the table under a key, made where there is none.
    pub(super) fn child(&mut self, key: &str, origin: Made) -> Option<&mut Self> {
        let index = match self.entries.iter().position(|(own, _)| own == key) {
            Some(index) => index,
            None => {
                self.entries.push((key.to_owned(), Entry::Table(Self { origin, ..Self::default() })));
                self.entries.len() - 1
            }
        };
        match &mut self.entries.get_mut(index)?.1 {
            Entry::Table(table) => Some(table),
            Entry::Tables(tables) => tables.last_mut(),
            Entry::Value(_) => None,
        }
    }
}

/// Returns the table at a path of headers.
pub(super) fn open<'t>(root: &'t mut Table, path: &[String]) -> Option<&'t mut Table> {
    path.iter().try_fold(root, |table, name| table.child(name, Made::Implicit))
}
