//! Every field of the tables that isolate tenants and control their delivery is shown by a platform in this
//! repository: by its own platform if that can need the field, otherwise by one that was migrated.
//!
//! The published schemas list the fields, and the files of the platforms show which of them are used. A field belongs
//! to its table, wherever the table is: `retry.limit` in a tenant's `[delivery]` also covers that of a component.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// The fields that no platform of this repository can need, and the page that describes each.
const TOLD: &[(&str, &str)] = &[
    // After some date the tests would find what it allows.
    ("Allowance.until", "docs/check.md"),
    // The folders are compared with their previous contents, not with a change to them.
    ("platform.review", "docs/diff.md"),
];

/// Fields that some kinds have and that migrating platforms need, and the file that shows each. In a field, `*` is
/// any name; items of lists are included.
const OF_KINDS: &[(&str, &str)] = &[
    ("init-containers.mounts", "tenants/back/ii.toml"),
    ("sidecars.arguments", "tenants/front-web/nginx-proxy-server.toml"),
    ("affinity", "tenants/crypto-exchange/app.toml"),
    ("release", "tenants/goverse-chart/goverse.toml"),
    ("value-files", "tenants/goverse-chart/goverse.toml"),
    ("policies.*.pods", "tenants/goverse-chart/goverse.toml"),
    ("links.*", "tenants/demo-kustomize-dao/site.toml"),
    ("environments.*.skip-crds", "tests/migrations/hub/tenants/platform/agent.toml"),
    ("chart-value-files", "tests/migrations/home-lab/tenants/apps/films.toml"),
    ("pod.labels", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("security-context", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("tolerations", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("volumes.*.source", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("runtime-class", "tests/migrations/home-lab/tenants/apps/weather.toml"),
];

/// Tables that contain fields of kinds, or that the review of changes reads.
const NOT_ENTERED: &[&str] = &["Components", "Defaults", "ReviewSettings"];

#[test]
fn every_field_is_shown() {
    let shown = shown();
    let told: BTreeSet<&str> = TOLD.iter().map(|(field, _)| *field).collect();
    let mut text = String::new();
    let mut missing = Vec::new();
    for field in all_fields() {
        match shown.get(&field) {
            Some(file) => {
                assert!(!told.contains(&*field), "`{field}` is shown by {file} and need not be told");
                writeln!(text, "{field}: {file}").expect("writing to text cannot fail");
            }
            None if told.contains(&*field) => {}
            None => missing.push(field),
        }
    }
    assert!(missing.is_empty(), "not shown: {missing:#?}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_not_shown_is_told() {
    let all = all_fields();
    for (field, page) in TOLD {
        let (_, name) = field.rsplit_once('.').expect("a field is that of a table");
        assert!(all.contains(*field), "there is no field `{field}`");
        assert!(text(page).contains(name), "{page} does not tell of `{field}`");
    }
}

#[test]
fn every_field_of_kinds_is_shown_where_it_is_said_to_be() {
    let schema = Schema::read("component");
    for (field, file) in OF_KINDS {
        let table: toml::Value = table(Path::new(file)).into();
        let path: Vec<&str> = field.split('.').collect();
        assert!(has(&table, &path), "{file} does not show `{field}`");
        // The file is checked against its schema when it is read; only the kind is needed here.
        let kind = table.get("kind").and_then(toml::Value::as_str).expect("the file names its kind");
        assert!(schema.definition(kind).is_some(), "there is no kind `{kind}`");
    }
}

#[test]
fn what_is_not_there_is_found() {
    let table: toml::Value =
        "a = [{ b = 1 }]\n[c.d]\ne = 2".parse::<toml::Table>().expect("it is TOML").into();
    let seen =
        ["a.b", "c.*.e", "a.c", "c.e", "*.b"].map(|field| has(&table, &field.split('.').collect::<Vec<_>>()));
    assert_eq!(seen, [true, true, false, false, true]);
    let schema = Schema::read("tenant");
    let shown = |text: &str| {
        let table = text.parse::<toml::Table>().expect("it is TOML").into();
        let mut walk = Walk::new(&schema);
        walk.table("tenant", &schema.root, Some(&table));
        walk.fields
    };
    let fields = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        shown("nobody = 1\nisolation = \"none\"\n[environments.dev.delivery]\nretry = { limit = 1 }"),
        fields(&[
            "Delivery.retry",
            "Retry.limit",
            "tenant.delivery",
            "tenant.environments",
            "tenant.isolation"
        ])
    );
}

/// Returns whether a table has a field.
fn has(value: &toml::Value, field: &[&str]) -> bool {
    let Some((name, rest)) = field.split_first() else { return true };
    match value {
        toml::Value::Array(list) => list.iter().any(|value| has(value, field)),
        toml::Value::Table(table) if *name == "*" => table.values().any(|value| has(value, rest)),
        toml::Value::Table(table) => table.get(*name).is_some_and(|value| has(value, rest)),
        _ => false,
    }
}

/// Returns all fields, each prefixed with the name of its table.
fn all_fields() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for name in ["platform", "tenant", "blueprint", "component"] {
        let schema = Schema::read(name);
        let mut walk = Walk::new(&schema);
        walk.table(name, &schema.root, None);
        fields.append(&mut walk.fields);
    }
    fields
}

/// Returns the fields that files show, each with the first file that does.
fn shown() -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    for (name, file) in files() {
        let schema = Schema::read(name);
        let table = table(&file);
        let mut walk = Walk::new(&schema);
        walk.table(name, &schema.root, Some(&table.clone().into()));
        if name == "component" {
            for environment in table.get("environments").and_then(toml::Value::as_table).into_iter().flatten()
            {
                walk.table(name, &schema.root, Some(environment.1));
            }
        }
        for field in walk.fields {
            shown.entry(field).or_insert_with(|| file.display().to_string().replace('\\', "/"));
        }
    }
    shown
}

/// Returns the files of all platforms, each after the name of its schema; those of the repository's own platform come
/// first.
fn files() -> Vec<(&'static str, PathBuf)> {
    let mut platforms = vec![PathBuf::new()];
    platforms.extend(entries(Path::new("tests/migrations")).into_iter().filter(|path| !is_file(path)));
    let mut files = Vec::new();
    for platform in platforms {
        files.push(("platform", platform.join("platform.toml")));
        files.extend(entries(&platform.join("blueprints")).into_iter().map(|file| ("blueprint", file)));
        for file in entries(&platform.join("tenants")).iter().flat_map(|tenant| entries(tenant)) {
            let schema = if file.ends_with("tenant.toml") { "tenant" } else { "component" };
            files.push((schema, file));
        }
    }
    files.retain(|(_, file)| file.extension().is_some_and(|ending| ending == "toml"));
    files
}

/// Returns the sorted files and folders in a folder of the repository.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let mut entries: Vec<PathBuf> =
        listed.into_iter().flatten().flatten().map(|entry| folder.join(entry.file_name())).collect();
    entries.sort();
    entries
}

fn is_file(path: &Path) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_file()
}

