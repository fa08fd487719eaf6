//! Vendoring from servers on this machine.

mod loopback;
mod registry;
mod repository;
