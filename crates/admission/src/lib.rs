//! The admission chain of Kubernetes, without a server.
