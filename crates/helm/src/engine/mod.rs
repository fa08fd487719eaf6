//! Helm's engine: the templates of a chart and its subcharts as one set, rendered file by file.
//!
//! Parsing and rendering are separate steps, so that one parsed chart serves many releases and threads.

mod functions;
mod rendered;
mod report;
mod templates;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use self::functions::FUNCTIONS;
pub use self::rendered::{Rendered, Writer};
pub use self::report::RenderError;
pub use self::templates::{TemplateFile, Templates};
use crate::functions as sprig;
use crate::hosts::Refusing;
use crate::methods::METHODS;
use crate::template::{BUILTINS, Evaluator, Function, Functions, Host, Limits, Table, Tracing};
use crate::value::{Map, VALUES_MAP, Value};

/// Later tables win: Helm's functions override Go's own, and the engine's override both.
static TABLES: [Table; 3] = [BUILTINS, sprig::ALL, FUNCTIONS];

/// Renders templates: holds the functions that they can call and the limits of a render.
///
/// One engine serves any number of charts and threads.
#[derive(Clone, Debug)]
pub struct Engine {
    functions: Arc<Functions>,
    limits: Limits,
    tracing: Tracing,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// Returns an engine with Helm's functions and with limits that no real-world chart comes near.
    pub fn new() -> Self {
        static HELM: LazyLock<Arc<Functions>> = LazyLock::new(|| Arc::new(Functions::new(&TABLES, METHODS)));
        Self { functions: Arc::clone(&HELM), limits: Limits::default(), tracing: Tracing::default() }
    }

    /// Adds a function, replacing one of the same name.
    ///
    /// ```
    /// use aqueduct_helm::Engine;
    /// use aqueduct_helm::template::Function;
    ///
    /// let engine = Engine::new()
    ///     .with(Function::typed("shout", |text: String| text.to_uppercase() + "!"))
    ///     .with(Function::typed("half", |whole: i64| match whole % 2 {
    ///         0 => Ok(whole / 2),
    ///         _ => Err("it is odd"),
    ///     }));
    /// assert_eq!(engine.text("{{ shout \"ahoy\" }} {{ half 4 }}", &[])?, "AHOY! 2");
    /// let error = engine.text("{{ half 3 }}", &[]).expect_err("3 is odd");
    /// assert!(error.to_string().contains("error calling half: it is odd"));
    /// # Ok::<(), aqueduct_helm::engine::RenderError>(())
    /// ```
    #[must_use]
    pub fn with(mut self, function: Function) -> Self {
        Arc::make_mut(&mut self.functions).add(function);
        self
    }

    /// Sets the limits of a render.
    ///
    /// ```
    /// use aqueduct_helm::Engine;
    /// use aqueduct_helm::template::Limits;
    ///
    /// let engine = Engine::new().limited(Limits { steps: 1000, ..Limits::default() });
    /// assert!(engine.text("{{ range 10 }}{{ . }}{{ end }}", &[]).is_ok());
    /// assert!(engine.text("{{ range 1000000 }}{{ . }}{{ end }}", &[]).is_err());
    /// ```
    #[must_use]
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets how much the engine records about where output comes from.
    #[must_use]
    pub fn tracing(self, tracing: Tracing) -> Self {
        Self { tracing, ..self }
    }

    /// Returns the functions that templates can call, sorted by name; methods are not included.
    pub fn functions(&self) -> Vec<&Function> {
        self.functions.all()
    }

    /// Parses templates.
    ///
    /// # Errors
    /// Fails at the first file that is not a valid template.
    pub fn parse(&self, files: Vec<TemplateFile>) -> Result<Templates, RenderError> {
        Templates::parse(files, &self.functions)
    }

    /// Returns whether templates were parsed with the functions of this engine.
    pub(crate) fn has_parsed(&self, templates: &Templates) -> bool {
        Arc::ptr_eq(&self.functions, &templates.functions)
    }

    /// Renders every file that is not a partial. A scope is the value of `.` for the templates of one chart.
    ///
    /// Templates can modify the scopes.
    ///
    /// # Errors
    /// Fails at the first template that fails.
    pub fn render(
        &self,
        templates: &Templates,
        scopes: &[Map],
        host: &mut dyn Host,
    ) -> Result<BTreeMap<Arc<str>, Rendered>, RenderError> {
        let Templates { files, set, functions } = templates;
        let mut evaluator = Evaluator::new(Arc::clone(set), functions, host, self.limits, self.tracing);
        let mut output = BTreeMap::new();
        for file in files {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            if name.starts_with('_') {
                continue;
            }
            let Some(tree) = set.get(file.path.as_bytes()) else { continue };
            let scope = scopes.get(file.scope).cloned().unwrap_or_default();
            let template = Map::with_entries(
                &VALUES_MAP,
                [("Name", Value::from(&*file.path)), ("BasePath", Value::from(&*file.base_path))],
            );
            scope.insert("Template", template);
            let dot = Value::Map(scope.converted(&VALUES_MAP));
            let out = evaluator.run_file(tree, dot).map_err(|error| report::execution(&file.path, &error))?;
            let traced = std::mem::take(&mut evaluator.traced);
            output.insert(Arc::clone(&file.path), Rendered::new(out, traced));
        }
        Ok(output)
    }

    /// Renders one text with the given values as `.`, without a host.
    ///
    /// # Errors
    /// Fails if the text is not a valid template, or if the template fails.
    pub fn text(&self, text: &str, values: &[(&str, Value)]) -> Result<String, RenderError> {
        self.text_with(text, values, &mut Refusing)
    }

    /// Renders one text with the given values as `.` and a host.
    ///
    /// # Errors
    /// Fails if the text is not a valid template, or if the template fails.
    pub fn text_with(
        &self,
        text: &str,
        values: &[(&str, Value)],
        host: &mut dyn Host,
    ) -> Result<String, RenderError> {
        let path: Arc<str> = "text".into();
        let file = TemplateFile {
            path: Arc::clone(&path),
            base_path: "".into(),
            text: text.as_bytes().into(),
            scope: 0,
        };
        let scope: Map = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let rendered = self.render(&self.parse(vec![file])?, &[scope], host)?;
        Ok(rendered.get(&path).map(|file| file.text.to_str().into_owned()).unwrap_or_default())
    }
}
