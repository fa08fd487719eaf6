//! Environment variables: plain values, secrets, and database logins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aqueduct_model::types::ScalarOrTable;
use aqueduct_render::{Context, Credential, Error, Errors, Target};
use k8s_openapi::api::core::v1::{
    ConfigMapKeySelector, EnvVar, EnvVarSource, ObjectFieldSelector, SecretKeySelector,
};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Unexpected, Visitor};

use super::Workload;
use super::secrets::secret_name;

/// An environment variable: a plain value, or a table with the source of the value.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum Variable {
    /// A boolean, `true` or `false`.
    Switch(bool),
    /// An integer.
    Integer(i64),
    /// A string; `${link.<name>.address}` and `$(OTHER_VARIABLE)` are expanded.
    Text(String),
    /// A value from another source.
    From(VariableSource),
}

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VariableVisitor)
    }
}

struct VariableVisitor;

impl<'de> Visitor<'de> for VariableVisitor {
    type Value = Variable;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string, an integer, a boolean, or a table with the source of the value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Variable, E> {
        Ok(Variable::Switch(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Variable, E> {
        Ok(Variable::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Variable, E> {
        let integer = i64::try_from(value);
        integer.map(Variable::Integer).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E>(self, value: &str) -> Result<Variable, E> {
        Ok(Variable::Text(value.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Variable, A::Error> {
        VariableSource::deserialize(MapAccessDeserializer::new(entries)).map(Variable::From)
    }
}

/// The source of an environment variable's value.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub enum VariableSource {
    /// A field of the pod, such as `metadata.name`.
    Field(String),
    /// A key of an existing Secret: `secret-name/key`.
    Secret(String),
    /// A key of an existing ConfigMap: `config-map-name/key`.
    ConfigMap(String),
}

impl<'de> Deserialize<'de> for VariableSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Sources {
            field: Option<String>,
            secret: Option<String>,
            config_map: Option<String>,
        }

        match Sources::deserialize(deserializer)? {
            Sources { field: Some(field), secret: None, config_map: None } => Ok(Self::Field(field)),
            Sources { field: None, secret: Some(secret), config_map: None } => Ok(Self::Secret(secret)),
            Sources { field: None, secret: None, config_map: Some(key) } => Ok(Self::ConfigMap(key)),
            _ => Err(D::Error::custom(
                "a value must have exactly one source: `field`, `secret` or `config-map`",
            )),
        }
    }
}

/// A database that the component uses.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum DatabaseField {
    /// The component; its login is in the variables `<KIND>_HOST`, `_PORT`, `_DB`, `_USER` and `_PASSWORD`.
    Component(Target),
    /// The component, and the names of the variables.
    Table(DatabaseTable),
}

/// A database, and the names of the variables with its login.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTable {
    /// The component.
    pub component: Target,
    /// The variables, each with its property: `host`, `port`, `database`, `user`, `password` or `url`.
    pub variables: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for DatabaseField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ScalarOrTable::deserialize(deserializer).map(|field| match field {
            ScalarOrTable::Scalar(component) => Self::Component(component),
            ScalarOrTable::Table(table) => Self::Table(table),
        })
    }
}

impl DatabaseField {
    /// Returns the component.
    pub fn target(&self) -> &Target {
        match self {
            Self::Component(target) => target,
            Self::Table(table) => &table.component,
        }
    }
}

/// Returns the variables in an order in which every `$(NAME)` is already defined: fields of the pod, secrets, plain
/// values, and then those that use others.
///
/// # Errors
/// Returns an error for a variable that refers to something that the component does not have, and for one that is set
/// twice.
pub(super) fn variables(context: &Context<'_>, workload: &Workload) -> Result<Vec<EnvVar>, Error> {
    let mut variables = Variables { taken: Vec::new(), plain: Vec::new() };
    let mut errors = Errors::default();
    for (name, variable) in &workload.variables {
        errors.take(variables.add(context, name, variable));
    }
    errors.take(variables.add_secrets(context, workload));
    errors.take(variables.add_database(context, workload));
    let variables = variables.in_order();
    let mut names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    names.sort_unstable();
    // Kubernetes accepts all printable ASCII characters except `=`, which ends the name.
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=');
    for bad in names.iter().filter(|name| !is_name(name)) {
        let message = format!(
            "`{bad}` is not a valid variable name: expected printable ASCII characters other than `=`"
        );
        errors.push(Error::path(&["variables", bad], message));
    }
    for twice in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        let message = format!("the variable is set twice: `{}`", twice[0]);
        errors.push(Error::path(&["variables", twice[0]], message));
    }
    errors.end(variables)
}

/// Variables: those with a value from another source, and those with a literal value.
struct Variables {
    taken: Vec<EnvVar>,
    plain: Vec<EnvVar>,
}

impl Variables {
    fn add(&mut self, context: &Context<'_>, name: &str, variable: &Variable) -> Result<(), Error> {
        let field = ["variables", name];
        let split = |what: &str, reference: &str| match reference.split_once('/') {
            Some((object, key)) => Ok((object.to_owned(), key.to_owned())),
            None => Err(Error::path(&field, format!("{what} must have the form `name/key`: `{reference}`"))),
        };
        match variable {
            Variable::Switch(switch) => self.plain.push(plain(name, switch.to_string())),
            Variable::Integer(integer) => self.plain.push(plain(name, integer.to_string())),
            Variable::Text(text) => self.plain.push(plain(name, context.expand(&field, text)?)),
            Variable::From(VariableSource::Field(path)) => {
                let selector = ObjectFieldSelector { field_path: path.clone(), ..Default::default() };
                self.taken.push(from(name, EnvVarSource { field_ref: Some(selector), ..Default::default() }));
            }
            Variable::From(VariableSource::Secret(reference)) => {
                let (secret, key) = split("a secret", reference)?;
                self.taken.push(from_secret(name, &secret, &key));
            }
            Variable::From(VariableSource::ConfigMap(reference)) => {
                let (config_map, key) = split("a ConfigMap's key", reference)?;
                let selector = ConfigMapKeySelector { name: config_map, key, ..Default::default() };
                self.taken.push(from(
                    name,
                    EnvVarSource { config_map_key_ref: Some(selector), ..Default::default() },
                ));
            }
        }
        Ok(())
    }

    fn add_secrets(&mut self, context: &Context<'_>, workload: &Workload) -> Result<(), Error> {
        let mut errors = Errors::default();
        for (name, secret) in workload.secrets.iter().filter(|(_, secret)| secret.mount.is_none()) {
            let object = errors.take(secret_name(context, name, secret));
            let offered = secret.component.as_ref().and_then(|_| context.link(&format!("secrets.{name}")));
            let offered = offered.and_then(|neighbour| neighbour.offer().secret.as_ref());
            let keys = match offered {
                Some((_, keys)) if secret.keys.is_empty() => keys,
                _ => &secret.keys,
            };
            if keys.is_empty() {
                let message = format!("secret `{name}` has neither `keys` nor a `mount`");
                errors.push(Error::path(&["secrets", name.as_str()], message));
            }
            self.taken.extend(keys.iter().map(|key| from_secret(key, &object, key)));
        }
        errors.end(())
    }

    fn add_database(&mut self, context: &Context<'_>, workload: &Workload) -> Result<(), Error> {
        let (Some(database), Some(neighbour)) = (&workload.database, context.link("database")) else {
            return Ok(());
        };
        let Some(credentials) = &neighbour.offer().credentials else {
            return Err(Error::field("database", format!("`{}` is not a database", database.target())));
        };
        if credentials.namespace != context.namespace() {
            return Err(Error::field(
                "database",
                "the login of a database is only available in its own namespace",
            )
            .hint("add a database component in this namespace"));
        }
        for (name, property) in database_variables(&neighbour.site.instance.kind, database) {
            match credentials.properties.get(property.as_str()) {
                Some(Credential::Value(value)) => self.plain.push(plain(&name, value.clone())),
                Some(Credential::Secret { name: secret, key }) => {
                    self.taken.push(from_secret(&name, secret, key));
                }
                None => {
                    let known: Vec<&str> = credentials.properties.keys().copied().collect();
                    let message = format!("unknown property: `{property}`");
                    return Err(Error::path(&["database", "variables", &name], message)
                        .hint(format!("the properties are {}", known.join(", "))));
                }
            }
        }
        Ok(())
    }

    /// Returns the variables, each after those that it uses; circular references are left as they are.
    fn in_order(mut self) -> Vec<EnvVar> {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, variable) in self.plain.iter().enumerate() {
            named.entry(&variable.name).or_default().push(at);
        }
        let mut waiting: Vec<usize> = Vec::with_capacity(self.plain.len());
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.plain.len()];
        for (at, variable) in self.plain.iter().enumerate() {
            let names = names_in(variable.value.as_deref().unwrap_or_default());
            let used: BTreeSet<usize> = names.filter_map(|name| named.get(name)).flatten().copied().collect();
            let used: Vec<usize> = used.into_iter().filter(|used| *used != at).collect();
            waiting.push(used.len());
            used.into_iter().for_each(|used| users[used].push(at));
        }
        // Each step takes the first one that uses none of the others, or in a cycle, simply the first.
        let mut left: BTreeSet<usize> = (0..waiting.len()).collect();
        let mut free: BTreeSet<usize> = left.iter().copied().filter(|at| waiting[*at] == 0).collect();
        while let Some(at) = free.first().or(left.first()).copied() {
            free.remove(&at);
            left.remove(&at);
            for user in &users[at] {
                waiting[*user] -= 1;
                if waiting[*user] == 0 && left.contains(user) {
                    free.insert(*user);
                }
            }
            self.taken.push(std::mem::take(&mut self.plain[at]));
        }
        self.taken
    }
}

