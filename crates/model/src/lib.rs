//! The platform as types: platform.toml, tenants, components, blueprints, layers and instances.
