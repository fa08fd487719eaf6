//! Charts in the platform's own folders that depend on charts elsewhere: what must be fetched for them, and where it
//! belongs.

use aqueduct_helm::{Chart, Dependency};
use aqueduct_manifest::Files;

use crate::fetch::{locked_versions, subchart_request};
use crate::{Error, WantedChart};

/// How many of the platform's own charts may be combined into one.
const FOLDER_LIMIT: usize = 200;

/// What a chart of the platform consists of, in addition to its own folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assembly {
    /// Other folders of the platform, each with the place where the chart expects it.
    pub folders: Vec<(String, Expected)>,
    /// Charts from elsewhere, each with the place where the chart expects it.
    pub requests: Vec<(WantedChart, Expected)>,
}

/// The place where a chart expects a dependency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The folder.
    pub folder: String,
    /// The name below which its templates are known; it differs from the folder if the dependency has an
    /// alias.
    pub called: String,
}

impl Expected {
    fn of(&self, dependency: &Dependency) -> Self {
        let called = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
        Self {
            folder: format!("{}/charts/{}", self.folder, dependency.name),
            called: format!("{}/charts/{called}", self.called),
        }
    }
}

impl Assembly {
    /// Returns what the chart in a folder needs and does not contain in `charts/`.
    ///
    /// # Errors
    /// Helm's message for a folder that is not a chart, and a dependency that cannot be fetched.
    pub fn of(files: &Files, folder: &str) -> Result<Self, Error> {
        let mut assembly = Self::default();
        let whole = Expected { folder: folder.to_owned(), called: folder.to_owned() };
        let mut open = vec![(folder.to_owned(), whole)];
        while let Some((folder, target)) = open.pop() {
            let chart = Chart::from_files(files, &folder)
                .map_err(|error| Error::new(format!("{folder}: {error}")))?;
            let lock = ["Chart.lock", "requirements.lock"];
            let lock = lock.iter().find_map(|name| files.text(&format!("{folder}/{name}")));
            let locked = locked_versions(lock.unwrap_or_default());
            for dependency in missing(&chart) {
                let target = target.of(dependency);
                match dependency.repository.strip_prefix("file://") {
                    Some(path) => {
                        let near =
                            inside(&folder, path).filter(|near| files.is_folder(near)).ok_or_else(|| {
                                Error::new(format!("{folder}: no chart in `{}`", dependency.repository))
                            })?;
                        assembly.folders.push((near.clone(), target.clone()));
                        open.push((near, target));
                    }
                    None => {
                        let request = subchart_request(dependency, &locked)
                            .map_err(|error| error.context(format!("chart {folder}")))?;
                        assembly.requests.push((request, target));
                    }
                }
                if assembly.folders.len() + assembly.requests.len() > FOLDER_LIMIT {
                    return Err(Error::new(format!("{folder}: needs more than {FOLDER_LIMIT} charts")));
                }
            }
        }
        Ok(assembly)
    }
}

/// Returns the folders in which the chart in a folder expects other charts of the platform (`file://…`), whether or
/// not they exist; empty if nothing can be read as a chart.
pub fn neighbours(files: &Files, folder: &str) -> Vec<String> {
    let Ok(chart) = Chart::from_files(files, folder) else { return Vec::new() };
    let paths = missing(&chart).filter_map(|one| one.repository.strip_prefix("file://"));
    paths.filter_map(|path| inside(folder, path)).collect()
}

/// Returns the dependencies that a chart does not contain. For one without a source, Helm has a message of its
/// own.
fn missing(chart: &Chart) -> impl Iterator<Item = &Dependency> {
    let has = |name: &str| chart.subcharts.iter().any(|subchart| subchart.metadata.name == name);
    let dependencies = chart.metadata.dependencies.iter().flatten();
    dependencies.filter(move |one| !one.repository.is_empty() && !has(&one.name))
}

/// Returns a platform folder given relative to another one; `None` if it is outside the platform.
fn inside(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Files;

    use super::{Assembly, Expected, neighbours};

    fn files(charts: &[(&str, &str)]) -> Files {
        charts.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes())).collect()
    }

    const HOME: &str = "apiVersion: v2
name: home
version: 0.0.0
dependencies:
- {name: web, version: ^1.0.0, repository: 'https://charts.example.com'}
- {name: web, alias: page, version: ^1.0.0, repository: 'https://charts.example.com'}
- {name: there, version: 1.0.0, repository: 'https://charts.example.com'}
- {name: common, version: 0.1.0, repository: 'file://../common'}
";

    #[test]
    fn what_is_fetched_and_where_it_belongs() {
        let files = files(&[
            ("charts/home/Chart.yaml", HOME),
            ("charts/home/Chart.lock", "dependencies: [{name: web, version: 1.2.3}]"),
            ("charts/home/charts/there/Chart.yaml", "{apiVersion: v2, name: there, version: 1.0.0}"),
            (
                "charts/common/Chart.yaml",
                "{apiVersion: v2, name: common, version: 0.1.0, dependencies: [{name: db, version: 2.0.0, repository: 'oci://r.example.com/a'}]}",
            ),
        ]);
        let assembly = Assembly::of(&files, "charts/home").expect("all of it can be had");
        let print = |what: String, at: &Expected| format!("{what} in {}, called {}", at.folder, at.called);
        let requests = assembly.requests.iter().map(|(request, at)| print(request.to_string(), at));
        let folders = assembly.folders.iter().map(|(folder, at)| print(folder.clone(), at));
        insta::assert_snapshot!(requests.chain(folders).collect::<Vec<_>>().join("\n"), @r"
        `web 1.2.3` of https://charts.example.com in charts/home/charts/web, called charts/home/charts/web
        `web 1.2.3` of https://charts.example.com in charts/home/charts/web, called charts/home/charts/page
        `db 2.0.0` of oci://r.example.com/a in charts/home/charts/common/charts/db, called charts/home/charts/common/charts/db
        charts/common in charts/home/charts/common, called charts/home/charts/common
        ");
        assert_eq!(neighbours(&files, "charts/home"), ["charts/common"]);
    }

    #[test]
    fn what_cannot_be_had() {
        let error = |repository: &str| {
            let chart = format!(
                "{{apiVersion: v2, name: home, version: 0.0.0, dependencies: [{{name: a, version: 1.0.0, repository: '{repository}'}}]}}"
            );
            let error = Assembly::of(&files(&[("charts/home/Chart.yaml", &chart)]), "charts/home");
            error.expect_err(repository).to_string()
        };
        let seen = ["file://../common", "file://../../../x", "@stable", "file://../home"].map(error);
        insta::assert_snapshot!(seen.join("\n"), @r"
        charts/home: no chart in `file://../common`
        charts/home: no chart in `file://../../../x`
        chart charts/home: it depends on `a`, which the package does not contain: not the address of a chart repository: `@stable`
        charts/home: needs more than 200 charts
        ");
    }
}
