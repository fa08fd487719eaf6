//! Vendoring from servers on this machine.

mod git;
mod kustomization;
mod loopback;
mod registry;
mod repository;
