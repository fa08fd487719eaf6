//! `Chart.yaml`: a chart's metadata.

use aqueduct_manifest::{SmolStr, Value};

use crate::Error;
use crate::decode::{Fields, read_yaml};
use crate::functions::semver::Version;

/// The contents of `Chart.yaml`, including those of `requirements.yaml` in charts of the first format.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml, which Helm documents")]
pub struct Metadata {
    pub name: SmolStr,
    pub home: SmolStr,
    pub sources: Vec<SmolStr>,
    pub version: SmolStr,
    pub description: SmolStr,
    pub keywords: Vec<SmolStr>,
    pub maintainers: Vec<Maintainer>,
    pub icon: SmolStr,
    pub api_version: SmolStr,
    pub condition: SmolStr,
    pub tags: SmolStr,
    pub app_version: SmolStr,
    pub deprecated: bool,
    /// In key order; `None` if there are none.
    pub annotations: Option<Vec<(SmolStr, SmolStr)>>,
    pub kube_version: SmolStr,
    /// `None` if the file has no `dependencies`.
    pub dependencies: Option<Vec<Dependency>>,
    /// `application`, `library`, or empty, which means `application`.
    pub chart_type: SmolStr,
}

/// A maintainer of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml, which Helm documents")]
pub struct Maintainer {
    pub name: SmolStr,
    pub email: SmolStr,
    pub url: SmolStr,
}

/// A chart that another chart depends on.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml, which Helm documents")]
pub struct Dependency {
    pub name: SmolStr,
    pub version: SmolStr,
    pub repository: SmolStr,
    pub condition: SmolStr,
    pub tags: Vec<SmolStr>,
    pub enabled: bool,
    pub import_values: Vec<Value>,
    pub alias: SmolStr,
}

impl Metadata {
    /// Reads `Chart.yaml`. [`Metadata::validate`] finds what is missing or invalid in it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut metadata = Self::default();
        metadata.add(bytes)?;
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".into();
        }
        Ok(metadata)
    }

    /// Reads another file over the existing fields, as Helm does with `requirements.yaml`.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let document = read_yaml(bytes)?;
        let Some(fields) = Fields::of(&document, "v2", "Metadata")? else { return Ok(()) };
        set(&mut self.name, fields.text("name")?);
        set(&mut self.home, fields.text("home")?);
        set(&mut self.sources, fields.texts("sources")?);
        set(&mut self.version, fields.text("version")?);
        set(&mut self.description, fields.text("description")?);
        set(&mut self.keywords, fields.texts("keywords")?);
        set(&mut self.icon, fields.text("icon")?);
        set(&mut self.api_version, fields.text("apiVersion")?);
        set(&mut self.condition, fields.text("condition")?);
        set(&mut self.tags, fields.text("tags")?);
        set(&mut self.app_version, fields.text("appVersion")?);
        set(&mut self.deprecated, fields.boolean("deprecated")?);
        set(&mut self.kube_version, fields.text("kubeVersion")?);
        set(&mut self.chart_type, fields.text("type")?);
        if let Some(annotations) = fields.text_map("annotations")? {
            self.annotations = Some(annotations);
        }
        if let Some(maintainers) = fields.structures("maintainers", "v2.Maintainer")? {
            self.maintainers = maintainers
                .into_iter()
                .map(|fields| {
                    fields
                        .ok_or_else(|| invalid("maintainers must not contain empty or null nodes"))
                        .and_then(|fields| Maintainer::decode(&fields))
                })
                .collect::<Result<_, _>>()?;
        }
        if let Some(dependencies) = fields.structures("dependencies", "v2.Dependency")? {
            let decoded: Result<Vec<_>, Error> = dependencies
                .into_iter()
                .map(|fields| {
                    fields
                        .ok_or_else(|| invalid("dependencies must not contain empty or null nodes"))
                        .and_then(|fields| Dependency::decode(&fields))
                })
                .collect();
            self.dependencies = Some(decoded?);
        }
        Ok(())
    }

    /// Runs the checks that Helm runs when it loads a chart, and removes unprintable characters.
    pub(super) fn validate(&mut self) -> Result<(), Error> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ]
        .into_iter()
        .chain(&mut self.sources)
        .chain(&mut self.keywords)
        {
            sanitize(text);
        }
        if self.api_version.is_empty() {
            return Err(invalid("chart.metadata.apiVersion is required"));
        }
        if self.name.is_empty() {
            return Err(invalid("chart.metadata.name is required"));
        }
        if self.name.contains('/') || self.name == "." || self.name == ".." {
            return Err(invalid(format!("chart.metadata.name {:?} is invalid", self.name)));
        }
        if self.version.is_empty() {
            return Err(invalid("chart.metadata.version is required"));
        }
        if Version::parse(&self.version).is_err() {
            return Err(invalid(format!("chart.metadata.version {:?} is invalid", self.version)));
        }
        if !matches!(&*self.chart_type, "" | "application" | "library") {
            return Err(invalid("chart.metadata.type must be application or library"));
        }
        for maintainer in &mut self.maintainers {
            for text in [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url] {
                sanitize(text);
            }
        }
        let mut keys = Vec::new();
        for dependency in self.dependencies.iter_mut().flatten() {
            dependency.validate()?;
            let key = dependency.key().clone();
            if keys.contains(&key) {
                return Err(invalid(format!(
                    "more than one dependency with name or alias {key:?}. Try using distinct aliases for \
                     dependencies with the same chart name."
                )));
            }
            keys.push(key);
        }
        Ok(())
    }

    /// Returns whether this is a library chart, which only has definitions for other charts.
    pub fn is_library(&self) -> bool {
        self.chart_type.eq_ignore_ascii_case("library")
    }
}

impl Maintainer {
    fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        Ok(Self {
            name: fields.text("name")?.unwrap_or_default(),
            email: fields.text("email")?.unwrap_or_default(),
            url: fields.text("url")?.unwrap_or_default(),
        })
    }
}

impl Dependency {
    fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        Ok(Self {
            name: fields.text("name")?.unwrap_or_default(),
            version: fields.text("version")?.unwrap_or_default(),
            repository: fields.text("repository")?.unwrap_or_default(),
            condition: fields.text("condition")?.unwrap_or_default(),
            tags: fields.texts("tags")?.unwrap_or_default(),
            enabled: fields.boolean("enabled")?.unwrap_or_default(),
            import_values: fields.values("import-values")?.unwrap_or_default(),
            alias: fields.text("alias")?.unwrap_or_default(),
        })
    }

    fn validate(&mut self) -> Result<(), Error> {
        for text in [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition]
            .into_iter()
            .chain(&mut self.tags)
        {
            sanitize(text);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !self.alias.bytes().all(plain) {
            return Err(invalid(format!(
                "dependency {:?} has disallowed characters in the alias",
                self.name
            )));
        }
        Ok(())
    }

    /// Returns the name that the chart goes by: its alias, if it has one.
    pub fn key(&self) -> &SmolStr {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(message).context("validation")
}

/// Turns all whitespace into spaces and drops unprintable characters.
fn sanitize(text: &mut SmolStr) {
    let plain = |character: char| character == ' ' || (!character.is_whitespace() && is_printable(character));
    if !text.chars().all(plain) {
        *text = text
            .chars()
            .map(|character| if character.is_whitespace() { ' ' } else { character })
            .filter(|character| *character == ' ' || is_printable(*character))
            .collect();
    }
}

fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}
