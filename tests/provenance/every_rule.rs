//! Every rule broken with every kind that can break it, and where each finding points.
//!
//! A kind can break a rule where it renders an object that the rule is about. Which objects these are stands in
//! `rules.toml`, each with a mistake to make in it; which kinds render them is seen from the components of `kinds.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use aqueduct::{Compilation, Files, Object, Selection, Value, compile, stock};
use aqueduct_manifest::{Span, yaml};
use serde::Deserialize;
use toml::Table;

use crate::bridge::Bridge;
use crate::every_kind::FOREIGN;

/// A mistake that breaks a rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Mistake {
    rule: String,
    /// The objects that it can be made in, of which the first that a component renders is taken: a kind, perhaps with a
    /// name, `pods` for what has pods, `known` for what a server knows by itself, `namespaced`, `any`; after `tenant/`
    /// what the tenant gets for its components.
    of: Vec<String>,
    /// The field that a component must know.
    #[serde(default)]
    has: String,
    /// Whether it takes a tenant like others: the one of Argo CD is a system tenant, in whose namespace a cluster makes
    /// more than is rendered.
    #[serde(default)]
    ordinary: bool,
    /// Why nothing is found though it is made; empty where something is.
    #[serde(default)]
    silent: String,
    /// The components that cannot make it for a reason of their own.
    #[serde(default)]
    spares: Vec<String>,
    /// What the component says instead.
    #[serde(default)]
    fields: Table,
    /// A patch of the object.
    #[serde(default)]
    merge: Table,
    /// A patch of its pods.
    #[serde(default)]
    pod: Table,
    /// A patch of the object as operations.
    #[serde(default)]
    operations: Vec<Table>,
    /// What the tenant says instead.
    #[serde(default)]
    tenant: Table,
    /// What the platform says instead.
    #[serde(default)]
    platform: Table,
    /// More files.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

const PODS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// What every tenant says.
const TENANT: &str = r#"
owners = ["team"]
pod-security = "privileged"
delivery.cluster-kinds = ["*/*"]
"#;

/// What every component of a kind with this field says.
const RESOURCES: &str =
    "requests = { cpu = \"100m\", memory = \"1Gi\" }\nlimits = { cpu = \"1\", memory = \"1Gi\" }\n";

/// The files of a tenant by their paths.
type Tenant = Vec<(String, Vec<u8>)>;

fn table(text: &str) -> Table {
    text.parse().expect("the text is TOML")
}

/// Returns the components of a file by their names.
fn components(text: &str) -> Vec<(String, Table)> {
    let tables = table(text).into_iter();
    tables.map(|(name, fields)| (name, fields.as_table().expect("a component is a table").clone())).collect()
}

fn kinds() -> Vec<(String, Table)> {
    components(include_str!("kinds.toml"))
}

fn mistakes() -> Vec<Mistake> {
    toml::from_str::<Mistakes>(include_str!("rules.toml")).expect("the mistakes are TOML").mistake
}

fn written(table: &Table) -> String {
    toml::to_string(table).expect("a table can be written")
}

/// Lays a table over another one.
fn lay(under: &mut Table, over: &Table) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => lay(under, over),
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

fn kind(component: &Table) -> &str {
    component["kind"].as_str().expect("a component has a kind")
}

/// Tells whether components of a kind have a field.
fn knows(kind: &str, field: &str) -> bool {
    static FIELDS: LazyLock<BTreeSet<(&str, String)>> = LazyLock::new(|| {
        let registry = stock().with::<Bridge>();
        let fields = registry.kinds().iter().flat_map(|kind| {
            let schema = serde_json::Value::from((kind.schema)());
            let fields = schema["properties"].as_object().expect("the fields of a kind are a table").keys();
            fields.map(|field| (kind.name, field.clone())).collect::<Vec<_>>()
        });
        fields.collect()
    });
    FIELDS.contains(&(kind, field.to_owned()))
}

/// Returns a component with the resources that it has to ask for.
fn component(fields: &Table) -> Table {
    let mut whole = Table::new();
    let kind = kind(fields);
    if knows(kind, "resources") && kind != "argocd" {
        whole.insert("resources".to_owned(), table(RESOURCES).into());
    }
    lay(&mut whole, fields);
    whole
}

/// Returns the files of a tenant with a component of a kind, and of what that names.
fn tenant(name: &str, own: &Table, said: &Table) -> Tenant {
    let own = component(own);
    let mut whole = table(TENANT);
    // Only a system tenant may have the namespace of Argo CD.
    if name == "argocd" {
        whole.insert("system".to_owned(), true.into());
    }
    lay(&mut whole, said);
    let text = own.to_string();
    let beside = components(include_str!("neighbours.toml")).into_iter();
    let beside = beside.filter(|(name, _)| text.contains(&format!("\"{name}")));
    let all = [("tenant".to_owned(), whole), ("own".to_owned(), own)].into_iter();
    all.chain(beside.map(|(name, fields)| (name, component(&fields))))
        .map(|(file, table)| (format!("tenants/of-{name}/{file}.toml"), written(&table).into_bytes()))
        .collect()
}

