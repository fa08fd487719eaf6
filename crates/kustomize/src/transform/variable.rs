//! Variables: replaces `$(NAME)` in certain fields with the value of another field.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{SmolStr, Value};

use super::Transform;
use super::replacement_path;
use crate::error::{Error, Result, Within};
use crate::field_spec::{FieldSpec, Missing};
use crate::kustomization::Var;
use crate::resource::Resource;
use crate::resources::Resources;
use crate::{step, text};

/// Replaces variables with their values.
pub(crate) struct VariableTransformer<'a> {
    values: BTreeMap<SmolStr, Value>,
    fields: &'a [FieldSpec],
    used: RefCell<BTreeSet<SmolStr>>,
}

impl<'a> VariableTransformer<'a> {
    /// Finds the values of all variables.
    pub(crate) fn new(variables: &[Var], resources: &[Resource], fields: &'a [FieldSpec]) -> Result<Self> {
        let mut values = BTreeMap::new();
        let mut holders: BTreeMap<&SmolStr, &Resource> = BTreeMap::new();
        for resource in resources {
            for name in &resource.variables {
                holders.entry(name).or_insert(resource);
            }
        }
        for variable in variables {
            let holder = holders.get(&variable.name).ok_or_else(|| {
                Error::new(format!(
                    "var '{}' cannot be mapped to a field in the set of known resources: there is no {}/{}",
                    variable.name, variable.target.gvk, variable.target.name
                ))
            })?;
            let path = replacement_path::split(&variable.field_path.replace('[', ".").replace(']', ""));
            let steps = replacement_path::lookup(&Value::Map(holder.map().clone()), &path)
                .within(|| format!("var '{}': {}", variable.name, holder.id()))?;
            // An untyped value is a string.
            let value = steps.and_then(|steps| match step::get(holder.map(), &steps)? {
                value if text::is_scalar(value) && holder.is_untyped(&steps) => Some(text::of(value).into()),
                value => Some(value.clone()),
            });
            let value = value.ok_or_else(|| {
                Error::new(format!(
                    "field specified in var '{}' not found in corresponding resource: {} has no `{}`",
                    variable.name,
                    holder.id(),
                    variable.field_path
                ))
            })?;
            values.insert(variable.name.clone(), value);
        }
        Ok(Self { values, fields, used: RefCell::default() })
    }

    /// Returns the unused variables.
    pub(crate) fn unused(&self) -> Vec<&str> {
        let used = self.used.borrow();
        self.values.keys().filter(|name| !used.contains(*name)).map(SmolStr::as_str).collect()
    }

    fn set(&self, value: &mut Value) -> Result<()> {
        match value {
            Value::Map(map) => {
                let with_variables: Vec<SmolStr> = map
                    .iter()
                    .filter(|(_, value)| matches!(value, Value::String(text) if text.contains('$')))
                    .map(|(key, _)| key.clone())
                    .collect();
                for key in with_variables {
                    if let Some(value) = map.get_mut(&key) {
                        self.set_text(value);
                    }
                }
                Ok(())
            }
            Value::List(list) => {
                if list.iter().any(|value| !matches!(value, Value::String(_))) {
                    return Err(Error::new("invalid value type expect a string"));
                }
                list.make_mut().iter_mut().for_each(|value| self.set_text(value));
                Ok(())
            }
            scalar => {
                self.set_text(scalar);
                Ok(())
            }
        }
    }

    fn set_text(&self, value: &mut Value) {
        if let Value::String(text) = value
            && text.contains('$')
        {
            *value = self.expand(text);
        }
    }

    /// Expands `$(NAME)`; `$$` becomes `$`, and an unknown variable stays as it is.
    fn expand(&self, input: &str) -> Value {
        let mut output = String::with_capacity(input.len());
        let mut rest = input;
        while let Some((before, after)) = rest.split_once('$') {
            output.push_str(before);
            let mut characters = after.chars();
            match characters.next() {
                None => {
                    output.push('$');
                    rest = "";
                }
                Some('$') => {
                    output.push('$');
                    rest = characters.as_str();
                }
                Some('(') => match characters.as_str().split_once(')') {
                    Some((name, after)) => {
                        match self.values.get(name) {
                            // A list or map cannot be part of a string.
                            Some(value) if !matches!(value, Value::List(_) | Value::Map(_)) => {
                                self.used.borrow_mut().insert(name.into());
                                if before.is_empty() && output.is_empty() && after.is_empty() {
                                    return value.clone();
                                }
                                output.push_str(&text::of(value));
                            }
                            _ => output.push_str(&format!("$({name})")),
                        }
                        rest = after;
                    }
                    None => {
                        output.push_str("$(");
                        rest = characters.as_str();
                    }
                },
                Some(other) => {
                    output.push('$');
                    output.push(other);
                    rest = characters.as_str();
                }
            }
        }
        output.push_str(rest);
        output.into()
    }
}

impl Transform for VariableTransformer<'_> {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for resource in resources.list_mut() {
            let gvk = resource.gvk();
            for field in self.fields.iter().filter(|field| gvk.is_selected(&field.gvk)) {
                resource.spell_out_untyped(field)?;
                resource
                    .change(&gvk, field, Missing::Skip, &mut |field| self.set(field.value))
                    .map_err(|error| error.within(resource.id()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::VariableTransformer;

    #[test]
    fn expands() {
        let values = [
            ("A".into(), Value::from("x")),
            ("L".into(), Value::from(Vec::new())),
            ("N".into(), Value::Int(3)),
        ]
        .into();
        let variables = VariableTransformer { values, fields: &[], used: Default::default() };
        for (input, expected) in [
            ("$(A)", Value::from("x")),
            ("$(N)", Value::Int(3)),
            ("a$(N)b$(A)", "a3bx".into()),
            ("$(L)-$(L)", "$(L)-$(L)".into()),
            ("$$(A)", "$(A)".into()),
            ("$(B)-$(A)", "$(B)-x".into()),
            ("$(A", "$(A".into()),
            ("$x $", "$x $".into()),
        ] {
            assert_eq!(variables.expand(input), expected, "{input}");
        }
        assert_eq!(variables.unused(), ["L"]);
    }
}
