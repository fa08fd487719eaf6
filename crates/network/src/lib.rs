//! Which workload reaches which, as the network policies of a tree have it.
