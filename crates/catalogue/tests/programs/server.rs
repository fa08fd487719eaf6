//! Servers that run during a test.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

/// A running server, which is stopped after the test.
pub(crate) struct Server(Child);

impl Server {
    /// Starts a program that is installed.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.expect("the program was asked for its version"))
    }
}

impl Drop for Server {
    /// Stops the server cleanly, including its child processes: killing it would leave them and their shared memory
    /// behind. With this signal, PostgreSQL does not wait for its clients.
    fn drop(&mut self) {
        let interrupt = format!("kill -INT {}", self.0.id());
        let _ = Command::new("sh").args(["-c", &interrupt]).stderr(Stdio::null()).status();
        if wait(|| self.0.try_wait().ok().flatten()).is_none() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Returns different free ports that no other test has received.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    // All are kept open until the last one is found.
    let mut held = Vec::new();
    std::array::from_fn(|_| {
        loop {
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
            let port = listener.local_addr().expect("it listens").port();
            held.push(listener);
            if given.insert(port) {
                return port;
            }
        }
    })
}

/// Sends a request to a local server, and returns the body of a successful response.
pub(crate) fn ask(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    // If the server accepts a request but never answers, the request is repeated.
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

/// Repeats a request until there is an answer, for up to two minutes, since machines can be slow.
pub(crate) fn wait<T>(mut question: impl FnMut() -> Option<T>) -> Option<T> {
    (0..1200).find_map(|_| {
        let answer = question();
        if answer.is_none() {
            sleep(Duration::from_millis(100));
        }
        answer
    })
}
