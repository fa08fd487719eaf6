//! Selects resources: by patterns over their ids, and by Kubernetes label selectors.

use aqueduct_manifest::SmolStr;
use regex::Regex;

use crate::decode::{Decode, Fields};
use crate::error::{Error, Result};
use crate::id::{Gvk, Id};

use crate::resource::Resource;

/// A selector as in the `target` of a patch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) id: Id,
    pub(crate) annotations: SmolStr,
    pub(crate) labels: SmolStr,
}

impl Decode for Selector {
    const NAME: &'static str = "Selector";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            id: Id {
                gvk: Gvk::decode(fields)?,
                name: fields.embedded_text("name")?,
                namespace: fields.embedded_text("namespace")?,
                cluster_scoped: false,
            },
            annotations: fields.text("annotationSelector")?,
            labels: fields.text("labelSelector")?,
        })
    }
}

/// A selector with compiled patterns.
pub(crate) struct Patterns {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    annotations: Requirements,
    labels: Requirements,
}

impl Patterns {
    /// Compiles the patterns of a selector; each must match a whole text.
    pub(crate) fn new(selector: &Selector) -> Result<Self> {
        Ok(Self {
            group: anchored(&selector.id.gvk.group)?,
            version: anchored(&selector.id.gvk.version)?,
            kind: anchored(&selector.id.gvk.kind)?,
            name: anchored(&selector.id.name)?,
            namespace: anchored(&selector.id.namespace)?,
            annotations: Requirements::read(&selector.annotations)?,
            labels: Requirements::read(&selector.labels)?,
        })
    }

    /// Returns whether a resource is selected, by its original or its current name and namespace.
    pub(crate) fn select(&self, resource: &Resource) -> bool {
        let current = resource.id();
        let original = resource.original_id();
        (matches(self.namespace.as_ref(), &original.effective_namespace())
            || matches(self.namespace.as_ref(), &current.effective_namespace()))
            && (matches(self.name.as_ref(), &original.name) || matches(self.name.as_ref(), &current.name))
            && self.match_gvk(&current.gvk)
            && self.match_metadata(resource)
    }

    /// Returns whether the patterns match an id, with its namespace as written.
    pub(crate) fn match_id(&self, id: &Id) -> bool {
        self.match_gvk(&id.gvk)
            && matches(self.name.as_ref(), &id.name)
            && matches(self.namespace.as_ref(), &id.namespace)
    }

    /// Returns whether the labels and annotations match.
    pub(crate) fn match_metadata(&self, resource: &Resource) -> bool {
        self.labels.match_texts(|key| resource.metadata_text("labels", key))
            && self.annotations.match_texts(|key| resource.metadata_text("annotations", key))
    }

    /// Returns whether an id with this name can match.
    pub(crate) fn match_name(&self, name: &str) -> bool {
        matches(self.name.as_ref(), name)
    }

    fn match_gvk(&self, gvk: &Gvk) -> bool {
        matches(self.group.as_ref(), &gvk.group)
            && matches(self.version.as_ref(), &gvk.version)
            && matches(self.kind.as_ref(), &gvk.kind)
    }
}

fn matches(pattern: Option<&Regex>, text: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(text))
}

fn anchored(pattern: &str) -> Result<Option<Regex>> {
    if pattern.is_empty() {
        return Ok(None);
    }
    match Regex::new(&format!("^(?:{pattern})$")) {
        Ok(regex) => Ok(Some(regex)),
        Err(_) => Err(Error::new(format!("error parsing regexp: `{pattern}`"))),
    }
}

/// A label selector, such as `app=web,tier in (a, b),!legacy`; see
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirements(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Above(String, i64),
    Below(String, i64),
}

