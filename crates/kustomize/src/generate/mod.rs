//! Generates resources: ConfigMaps, Secrets, service accounts, and the output of charts.

pub(crate) mod chart;
pub(crate) mod config_map;
pub(crate) mod iam_policy;
pub(crate) mod key_values;

use crate::error::Result;
use crate::resource::Resource;

/// A generator of resources.
pub(crate) trait Generate {
    fn generate(&self) -> Result<Vec<Resource>>;
}
