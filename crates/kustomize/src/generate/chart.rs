//! Charts of a kustomization, rendered by the caller's engine.

use std::rc::Rc;

use aqueduct_manifest::patch::{self, Outcome};
use aqueduct_manifest::{Map, Value};

use super::Generate;
use crate::chart::{ChartProblem, ChartRequest};
use crate::decode::{Decode, Fields};
use crate::error::{Error, Result, Within};
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::loader::Loader;
use crate::path;
use crate::read;
use crate::resource::Resource;
use crate::schemas::Schemas;

/// A chart's entry and the globals around it.
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
                "the kustomization uses the chart `{}`; charts are rendered only on request",
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
            release_name: match chart.release_name.as_str() {
                "" if chart.name_template.is_empty() => "release-name",
                name => name,
            },
            namespace: &chart.namespace,
            values: self.values()?,
            include_crds: chart.include_crds,
            skip_hooks: chart.skip_hooks,
            skip_tests: chart.skip_tests,
            api_versions: chart.api_versions.iter().map(|version| version.as_str()).collect(),
            kube_version: (!chart.kube_version.is_empty()).then_some(chart.kube_version.as_str()),
            name_template: (!chart.name_template.is_empty()).then_some(chart.name_template.as_str()),
        };
        let place = || format!("chart `{}`", chart.name);
        let refused = |ChartProblem { message, hint }| match hint {
            Some(hint) => Error::new(message).with_hint(hint),
            None => Error::new(message),
        };
        let text = engine.inflate(&request).map_err(refused).within(place)?;
        let mut resources = read::resources(&text, &self.schemas).within(place)?;
        resources.iter_mut().for_each(Resource::mark_of_chart);
        Ok(resources)
    }
}

impl ChartGenerator<'_> {
    fn home(&self) -> &str {
        let home = &self.args.globals.chart_home;
        if home.is_empty() { "charts" } else { home }
    }

    /// Returns the chart's folder, with or without the version in the name of its parent folder.
    pub(crate) fn folder(&self) -> Result<String> {
        Ok(path::join(self.loader.root(), &self.location()?))
    }

    /// Returns that folder relative to the kustomization.
    fn location(&self) -> Result<String> {
        let chart = &self.args.chart;
        let home = path::join(self.loader.root(), self.home());
        let versioned = path::join(self.home(), &format!("{0}-{1}/{0}", chart.name, chart.version));
        for location in [versioned, path::join(self.home(), &chart.name)] {
            if self.loader.files().is_folder(&path::join(self.loader.root(), &location)) {
                return Ok(location);
            }
        }
        let plain = path::join(&home, &chart.name);
        let error = Error::new(format!("no chart found at '{plain}'"));
        if chart.repo.is_empty() {
            return Err(error);
        }
        let version =
            if chart.version.is_empty() { String::new() } else { format!(" --version {}", chart.version) };
        Err(error.with_hint(format!(
            "charts are not pulled during a build; put it there once: `helm pull --untar --untardir {home} --repo {} {}{version}`",
            chart.repo, chart.name
        )))
    }

    fn values(&self) -> Result<Vec<Map>> {
        let chart = &self.args.chart;
        let file = if chart.values_file.is_empty() {
            path::join(&self.location()?, "values.yaml")
        } else {
            chart.values_file.to_string()
        };
        let inline = || Value::Map(chart.values_inline.clone());
        let first = match (chart.values_inline.is_empty(), chart.values_merge.as_str()) {
            (_, merge) if !["", "override", "merge", "replace"].contains(&merge) => {
                return Err(Error::new("valuesMerge must be one of [merge override replace]"));
            }
            (true, _) => self.read(&file, read::value)?,
            (false, "replace") => inline(),
            (false, "merge") => self.merged(inline(), self.read(&file, read::kyaml_value)?)?,
            (false, _) => self.merged(self.read(&file, read::kyaml_value)?, inline())?,
        };
        let more = chart
            .additional_values_files
            .iter()
            .map(|file| Ok((file.as_str(), self.read(file, read::value)?)));
        let mut values = Vec::new();
        for (file, value) in
            std::iter::once(Ok((file.as_str(), first))).chain(more).collect::<Result<Vec<_>>>()?
        {
            match value {
                Value::Null => values.push(Map::new()),
                Value::Map(map) => values.push(map),
                other => {
                    return Err(Error::new(format!(
                        "values of `{file}` must be a map, not a {}",
                        other.kind()
                    )));
                }
            }
        }
        Ok(values)
    }

    fn read(&self, file: &str, read: fn(&str) -> Result<Value>) -> Result<Value> {
        read(&self.loader.load_text(file)?).within(|| file.to_owned())
    }

    /// Merges values with others that override them; a `null` removes the value below.
    fn merged(&self, below: Value, above: Value) -> Result<Value> {
        match patch::strategic_merge(&below, &above, &self.schemas.merge_context()) {
            Ok(Outcome::Changed(values)) => Ok(values),
            Ok(Outcome::Deleted) => Ok(Value::Null),
            Err(error) => Err(Error::new(error.to_string()).within("could not merge values")),
        }
    }
}
