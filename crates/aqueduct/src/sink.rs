//! What takes the rendered files of an environment, so that the objects need not be held until the last
//! one is rendered.

use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_tree::{Emission, Error, Tree};
use rayon::prelude::*;

/// What a rendered file holds.
pub(crate) enum Content {
    /// One object, to be written as YAML.
    Object(Object),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl Content {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Object(object) => yaml::write(&Value::Map(object.map)).into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Takes rendered files.
pub(crate) trait Sink {
    /// Takes the files of an environment, by their paths below its folder.
    fn add(&mut self, environment: &str, files: Vec<(String, Content)>) -> Result<(), Error>;
}

impl Sink for Tree {
    fn add(&mut self, environment: &str, files: Vec<(String, Content)>) -> Result<(), Error> {
        let files: Vec<_> =
            files.into_par_iter().map(|(path, content)| (path, content.into_bytes())).collect();
        files.into_iter().try_for_each(|(path, bytes)| self.insert(environment, path, bytes))
    }
}

impl Sink for Emission {
    fn add(&mut self, environment: &str, files: Vec<(String, Content)>) -> Result<(), Error> {
        let emission = &*self;
        files
            .into_par_iter()
            .try_for_each(|(path, content)| emission.add(environment, &path, &content.into_bytes()))
    }
}

/// Lets the files go, for callers that want to know what is wrong and no more.
impl Sink for () {
    fn add(&mut self, _environment: &str, _files: Vec<(String, Content)>) -> Result<(), Error> {
        Ok(())
    }
}
