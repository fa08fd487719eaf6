//! Tests that stop a write at every single operation on the disk.
