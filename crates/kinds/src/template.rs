//! `template`: manifests from Jinja templates with the values of the instance.

mod lines;

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Map, Object, Place, Value};
use aqueduct_model::types::Name;
use aqueduct_render::{Component, Context, Error, Horizon, Link, Offer, Site, SourceName, Target, Writers};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::foreign::{EndpointField, PolicyField, check_pods, manifest_offer, read_objects, texts};
use crate::workload::FreeTable;

/// Manifests from Jinja templates, for what no other kind covers.
///
/// The templates see `environment`, `tenant`, `component`, `namespace`, `labels`, `selector` and the table
/// `parameters`. An undefined name is an error, as is a template that runs for too long.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// A `.j2` file, or a folder in which all `.j2` files are read; relative to the tenant's folder, or with a
    /// leading `/`, to the platform's.
    pub path: String,
    /// The values that the templates see as `parameters`.
    #[serde(default)]
    pub parameters: FreeTable,
    /// Components that the pods in `policies` connect to, and which must start first.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// The endpoints that other components can link to, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, EndpointField>,
    /// The connections that groups of pods may open and accept, by group name.
    #[serde(default)]
    pub policies: BTreeMap<Name, PolicyField>,
}

/// The maximum number of instructions of a template: plenty for a page of YAML, but it stops an endless loop.
const FUEL: u64 = 1_000_000;

impl Component for Template {
    const KIND: &'static str = "template";
    const HORIZON: Horizon = Horizon::Cluster;

    fn sources(&self) -> Vec<SourceName<'_>> {
        vec![SourceName::Files(&self.path)]
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        manifest_offer(site, &self.endpoints, &self.policies)
    }

    fn links(&self) -> Vec<Link> {
        Link::table(&self.links).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        check_pods(context, &self.endpoints, &self.policies);
        let engine = engine();
        let input = self.input(context)?;
        let mut objects = Vec::new();
        let mut diagnostics = Vec::new();
        for (file, text) in texts(context, "path", &self.path, &["j2"])? {
            match engine.render_named_str(file, text, minijinja::Value::from(Serde(&input))) {
                Ok(rendered) => match read_objects(file, &rendered) {
                    // The lines are those of the rendered text, so the error points to the template as a whole.
                    Ok(found) => objects.extend(
                        found.into_iter().map(|object| Object { origin: Some(Place::whole(file)), ..object }),
                    ),
                    // The lines are those of the rendered text, so they are only part of the message.
                    Err(found) => diagnostics.extend(found.into_iter().map(|diagnostic| {
                        Diagnostic::error(
                            "template",
                            format!("the template renders invalid YAML: {}", diagnostic.message),
                        )
                        .at(file, None, "")
                    })),
                },
                Err(error) => diagnostics.push(template_error(file, text, &error)),
            }
        }
        if !diagnostics.is_empty() {
            return Err(Error::diagnostics(diagnostics));
        }
        Ok(objects)
    }

    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        let (engine, input) = (engine(), self.input(context).ok()?);
        let render = |file: &str, text: &str| {
            engine.render_named_str(file, text, minijinja::Value::from(Serde(&input))).ok()
        };
        let texts = texts(context, "path", &self.path, &["j2"]).ok()?;
        let rendered = texts.into_iter().filter_map(|(file, text)| lines::Rendered::new(file, text, &render));
        Some(lines::writers(rendered.collect()))
    }
}

fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine
}

impl Template {
    fn input(&self, context: &Context<'_>) -> Result<Value, Error> {
        let environment = context.environment();
        let text = |text: &str| Value::from(text);
        let labels = |labels: BTreeMap<String, String>| Value::Map(labels.into_iter().collect::<Map>());
        Ok(Value::Map(Map::from_iter([
            (
                "environment",
                Value::Map(Map::from_iter([
                    ("name", text(environment.name.as_str())),
                    ("domain", environment.domain.to_string().into()),
                    ("kubernetes", environment.kubernetes.to_string().into()),
                    (
                        "values",
                        Value::Map(
                            environment
                                .values
                                .iter()
                                .map(|(name, value)| (name.clone(), value.to_value()))
                                .collect(),
                        ),
                    ),
                ])),
            ),
            (
                "tenant",
                Value::Map(Map::from_iter([
                    ("name", text(context.tenant())),
                    ("namespace", text(context.tenancy().namespace().as_str())),
                ])),
            ),
            ("component", text(context.name())),
            ("namespace", text(context.namespace())),
            ("labels", labels(context.labels())),
            ("selector", labels(context.selector())),
            ("parameters", context.expand_value(&["parameters"], &self.parameters.0.clone().into())?),
        ])))
    }
}

fn template_error(file: &str, text: &str, error: &minijinja::Error) -> Diagnostic {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    let span = error.range().map(Into::into).or_else(|| {
        let line = error.line()?;
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let length = text.get(start..)?.lines().next().map_or(0, str::len);
        Some((start..start + length).into())
    });
    Diagnostic::error("template", message).at(file, span, "")
}
