//! The file of every object: a name that people guess, that no other object has, and that any file system
//! holds.

use std::collections::HashMap;

use aqueduct_manifest::{Object, Value};

use crate::hash::Hash;

/// The longest file name, in bytes; room is left below the 255 of the usual file systems for what is put
/// around a path.
const NAME_LIMIT: usize = 200;

/// How much a file name says, from the shortest on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Kind and name.
    Name,
    /// The group as well, where it is not the core group.
    Group,
    /// The namespace as well, where there is one.
    Namespace,
}

/// Returns the file name of an object among objects that do not collide: `<kind>-<name>.yaml` in lower case.
///
/// Names that DNS allows stand as they are, and `:` becomes `_`; anything else becomes `_` too and is told
/// apart by a hash.
pub fn file_name(object: &Object) -> String {
    detailed_name(object, Detail::Name)
}

/// Returns the file names of the objects of one folder, in their order.
///
/// Where two objects would share a name, their groups are added, then their namespaces
/// (`role.rbac.authorization.k8s.io-web@shop.yaml`), then their numbers.
pub fn file_names(objects: &[Object]) -> Vec<String> {
    let mut details = vec![Detail::Name; objects.len()];
    let mut names: Vec<String> = objects.iter().map(file_name).collect();
    loop {
        let mut owners: HashMap<&str, usize> = HashMap::with_capacity(names.len());
        for name in &names {
            *owners.entry(name).or_default() += 1;
        }
        let shared: Vec<bool> = names.iter().map(|name| owners.get(name.as_str()) > Some(&1)).collect();
        let mut changed = false;
        for (((object, name), detail), shared) in objects.iter().zip(&mut names).zip(&mut details).zip(shared)
        {
            if shared && *detail != Detail::Namespace {
                *detail = if *detail == Detail::Name { Detail::Group } else { Detail::Namespace };
                *name = detailed_name(object, *detail);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    number(names)
}

/// Adds a number to every name that is still taken; two objects of the same key are another stage's error,
/// and must not hide one another here.
fn number(names: Vec<String>) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::with_capacity(names.len());
    names
        .into_iter()
        .map(|name| {
            let count = taken.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 { name } else { format!("{}~{count}.yaml", name.trim_end_matches(".yaml")) }
        })
        .collect()
}

fn detailed_name(object: &Object, detail: Detail) -> String {
    let mut exact = true;
    let mut name = String::new();
    // The kinds of Kubernetes differ by more than case within a group.
    push_safe(&mut name, &object.kind().to_ascii_lowercase(), &mut exact);
    if detail != Detail::Name && !object.group().is_empty() {
        name.push('.');
        push_safe(&mut name, object.group(), &mut exact);
    }
    name.push('-');
    push_safe(&mut name, given_name(object), &mut exact);
    if detail == Detail::Namespace && !object.namespace().is_empty() {
        name.push('@');
        push_safe(&mut name, object.namespace(), &mut exact);
    }
    if !exact || name.len() > NAME_LIMIT {
        let mut hash = Vec::with_capacity(64);
        let key = format!("{}\n{}\n{}", object.kind(), given_name(object), object.namespace());
        Hash::of(key.as_bytes()).write_hex(&mut hash);
        // All of it is ASCII by now.
        name.truncate(NAME_LIMIT);
        name.push('_');
        name.extend(hash.into_iter().take(8).map(char::from));
    }
    name.push_str(".yaml");
    name
}

fn given_name(object: &Object) -> &str {
    match object.name() {
        "" => object.at(&["metadata", "generateName"]).and_then(Value::as_str).unwrap_or_default(),
        name => name,
    }
}

/// Appends a text in the characters that every file system takes, and notes where that loses something.
fn push_safe(name: &mut String, text: &str, exact: &mut bool) {
    for letter in text.chars() {
        match letter {
            'a'..='z' | '0'..='9' | '-' | '.' => name.push(letter),
            // No name that DNS allows holds `_`, so this loses nothing.
            ':' => name.push('_'),
            'A'..='Z' => {
                name.push(letter.to_ascii_lowercase());
                *exact = false;
            }
            _ => {
                name.push('_');
                *exact = false;
            }
        }
    }
}
