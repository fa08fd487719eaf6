//! Charts in OCI registries: tags, manifests and blobs, each checked against its digest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::address::{Address, Shown, WebOrigin};
use crate::credentials::Login;
use crate::http::{Answer, Http};
use crate::repository::{ARCHIVE_LIMIT, Fetched, no_version};
use crate::{Error, HostLogins, WantedChart, digest};

/// The size limit for a manifest, list of tags or token, in bytes.
const DOCUMENT_LIMIT: u64 = 4 << 20;
/// The maximum number of pages of tags.
const PAGE_LIMIT: usize = 100;
/// The media types of a packed chart in a manifest.
const CHART_TYPES: [&str; 2] =
    ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(default, rename = "mediaType")]
    media_type: String,
    digest: String,
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

/// Fetches a chart from a registry.
pub(crate) fn fetch(
    http: &Http,
    credentials: &HostLogins,
    host: &str,
    path: &str,
    request: &WantedChart,
) -> Result<Fetched, Error> {
    let name = if path.is_empty() { request.name.clone() } else { format!("{path}/{}", request.name) };
    let mut session = Session { http, credentials, host, name, authorization: None };
    let (reference, version) = match request.digest() {
        Some(digest) => (digest.to_owned(), None),
        None => {
            let version = session.resolve(request)?;
            // A tag cannot contain `+`, so Helm writes `_`.
            (version.replace('+', "_"), Some(version))
        }
    };
    let (address, answer) = session.get(&format!("manifests/{reference}"), MANIFEST_TYPE, DOCUMENT_LIMIT)?;
    if request.digest().is_some() {
        check_digest(&address, &answer.body, &reference)?;
    }
    let manifest: Manifest = serde_json::from_slice(&answer.body)
        .map_err(|error| Error::new(format!("cannot read {address}: not a manifest: {error}")))?;
    let layer = manifest
        .layers
        .iter()
        .find(|layer| CHART_TYPES.contains(&layer.media_type.as_str()))
        .ok_or_else(|| Error::new(format!("no Helm chart at {address}")))?;
    if layer.size > ARCHIVE_LIMIT {
        return Err(Error::new(format!("the chart at {address} is larger than {ARCHIVE_LIMIT} bytes")));
    }
    let (address, answer) = session.get(&format!("blobs/{}", layer.digest), "*/*", ARCHIVE_LIMIT)?;
    check_digest(&address, &answer.body, &layer.digest)?;
    // If it was requested by digest, the package itself contains the version.
    Ok(Fetched { version: version.unwrap_or_default(), archive: answer.body })
}

/// Checks content against its digest.
fn check_digest(address: &str, content: &[u8], expected: &str) -> Result<(), Error> {
    let Some(expected) = expected.strip_prefix("sha256:") else {
        return Err(Error::new(format!("cannot check {address}: not a SHA-256 digest: {expected}")));
    };
    let actual = digest::of_bytes(content);
    if actual == expected {
        return Ok(());
    }
    Err(Error::new(format!("{address} does not match its digest: its SHA-256 is {actual}"))
        .with_hint("the registry, or something between it and this machine, changed the content"))
}

/// Requests to one repository of a registry.
struct Session<'a> {
    http: &'a Http,
    credentials: &'a HostLogins,
    host: &'a str,
    name: String,
    /// The header that the registry accepts.
    authorization: Option<String>,
}

