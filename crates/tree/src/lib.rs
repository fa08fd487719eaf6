//! The hydrated tree on disk: layout, hashes, atomic emit, prune, diff.
