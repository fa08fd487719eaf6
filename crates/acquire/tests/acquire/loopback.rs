//! A server on this machine that answers as a test specifies, and packed charts for it to serve.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A received request: the path with its query, and the headers in lower case.
#[derive(Clone, Debug)]
pub(crate) struct WantedChart {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// A server that lives as long as the test.
pub(crate) struct Server {
    /// Its host and port.
    pub(crate) host: String,
    /// The received requests.
    pub(crate) requests: Arc<Mutex<Vec<WantedChart>>>,
}

impl Server {
    /// Starts a server. The function returns the whole answer, including the status line.
    pub(crate) fn start(answer: impl Fn(&WantedChart) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(request) = read(&stream) {
                    seen.lock().expect("no test panics while it holds it").push(request.clone());
                    let mut stream = stream;
                    // It does not matter if the client has gone away.
                    let _ = stream.write_all(&answer(&request));
                }
            }
        });
        Self { host, requests }
    }

    /// Returns the requested paths.
    pub(crate) fn paths(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("no test panics while it holds it");
        requests.iter().map(|request| request.path.clone()).collect()
    }
}

fn read(stream: &TcpStream) -> Option<WantedChart> {
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines();
    let first = lines.next()?.ok()?;
    let (method, rest) = first.split_once(' ')?;
    let path = rest.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(WantedChart { method: method.to_owned(), path, headers, body })
}

/// Returns an answer with a status, headers and a body.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// Packs a chart.
pub(crate) fn pack(name: &str, version: &str, more: &str) -> Vec<u8> {
    pack_with(name, version, more, &[])
}

/// Packs a chart with more files.
pub(crate) fn pack_with(name: &str, version: &str, more: &str, further: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: {version}\n{more}");
    let files = [
        ("Chart.yaml", metadata.as_str()),
        ("values.yaml", "replicas: 1\n"),
        ("templates/a.yaml", "kind: A\nname: {{ .Release.Name }}\n"),
    ];
    for (path, text) in files.iter().chain(further) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, format!("{name}/{path}"), text.as_bytes())
            .expect("a vector takes everything");
    }
    let encoder = builder.into_inner().expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

/// Returns the SHA-256 of bytes in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    aqueduct_manifest::Hash::of(bytes).to_string()
}
