//! Templates that functions run: by name, or strings that become templates.

use std::rc::Rc;
use std::sync::Arc;

use super::evaluate::Evaluator;
use super::function::World;
use super::output::without_no_value;
use super::parser::parse;
use super::quote::{Charset, quote};
use super::set::Set;
use super::{FunctionError, Host};
use crate::value::{Text, Value};

/// The name of the template that holds all others, and of the strings of `tpl`.
const ROOT: &str = "gotpl";
/// How many times a name may be included within itself; Helm's own limit.
const INCLUDE_LIMIT: usize = 1000;
/// How many steps it takes to start and finish an include.
const INCLUDE_STEPS: usize = 10;

/// How many steps the shortest string takes to parse, and how many more bytes are parsed per additional step.
const PARSE_STEPS: usize = 20;
const PARSED_PER_STEP: usize = 4;
/// How many bytes of parsed strings are cached, and how many each one counts in addition to its length.
const TEXTS_LIMIT: usize = 1 << 20;
const TEXT_SIZE: usize = 256;

impl World for Evaluator<'_> {
    fn host(&mut self) -> &mut dyn Host {
        self.host
    }

    fn spend(&mut self, steps: usize) -> Result<(), FunctionError> {
        Evaluator::spend(self, steps)
    }

    fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError> {
        let count = self.included.entry(name.clone()).or_default();
        if *count > INCLUDE_LIMIT {
            let mut prefix = b"rendering template has a nested reference name: ".to_vec();
            prefix.extend_from_slice(name.as_bytes());
            prefix.extend_from_slice(b": ");
            return Err(FunctionError::new("unable to execute template").wrap(prefix));
        }
        *count += 1;
        Evaluator::spend(self, INCLUDE_STEPS)?;
        let result = match self.set.get(name.as_bytes()).cloned() {
            Some(tree) => self.run_inner(&tree, dot).map(Text::from),
            None => {
                let name = quote(name.as_bytes(), Charset::Unicode);
                Err(FunctionError::new(format!(
                    "template: no template {name} associated with template \"{ROOT}\""
                )))
            }
        };
        if let Some(count) = self.included.get_mut(name) {
            *count -= 1;
        }
        result
    }

    fn run_text(&mut self, source: &Text, dot: Value) -> Result<Text, FunctionError> {
        let quoted = || quote(source.as_bytes(), Charset::Unicode);
        let trees = match self.texts.get(source) {
            Some(trees) => Rc::clone(trees),
            None => {
                let trees = parse(ROOT, source.as_bytes().into(), self.functions, &mut self.builders);
                let trees = trees.map_err(|error| {
                    FunctionError::new(error.0).wrap(format!("cannot parse template {}: ", quoted()))
                })?;
                let trees = Rc::new(trees.into_iter().map(Arc::new).collect::<Vec<_>>());
                Evaluator::spend(self, PARSE_STEPS + source.len() / PARSED_PER_STEP)?;
                // Strings that are generated anew each time are not worth caching.
                self.texts_size += source.len() + TEXT_SIZE;
                if self.texts_size > TEXTS_LIMIT {
                    self.texts.clear();
                    self.texts_size = 0;
                }
                self.texts.insert(source.clone(), Rc::clone(&trees));
                trees
            }
        };
        // Only the string itself can see what it defines.
        let mut set = Set::above(&self.set);
        for tree in trees.iter() {
            set.add(Arc::clone(tree));
        }
        let Some(tree) = trees.iter().find(|tree| tree.name == ROOT) else { return Ok(Text::default()) };
        let outer = std::mem::replace(&mut self.set, Arc::new(set));
        let result = self.run_inner(tree, dot);
        self.set = outer;
        match result {
            Ok(out) => Ok(without_no_value(out).into()),
            Err(error) => Err(error.wrap(format!("error during tpl function execution for {}: ", quoted()))),
        }
    }
}
