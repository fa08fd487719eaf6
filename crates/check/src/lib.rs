//! Checks over the rendered platform: references, policy, capacity.
