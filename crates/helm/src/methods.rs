//! The methods that templates can call on their values, by Go type.

use crate::template::Table;
use crate::{capabilities, files, functions, values};

/// All of them; a type that is missing here has none.
pub(crate) static METHODS: &[(&str, Table)] = &[
    ("common.Values", values::methods::METHODS),
    ("engine.files", files::METHODS),
    ("common.KubeVersion", capabilities::KUBE_VERSION_METHODS),
    ("common.VersionSet", capabilities::VERSION_SET_METHODS),
    ("*semver.Version", functions::SEMVER_METHODS),
    ("semver.Version", functions::SEMVER_METHODS),
    ("time.Duration", functions::DURATION_METHODS),
    ("time.Time", functions::TIME_METHODS),
    ("*time.Location", functions::STRING_METHOD),
    ("time.Month", functions::STRING_METHOD),
    ("time.Weekday", functions::STRING_METHOD),
];
