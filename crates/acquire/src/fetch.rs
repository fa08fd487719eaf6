//! Fetches one complete chart: resolves an exact version, unpacks it, and adds the charts that its package
//! does not contain.

use std::collections::BTreeMap;

use aqueduct_helm::{Chart, Dependency, unpack};
use aqueduct_manifest::{Value, yaml};

use crate::http::Http;
use crate::repository::Fetched;
use crate::write::{Package, kept};
use crate::{ChartSource, Error, HostLogins, LockedChart, WantedChart, digest, registry, repository};

/// How deeply the dependencies of charts may be nested.
const DEPTH_LIMIT: usize = 8;
/// How many charts are fetched for one, counting each as often as it is requested.
const CHART_LIMIT: usize = 200;

/// A client that fetches charts and web files.
#[derive(Debug)]
pub struct Client {
    pub(crate) http: Http,
    credentials: HostLogins,
}

/// A chart that is being fetched, with its files.
struct Fetching {
    chart: LockedChart,
    files: BTreeMap<String, Vec<u8>>,
    /// How many more charts were fetched into it.
    further: usize,
}

impl Client {
    /// Returns a client that may use these credentials.
    pub fn new(credentials: HostLogins) -> Self {
        Self { http: Http::new(), credentials }
    }

    /// Fetches a chart and everything that it depends on.
    pub(crate) fn fetch(&self, request: &WantedChart) -> Result<(LockedChart, Package), Error> {
        request.check()?;
        let fetched = self.archive(request)?;
        let mut package = Fetching {
            chart: LockedChart {
                name: request.name.clone(),
                version: fetched.version.clone(),
                source: request.source.to_string(),
                sha256: String::new(),
                archive: digest::of_bytes(&fetched.archive),
                manifest: request.digest().unwrap_or_default().to_owned(),
                dependencies: BTreeMap::new(),
            },
            files: BTreeMap::new(),
            further: 0,
        };
        let version = self.add(&mut package, request, &fetched, "", 0)?;
        package.chart.version = version;
        let fail = |error: Error| error.context(format!("cannot use {request}"));
        package.files = kept(package.files).map_err(fail)?;
        let contents = package.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
        package.chart.sha256 = digest::of_files(contents);
        let folder = package.chart.folder();
        Ok((package.chart, Package { folder, files: package.files }))
    }

    fn archive(&self, request: &WantedChart) -> Result<Fetched, Error> {
        match &request.source {
            ChartSource::Repository(address) => {
                repository::fetch(&self.http, &self.credentials, address, request)
            }
            ChartSource::Registry { host, path } => {
                registry::fetch(&self.http, &self.credentials, host, path, request)
            }
        }
    }

    /// Adds the files of a packed chart below a folder of the package, and returns the version in the chart.
    fn add(
        &self,
        package: &mut Fetching,
        request: &WantedChart,
        fetched: &Fetched,
        folder: &str,
        depth: usize,
    ) -> Result<String, Error> {
        let fail = |cause: &dyn std::fmt::Display| Error::new(format!("cannot use {request}: {cause}"));
        if depth > DEPTH_LIMIT {
            return Err(fail(&"its dependencies are nested too deeply"));
        }
        let files = unpack(&fetched.archive).map_err(|error| fail(&error))?;
        let chart = Chart::from_archive(&fetched.archive).map_err(|error| fail(&error))?;
        if chart.metadata.name != request.name.as_str() {
            return Err(fail(&format!("the package contains chart `{}`", chart.metadata.name)));
        }
        if !fetched.version.is_empty() && chart.metadata.version != fetched.version.as_str() {
            return Err(fail(&format!("the package has version {}", chart.metadata.version)));
        }
        let lock = files.iter().find(|file| matches!(&*file.name, "Chart.lock" | "requirements.lock"));
        let locked =
            locked_versions(lock.and_then(|file| std::str::from_utf8(&file.bytes).ok()).unwrap_or_default());
        for file in files {
            package.files.insert(format!("{folder}{}", file.name), file.bytes.to_vec());
        }
        for dependency in chart.metadata.dependencies.iter().flatten() {
            if chart.subcharts.iter().any(|subchart| subchart.metadata.name == dependency.name) {
                continue;
            }
            let subchart = subchart_request(dependency, &locked).map_err(|error| fail(&error))?;
            package.further += 1;
            if package.further > CHART_LIMIT {
                return Err(fail(&format!("it depends on more than {CHART_LIMIT} charts")));
            }
            let fetched = self.archive(&subchart)?;
            let folder = format!("{folder}charts/{}/", subchart.name);
            let version = self.add(package, &subchart, &fetched, &folder, depth + 1)?;
            let key = format!("{} {} {version}", subchart.source, subchart.name);
            package.chart.dependencies.insert(key, digest::of_bytes(&fetched.archive));
        }
        Ok(chart.metadata.version.to_string())
    }
}

/// Returns the versions in the text of a `Chart.lock`.
pub(crate) fn locked_versions(lock: &str) -> BTreeMap<String, String> {
    let document = yaml::read(lock).unwrap_or_default();
    let entries = document.get("dependencies").and_then(Value::as_list).cloned().unwrap_or_default();
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    entries.iter().filter_map(|entry| Some((text(entry, "name")?, text(entry, "version")?))).collect()
}

/// Returns the request for a dependency, at its locked version if there is one.
///
/// # Errors
/// A dependency whose source is missing or invalid.
pub(crate) fn subchart_request(
    dependency: &Dependency,
    locked: &BTreeMap<String, String>,
) -> Result<WantedChart, Error> {
    let missing = || format!("it depends on `{}`, which the package does not contain", dependency.name);
    if dependency.repository.is_empty() {
        return Err(Error::new(missing()));
    }
    let source = ChartSource::parse(&dependency.repository).map_err(|error| error.context(missing()))?;
    let version =
        locked.get(dependency.name.as_str()).cloned().unwrap_or_else(|| dependency.version.to_string());
    let request = WantedChart { name: dependency.name.to_string(), source, version };
    request.check()?;
    Ok(request)
}
