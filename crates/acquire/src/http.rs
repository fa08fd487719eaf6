//! Fetches over HTTP, within limits, patient with busy servers, and with clear messages.

use std::io::Read as _;
use std::time::{Duration, Instant};

use ureq::{Agent, Body, Timeout};

use crate::Error;
use crate::address::{Address, Shown};

/// How often a request is attempted.
const ATTEMPTS: u32 = 4;
/// The longest wait that a busy server may request.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The time limit for one address, including all attempts and redirects.
const LONGEST_GET: Duration = Duration::from_secs(600);
/// The time limit for resolving a server, and for connecting to it.
const LONGEST_CONNECT: Duration = Duration::from_secs(15);
/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// The minimum of bytes that a server must send in each time window.
const LEAST: usize = 20 << 10;
/// The hint for a server that takes too long.
const SLOW: &str = "try again later; if it happens again, check the address, proxies and firewalls";

/// A client for web addresses.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    patience: Patience,
}

/// How long to wait for a server.
#[derive(Debug)]
struct Patience {
    /// For the start of an answer, and whenever no more data arrives.
    answer: Duration,
    /// The interval at which the progress is checked.
    window: Duration,
}

/// The answer of a server.
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

    /// Returns the error for an answer that is not a success.
    pub(crate) fn error(&self, address: &str) -> Error {
        let reason = match self.status {
            401 => "401 (not logged in)",
            403 => "403 (not allowed)",
            404 => "404 (not found)",
            429 => "429 (too many requests)",
            500..=599 => return self.server_error(address),
            status => return Error::new(format!("cannot fetch {address}: the server answered {status}")),
        };
        Error::new(format!("cannot fetch {address}: the server answered {reason}"))
    }

    fn server_error(&self, address: &str) -> Error {
        Error::new(format!("cannot fetch {address}: the server failed with {}", self.status))
            .with_hint("try again later")
    }
}

impl Http {
    pub(crate) fn new() -> Self {
        Self::patient(Patience { answer: Duration::from_secs(60), window: Duration::from_secs(20) })
    }

    fn patient(patience: Patience) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A login must not follow a redirect to another server, so each redirect is handled here.
            .max_redirects(0)
            .timeout_resolve(Some(LONGEST_CONNECT))
            .timeout_connect(Some(LONGEST_CONNECT))
            .timeout_recv_response(Some(patience.answer))
            .timeout_per_read(Some(patience.answer))
            .user_agent(concat!("aqueduct/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), patience }
    }

    /// Fetches an address; refusals are answers too. A login among the headers is sent only to the server of
    /// the address.
    ///
    /// An interrupted download is started again, and a busy server is asked again when it allows it.
    pub(crate) fn get(&self, address: &str, headers: &[(&str, &str)], limit: u64) -> Result<Answer, Error> {
        let end = now() + LONGEST_GET;
        let start = Address::parse(address).map_err(|cause| Error::new(format!("cannot fetch: {cause}")))?;
        let mut attempt = 1;
        loop {
            let last = attempt == ATTEMPTS;
            match self.follow(&start, headers, limit, end) {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) && !last => {
                    let wait = match answer.headers("retry-after").next().map(str::parse) {
                        Some(Ok(seconds)) => Duration::from_secs(seconds),
                        _ => Duration::from_millis(200 << attempt),
                    };
                    if wait > LONGEST_WAIT {
                        return Err(answer.error(address).with_hint(format!(
                            "try again in {} seconds, as the server requests",
                            wait.as_secs()
                        )));
                    }
                    std::thread::sleep(wait);
                }
                Ok(answer) => return Ok(answer),
                Err(Failure::BrokenOff(_)) if !last => {}
                Err(Failure::BrokenOff(error) | Failure::Final(error)) => {
                    return Err(error.context(format!("cannot fetch {address}")));
                }
            }
            attempt += 1;
        }
    }

