//! Changes one field of a file and keeps its comments and layout.

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Files, SmolStr};
use toml_edit::{DocumentMut, Item, Key, Table, TableLike, TomlError, Value};

use crate::document::{self, KEY_PARTS, overlong_key};
use crate::load::load;
use crate::node::{Content, Layer, Node};
use crate::platform::{Platform, Selection};
use crate::resolve::{effective, resolve};
use crate::tenant::Tenant;
use crate::types::{Image, Invalid, Name};

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEdit {
    /// The file, relative to the platform's folder.
    pub file: Arc<str>,
    /// Its text before the change; `None` if the change creates the file.
    pub before: Option<String>,
    /// Its text after the change.
    pub after: String,
}

/// Sets a field of a component (`tenant/component`) or a tenant (`tenant`), in all environments or in one.
///
/// The field is a TOML key: `image`, `resources.cpu`, `labels."app.kubernetes.io/name"`; a number can also be an
/// index in a list. The value is a string if the field is one now. Otherwise it is parsed as TOML, or used as a
/// string if it is not valid TOML. `image.tag` and `image.digest` change that part of the string `image`. A new tag
/// removes the digest, which pins the old one.
///
/// # Errors
/// Returns an error if the target, environment or field does not exist, and all errors that the change would cause.
pub fn set(
    files: &Files,
    target: &str,
    field: &str,
    value: &str,
    environment: Option<&str>,
) -> Result<FileEdit, Vec<Diagnostic>> {
    let loaded = load(files);
    let target = Target::find(&loaded.platform, target).map_err(|error| vec![error])?;
    if let Some(environment) = environment {
        check_environment(&loaded.platform, target.tenant, environment).map_err(|error| vec![error])?;
    }
    let keys = Key::parse(field).ok().filter(|keys| keys.len() <= KEY_PARTS).ok_or_else(|| {
        vec![Diagnostic::error("invalid-field", format!("`{field}` is not a valid TOML key"))]
    })?;
    let file = target.file();
    let before = files.text(&file);
    if files.get(&file).is_some() {
        // A file that is not valid TOML cannot be changed either.
        let mut errors = Vec::new();
        document::read(files, &file, Layer::Component, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    let mut document: DocumentMut = before.unwrap_or_default().parse().map_err(|error: TomlError| {
        let message = format!("invalid TOML: {}", error.message());
        vec![Diagnostic::error("toml-syntax", message).at(file.as_str(), error.span().map(Into::into), "")]
    })?;
    let mut path: Vec<&str> = Vec::new();
    if let Some(environment) = environment {
        path.extend(["environments", environment]);
    }
    let keys: Vec<&str> = keys.iter().map(Key::get).collect();
    let text_at = |keys: &[&str]| match get(document.as_item(), &[&path, keys].concat()) {
        Some(item) => item.as_str().map(str::to_owned),
        None => match target.effective(&loaded.platform, environment, keys)?.content {
            Content::String(text) => Some(text.to_string()),
            _ => None,
        },
    };
    let image = image_with(&keys, value, text_at)
        .map_err(|message| vec![Diagnostic::error("invalid-field", message).at(file.as_str(), None, "")])?;
    let (keys, value, is_text) = match (&image, keys.as_slice()) {
        (Some(image), [keys @ .., _]) => (keys, image.as_str(), true),
        (_, keys) => (keys, value, text_at(keys).is_some()),
    };
    path.extend(keys);
    put(document.as_item_mut(), &path, typed(value, is_text))
        .map_err(|message| vec![Diagnostic::error("invalid-field", message).at(file.as_str(), None, "")])?;
    let after = document.to_string();
    let broken = breaks(files, &loaded.diagnostics, &loaded.platform, &file, &after);
    if broken.is_empty() {
        Ok(FileEdit { file: file.into(), before: before.map(str::to_owned), after })
    } else {
        Err(broken)
    }
}

/// What to change.
struct Target<'a> {
    tenant: &'a Tenant,
    component: Option<Name>,
}

impl<'a> Target<'a> {
    fn find(platform: &'a Platform, target: &str) -> Result<Self, Diagnostic> {
        let (tenant_name, component_name) = match target.split_once('/') {
            Some((tenant, component)) => (tenant, Some(component)),
            None => (target, None),
        };
        let tenant = platform.tenants.get(tenant_name).ok_or_else(|| {
            Diagnostic::error("unknown-tenant", format!("there is no tenant `{tenant_name}`"))
                .did_you_mean(tenant_name, platform.tenants.keys().map(Name::as_str))
        })?;
        let Some(component_name) = component_name else { return Ok(Self { tenant, component: None }) };
        let known: BTreeSet<&Name> = tenant.components.keys().chain(&tenant.declared).collect();
        match known.iter().find(|name| name.as_str() == component_name) {
            Some(name) => Ok(Self { tenant, component: Some((*name).clone()) }),
            None => {
                let message = format!("tenant `{tenant_name}` has no component `{component_name}`");
                let names = known.iter().map(|name| name.as_str());
                Err(Diagnostic::error("unknown-component", message).did_you_mean(component_name, names))
            }
        }
    }

    fn file(&self) -> String {
        match &self.component {
            Some(component) => format!("tenants/{}/{component}.toml", self.tenant.name),
            None => self.tenant.file.to_string(),
        }
    }

    /// Returns the current value of the field with all layers, in the environment or in the first one that has it.
    fn effective(&self, platform: &Platform, environment: Option<&str>, keys: &[&str]) -> Option<Node> {
        let component = self.tenant.components.get(self.component.as_ref()?)?;
        platform
            .tenancies
            .iter()
            .filter(|((name, tenant), _)| {
                *tenant == self.tenant.name
                    && environment.is_none_or(|environment| name.as_str() == environment)
            })
            .find_map(|(_, tenancy)| effective(platform, tenancy, component).find(keys).cloned())
    }
}

/// Returns the image with a new `<image>.tag` or `<image>.digest`; `None` if the keys do not refer to a part of an
/// image.
fn image_with(
    keys: &[&str],
    value: &str,
    text_at: impl Fn(&[&str]) -> Option<String>,
) -> Result<Option<String>, String> {
    let [field @ .., part @ ("tag" | "digest")] = keys else { return Ok(None) };
    if !field.last().is_some_and(|name| *name == "image" || name.ends_with("-image")) {
        return Ok(None);
    }
    let Some(text) = text_at(field) else { return Ok(None) };
    let image: Image = text.parse().map_err(|error: Invalid| error.to_string())?;
    let changed = match *part {
        "tag" => image.with_tag(value),
        _ => image.with_digest(value),
    };
    changed.map(|image| Some(image.to_string())).map_err(|error| error.to_string())
}

fn check_environment(platform: &Platform, tenant: &Tenant, environment: &str) -> Result<(), Diagnostic> {
    if !platform.declared_environments.contains(environment) {
        let names = platform.declared_environments.iter().map(Name::as_str);
        return Err(Diagnostic::error(
            "unknown-environment",
            format!("the platform has no environment `{environment}`"),
        )
        .did_you_mean(environment, names));
    }
    if tenant.sound && !tenant.environments.iter().any(|name| name.as_str() == environment) {
        let message = format!("tenant `{}` is not in environment `{environment}`", tenant.name);
        return Err(Diagnostic::error("absent-environment", message).at(tenant.file.clone(), None, ""));
    }
    Ok(())
}

/// Parses a value as TOML, or as a string if the field is one now, or if the value is a date or not valid TOML.
fn typed(value: &str, is_text: bool) -> Value {
    if is_text || overlong_key(value).is_some() {
        return Value::from(value);
    }
    match value.parse::<Value>() {
        Ok(parsed) if !parsed.is_datetime() => parsed,
        _ => Value::from(value),
    }
}

fn get<'i>(item: &'i Item, path: &[&str]) -> Option<&'i Item> {
    path.iter().try_fold(item, |item, key| match item {
        Item::ArrayOfTables(_) | Item::Value(Value::Array(_)) => item.get(key.parse::<usize>().ok()?),
        _ => item.as_table_like()?.get(key),
    })
}

