//! The charts of a kustomization, rendered in this process.

use std::fmt::Write as _;

use aqueduct_helm::hosts::Refusing;
use aqueduct_helm::{
    Engine, HookEvent, KubeVersion, Prepared, Release, UserValues, check_installable, release_name,
};
use aqueduct_kustomize::{ChartInflator, ChartProblem, ChartRequest};
use aqueduct_render::{Context, Problem};

use crate::chart::capabilities;

/// Renders charts for one component. A chart whose manifests differ from render to render is an error.
pub(super) struct Charts<'c, 'a> {
    pub(super) context: &'c Context<'a>,
}

impl ChartInflator for Charts<'_, '_> {
    fn inflate(&self, request: &ChartRequest<'_>) -> Result<String, ChartProblem> {
        let wrong = |error: aqueduct_helm::Error| ChartProblem::from(error.to_string());
        let refused = |Problem { message, hint }| ChartProblem { message, hint };
        let chart = self.context.inputs.chart(request.folder).map_err(|mut found| {
            // The dependencies of a chart in a remote are not vendored.
            if found.hint.is_some() && request.folder.split('/').next() == Some(aqueduct_acquire::FOLDER) {
                found.hint = Some(
                    "a chart in a remote must contain its dependencies in its `charts` folder".to_owned(),
                );
            }
            refused(found)
        })?;
        if let Some(found) = chart.schema_problem() {
            return Err(refused(found.clone()));
        }
        check_installable(&chart).map_err(wrong)?;
        let mut values = UserValues::new();
        request.values.iter().for_each(|more| values.add(more));
        let prepared = Prepared::new(&chart, &values.into_map()).map_err(wrong)?;
        prepared.validate().map_err(wrong)?;
        let name = match (request.release_name, request.name_template) {
            ("", Some(template)) => release_name(template, &mut Refusing).map_err(wrong)?,
            (name, _) => name.to_owned(),
        };
        let namespace = match request.namespace {
            "" => self.context.namespace(),
            namespace => namespace,
        };
        let more = request.api_versions.iter().map(|version| (*version).to_owned());
        let mut capabilities = capabilities(self.context, more).map_err(|error| error.to_string())?;
        if let Some(version) = request.kube_version {
            capabilities.kube_version = KubeVersion::parse(version).map_err(wrong)?;
        }
        let release = Release::new(name, namespace);
        let rendered = prepared.render(&Engine::new(), &release, &capabilities, &mut Refusing);
        let rendered = rendered.map_err(|failure| wrong(failure.error))?;
        let mut text = String::new();
        let mut add = |source: &str, content: &str| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "---\n# Source: {source}\n{content}");
        };
        for crd in rendered.crds.iter().filter(|_| request.include_crds) {
            add(&crd.source, &String::from_utf8_lossy(&crd.content));
        }
        rendered.manifests.iter().for_each(|manifest| add(&manifest.source, &manifest.content));
        let is_test = |events: &[HookEvent]| request.skip_tests && events.contains(&HookEvent::Test);
        for hook in rendered.hooks.iter().filter(|hook| !request.skip_hooks && !is_test(&hook.events)) {
            add(&hook.manifest.source, &hook.manifest.content);
        }
        Ok(text)
    }
}