fn text(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}", path.display()))
        .expect("it is there")
}

fn table(path: &Path) -> toml::Table {
    text(path).parse().expect("it is TOML")
}

/// A published schema.
struct Schema {
    root: Json,
}

impl Schema {
    /// Reads a schema. The schema of components becomes that of the fields that all kinds have.
    fn read(name: &str) -> Self {
        let root =
            serde_json::from_str(&text(format!("docs/schemas/{name}.schema.json"))).expect("it is JSON");
        let mut schema = Self { root };
        if name == "component" {
            schema.keep_what_all_kinds_have();
        }
        schema
    }

    fn definition(&self, name: &str) -> Option<&Json> {
        self.root.get("$defs")?.get(name)
    }

    fn keep_what_all_kinds_have(&mut self) {
        let definitions = self.root["$defs"].as_object().expect("there are definitions");
        let kinds = definitions.iter().filter(|(name, _)| name.ends_with(".fields"));
        let fields = |schema: &Json| schema["properties"].as_object().expect("a kind has fields").clone();
        let of_kinds: Vec<_> = kinds.map(|(_, schema)| fields(schema)).collect();
        let (first, others) = of_kinds.split_first().expect("there are kinds");
        let mut shared = first.clone();
        shared.retain(|name, _| others.iter().all(|other| other.contains_key(name)));
        let root = self.root.as_object_mut().expect("a schema is a table");
        root.remove("allOf");
        root.insert("properties".to_owned(), shared.into());
    }
}

/// A walk through a schema, along the values of a table or through everything that is possible.
struct Walk<'a> {
    schema: &'a Schema,
    /// The fields, each prefixed with the name of its table.
    fields: BTreeSet<String>,
    /// The tables that were walked through completely.
    met: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self { schema, fields: BTreeSet::new(), met: BTreeSet::new() }
    }

    /// Records the fields of a part of the schema that belongs to the table `name`: those that a value has, or all of
    /// them.
    fn table(&mut self, name: &str, part: &'a Json, value: Option<&toml::Value>) {
        if let Some(toml::Value::Array(list)) = value {
            for value in list {
                self.table(name, part, Some(value));
            }
            return;
        }
        if let Some(pointer) = part.get("$ref").and_then(Json::as_str) {
            let target = self.schema.root.pointer(pointer.trim_start_matches('#'));
            let target = target.expect("a schema refers to what it holds");
            let inner = table_name(pointer).unwrap_or_else(|| name.to_owned());
            let is_new = value.is_some() || self.met.insert(format!("{pointer} of {inner}"));
            if is_new && !NOT_ENTERED.contains(&&*inner) {
                self.table(&inner, target, value);
            }
        }
        let properties = part.get("properties").and_then(Json::as_object);
        for (key, part) in properties.into_iter().flatten() {
            let field = format!("{name}.{key}");
            let inner = value.map(|value| value.get(key));
            if inner == Some(None) {
                continue;
            }
            self.table(&field, part, inner.flatten());
            self.fields.insert(field);
        }
        let patterns = part.get("patternProperties").and_then(Json::as_object);
        let any = patterns.into_iter().flat_map(|patterns| patterns.values());
        for part in any.chain(part.get("additionalProperties").filter(|part| part.is_object())) {
            match value {
                None => self.table(&format!("{name}.*"), part, None),
                Some(value) => {
                    let others = value.as_table().into_iter().flatten();
                    for (_, value) in
                        others.filter(|(key, _)| !properties.is_some_and(|known| known.contains_key(*key)))
                    {
                        self.table(&format!("{name}.*"), part, Some(value));
                    }
                }
            }
        }
        let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| part.get(*key)?.as_array()).flatten();
        for part in lists.chain(["then", "else", "items"].iter().filter_map(|key| part.get(*key))) {
            self.table(name, part, value);
        }
    }
}

/// Returns the name of the table that a definition describes; a definition without one extends the table that refers
/// to it. What a tenant sets for an environment are its own fields again.
fn table_name(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches("#/$defs/");
    let name = name.trim_start_matches("component.").trim_end_matches(".partial");
    match name {
        "TenantOverrides" => Some("tenant".to_owned()),
        name => (!name.starts_with('.')).then(|| name.to_owned()),
    }
}
