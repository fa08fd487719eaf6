//! Which subcharts take part in a release, and what their parents import from them.
//!
//! The rules are those of Helm's `pkg/chart/v2/util/dependencies.go`: aliases, version ranges, conditions
//! before tags, and `import-values`.

use aqueduct_manifest::{Map as ManifestMap, SmolStr, Value as ManifestValue};

use crate::Error;
use crate::chart::decode::scalar_text;
use crate::chart::{Chart, Dependency};
use crate::functions::semver::{Constraints, Version};
use crate::part::Part;
use crate::value::{Map, Value};
use crate::values::coalesce::{Nulls, coalesce, coalesce_tables, copy};
use crate::values::{table, value_at};

/// Checks that every declared dependency is there.
pub(crate) fn check_present(chart: &Chart) -> Result<(), Error> {
    let missing: Vec<&str> = chart
        .metadata
        .dependencies
        .iter()
        .flatten()
        .map(|dependency| &*dependency.name)
        .filter(|name| !chart.subcharts.iter().any(|subchart| subchart.metadata.name == *name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "an error occurred while checking for chart dependencies. You may need to run `helm dependency build` \
         to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    )))
}

/// Takes disabled subcharts out, renames those with an alias, and imports values.
pub(crate) fn process(part: &mut Part, values: &Map) -> Result<(), Error> {
    enable(part, values, "")?;
    import(part)
}

/// Tells whether a version is in a range; what is no version or no range is not.
pub(crate) fn is_compatible(range: &str, version: &str) -> bool {
    let (Ok(version), Ok(range)) = (Version::parse(version), Constraints::parse(range)) else { return false };
    range.check(&version)
}

fn enable(part: &mut Part, values: &Map, path: &str) -> Result<(), Error> {
    let Some(mut dependencies) = part.dependencies.take() else { return Ok(()) };
    let is_declared = |subpart: &Part| {
        dependencies.iter().any(|dependency| {
            subpart.name == dependency.name
                && is_compatible(&dependency.version, &subpart.chart.metadata.version)
        })
    };
    let mut subparts: Vec<Part> =
        part.subparts.iter().filter(|subpart| !is_declared(subpart)).cloned().collect();
    for dependency in &mut dependencies {
        let found = part.subparts.iter().find(|subpart| {
            subpart.name == dependency.name
                && is_compatible(&dependency.version, &subpart.chart.metadata.version)
        });
        if let Some(found) = found {
            subparts.push(Part { name: dependency.key().clone(), ..found.clone() });
        }
        dependency.name = dependency.key().clone();
        dependency.enabled = true;
    }
    part.subparts = subparts;
    let coalesced = coalesce(part, values, Nulls::Remove)?;
    for dependency in &mut dependencies {
        apply_tags(dependency, &coalesced);
        apply_condition(dependency, &coalesced, path);
    }
    let disabled: Vec<SmolStr> = dependencies
        .iter()
        .filter(|dependency| !dependency.enabled)
        .map(|dependency| dependency.name.clone())
        .collect();
    part.subparts.retain(|subpart| !disabled.contains(&subpart.name));
    for subpart in &mut part.subparts {
        let path = format!("{path}{}.", subpart.name);
        enable(subpart, &coalesced, &path)?;
    }
    dependencies.retain(|dependency| !disabled.contains(&dependency.name));
    // Helm rebuilds the list from nothing, so that an empty one counts as none.
    part.dependencies = (!dependencies.is_empty()).then_some(dependencies);
    Ok(())
}

/// Disables a dependency all of whose tags with a value are false.
fn apply_tags(dependency: &mut Dependency, values: &Map) {
    let Some(tags) = table(values, "tags") else { return };
    let states: Vec<bool> = dependency.tags.iter().filter_map(|tag| tags.get(tag)?.as_bool()).collect();
    dependency.enabled = states.is_empty() || states.contains(&true);
}

/// Lets the first condition that is a truth value decide.
fn apply_condition(dependency: &mut Dependency, values: &Map, path: &str) {
    let conditions = dependency.condition.trim().split(',').filter(|condition| !condition.is_empty());
    let decision =
        conditions.filter_map(|condition| value_at(values, &format!("{path}{condition}"))?.as_bool()).next();
    if let Some(decision) = decision {
        dependency.enabled = decision;
    }
}

fn import(part: &mut Part) -> Result<(), Error> {
    for subpart in &mut part.subparts {
        import(subpart)?;
    }
    let Some(mut dependencies) = part.dependencies.take() else { return Ok(()) };
    let values = coalesce(part, &Map::new(), Nulls::Keep)?;
    let imported = Map::new();
    for dependency in &mut dependencies {
        let mut described = Vec::new();
        for entry in &dependency.import_values {
            let (child, parent) = match entry {
                ManifestValue::Map(entry) => (name_of(entry.get("child")), name_of(entry.get("parent"))),
                ManifestValue::String(name) => (format!("exports.{name}"), ".".to_owned()),
                _ => continue,
            };
            if let Some(table) = table(&values, &format!("{}.{child}", dependency.name)) {
                coalesce_tables(&imported, &nest(&parent, table), Nulls::Keep);
            }
            let entry: ManifestMap = [("child", child), ("parent", parent)].into_iter().collect();
            described.push(ManifestValue::Map(entry));
        }
        dependency.import_values = described;
    }
    let values = copy(&values);
    coalesce_tables(&values, &imported, Nulls::Keep);
    part.imported = Some(values);
    part.dependencies = Some(dependencies);
    Ok(())
}

/// Prints a name as Go's `%v` does.
fn name_of(value: Option<&ManifestValue>) -> String {
    value.and_then(scalar_text).map_or_else(|| "<nil>".to_owned(), String::from)
}

/// Puts a table below a path of names; `.` is the root.
fn nest(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, name| [(name, Value::Map(inner))].into_iter().collect())
}