/// Returns the names in `$(…)` in a text.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let ended = text.rsplit_once(')').map_or("", |(ended, _)| ended);
    ended.split(')').filter_map(|part| Some(part.rsplit_once("$(")?.1))
}

fn database_variables(kind: &str, database: &DatabaseField) -> Vec<(String, String)> {
    match database {
        DatabaseField::Component(_) => {
            let prefix = kind.to_ascii_uppercase().replace('-', "_");
            [
                ("HOST", "host"),
                ("PORT", "port"),
                ("DB", "database"),
                ("USER", "user"),
                ("PASSWORD", "password"),
            ]
            .into_iter()
            .map(|(name, property)| (format!("{prefix}_{name}"), property.to_owned()))
            .collect()
        }
        DatabaseField::Table(table) => table.variables.clone().into_iter().collect(),
    }
}

fn plain(variable: &str, value: String) -> EnvVar {
    EnvVar { name: variable.to_owned(), value: Some(value), ..Default::default() }
}

fn from(variable: &str, source: EnvVarSource) -> EnvVar {
    EnvVar { name: variable.to_owned(), value_from: Some(source), ..Default::default() }
}

fn from_secret(variable: &str, secret: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret.to_owned(), key: key.to_owned(), optional: None };
    from(variable, EnvVarSource { secret_key_ref: Some(selector), ..Default::default() })
}

#[cfg(test)]
mod tests {
    use super::{Variables, plain};

    fn in_order(variables: Vec<(String, String)>) -> Vec<String> {
        let plain = variables.into_iter().map(|(name, value)| plain(&name, value)).collect();
        Variables { taken: Vec::new(), plain }.in_order().into_iter().map(|variable| variable.name).collect()
    }

    #[test]
    fn what_is_used_comes_first() {
        let variables = [
            ("A", "$(C)/x"),
            ("B", "$(GONE) $($(x"),
            ("C", "$(B)$(B)"),
            ("D", "$(D)"),
            ("X", "$(Y)"),
            ("Y", "$(X)"),
        ];
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(in_order(owned.to_vec()), ["B", "C", "A", "D", "X", "Y"]);
    }

    /// With the square of their number this would take minutes.
    #[test]
    fn very_many_that_use_one_another() {
        let count = 20_000;
        let chain = (0..count).map(|at| (format!("V{at}"), format!("$(V{})", at + 1))).collect();
        let ordered = in_order(chain);
        assert_eq!((ordered.len(), ordered[0].as_str()), (count, "V19999"));
    }
}
