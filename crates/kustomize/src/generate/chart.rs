//! Charts of a kustomization, rendered by whatever engine the caller brings.

use std::rc::Rc;

use aqueduct_manifest::{Map, Value};

use super::Generate;
use crate::decode::{Decode, Fields};
use crate::error::{Error, Result, Within};
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::loader::Loader;
use crate::path;
use crate::resource::Resource;
use crate::schemas::Schemas;
use crate::{ChartRequest, read};

/// What a chart's entry and the globals around it say.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) chart: HelmChart,
    pub(crate) globals: HelmGlobals,
}

impl Decode for Args {
    const NAME: &'static str = "HelmChartInflationGenerator";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { chart: HelmChart::decode(fields)?, globals: HelmGlobals::decode(fields)? })
    }
}

/// Renders one chart.
pub(crate) struct ChartGenerator<'a> {
    pub(crate) loader: Loader<'a>,
    pub(crate) schemas: Rc<Schemas>,
    pub(crate) args: Args,
}

impl Generate for ChartGenerator<'_> {
    fn generate(&self) -> Result<Vec<Resource>> {
        let chart = &self.args.chart;
        let options = self.loader.options();
        if !options.enable_helm {
            return Err(Error::new("must specify --enable-helm").with_hint(format!(
                "the kustomization names the chart `{}`; charts are rendered only when asked for",
                chart.name
            )));
        }
        let Some(engine) = options.charts else {
            return Err(Error::new(format!("no engine renders the chart `{}`", chart.name)));
        };
        if chart.name.is_empty() {
            return Err(Error::new("chart name cannot be empty"));
        }
        let folder = self.folder()?;
        let request = ChartRequest {
            files: self.loader.files(),
            folder: &folder,
            release_name: if chart.release_name.is_empty() { "release-name" } else { &chart.release_name },
            namespace: &chart.namespace,
            values: self.values(&folder)?,
            include_crds: chart.include_crds,
            skip_hooks: chart.skip_hooks,
            skip_tests: chart.skip_tests,
            api_versions: chart.api_versions.iter().map(|version| version.as_str()).collect(),
            kube_version: (!chart.kube_version.is_empty()).then_some(chart.kube_version.as_str()),
            name_template: (!chart.name_template.is_empty()).then_some(chart.name_template.as_str()),
        };
        let place = || format!("chart `{}`", chart.name);
        let text = engine.inflate(&request).map_err(Error::new).within(place)?;
        read::resources(&text, &self.schemas).within(place)
    }
}

impl ChartGenerator<'_> {
    fn home(&self) -> &str {
        let home = &self.args.globals.chart_home;
        if home.is_empty() { "charts" } else { home }
    }

    /// Returns the folder of the chart, with or without the version in the name of the one above it.
    pub(crate) fn folder(&self) -> Result<String> {
        let chart = &self.args.chart;
        let home = path::join(self.loader.root(), self.home());
        let versioned = path::join(&home, &format!("{0}-{1}/{0}", chart.name, chart.version));
        let plain = path::join(&home, &chart.name);
        for folder in [versioned, plain.clone()] {
            if self.loader.files().is_folder(&folder) {
                return Ok(folder);
            }
        }
        let error = Error::new(format!("no chart found at '{plain}'"));
        if chart.repo.is_empty() {
            return Err(error);
        }
        let version =
            if chart.version.is_empty() { String::new() } else { format!(" --version {}", chart.version) };
        Err(error.with_hint(format!(
            "charts are not pulled while building; put it there once: `helm pull --untar --untardir {home} --repo {} {}{version}`",
            chart.repo, chart.name
        )))
    }

    fn values(&self, folder: &str) -> Result<Vec<Map>> {
        let chart = &self.args.chart;
        let read = |file: &str| -> Result<Map> {
            let text = self.loader.load_text(file)?;
            match read::value(&text).within(|| file.to_owned())? {
                Value::Null => Ok(Map::new()),
                Value::Map(map) => Ok(map),
                other => Err(Error::new(format!("values of `{file}` must be a map, not a {}", other.kind()))),
            }
        };
        let own = || -> Result<Map> {
            if !chart.values_file.is_empty() {
                return read(&chart.values_file);
            }
            let file = path::join(folder, "values.yaml");
            if self.loader.files().is_file(&file) { read(&file) } else { Ok(Map::new()) }
        };
        let first = if chart.values_inline.is_empty() {
            own()?
        } else {
            match chart.values_merge.as_str() {
                "" | "override" => merged(own()?, &chart.values_inline, Winner::Inline),
                "merge" => merged(own()?, &chart.values_inline, Winner::File),
                "replace" => chart.values_inline.clone(),
                _ => return Err(Error::new("valuesMerge must be one of [merge override replace]")),
            }
        };
        let mut values = vec![first];
        for file in &chart.additional_values_files {
            values.push(read(file)?);
        }
        Ok(values)
    }
}

/// Whose value stays where both have one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Winner {
    File,
    Inline,
}

fn merged(mut file: Map, inline: &Map, winner: Winner) -> Map {
    for (key, value) in inline {
        match (file.get_mut(key), value) {
            (Some(Value::Map(below)), Value::Map(above)) => {
                *below = merged(std::mem::take(below), above, winner);
            }
            (Some(known), _) if winner == Winner::File && !is_blank(known) => {}
            _ => {
                file.insert(key.clone(), value.clone());
            }
        }
    }
    file
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Map, Value};

    use super::{Winner, merged};

    fn map(text: &str) -> Map {
        match aqueduct_manifest::yaml::read(text) {
            Ok(Value::Map(map)) => map,
            other => unreachable!("the values of these tests are maps: {other:?}"),
        }
    }

    #[test]
    fn merges_inline_values() {
        let file = map("a: {b: 1, c: ''}\nd: x\n");
        let inline = map("a: {b: 2, c: y, e: 3}\nd: z\n");
        assert_eq!(merged(file.clone(), &inline, Winner::Inline), inline);
        assert_eq!(merged(file, &inline, Winner::File), map("a: {b: 1, c: y, e: 3}\nd: x\n"));
    }
}
