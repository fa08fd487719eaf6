//! References from one component to another.

use std::fmt;
use std::str::FromStr;

use crate::types::parsed::{Parsed, parsed};
use crate::types::{Invalid, Name};

/// A component of the same environment: `component` of the same tenant, or `tenant/component`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The tenant, if given.
    pub tenant: Option<Name>,
    /// The component.
    pub component: Name,
}

impl Reference {
    /// Returns the referenced tenant, for a file of the given tenant.
    pub fn tenant_or<'a>(&'a self, own: &'a Name) -> &'a Name {
        self.tenant.as_ref().unwrap_or(own)
    }
}

impl FromStr for Reference {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.split_once('/') {
            Some((tenant, component)) => {
                Ok(Self { tenant: Some(tenant.parse()?), component: component.parse()? })
            }
            None => Ok(Self { tenant: None, component: text.parse()? }),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tenant) = &self.tenant {
            write!(out, "{tenant}/")?;
        }
        self.component.fmt(out)
    }
}

impl Parsed for Reference {
    const EXPECTED: &'static str = "a component such as `\"database\"` or `\"shop/database\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Reference, {
    "type": "string",
    "description": "A component: `component` of the same tenant, or `tenant/component`.",
    "pattern": "^[a-z0-9][-a-z0-9]*(/[a-z0-9][-a-z0-9]*)?$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn references() {
        insta::assert_snapshot!(table::<Reference>(&["web", "shop/web", "/web", "shop/", "a/b/c", "Web", ""]), @r"
        web: ok
        shop/web: ok
        /web: ERROR the name must not be empty
        shop/: ERROR the name must not be empty
        a/b/c: ERROR `b/c` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        Web: ERROR `Web` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        : ERROR the name must not be empty
        ");
    }
}
