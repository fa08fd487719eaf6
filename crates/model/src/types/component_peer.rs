//! The components at the other end of a link.

use std::fmt;
use std::str::FromStr;

use super::parsed::{Invalid, Parsed, parsed};
use super::{Name, Reference};

/// The components that may be at the other end of a component's link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentPeer {
    /// Every component.
    Any,
    /// All components of a tenant.
    Tenant(Name),
    /// A component.
    Component(Reference),
}

impl ComponentPeer {
    /// Tells whether a component matches, in a file of the tenant `own`.
    pub fn is(&self, own: &Name, tenant: &Name, component: &Name) -> bool {
        match self {
            Self::Any => true,
            Self::Tenant(name) => name == tenant,
            Self::Component(reference) => {
                reference.tenant_or(own) == tenant && reference.component == *component
            }
        }
    }
}

impl FromStr for ComponentPeer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_suffix("/*") {
            _ if text == "*" => Ok(Self::Any),
            Some(tenant) => Ok(Self::Tenant(tenant.parse()?)),
            None => Ok(Self::Component(text.parse()?)),
        }
    }
}

impl fmt::Display for ComponentPeer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.pad("*"),
            Self::Tenant(name) => write!(out, "{name}/*"),
            Self::Component(reference) => reference.fmt(out),
        }
    }
}

impl Parsed for ComponentPeer {
    const EXPECTED: &'static str =
        "a component such as `\"api\"` or `\"shop/api\"`, or `\"shop/*\"` or `\"*\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(ComponentPeer, {
    "type": "string",
    "description": "A component of the same tenant, `tenant/component`, `tenant/*` for all components of a tenant, or `*` for every component.",
    "pattern": "^(\\*|[a-z0-9][-a-z0-9]*(/(\\*|[a-z0-9][-a-z0-9]*))?)$"
});
