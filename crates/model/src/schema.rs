//! JSON Schemas of the TOML files, for editors.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// `[defaults.<kind>]`.
pub(crate) struct Defaults;
/// `[components.<name>]` of a blueprint.
pub(crate) struct Components;
/// The value of a parameter.
pub(crate) struct ParameterValue;

macro_rules! placeholder {
    ($type:ident, $schema:tt) => {
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

placeholder!(Defaults, { "type": "object" });
placeholder!(Components, { "type": "object" });
placeholder!(ParameterValue, { "type": ["string", "integer", "boolean", "array"] });
