//! Changing one field of a file, with its comments and its layout kept.

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
    /// Its text before the change; nothing where the change makes the file.
    pub before: Option<String>,
    /// Its text after the change.
    pub after: String,
}

/// Sets a field of a component (`tenant/component`) or of a tenant (`tenant`), in all environments or in one.
///
/// The field is a TOML key: `image`, `resources.cpu`, `labels."app.kubernetes.io/name"`; a number is also a
/// position in a list. The value is text where the field is text now, else it is read as TOML, and as text
/// where it is no TOML. `image.tag` and `image.digest` change that part of the text `image`; a new tag takes
/// the digest away, for it pins the old one.
///
/// # Errors
/// A target, an environment or a field that is not there, and all that the change would break.
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
    let keys = Key::parse(field)
        .ok()
        .filter(|keys| keys.len() <= KEY_PARTS)
        .ok_or_else(|| vec![Diagnostic::error("invalid-field", format!("`{field}` is not a key of TOML"))])?;
    let file = target.file();
    let before = files.text(&file);
    if files.get(&file).is_some() {
        // A text that is no TOML cannot be changed either.
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

/// What is to be changed.
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

    /// Returns what the field is now with all layers, in the environment or in the first that has it.
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

/// Returns the image that `<image>.tag` or `<image>.digest` makes of the one that is there; `None` where the
/// keys mean no part of an image.
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

/// Reads a value as TOML; as text where the field is text, and where the value is no TOML or a date.
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

/// Puts a value at a path, with the tables on the way made where they are missing.
fn put(root: &mut Item, path: &[&str], value: Value) -> Result<(), String> {
    let Some((last, tables)) = path.split_last() else { return Err("no field was named".into()) };
    let mut item = root;
    for (depth, key) in tables.iter().enumerate() {
        let here = || path.iter().take(depth + 1).copied().collect::<Vec<_>>().join(".");
        item = step(item, key).ok_or_else(|| format!("`{}` is no table", here()))?;
    }
    let place = step(item, last).ok_or_else(|| format!("`{}` is no table", tables.join(".")))?;
    match place {
        Item::Table(table) if table.is_implicit() && table.is_empty() => *place = Item::Value(value),
        Item::Table(_) | Item::ArrayOfTables(_) => {
            return Err(format!("`{}` is a table: one of its keys can be set", path.join(".")));
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

/// Returns the item under a key or at a position, made as a table where it is missing.
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

/// Returns the errors that were not there before a file had its new text.
fn breaks(
    files: &Files,
    before: &[Diagnostic],
    platform: &Platform,
    file: &str,
    after: &str,
) -> Vec<Diagnostic> {
    // Whether a kind exists is for those to say who know the kinds.
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
    // Lines move, so that what an error says is what it is known by.
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
    // The new text is not on the disk, so that no line of it can be pointed at.
    for label in broken.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
        if *label.place.file == *file {
            label.place.span = None;
        }
    }
    broken
}
