//! The configuration of one kustomization: the defaults, merged with its own files.

use std::rc::Rc;

use aqueduct_manifest::SmolStr;

use crate::config::TransformerConfig;
use crate::defaults;
use crate::error::{Result, Within};
use crate::loader::Loader;

/// Returns the defaults merged with the files of `configurations`.
pub(crate) fn load(loader: &Loader<'_>, configurations: &[SmolStr]) -> Result<Rc<TransformerConfig>> {
    let config = defaults::config();
    if configurations.is_empty() {
        return Ok(config);
    }
    let mut own = TransformerConfig::default();
    for file in configurations {
        let text = loader.load_text(file)?;
        own = own.merge(&TransformerConfig::read(&text).within(|| file.to_string())?)?;
    }
    Ok(Rc::new(config.merge(&own)?))
}

/// Merges two configurations. Merging a configuration with itself returns it unchanged. Merging the defaults into an
/// empty one returns the defaults, because that is the result anyway.
pub(crate) fn merge(
    this: &Rc<TransformerConfig>,
    other: &Rc<TransformerConfig>,
) -> Result<Rc<TransformerConfig>> {
    if Rc::ptr_eq(this, other) || (this.is_empty() && Rc::ptr_eq(other, &defaults::config())) {
        Ok(Rc::clone(other))
    } else if other.is_empty() {
        Ok(Rc::clone(this))
    } else {
        Ok(Rc::new(this.merge(other)?))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::TransformerConfig;
    use crate::defaults;

    #[test]
    fn defaults_stay_the_same_when_merged_into_nothing() {
        let defaults = defaults::config();
        let merged = TransformerConfig::default().merge(&defaults).expect("the defaults do not conflict");
        assert_eq!(merged, *defaults);
    }
}
