//! Kustomizations built natively, byte for byte as Kustomize 5.8 does.
