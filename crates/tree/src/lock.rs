//! The lock that prevents two runs from writing one output at once.
//!
//! The kernel holds it and releases it when the process ends, however it ends. The text in the file only
//! shows who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How often a held lock is retried.
const PAUSE: Duration = Duration::from_millis(50);

/// The lock, held until it is dropped.
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Releases it at once. A child that was just started shares the file until it executes another program.
    fn drop(&mut self) {
        // If it cannot be released, it ends with the last process that has it.
        let _held = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock, waiting for a while if another run holds it.
    ///
    /// The caller has made sure that the path is not a symbolic link.
    pub(crate) fn take(path: &Path, wait: Duration) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|source| Error::write(path, source))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if waited < wait => {
                    thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // The holder may be about to write its name. Then it stays unnamed.
                    let named = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                    let holder = if named { holder.trim().to_owned() } else { "unknown process".to_owned() };
                    return Err(Error::new(ErrorKind::Locked { holder }, path));
                }
                Err(TryLockError::Error(source)) => return Err(Error::write(path, source)),
            }
        }
        // The name is only for people. On a full disk, the lock works without it.
        let _unnamed = file.set_len(0).and_then(|()| file.write_all(holder().as_bytes()));
        Ok(Self { file })
    }
}

fn holder() -> String {
    let process = std::process::id();
    match fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) => format!("process {process} on {}\n", host.trim()),
        Err(_) => format!("process {process}\n"),
    }
}