fn platform(said: &Table, tenants: impl IntoIterator<Item = Tenant>) -> Files {
    let mut whole = table(include_str!("platform.toml"));
    lay(&mut whole, said);
    let mut files = Files::new();
    files.insert("platform.toml", written(&whole).into_bytes());
    files.insert("definitions.yaml", include_bytes!("definitions.yaml").as_slice());
    for (name, fields) in components(include_str!("another.toml")) {
        files.insert(format!("tenants/another/{name}.toml"), written(&fields).into_bytes());
    }
    tenants.into_iter().flatten().for_each(|(path, bytes)| files.insert(path, bytes));
    files
}

fn compiled(files: &Files) -> Compilation {
    compile(files, &stock().with::<Bridge>(), &Selection::default())
}

/// Returns a platform with a component of each kind that has no mistake.
fn faultless() -> Files {
    platform(&Table::new(), kinds().iter().map(|(kind, own)| tenant(kind, own, &Table::new())))
}

#[test]
fn without_a_mistake_nothing_is_found() {
    let files = faultless();
    assert_eq!(aqueduct::report(&compiled(&files).diagnostics, &files, false), "");
}

/// An object of a tenant, and whether its component renders it.
struct Made {
    object: Object,
    is_own: bool,
}

/// Returns what each kind renders.
fn made() -> BTreeMap<String, Vec<Made>> {
    let mut made: BTreeMap<String, Vec<Made>> = BTreeMap::new();
    for (_, path, bytes) in compiled(&faultless()).tree.iter() {
        let mut parts = path.split('/');
        let (kind, component) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if ["own", "tenant"].contains(&component) {
            let text = std::str::from_utf8(bytes).expect("the output is text");
            let value = yaml::read(text).expect("the output is YAML");
            let object = Object::new(value.as_map().expect("an object is a map").clone());
            made.entry(kind.trim_start_matches("of-").to_owned())
                .or_default()
                .push(Made { object, is_own: component == "own" });
        }
    }
    made
}

impl Mistake {
    /// Returns the object of a component in which the mistake can be made.
    fn place<'a>(&self, name: &str, own: &Table, made: &'a [Made]) -> Option<&'a Made> {
        let kind = kind(own);
        let is_spared = self.ordinary && kind == "argocd" || self.spares.iter().any(|spared| spared == name);
        let is_able = !is_spared && (self.has.is_empty() || knows(kind, &self.has));
        self.of.iter().filter(|_| is_able).find_map(|of| {
            let (is_own, of) = of.strip_prefix("tenant/").map_or((true, of.as_str()), |of| (false, of));
            made.iter().filter(|made| made.is_own == is_own).find(|made| match of {
                "any" => true,
                "known" => {
                    made.object.group().split_once('.').is_none_or(|(_, rest)| rest.ends_with("k8s.io"))
                }
                "namespaced" => !made.object.namespace().is_empty(),
                "pods" => PODS.contains(&made.object.kind()),
                of => match of.split_once(' ') {
                    Some(of) => of == (made.object.kind(), made.object.name()),
                    None => of == made.object.kind(),
                },
            })
        })
    }

    /// Returns a tenant whose component has the mistake.
    fn tenant(&self, name: &str, own: &Table, made: &[Made], Made { object, is_own }: &Made) -> Tenant {
        let pod: &[&str] = match object.kind() {
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        };
        let container = object.at(&[pod, &["containers"]].concat()).and_then(Value::as_list);
        let container = container.and_then(|list| list.first()?.get("name")?.as_str()).unwrap_or_default();
        let resource = format!("{}s", object.kind().to_lowercase().trim_end_matches('s'));
        let resource = match object.group() {
            "" => resource,
            group => format!("{resource}.{group}"),
        };
        let fill = |text: &str| {
            let names = [
                ("{tenant}", format!("of-{name}")),
                ("{object}", object.kind().to_owned()),
                ("{name}", object.name().to_owned()),
                ("{version}", object.api_version().to_owned()),
                ("{container}", container.to_owned()),
                ("{pod}", pod.join("/")),
                ("{resource}", resource.clone()),
            ];
            names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let pods = |table: &Table| {
            pod.iter()
                .rev()
                .fold(table.clone(), |inner, key| Table::from_iter([((*key).to_owned(), inner.into())]))
        };
        let mut patch = Table::new();
        if !self.operations.is_empty() {
            patch.insert("operations".to_owned(), self.operations.clone().into());
        } else if !self.pod.is_empty() || !self.merge.is_empty() {
            let merge = if self.pod.is_empty() { self.merge.clone() } else { pods(&self.pod) };
            patch.insert("merge".to_owned(), merge.into());
        }
        let (mut own, mut said) = (own.clone(), self.tenant.clone());
        lay(&mut own, &self.fields);
        if !patch.is_empty() {
            let is_alone = made.iter().filter(|other| other.object.kind() == object.kind()).count() == 1;
            let target =
                if is_alone { "kind = \"{object}\"" } else { "kind = \"{object}\"\nname = \"{name}\"" };
            patch.insert("target".to_owned(), table(target).into());
            let patched = if *is_own { &mut own } else { &mut said };
            patched.insert("patches".to_owned(), vec![patch].into());
        }
        let mut files = tenant(name, &table(&fill(&written(&own))), &table(&fill(&written(&said))));
        files.extend(self.files.iter().map(|(path, text)| (fill(path), fill(text).into_bytes())));
        files
    }
}

