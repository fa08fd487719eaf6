//! Helm charts rendered natively, byte for byte as Helm v4 does.
