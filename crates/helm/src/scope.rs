//! The top-level values of templates: `.Values`, `.Chart`, `.Release`, `.Capabilities`, `.Files`,
//! `.Subcharts`.

use aqueduct_manifest::SmolStr;

use crate::capabilities::Capabilities;
use crate::chart::{Dependency, Maintainer};
use crate::files;
use crate::part::ReleaseChart;
use crate::value::{ANY_MAP, Map, STRING_MAP, VALUES_MAP, Value};

/// What templates see of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The name of the release.
    pub name: SmolStr,
    /// The namespace that it is installed into.
    pub namespace: SmolStr,
    /// The revision, 1 for an installation.
    pub revision: i64,
    /// Whether this is an upgrade rather than an installation.
    pub is_upgrade: bool,
}

impl Release {
    /// Returns a release at its first installation.
    pub fn new(name: impl Into<SmolStr>, namespace: impl Into<SmolStr>) -> Self {
        Self { name: name.into(), namespace: namespace.into(), revision: 1, is_upgrade: false }
    }

    fn to_value(&self) -> Value {
        let entries = [
            ("Name", Value::from(self.name.as_str())),
            ("Namespace", self.namespace.as_str().into()),
            ("IsUpgrade", self.is_upgrade.into()),
            ("IsInstall", (!self.is_upgrade).into()),
            ("Revision", Value::int(self.revision)),
            ("Service", "Helm".into()),
        ];
        Value::Map(entries.into_iter().collect())
    }
}

/// A chart of a release and what its templates see.
pub(crate) struct Scope<'a> {
    /// The chart.
    pub(crate) part: &'a ReleaseChart,
    /// The path of the chart, such as `parent/charts/child`.
    pub(crate) path: String,
    /// The top-level values, without `.Template`.
    pub(crate) values: Map,
}

/// Returns the scopes of a chart and of its subcharts, the subcharts first.
pub(crate) fn scopes<'a>(
    part: &'a ReleaseChart,
    values: &Map,
    release: &Release,
    capabilities: &Capabilities,
) -> Vec<Scope<'a>> {
    let mut scopes = Vec::new();
    let shared = [("Release", release.to_value()), ("Capabilities", capabilities.to_value())];
    add(part, part.name.to_string(), true, values.converted(&VALUES_MAP), &shared, &mut scopes);
    scopes
}

fn add<'a>(
    part: &'a ReleaseChart,
    path: String,
    is_root: bool,
    values: Map,
    shared: &[(&'static str, Value); 2],
    scopes: &mut Vec<Scope<'a>>,
) -> Map {
    let subcharts = Map::new();
    for subpart in &part.subparts {
        let own = match values.get(&subpart.name) {
            Some(Value::Map(own)) => own.converted(&VALUES_MAP),
            _ => Map::typed(&VALUES_MAP),
        };
        let path = format!("{path}/charts/{}", subpart.name);
        let scope = add(subpart, path, false, own, shared, scopes);
        subcharts.insert(subpart.name.as_str(), Value::Map(scope));
    }
    let scope: Map = shared.iter().cloned().collect();
    scope.insert("Chart", chart(part, is_root));
    scope.insert("Files", files::to_value(&part.chart.files));
    scope.insert("Values", Value::Map(values));
    scope.insert("Subcharts", Value::Map(subcharts));
    scopes.push(Scope { part, path, values: scope.clone() });
    scope
}

/// Returns `.Chart`: the metadata under the names of Go's struct fields.
fn chart(part: &ReleaseChart, is_root: bool) -> Value {
    let metadata = &part.chart.metadata;
    let texts = |texts: &[SmolStr]| Value::list(texts.iter().map(|text| text.as_str().into()).collect());
    let annotations = match &metadata.annotations {
        None => Map::nil(&STRING_MAP),
        Some(annotations) => Map::with_entries(
            &STRING_MAP,
            annotations.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str()))),
        ),
    };
    let entries = [
        ("Name", Value::from(part.name.as_str())),
        ("Home", metadata.home.as_str().into()),
        ("Sources", texts(&metadata.sources)),
        ("Version", metadata.version.as_str().into()),
        ("Description", metadata.description.as_str().into()),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", Value::list(metadata.maintainers.iter().map(maintainer).collect())),
        ("Icon", metadata.icon.as_str().into()),
        ("APIVersion", metadata.api_version.as_str().into()),
        ("Condition", metadata.condition.as_str().into()),
        ("Tags", metadata.tags.as_str().into()),
        ("AppVersion", metadata.app_version.as_str().into()),
        ("Deprecated", metadata.deprecated.into()),
        ("Annotations", Value::Map(annotations)),
        ("KubeVersion", metadata.kube_version.as_str().into()),
        ("Dependencies", Value::list(part.dependencies.iter().flatten().map(dependency).collect())),
        ("Type", metadata.chart_type.as_str().into()),
        ("IsRoot", is_root.into()),
    ];
    Value::Map(entries.into_iter().collect())
}

fn maintainer(maintainer: &Maintainer) -> Value {
    let entries = [
        ("Name", Value::from(maintainer.name.as_str())),
        ("Email", maintainer.email.as_str().into()),
        ("URL", maintainer.url.as_str().into()),
    ];
    Value::Map(entries.into_iter().collect())
}

fn dependency(dependency: &Dependency) -> Value {
    let tags = dependency.tags.iter().map(|tag| tag.as_str().into()).collect();
    let import_values = dependency.import_values.iter().map(|entry| match Value::from(entry) {
        Value::Map(map) => Value::Map(map.converted(&STRING_MAP)),
        other => other,
    });
    let entries = [
        ("Name", Value::from(dependency.name.as_str())),
        ("Version", dependency.version.as_str().into()),
        ("Repository", dependency.repository.as_str().into()),
        ("Condition", dependency.condition.as_str().into()),
        ("Tags", Value::list(tags)),
        ("Enabled", dependency.enabled.into()),
        ("ImportValues", Value::list(import_values.collect())),
        ("Alias", dependency.alias.as_str().into()),
    ];
    Value::Map(Map::with_entries(&ANY_MAP, entries))
}
