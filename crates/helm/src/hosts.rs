//! Ready-made hosts: this machine, one that refuses, and one that always gives the same answers.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::template::{CallSite, Host, Moment, Refusal};

/// The clock and randomness of this machine, which `helm template` offers to templates.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Read on first use: loading the machine's time zones takes longer than most charts.
    time_zone: OnceLock<String>,
}

impl System {
    /// Returns a host with the time zone of the machine.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Host for System {
    #[expect(clippy::disallowed_methods, reason = "this host reads the system clock")]
    fn now(&mut self, _site: &CallSite) -> Result<Moment, Refusal> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(|error| Refusal(format!("the clock is not set: {error}")))?;
        let seconds = i64::try_from(now.as_secs()).map_err(|_| Refusal("the clock is not set".to_owned()))?;
        Ok(Moment { seconds, nanoseconds: now.subsec_nanos() })
    }

    fn time_zone(&self) -> &str {
        self.time_zone.get_or_init(|| jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned())
    }

    fn random(&mut self, _site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        getrandom::fill(buffer).map_err(|error| Refusal(format!("no random numbers: {error}")))
    }
}

/// A host that answers nothing: a template that asks fails with an error that names the function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refusing;

impl Host for Refusing {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        Err(refusal(site))
    }

    fn random(&mut self, site: &CallSite, _buffer: &mut [u8]) -> Result<(), Refusal> {
        Err(refusal(site))
    }

    fn resolve(&mut self, site: &CallSite, _name: &str) -> Result<String, Refusal> {
        Err(refusal(site))
    }
}

fn refusal(site: &CallSite) -> Refusal {
    Refusal(format!("`{}` gives a different result each time", site.function))
}

/// A host whose clock stands still and whose random bytes are the same in every run.
///
/// The bytes are predictable, so keys and passwords made from them are only fit for tests.
#[derive(Clone, Debug)]
pub struct Fixed {
    now: Moment,
    /// How often random bytes have been requested.
    asked: u64,
}

impl Fixed {
    /// Returns a host whose clock shows the given time.
    pub fn at(now: Moment) -> Self {
        Self { now, asked: 0 }
    }
}

impl Host for Fixed {
    fn now(&mut self, _site: &CallSite) -> Result<Moment, Refusal> {
        Ok(self.now)
    }

    fn random(&mut self, _site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        self.asked += 1;
        for (number, chunk) in (0_u64..).zip(buffer.chunks_mut(32)) {
            let bytes = Sha256::digest([self.asked.to_be_bytes(), number.to_be_bytes()].concat());
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}
