//! The charts that take part in one release: the root chart and those of its subcharts that are enabled,
//! each under the name that it goes by.

use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::chart::{Chart, Dependency, File};
use crate::value::Map;
use crate::values::coalesce::copy;

/// A chart in a release.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The chart as it was loaded.
    pub(crate) chart: Arc<Chart>,
    /// The name of the chart, or the alias that its parent gives it.
    pub(crate) name: SmolStr,
    /// The dependencies that `Chart.yaml` declares, without those that are disabled once
    /// [`crate::dependencies::process`] is done.
    pub(crate) dependencies: Option<Vec<Dependency>>,
    /// The subcharts.
    pub(crate) subparts: Vec<Part>,
    /// The default values with what was imported from subcharts, in place of the chart's own.
    pub(crate) imported: Option<Map>,
}

impl Part {
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
            Some(values) => copy(values),
            None => Map::from(&self.chart.values),
        }
    }

    /// Calls a function with the `crds/` files of this chart and then of its subcharts, and the path of
    /// the chart that has them.
    pub(crate) fn for_each_crd<'a>(&'a self, path: &str, each: &mut impl FnMut(&str, &'a File)) {
        for file in self.chart.crds() {
            each(path, file);
        }
        for subpart in &self.subparts {
            subpart.for_each_crd(&format!("{path}/charts/{}", subpart.name), each);
        }
    }
}