impl Session<'_> {
    /// Returns the exact version for the request.
    fn resolve(&mut self, request: &WantedChart) -> Result<String, Error> {
        let mut versions: Vec<String> = Vec::new();
        let mut page = Some("tags/list?n=1000".to_owned());
        for _ in 0..PAGE_LIMIT {
            let Some(path) = page.take() else { break };
            let (address, answer) = self.get(&path, "application/json", DOCUMENT_LIMIT)?;
            let tags: Tags = serde_json::from_slice(&answer.body)
                .map_err(|error| Error::new(format!("cannot read {address}: not a list of tags: {error}")))?;
            versions.extend(tags.tags.unwrap_or_default().into_iter().map(|tag| tag.replace('_', "+")));
            page = answer.headers("link").find_map(next_page);
        }
        let newest = request.newest(versions.iter().map(String::as_str));
        newest.map(str::to_owned).ok_or_else(|| no_version(request, &versions))
    }

    /// Fetches something below the repository, and logs in when the registry requests it.
    fn get(&mut self, path: &str, accept: &str, limit: u64) -> Result<(String, Answer), Error> {
        let is_loopback = Address::parse(&format!("http://{}", self.host))
            .is_ok_and(|address| address.origin().is_loopback());
        let scheme = if is_loopback { "http" } else { "https" };
        let host = if self.host == "docker.io" { "registry-1.docker.io" } else { self.host };
        let address = format!("{scheme}://{host}/v2/{}/{path}", self.name);
        let mut answer = self.request(&address, accept, limit)?;
        if answer.status == 401 {
            self.authorize(&address, &answer)?;
            answer = self.request(&address, accept, limit)?;
        }
        match answer.status {
            200 => Ok((address, answer)),
            401 | 403 => Err(answer.error(&address).with_hint(advice(self.host))),
            404 => Err(answer.error(&address).with_hint(
                "registries also answer this way without a login: run `docker login` if the chart is private",
            )),
            _ => Err(answer.error(&address)),
        }
    }

    fn request(&self, address: &str, accept: &str, limit: u64) -> Result<Answer, Error> {
        let mut headers = vec![("accept", accept)];
        headers.extend(self.authorization.iter().map(|value| ("authorization", value.as_str())));
        self.http.get(address, &headers, limit)
    }

    /// Answers the challenge of a registry: with the login itself, or with a token in exchange for it.
    fn authorize(&mut self, address: &str, answer: &Answer) -> Result<(), Error> {
        // Much is public, so a failing helper is reported only if nothing else helps.
        let asked = self.credentials.of_registry(self.host);
        let login = asked.as_ref().ok().and_then(Option::as_ref);
        let refused = |error: Error| asked.as_ref().err().cloned().unwrap_or(error);
        let challenges: Vec<&str> = answer.headers("www-authenticate").collect();
        for challenge in &challenges {
            let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
            if scheme.eq_ignore_ascii_case("bearer") {
                if let Some(Login::Bearer(token)) = login {
                    self.authorization = Some(format!("Bearer {token}"));
                    return Ok(());
                }
                let token = self.token(address, &parse_parameters(parameters), login).map_err(refused)?;
                self.authorization = Some(format!("Bearer {token}"));
                return Ok(());
            }
            if scheme.eq_ignore_ascii_case("basic")
                && let Some(header) = login.and_then(Login::header)
            {
                self.authorization = Some(header);
                return Ok(());
            }
        }
        Err(refused(answer.error(address).with_hint(advice(self.host))))
    }

    fn token(
        &self,
        address: &str,
        parameters: &[(String, String)],
        login: Option<&Login>,
    ) -> Result<String, Error> {
        let parameter = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let realm = parameter("realm");
        // A login must not be sent unencrypted, nor to a server with a deceptive address. Only a registry on
        // this machine may redirect it to this machine.
        let unsafe_realm = |why: &str| {
            Error::new(format!(
                "{address} redirects to `{}` for a token, which is not safe{why}",
                Shown(realm)
            ))
        };
        let to = Address::parse(realm).map_err(|cause| unsafe_realm(&format!(": {cause}")))?.origin();
        let is_ours = |origin: &WebOrigin| !origin.is_encrypted && origin.is_loopback();
        let from = Address::parse(address).map(|address| address.origin());
        let is_safe = to.is_encrypted || (is_ours(&to) && from.is_ok_and(|from| is_ours(&from)));
        if !is_safe {
            return Err(unsafe_realm(""));
        }
        let default_scope = format!("repository:{}:pull", self.name);
        let scope = if parameter("scope").is_empty() { &default_scope } else { parameter("scope") };
        let mut query = vec![("scope", scope)];
        if !parameter("service").is_empty() {
            query.push(("service", parameter("service")));
        }
        let separator = if realm.contains('?') { '&' } else { '?' };
        let query: Vec<String> =
            query.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        let token_address = format!("{realm}{separator}{}", query.join("&"));
        let authorization = match login {
            // What Docker sends for an identity token.
            Some(Login::Identity(token)) => Some(format!(
                "Basic {}",
                STANDARD.encode(format!("00000000-0000-0000-0000-000000000000:{token}"))
            )),
            Some(login) => login.header(),
            None => None,
        };
        let headers: Vec<(&str, &str)> =
            authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = self.http.get(&token_address, &headers, DOCUMENT_LIMIT)?;
        if answer.status != 200 {
            return Err(answer.error(&token_address).with_hint(advice(self.host)));
        }
        let token: Token = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::new(format!("cannot read {token_address}: not a token")))?;
        let token = if token.token.is_empty() { token.access_token } else { token.token };
        if token.is_empty() {
            return Err(Error::new(format!("cannot read {token_address}: not a token")));
        }
        Ok(token)
    }
}

/// Returns the hint for a host that requires a login.
fn advice(host: &str) -> String {
    format!("log in first: `docker login {host}`")
}

/// Returns the address of the next page in a `Link` header, below the repository.
fn next_page(header: &str) -> Option<String> {
    let (target, relation) = header.split_once('>')?;
    if !relation.replace(' ', "").contains("rel=\"next\"") {
        return None;
    }
    let query = target.rsplit_once('?')?.1;
    Some(format!("tags/list?{query}"))
}

/// Parses `key="value",key=value`.
fn parse_parameters(text: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut rest = text.trim();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        parameters.push((key.trim().to_owned(), value.to_owned()));
        rest = after.trim_start_matches([',', ' ']);
    }
    parameters
}

/// Escapes characters that must not be in a query.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, next_page, parse_parameters};

    #[test]
    fn challenges() {
        let parameters =
            parse_parameters(r#"realm="https://a/t",service="b c", scope="x:y:pull,push" ,error=e"#);
        let parameters: Vec<(&str, &str)> =
            parameters.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            parameters,
            [("realm", "https://a/t"), ("service", "b c"), ("scope", "x:y:pull,push"), ("error", "e")]
        );
        assert_eq!(parse_parameters("realm=\"open"), [("realm".to_owned(), "open".to_owned())]);
        assert_eq!(escaped("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }

    #[test]
    fn pages() {
        let link = r#"</v2/a/tags/list?last=1.0.0&n=2>; rel="next""#;
        assert_eq!(next_page(link).as_deref(), Some("tags/list?last=1.0.0&n=2"));
        assert_eq!(next_page(r#"</v2/a/tags/list?n=2>; rel="prev""#), None);
    }
}
