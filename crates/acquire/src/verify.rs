//! Checks whether a chart or a remote may be rendered: locked, present and unaltered.

use aqueduct_manifest::Files;

use crate::lock::{Lock, LockedChart, LockedRemote};
use crate::{Error, FOLDER, WantedChart, digest};

/// Returns the locked chart for a request, if its files are those that were fetched.
///
/// # Errors
/// A chart that is not locked, or whose files are missing or altered.
pub fn verify<'a>(files: &Files, lock: &'a Lock, request: &WantedChart) -> Result<&'a LockedChart, Error> {
    let Some(chart) = lock.find(request) else {
        let others: Vec<&str> = lock
            .charts
            .iter()
            .filter(|chart| chart.name == request.name && chart.source == request.source.to_string())
            .map(|chart| &*chart.version)
            .collect();
        let locked =
            if others.is_empty() { String::new() } else { format!("; the lock has {}", others.join(", ")) };
        return Err(Error::new(format!("chart {request} is not locked{locked}"))
            .with_hint("run `aqueduct vendor` to fetch and lock it"));
    };
    let folder = chart.folder();
    intact(files, &folder, &chart.sha256)
        .map_err(|damage| damage.error(&format!("chart {request}"), &folder, "values or patches"))?;
    Ok(chart)
}

/// Returns the locked remote with a name, if its files are those that were fetched.
///
/// # Errors
/// A remote that is not locked, or whose files are missing or altered.
pub fn verify_remote<'a>(files: &Files, lock: &'a Lock, name: &str) -> Result<&'a LockedRemote, Error> {
    let remote = lock.remote(name).ok_or_else(|| {
        Error::new(format!("remote `{name}` is not locked"))
            .with_hint("run `aqueduct vendor` to fetch and lock it")
    })?;
    let folder = remote.folder();
    intact(files, &folder, &remote.sha256)
        .map_err(|damage| damage.error(&format!("remote `{name}`"), &folder, "patches"))?;
    Ok(remote)
}

/// What is wrong with a vendored folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    Missing,
    Altered,
}

impl Damage {
    fn error(self, what: &str, folder: &str, place_of_changes: &str) -> Error {
        match self {
            Self::Missing => Error::new(format!("{what} is locked, but its files are missing: {folder}"))
                .with_hint(format!("commit {FOLDER}/, or run `aqueduct vendor` to fetch it again")),
            Self::Altered => Error::new(format!("{what} was changed after it was fetched: {folder}"))
                .with_hint(format!(
                    "run `aqueduct vendor` to fetch it again; put changes in {place_of_changes}"
                )),
        }
    }
}

/// Checks that a folder contains exactly the locked files.
pub(crate) fn intact(files: &Files, folder: &str, sha256: &str) -> Result<(), Damage> {
    if !files.is_folder(folder) {
        return Err(Damage::Missing);
    }
    let start = folder.len() + 1;
    let contents = files.below(folder).filter_map(|(path, bytes)| Some((path.get(start..)?, &**bytes)));
    if digest::of_files(contents) == sha256 { Ok(()) } else { Err(Damage::Altered) }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Files;

    use super::verify;
    use crate::{ChartSource, Lock, LockedChart, WantedChart, digest};

    #[test]
    fn what_may_be_rendered() {
        let contents: [(&str, &[u8]); 2] = [("Chart.yaml", b"name: web"), ("values.yaml", b"a: 1")];
        let chart = LockedChart {
            name: "web".to_owned(),
            version: "1.2.3".to_owned(),
            source: "https://charts.example.com".to_owned(),
            sha256: digest::of_files(contents),
            archive: String::new(),
            manifest: String::new(),
            dependencies: Default::default(),
        };
        let files: Files = contents
            .iter()
            .map(|(path, bytes)| (format!("vendor/charts/web-1.2.3/{path}"), *bytes))
            .collect();
        let lock = Lock { charts: vec![chart], ..Lock::default() };
        let request = |version: &str| WantedChart {
            name: "web".to_owned(),
            source: ChartSource::parse("https://charts.example.com/").expect("it is an address"),
            version: version.to_owned(),
        };
        assert_eq!(
            verify(&files, &lock, &request("^1.2")).map(LockedChart::folder),
            Ok("vendor/charts/web-1.2.3".to_owned())
        );
        let check = |files: &Files, version: &str, expected: &str| {
            let error = verify(files, &lock, &request(version)).expect_err(version);
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().is_some_and(|hint| hint.contains("aqueduct vendor")));
        };
        check(&files, "^2", "chart `web ^2` of https://charts.example.com is not locked; the lock has 1.2.3");
        check(
            &Files::new(),
            "1.2.3",
            "chart `web 1.2.3` of https://charts.example.com is locked, but its files are missing: vendor/charts/web-1.2.3",
        );
        let mut altered = files.clone();
        altered.insert("vendor/charts/web-1.2.3/templates/x.yaml", &b"x"[..]);
        check(
            &altered,
            "1.2.3",
            "chart `web 1.2.3` of https://charts.example.com was changed after it was fetched: vendor/charts/web-1.2.3",
        );
    }
}
