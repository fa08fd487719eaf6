//! The charts that take part in one release: the root chart and its enabled subcharts, each under the name that it
//! goes by.

use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::Error;
use crate::chart::{Chart, Dependency, File};
use crate::value::{Map, Value};

/// A chart in a release.
#[derive(Clone, Debug)]
pub(crate) struct ReleaseChart {
    /// The chart as it was loaded.
    pub(crate) chart: Arc<Chart>,
    /// The name of the chart, or the alias that its parent gives it.
    pub(crate) name: SmolStr,
    /// The dependencies that `Chart.yaml` declares, without those that turn out to be disabled.
    pub(crate) dependencies: Option<Vec<Dependency>>,
    /// The subcharts.
    pub(crate) subparts: Vec<ReleaseChart>,
    /// The default values including imports from subcharts, replacing the chart's own.
    pub(crate) imported: Option<Map>,
}

impl ReleaseChart {
    /// Returns a chart with all of its subcharts.
    pub(crate) fn new(chart: &Arc<Chart>) -> Self {
        Self {
            name: chart.metadata.name.clone(),
            dependencies: chart.metadata.dependencies.clone(),
            subparts: chart.subcharts.iter().map(Self::new).collect(),
            chart: Arc::clone(chart),
            imported: None,
        }
    }

    /// Returns a copy of the default values that the caller may change.
    pub(crate) fn defaults(&self) -> Map {
        match &self.imported {
            Some(values) => values.deep_copy(),
            None => Map::from(&self.chart.values),
        }
    }

    /// Checks values against the schemas of the chart and its subcharts.
    pub(crate) fn validate(&self, values: &Map) -> Result<(), Error> {
        let mut findings = String::new();
        self.add_findings(values, &mut findings);
        if findings.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!(
            "values don't meet the specifications of the schema(s) in the following chart(s):\n{findings}"
        )))
    }

    fn add_findings(&self, values: &Map, findings: &mut String) {
        if let Some(schema) = &self.chart.schema
            && let Err(message) = schema.validate(values)
        {
            findings.push_str(&format!("{}:\n{message}", self.name));
        }
        for subpart in &self.subparts {
            match values.get(&subpart.name) {
                None => {}
                Some(value) if value.is_nil() => {}
                Some(Value::Map(values)) => subpart.add_findings(&values, findings),
                Some(other) => findings.push_str(&format!(
                    "{}:\ninvalid type for values: expected object (map), got {}\n",
                    subpart.name,
                    other.type_name()
                )),
            }
        }
    }

    /// Calls a function for each `crds/` file of this chart and then of its subcharts, passing the path of the chart
    /// that contains it.
    pub(crate) fn for_each_crd<'a>(&'a self, path: &str, each: &mut impl FnMut(&str, &'a File)) {
        for file in self.chart.crds() {
            each(path, file);
        }
        for subpart in &self.subparts {
            subpart.for_each_crd(&format!("{path}/charts/{}", subpart.name), each);
        }
    }
}
