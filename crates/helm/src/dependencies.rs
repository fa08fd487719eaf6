//! Which subcharts take part in a release, and what their parents import from them.
//!
//! The rules follow Helm's `pkg/chart/v2/util/dependencies.go`: aliases, version ranges, conditions before tags, and
//! `import-values`.

use aqueduct_manifest::{Map as ManifestMap, SmolStr, Value as ManifestValue};

use crate::Error;
use crate::chart::{Chart, Dependency};
use crate::decode::scalar_text;
use crate::functions::semver::{Constraints, Version};
use crate::part::ReleaseChart;
use crate::value::{Map, Value};
use crate::values::coalesce::{Nulls, coalesce, coalesce_tables};
use crate::values::{table, value_at};

/// How many subcharts may take part. A chart with several aliases counts once for each, including everything below
/// it.
const SUBCHARTS_LIMIT: usize = 1000;
/// How many values may be copied to find out which subcharts take part.
const COPIES_LIMIT: usize = 50_000_000;
/// How many values the charts of a release may import from their subcharts.
const IMPORTS_LIMIT: usize = 200_000;

/// What remains of the limits.
struct Budget {
    subcharts: usize,
    copies: usize,
    imports: usize,
}

impl Budget {
    fn take_subcharts(&mut self, count: usize) -> Result<(), Error> {
        let too_many = || Error::new(format!("more than {SUBCHARTS_LIMIT} subcharts take part"));
        self.subcharts = self.subcharts.checked_sub(count).ok_or_else(too_many)?;
        Ok(())
    }

    fn take_copy(&mut self, values: &Map) -> Result<(), Error> {
        if !weigh(values, &mut self.copies) {
            return Err(Error::new(format!("more than {COPIES_LIMIT} values of subcharts")));
        }
        Ok(())
    }

    fn take_import(&mut self, values: &Map) -> Result<(), Error> {
        if !weigh(values, &mut self.imports) {
            return Err(Error::new(format!("more than {IMPORTS_LIMIT} values are imported from subcharts")));
        }
        Ok(())
    }
}

/// Deducts the number of values from what is left, counting shared values each time, and returns whether it sufficed.
fn weigh(values: &Map, left: &mut usize) -> bool {
    values.entries().iter().all(|(_, value)| {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match value {
            Value::Map(map) => weigh(map, left),
            Value::List(list) => {
                let rest = left.checked_sub(list.len());
                *left = rest.unwrap_or_default();
                rest.is_some()
            }
            _ => true,
        }
    })
}

/// Checks that every declared dependency is present.
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

/// Removes disabled subcharts, renames those with an alias, and imports values.
pub(crate) fn process(part: &mut ReleaseChart, values: &Map) -> Result<(), Error> {
    let mut budget = Budget { subcharts: SUBCHARTS_LIMIT, copies: COPIES_LIMIT, imports: IMPORTS_LIMIT };
    enable(part, values, "", &mut budget)?;
    import(part, &mut budget)
}

/// Returns whether a version is in a range; an invalid version or range is not.
pub(crate) fn is_compatible(range: &str, version: &str) -> bool {
    let (Ok(version), Ok(range)) = (Version::parse(version), Constraints::parse(range)) else { return false };
    range.check(&version)
}

fn enable(part: &mut ReleaseChart, values: &Map, path: &str, budget: &mut Budget) -> Result<(), Error> {
    let Some(mut dependencies) = part.dependencies.take() else { return Ok(()) };
    let is_declared = |subpart: &ReleaseChart| {
        dependencies.iter().any(|dependency| {
            subpart.name == dependency.name
                && is_compatible(&dependency.version, &subpart.chart.metadata.version)
        })
    };
    let mut subparts: Vec<ReleaseChart> =
        part.subparts.iter().filter(|subpart| !is_declared(subpart)).cloned().collect();
    for dependency in &mut dependencies {
        let found = part.subparts.iter().find(|subpart| {
            subpart.name == dependency.name
                && is_compatible(&dependency.version, &subpart.chart.metadata.version)
        });
        if let Some(found) = found {
            budget.take_subcharts(1)?;
            subparts.push(ReleaseChart { name: dependency.key().clone(), ..found.clone() });
        }
        dependency.name = dependency.key().clone();
        dependency.enabled = true;
    }
    part.subparts = subparts;
    let coalesced = coalesce(part, values, Nulls::Remove)?;
    budget.take_copy(&coalesced)?;
    for dependency in &mut dependencies {
        apply_tags(dependency, &coalesced);
        apply_condition(dependency, &coalesced, path);
    }
    let disabled: Vec<SmolStr> = dependencies
        .iter()
        .filter(|dependency| !dependency.enabled)
        .map(|dependency| dependency.name.clone())
        .collect();
    let all = part.subparts.len();
    part.subparts.retain(|subpart| !disabled.contains(&subpart.name));
    budget.subcharts += all - part.subparts.len();
    for subpart in &mut part.subparts {
        let path = format!("{path}{}.", subpart.name);
        enable(subpart, &coalesced, &path, budget)?;
    }
    dependencies.retain(|dependency| !disabled.contains(&dependency.name));
    // Helm rebuilds the list from scratch, so an empty one counts as none.
    part.dependencies = (!dependencies.is_empty()).then_some(dependencies);
    Ok(())
}

/// Disables a dependency if it has tags with values and all of them are false.
fn apply_tags(dependency: &mut Dependency, values: &Map) {
    let Some(tags) = table(values, "tags") else { return };
    let states: Vec<bool> = dependency.tags.iter().filter_map(|tag| tags.get(tag)?.as_bool()).collect();
    dependency.enabled = states.is_empty() || states.contains(&true);
}

/// Applies the first condition that is a boolean.
fn apply_condition(dependency: &mut Dependency, values: &Map, path: &str) {
    let conditions = dependency.condition.trim().split(',').filter(|condition| !condition.is_empty());
    let decision =
        conditions.filter_map(|condition| value_at(values, &format!("{path}{condition}"))?.as_bool()).next();
    if let Some(decision) = decision {
        dependency.enabled = decision;
    }
}

fn import(part: &mut ReleaseChart, budget: &mut Budget) -> Result<(), Error> {
    for subpart in &mut part.subparts {
        import(subpart, budget)?;
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
                budget.take_import(&table)?;
                coalesce_tables(&imported, &nest(&parent, table), Nulls::Keep);
            }
            let entry: ManifestMap = [("child", child), ("parent", parent)].into_iter().collect();
            described.push(ManifestValue::Map(entry));
        }
        dependency.import_values = described;
    }
    let values = values.deep_copy();
    coalesce_tables(&values, &imported, Nulls::Keep);
    part.imported = Some(values);
    part.dependencies = Some(dependencies);
    Ok(())
}

/// Prints a name as Go's `%v` does.
fn name_of(value: Option<&ManifestValue>) -> String {
    value.and_then(scalar_text).map_or_else(|| "<nil>".to_owned(), String::from)
}

/// Nests a table below a dotted path of names; `.` is the root.
fn nest(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, name| [(name, Value::Map(inner))].into_iter().collect())
}
