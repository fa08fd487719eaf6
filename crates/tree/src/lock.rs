//! The lock that keeps two runs from writing one output at once.
//!
//! The kernel holds it and lets go when the process ends, however it ends; the text in the file only says
//! who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// The lock, held until it is dropped.
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Lets go at once: a child that was just started has the file too until it becomes another program.
    fn drop(&mut self) {
        // What cannot be let go of ends with the last who has it.
        let _held = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock, waiting for another run to end for a while.
    ///
    /// The caller has made sure that the path is no symbolic link.
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
                    // The holder may be about to write its name; then it stays unnamed.
                    let named = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                    let holder = if named { holder.trim().to_owned() } else { "process unknown".to_owned() };
                    return Err(Error::new(ErrorKind::Locked { holder }, path));
                }
                Err(TryLockError::Error(source)) => return Err(Error::write(path, source)),
            }
        }
        // The name is for people: on a full disk the lock holds without it.
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