/// Makes the mistake of a rule in each component that it can be made in, and returns a line for each: where the finding
/// is. What is not as it should be is added to the problems.
fn broken(
    rule: &str,
    mistakes: &[Mistake],
    made: &BTreeMap<String, Vec<Made>>,
    problems: &mut Vec<String>,
) -> String {
    let (mut shown, mut is_made) = (String::new(), false);
    // What else comes of a mistake is passed over, for to look for its places takes most of the time.
    let others = rules().into_iter().filter(|other| other != rule);
    let others: Table = others.map(|other| (other, "allow".into())).collect();
    let checks = Table::from_iter([("checks".to_owned(), others.into())]);
    for (name, own) in kinds() {
        let mut of_rule = mistakes.iter().filter(|mistake| mistake.rule == rule);
        let found = of_rule.find_map(|mistake| Some((mistake, mistake.place(&name, &own, &made[&name])?)));
        let Some((mistake, place)) = found else { continue };
        is_made = true;
        let mut said = mistake.platform.clone();
        lay(&mut said, &checks);
        let files = platform(&said, [mistake.tenant(&name, &own, &made[&name], place)]);
        let diagnostics = compiled(&files).diagnostics;
        let mut lines = Vec::new();
        for found in &diagnostics {
            for (number, label) in found.labels.iter().enumerate() {
                let (Some(text), Some(span)) = (files.text(&label.place.file), label.place.span) else {
                    continue;
                };
                let position = span.position(text);
                // A file as a whole is shown at its start.
                let is_whole = span == Span::default();
                let line = if is_whole {
                    ""
                } else {
                    text.lines().nth(position.line as usize - 1).unwrap_or_default()
                };
                if line == format!("kind = \"{}\"", kind(&own)) {
                    problems.push(format!("{} points at `{line}`: {}", found.code, found.message));
                }
                if number == 0 && found.code == rule {
                    let file = label.place.file.rsplit('/').next().unwrap_or_default();
                    let place = format!("{file}:{}:{}", position.line, position.column);
                    let note =
                        label.text.strip_suffix("in `prod`").unwrap_or(&label.text).trim_end_matches(", ");
                    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
                    lines.push((file != "own.toml", format!("{rule} {name} {place}{note} {line}")));
                }
            }
        }
        // What is found in the component itself tells more than what is found beside it.
        match lines.iter().min_by_key(|(is_beside, _)| *is_beside) {
            Some(_) if !mistake.silent.is_empty() => problems.push(format!("{rule} is found in {name}")),
            Some((_, line)) => {
                let _ = writeln!(shown, "{}", line.trim_end());
            }
            None if !mistake.silent.is_empty() => {}
            None => problems.push(format!(
                "{rule} is not found in {name}: {}",
                aqueduct::report(&diagnostics, &files, false)
            )),
        }
    }
    if !is_made {
        problems.push(format!("{rule} has no mistake that a component can make"));
    }
    shown
}

#[test]
fn every_rule_points_at_what_is_edited() {
    let (mistakes, made, rules) = (mistakes(), made(), rules());
    let half = |rules: &[String]| {
        let mut problems = Vec::new();
        let shown: String = rules.iter().map(|rule| broken(rule, &mistakes, &made, &mut problems)).collect();
        (shown, problems)
    };
    let (first, second) = rules.split_at(rules.len() / 2);
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| half(first));
        let second = half(second);
        (first.join().expect("no thread panics"), second)
    });
    insta::assert_snapshot!(first.0 + &second.0);
    let problems = [first.1, second.1].concat();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let unknown: Vec<&str> = mistakes
        .iter()
        .map(|one| one.rule.as_str())
        .filter(|one| rules.iter().all(|rule| rule != one))
        .collect();
    assert_eq!(unknown, [""; 0]);
}

/// Returns the names of all rules, as the page of them has them.
fn rules() -> Vec<String> {
    let page = include_str!("../../docs/rules.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| [")?.split(']').next());
    rows.map(str::to_owned).collect()
}

#[test]
fn no_kind_is_forgotten() {
    let registry = stock().with::<Bridge>();
    let kinds: BTreeSet<String> = kinds().iter().map(|(_, own)| kind(own).to_owned()).collect();
    let missing: Vec<&str> = registry.names().into_iter().filter(|name| !kinds.contains(*name)).collect();
    assert_eq!(missing, FOREIGN);
}