    /// Makes a request and follows redirects.
    fn follow(
        &self,
        start: &Address,
        headers: &[(&str, &str)],
        limit: u64,
        end: Instant,
    ) -> Result<Answer, Failure> {
        let mut headers = headers.to_vec();
        let mut address = start.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.attempt(&address, &headers, limit, end)?;
            let location = answer.headers("location").next();
            let Some(location) = location.filter(|_| matches!(answer.status, 301..=303 | 307 | 308)) else {
                return Ok(answer);
            };
            let next = redirected(&address, location).map_err(Failure::Final)?;
            if address.origin() != next.origin() {
                headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            }
            address = next;
        }
        Err(Failure::Final(Error::new("too many redirects")))
    }

    fn attempt(
        &self,
        address: &Address,
        headers: &[(&str, &str)],
        limit: u64,
        end: Instant,
    ) -> Result<Answer, Failure> {
        let left = end.saturating_duration_since(now());
        let mut request = self.agent.get(address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response =
            request.config().timeout_global(Some(left)).build().call().map_err(|cause| match cause {
                ureq::Error::Timeout(timeout) => self.silent(address, timeout),
                ureq::Error::Io(_) => Failure::BrokenOff(Error::new(cause.to_string())),
                ureq::Error::HostNotFound => Failure::Final(Error::new("no such host")),
                _ => Failure::Final(Error::new(cause.to_string())),
            })?;
        let (parts, body) = response.into_parts();
        let bytes = self.receive(address, body, limit)?;
        let headers = parts.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Answer { status: parts.status.as_u16(), body: bytes, headers: headers.collect() })
    }

    /// Reads the body of an answer, as long as it arrives fast enough.
    fn receive(&self, address: &Address, body: Body, limit: u64) -> Result<Vec<u8>, Failure> {
        let announced = body.content_length();
        let mut bytes = Vec::new();
        let broken_off =
            |after: &str| Failure::BrokenOff(Error::new(format!("the download broke off after {after}")));
        let mut reader = body.into_with_config().limit(u64::MAX).reader().take(limit.saturating_add(1));
        let (mut since, mut before) = (now(), 0);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = reader.read(&mut buffer).map_err(|cause| match ureq::Error::from(cause) {
                ureq::Error::Timeout(timeout) => self.silent(address, timeout),
                cause => broken_off(&format!("{} bytes: {cause}", bytes.len())),
            })?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            bytes.extend_from_slice(part);
            let (waited, came) = (now().saturating_duration_since(since), bytes.len() - before);
            if waited >= self.patience.window {
                if came < LEAST {
                    let (host, seconds) = (address.host(), waited.as_secs_f32().round());
                    let slow = format!("{host} sent only {came} bytes within {seconds} seconds");
                    return Err(Failure::Final(Error::new(slow).with_hint(SLOW)));
                }
                (since, before) = (now(), bytes.len());
            }
        }
        if bytes.len() as u64 > limit {
            return Err(Failure::Final(Error::new(format!("it is larger than {limit} bytes"))));
        }
        match announced.filter(|announced| *announced != bytes.len() as u64) {
            Some(announced) => Err(broken_off(&format!("{} of {announced} bytes", bytes.len()))),
            None => Ok(bytes),
        }
    }

    /// Returns the failure for a server that did not answer in time.
    fn silent(&self, address: &Address, timeout: Timeout) -> Failure {
        let waited = match timeout {
            Timeout::Resolve | Timeout::Connect => LONGEST_CONNECT,
            Timeout::Global => LONGEST_GET,
            _ => self.patience.answer,
        };
        let (host, seconds) = (address.host(), waited.as_secs_f32());
        Failure::Final(Error::new(format!("{host} did not answer within {seconds} seconds")).with_hint(SLOW))
    }
}

/// Returns the target of a redirect, which never leads from an encrypted address to an unencrypted one.
fn redirected(from: &Address, location: &str) -> Result<Address, Error> {
    let target = from.join(location);
    let refused = |why: &str| Error::new(format!("the server redirects to `{}`, {why}", Shown(&target)));
    let next = Address::parse(&target).map_err(|_| refused("which is not followed"))?;
    if from.origin().is_encrypted && !next.origin().is_encrypted {
        return Err(refused("which is not followed because it is not encrypted"));
    }
    Ok(next)
}

#[expect(clippy::disallowed_methods, reason = "how long a server takes changes nothing of what is fetched")]
fn now() -> Instant {
    Instant::now()
}

enum Failure {
    /// Worth another attempt.
    BrokenOff(Error),
    Final(Error),
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::{Address, Http, Patience, redirected};

    #[test]
    fn no_redirect_leaves_what_is_encrypted() {
        for (from, location, to) in [
            ("https://a.example/x/y", "/z", "https://a.example/z"),
            ("https://a.example/x/y", "https://b.example/z", "https://b.example/z"),
            ("http://a.example/x/y", "https://a.example/z", "https://a.example/z"),
            ("http://a.example/x/y", "http://b.example/z", "http://b.example/z"),
            (
                "https://a.example/x/y",
                "http://a.example/z",
                "the server redirects to `http://a.example/z`, which is not followed because it is not encrypted",
            ),
            (
                "https://a.example/x/y",
                "ftp://a.example/z",
                "the server redirects to `ftp://a.example/z`, which is not followed",
            ),
        ] {
            let from = Address::parse(from).expect("it is an address");
            let text = match redirected(&from, location) {
                Ok(address) => address.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(text, to);
        }
    }

    /// Starts a server that sends some text to each client, and then one byte at a time.
    fn dripping(start: &'static str, pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let _ = stream.read(&mut [0; 4096]);
                    let mut sent = stream.write_all(start.as_bytes());
                    while sent.is_ok() {
                        std::thread::sleep(pause);
                        sent = stream.write_all(b"x");
                    }
                });
            }
        });
        host
    }

    #[test]
    fn servers_that_take_their_time() {
        let patience = Patience { answer: Duration::from_millis(500), window: Duration::from_millis(300) };
        let http = Http::patient(patience);
        let check = |start: &'static str, pause: u64| {
            let host = dripping(start, Duration::from_millis(pause));
            let error = http.get(&format!("http://{host}/a"), &[], 1 << 20).expect_err("it is too slow");
            assert!(error.hint().is_some_and(|hint| hint.starts_with("try again later")));
            error.to_string().replace(&host, "host")
        };
        let drips = check("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", 50);
        assert!(drips.starts_with("cannot fetch http://host/a: host sent only "), "{drips}");
        assert!(drips.ends_with(" seconds"), "{drips}");
        for (start, pause) in [
            ("", 60_000),
            ("HTTP/1.1 200 OK\r\na: ", 50),
            ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nabc", 60_000),
        ] {
            let expected = "cannot fetch http://host/a: host did not answer within 0.5 seconds";
            assert_eq!(check(start, pause), expected, "{start}");
        }
    }
}
