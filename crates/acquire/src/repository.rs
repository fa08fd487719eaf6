//! Chart repositories: an `index.yaml` and the packed charts that it lists.

use aqueduct_manifest::{Value, yaml};

use crate::address::Address;
use crate::credentials::Login;
use crate::http::Http;
use crate::{Error, HostLogins, WantedChart, digest};

/// The size limit for an index, in bytes.
const INDEX_LIMIT: u64 = 256 << 20;
/// The size limit for a packed chart, in bytes.
pub(crate) const ARCHIVE_LIMIT: u64 = 100 << 20;

/// A packed chart, with the exact version under which it was found.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) version: String,
    pub(crate) archive: Vec<u8>,
}

/// Fetches a chart from the repository at an address.
pub(crate) fn fetch(
    http: &Http,
    credentials: &HostLogins,
    address: &str,
    request: &WantedChart,
) -> Result<Fetched, Error> {
    if request.digest().is_some() {
        return Err(Error::new(format!("a digest only works with an OCI registry: {request}")));
    }
    let index_address = format!("{address}/index.yaml");
    let home =
        Address::parse(&index_address).map_err(|cause| Error::new(format!("cannot fetch: {cause}")))?;
    let index = get(http, credentials, &home, &index_address, INDEX_LIMIT)?;
    let index = std::str::from_utf8(&index)
        .map_err(|_| "it is not UTF-8".to_owned())
        .and_then(|text| yaml::read(text).map_err(|error| error.to_string()))
        .map_err(|cause| Error::new(format!("cannot read {index_address}: {cause}")))?;
    let entries = index
        .get("entries")
        .and_then(Value::as_map)
        .ok_or_else(|| Error::new(format!("cannot read {index_address}: it lists no charts")))?;
    let Some(charts) = entries.get(&request.name).and_then(Value::as_list) else {
        let error = Error::new(format!("no chart `{}` in {address}", request.name));
        return Err(match aqueduct_manifest::closest(&request.name, entries.keys().map(|key| &**key)) {
            Some(close) => error.with_hint(format!("did you mean `{close}`?")),
            None => error,
        });
    };
    let text =
        |chart: &Value, key: &str| chart.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let versions: Vec<String> = charts.iter().map(|chart| text(chart, "version")).collect();
    let version = request
        .newest(versions.iter().map(String::as_str))
        .ok_or_else(|| no_version(request, &versions))?
        .to_owned();
    let chart = charts
        .iter()
        .find(|chart| text(chart, "version") == version)
        .ok_or_else(|| no_version(request, &versions))?;
    let url = chart.get("urls").and_then(Value::as_list).and_then(|urls| urls.first()?.as_str()).ok_or_else(
        || Error::new(format!("{index_address} has no address for `{} {version}`", request.name)),
    )?;
    if url.starts_with("oci://") {
        return Err(Error::new(format!("`{} {version}` of {address} has moved: {url}", request.name))
            .with_hint("set that address as the source"));
    }
    let url = home.join(url);
    let archive = get(http, credentials, &home, &url, ARCHIVE_LIMIT)?;
    let expected = text(chart, "digest").to_ascii_lowercase();
    let actual = digest::of_bytes(&archive);
    let expected = expected.strip_prefix("sha256:").unwrap_or(&expected);
    if !expected.is_empty() && expected != actual {
        return Err(Error::new(format!(
            "{url} does not match {index_address}: its SHA-256 is {actual}, not {expected}"
        ))
        .with_hint("the repository is broken, or somebody changed the chart: ask its maintainers"));
    }
    Ok(Fetched { version, archive })
}

/// Returns the error for a range that matches no version.
pub(crate) fn no_version(request: &WantedChart, versions: &[String]) -> Error {
    let shown: Vec<&str> = versions.iter().take(5).map(String::as_str).collect();
    let more = if versions.len() > shown.len() { ", …" } else { "" };
    let error = Error::new(format!("no version matches {request}"));
    if shown.is_empty() {
        error
    } else {
        error.with_hint(format!("available versions: {}{more}", shown.join(", ")))
    }
}

/// Fetches an address. The login of the repository is sent to its own server only.
fn get(
    http: &Http,
    credentials: &HostLogins,
    home: &Address,
    address: &str,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let there = Address::parse(address).map_err(|cause| Error::new(format!("cannot fetch: {cause}")))?;
    let is_home = home.origin() == there.origin();
    let login = if is_home { credentials.written(home.host()).and_then(Login::header) } else { None };
    let headers: Vec<(&str, &str)> = login.iter().map(|login| ("authorization", login.as_str())).collect();
    let answer = http.get(address, &headers, limit)?;
    match answer.status {
        200 => Ok(answer.body),
        401 | 403 if is_home => {
            Err(answer.error(address).with_hint(format!("log in first: `docker login {}`", home.host())))
        }
        401 | 403 => Err(answer.error(address).with_hint(format!(
            "the index points to a different server, and only {} gets the login",
            home.host()
        ))),
        _ => Err(answer.error(address)),
    }
}