/// Sets the value at a path, and creates missing tables on the way.
fn put(root: &mut Item, path: &[&str], value: Value) -> Result<(), String> {
    let Some((last, tables)) = path.split_last() else { return Err("no field given".into()) };
    let mut item = root;
    for (depth, key) in tables.iter().enumerate() {
        let here = || path.iter().take(depth + 1).copied().collect::<Vec<_>>().join(".");
        item = step(item, key).ok_or_else(|| format!("`{}` is not a table", here()))?;
    }
    let place = step(item, last).ok_or_else(|| format!("`{}` is not a table", tables.join(".")))?;
    match place {
        Item::Table(table) if table.is_implicit() && table.is_empty() => *place = Item::Value(value),
        Item::Table(_) | Item::ArrayOfTables(_) => {
            return Err(format!("`{}` is a table: set one of its keys", path.join(".")));
        }
        Item::Value(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        Item::None => *place = Item::Value(value),
    }
    Ok(())
}

/// Returns the item under a key or at an index, and creates a missing one as a table.
fn step<'i>(item: &'i mut Item, key: &str) -> Option<&'i mut Item> {
    match item {
        Item::ArrayOfTables(_) | Item::Value(Value::Array(_)) => item.get_mut(key.parse::<usize>().ok()?),
        Item::Table(table) => Some(table.entry(key).or_insert_with(|| {
            let mut new = Table::new();
            new.set_implicit(true);
            Item::Table(new)
        })),
        Item::Value(Value::InlineTable(table)) => {
            let table: &mut dyn TableLike = table;
            Some(table.entry(key).or_insert(Item::None))
        }
        _ => None,
    }
}

/// Returns the errors that the new text of a file causes.
fn breaks(
    files: &Files,
    before: &[Diagnostic],
    platform: &Platform,
    file: &str,
    after: &str,
) -> Vec<Diagnostic> {
    // The kinds are not known here, so unknown ones are not reported.
    let kinds = |platform: &Platform| -> BTreeSet<SmolStr> {
        platform
            .tenants
            .values()
            .flat_map(|tenant| tenant.components.values())
            .map(|it| it.kind.clone())
            .collect()
    };
    let all = |platform: &Platform| {
        let kinds = kinds(platform);
        let kinds: Vec<&str> = kinds.iter().map(SmolStr::as_str).collect();
        resolve(platform, &kinds, &Selection::default()).diagnostics
    };
    // Lines move, so errors are compared by their message.
    let known: BTreeSet<(&str, String)> = before
        .iter()
        .map(|diagnostic| (diagnostic.code, diagnostic.message.clone()))
        .chain(all(platform).into_iter().map(|diagnostic| (diagnostic.code, diagnostic.message)))
        .collect();
    let mut changed = files.clone();
    changed.insert(file, after.as_bytes());
    let loaded = load(&changed);
    let resolved = all(&loaded.platform);
    let mut broken: Vec<Diagnostic> = loaded
        .diagnostics
        .into_iter()
        .chain(resolved)
        .filter(|diagnostic| {
            diagnostic.is_error() && !known.contains(&(diagnostic.code, diagnostic.message.clone()))
        })
        .collect();
    // The new text is not on the disk, so the errors cannot point to its lines.
    for label in broken.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
        if *label.place.file == *file {
            label.place.span = None;
        }
    }
    broken
}