impl Requirements {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut tokens = Tokens { rest: text };
        let mut requirements = Vec::new();
        tokens.skip_space();
        if tokens.rest.is_empty() {
            return Ok(Self::default());
        }
        loop {
            requirements.push(tokens.requirement().ok_or_else(|| {
                Error::new(format!("unable to parse requirement: invalid label selector `{text}`"))
            })?);
            tokens.skip_space();
            if tokens.rest.is_empty() {
                return Ok(Self(requirements));
            }
            if !tokens.take(",") {
                return Err(Error::new(format!("found '{}', expected: ',' or 'end of string'", tokens.rest)));
            }
            tokens.skip_space();
        }
    }

    pub(crate) fn match_texts(&self, text: impl Fn(&str) -> Option<SmolStr>) -> bool {
        let number = |key: &String| text(key).and_then(|value| value.parse::<i64>().ok());
        self.0.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => text(key).is_some(),
            Requirement::Absent(key) => text(key).is_none(),
            Requirement::In(key, values) => {
                text(key).is_some_and(|value| values.iter().any(|one| *one == value))
            }
            Requirement::NotIn(key, values) => {
                text(key).is_none_or(|value| values.iter().all(|one| *one != value))
            }
            Requirement::Above(key, limit) => number(key).is_some_and(|value| value > *limit),
            Requirement::Below(key, limit) => number(key).is_some_and(|value| value < *limit),
        })
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|at: char| at.is_whitespace() || "=!(),<>".contains(at))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn requirement(&mut self) -> Option<Requirement> {
        let absent = self.take("!");
        self.skip_space();
        let key = self.word().to_owned();
        if key.is_empty() {
            return None;
        }
        self.skip_space();
        if absent {
            return Some(Requirement::Absent(key));
        }
        if self.rest.is_empty() || self.rest.starts_with(',') {
            return Some(Requirement::Exists(key));
        }
        for (token, equal) in [("==", true), ("=", true), ("!=", false)] {
            if self.take(token) {
                self.skip_space();
                let values = vec![self.word().to_owned()];
                return Some(if equal {
                    Requirement::In(key, values)
                } else {
                    Requirement::NotIn(key, values)
                });
            }
        }
        for (token, above) in [(">", true), ("<", false)] {
            if self.take(token) {
                self.skip_space();
                let limit = self.word().parse().ok()?;
                return Some(if above {
                    Requirement::Above(key, limit)
                } else {
                    Requirement::Below(key, limit)
                });
            }
        }
        let operator = self.word();
        self.skip_space();
        let values = self.values()?;
        match operator {
            "in" => Some(Requirement::In(key, values)),
            "notin" => Some(Requirement::NotIn(key, values)),
            _ => None,
        }
    }

    fn values(&mut self) -> Option<Vec<String>> {
        if !self.take("(") {
            return None;
        }
        let mut values = Vec::new();
        loop {
            self.skip_space();
            values.push(self.word().to_owned());
            self.skip_space();
            if self.take(")") {
                return Some(values);
            }
            if !self.take(",") {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Requirements;

    fn check(selector: &str, labels: &[(&str, &str)]) -> bool {
        let read = Requirements::read(selector).expect("the selectors of these tests are well formed");
        read.match_texts(|key| {
            labels.iter().find(|(label, _)| *label == key).map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn matches_as_kubernetes_does() {
        let labels = [("app", "web"), ("tier", "front"), ("size", "3")];
        for (selector, expected) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("!other", true),
            ("app=web", true),
            ("app == web, tier=front", true),
            ("app!=web", false),
            ("other!=web", true),
            ("tier in (back, front)", true),
            ("tier notin (back,front)", false),
            ("other notin (a)", true),
            ("size>2,size<4", true),
            ("size>3", false),
        ] {
            assert_eq!(check(selector, &labels), expected, "{selector}");
        }
    }

    #[test]
    fn refuses_nonsense() {
        for selector in ["=a", "a b", "a in b", "a in (b", "a=b c", "a>b", ","] {
            assert!(Requirements::read(selector).is_err(), "{selector}");
        }
    }
}
