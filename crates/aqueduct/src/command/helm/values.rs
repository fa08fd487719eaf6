//! The flags of `helm template` that set values, in order of precedence.

use aqueduct_helm::value::Map;
use aqueduct_helm::{Error, Notation, UserValues};

/// The user's values. Each field overrides the ones before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueOptions {
    /// The paths of the `--values` files.
    pub files: Vec<String>,
    /// The arguments of `--set-json`.
    pub json: Vec<String>,
    /// The arguments of `--set`.
    pub set: Vec<String>,
    /// The arguments of `--set-string`.
    pub strings: Vec<String>,
    /// The arguments of `--set-file`.
    pub set_files: Vec<String>,
    /// The arguments of `--set-literal`.
    pub literals: Vec<String>,
}

/// Reads a file given by the user, with Helm's error.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

impl ValueOptions {
    /// Returns the merged values of the options.
    ///
    /// # Errors
    /// Returns Helm's error for the first file or argument that cannot be read.
    pub fn merge(&self, read_file: ReadFile<'_>) -> Result<Map, Error> {
        let mut values = UserValues::new();
        for file in &self.files {
            values
                .add_file(&read_file(file)?)
                .map_err(|error| error.context(format!("failed to parse {file}")))?;
        }
        for argument in &self.json {
            let (result, kind) = match argument.trim() {
                object if object.starts_with('{') => (values.add_json(object), " JSON:"),
                _ => (values.set(argument, &Notation::Json), ""),
            };
            result.map_err(|_| Error::new(format!("failed parsing --set-json data{kind} {argument}")))?;
        }
        let rest: [(&str, &[String], Notation<'_>); 4] = [
            ("set", &self.set, Notation::Typed),
            ("set-string", &self.strings, Notation::Text),
            ("set-file", &self.set_files, Notation::File(read_file)),
            ("set-literal", &self.literals, Notation::Literal),
        ];
        for (flag, arguments, notation) in rest {
            for argument in arguments {
                values
                    .set(argument, &notation)
                    .map_err(|error| error.context(format!("failed parsing --{flag} data")))?;
            }
        }
        Ok(values.into_map())
    }
}
