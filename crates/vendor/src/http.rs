//! Fetching by HTTP: bounded, patient with busy servers, and clear about what went wrong.

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;
use ureq::config::RedirectAuthHeaders;

use crate::Error;

/// How often a request is made before it is given up.
const ATTEMPTS: u32 = 4;
/// The longest time that a busy server may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A client for addresses of the web.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
}

/// What a server answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// Returns the values of a header.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the error of an answer that is not the one hoped for.
    pub(crate) fn error(&self, address: &str) -> Error {
        let reason = match self.status {
            401 => "401 (who are you?)",
            403 => "403 (not allowed)",
            404 => "404 (not found)",
            429 => "429 (too many requests)",
            500..=599 => return self.server_error(address),
            status => return Error::new(format!("cannot fetch {address}: the server answers {status}")),
        };
        Error::new(format!("cannot fetch {address}: the server answers {reason}"))
    }

    fn server_error(&self, address: &str) -> Error {
        Error::new(format!("cannot fetch {address}: the server is in trouble: {}", self.status))
            .with_hint("try again later")
    }
}

impl Http {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(5)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_recv_body(Some(Duration::from_secs(300)))
            .user_agent(concat!("aqueduct/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent() }
    }

    /// Fetches an address; answers that say no are answers too.
    ///
    /// A download that breaks off is begun again, and a busy server is asked again when it said so.
    pub(crate) fn get(&self, address: &str, headers: &[(&str, &str)], limit: u64) -> Result<Answer, Error> {
        let mut attempt = 1;
        loop {
            let last = attempt == ATTEMPTS;
            match self.attempt(address, headers, limit) {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) && !last => {
                    let wait = match answer.headers("retry-after").next().map(str::parse) {
                        Some(Ok(seconds)) => Duration::from_secs(seconds),
                        _ => Duration::from_millis(200 << attempt),
                    };
                    if wait > LONGEST_WAIT {
                        return Err(answer.error(address).with_hint(format!(
                            "the server asks to come back in {} seconds",
                            wait.as_secs()
                        )));
                    }
                    std::thread::sleep(wait);
                }
                Ok(answer) => return Ok(answer),
                Err(Failure::BrokenOff(_)) if !last => {}
                Err(Failure::BrokenOff(error) | Failure::Final(error)) => return Err(error),
            }
            attempt += 1;
        }
    }

    fn attempt(&self, address: &str, headers: &[(&str, &str)], limit: u64) -> Result<Answer, Failure> {
        let mut request = self.agent.get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let fail = |cause: &dyn std::fmt::Display| Error::new(format!("cannot fetch {address}: {cause}"));
        let response = request.call().map_err(|cause| match cause {
            ureq::Error::Io(_) => Failure::BrokenOff(fail(&cause)),
            ureq::Error::HostNotFound => Failure::Final(fail(&"there is no such host")),
            ureq::Error::TooManyRedirects => Failure::Final(fail(&"it leads in a circle of redirects")),
            _ => Failure::Final(fail(&cause)),
        })?;
        let (parts, body) = response.into_parts();
        let announced = body.content_length();
        let mut bytes = Vec::new();
        let mut reader = body.into_with_config().limit(u64::MAX).reader().take(limit.saturating_add(1));
        if let Err(cause) = reader.read_to_end(&mut bytes) {
            let progress = format!("the download broke off after {} bytes: {cause}", bytes.len());
            return Err(Failure::BrokenOff(fail(&progress)));
        }
        if bytes.len() as u64 > limit {
            return Err(Failure::Final(fail(&format!("it is larger than {limit} bytes"))));
        }
        if let Some(announced) = announced.filter(|announced| *announced != bytes.len() as u64) {
            let progress = format!("the download broke off after {} of {announced} bytes", bytes.len());
            return Err(Failure::BrokenOff(fail(&progress)));
        }
        let headers = parts.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Answer { status: parts.status.as_u16(), body: bytes, headers: headers.collect() })
    }
}

enum Failure {
    /// Worth another attempt.
    BrokenOff(Error),
    Final(Error),
}
