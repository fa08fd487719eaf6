//! Helm's engine: the templates of a chart and its subcharts as one set, rendered file by file.
//!
//! Parsing and rendering are two steps, so that one parsed chart serves many releases and threads.

mod functions;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

pub(crate) use functions::FUNCTIONS;

use crate::template::{
    Evaluator, Host, Limits, LineStarts, Origin, ParseError, Place, Set, Trace, Tree, parse,
};
use crate::value::{Map, Text, VALUES_MAP, Value};

/// What Go prints for no value; Helm takes it out of every output.
const NO_VALUE: &[u8] = b"<no value>";

/// A template file of a chart.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// The path from the top chart on, such as `parent/charts/child/templates/service.yaml`.
    pub path: Arc<str>,
    /// The folder that `.Template.BasePath` names, such as `parent/charts/child/templates`.
    pub base_path: Arc<str>,
    /// The text, which need not be UTF-8.
    pub text: Arc<[u8]>,
    /// Which of the scopes that a render is given is this template's.
    pub scope: usize,
}

/// Parsed templates.
#[derive(Clone, Debug)]
pub struct Templates {
    files: Vec<File>,
    set: Arc<Set>,
}

#[derive(Clone, Debug)]
struct File {
    path: Arc<str>,
    base_path: Arc<str>,
    scope: usize,
}

/// Why a chart could not be rendered, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// The message.
    pub message: Text,
    /// The places in the templates that led there, the innermost last.
    pub places: Vec<Place>,
}

impl fmt::Display for RenderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message.to_str())
    }
}

impl std::error::Error for RenderError {}

/// The output of one template file.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text.
    pub text: Text,
    origins: Vec<Origin>,
    lines: OnceLock<LineStarts>,
}

impl Rendered {
    fn new(text: Vec<u8>, origins: Vec<Origin>) -> Self {
        Self { text: text.into(), origins, lines: OnceLock::new() }
    }

    /// Returns the place in the templates that a line of the output begins with; lines count from 1.
    ///
    /// Output of `include` belongs to the line of the `include`.
    pub fn place(&self, line: u32) -> Option<Place> {
        let lines = self.lines.get_or_init(|| LineStarts::of(self.text.as_bytes()));
        let start = *lines.0.get((line as usize).saturating_sub(1))?;
        let after = self.origins.partition_point(|origin| origin.start <= start);
        let origin = self.origins.get(after.checked_sub(1)?)?;
        // Within plain text every line has its own place.
        let source = &origin.tree.source;
        let shift = start - origin.start;
        let shift = if shift <= origin.copied { shift } else { 0 };
        let (line, column) = source.place(origin.position.saturating_add(shift as u32));
        Some(Place { template: Arc::clone(&source.name), line, column })
    }
}

impl Templates {
    /// Parses templates as Helm does: deeper paths first, else against the order of their names, so that
    /// the parent chart's definitions win.
    ///
    /// # Errors
    /// The first file that is no template.
    pub fn parse(files: Vec<TemplateFile>) -> Result<Self, RenderError> {
        let mut files = files;
        files.sort_by(|left, right| {
            let depth = |file: &TemplateFile| file.path.bytes().filter(|byte| *byte == b'/').count();
            depth(right).cmp(&depth(left)).then_with(|| right.path.cmp(&left.path))
        });
        let trees: Vec<_> = files.par_iter().map(|file| parse(&file.path, Arc::clone(&file.text))).collect();
        let mut set = Set::default();
        let mut parsed = Vec::with_capacity(files.len());
        for (file, trees) in files.into_iter().zip(trees) {
            for tree in trees.map_err(|error| report::parse(&file.path, error))? {
                set.add(Arc::new(tree));
            }
            parsed.push(File { path: file.path, base_path: file.base_path, scope: file.scope });
        }
        Ok(Self { files: parsed, set: Arc::new(set) })
    }

    /// Renders every file that is not a partial; a scope holds what `.` is to the templates of one chart.
    ///
    /// The scopes are changed as the templates change them.
    ///
    /// # Errors
    /// The first template that fails.
    pub fn render(
        &self,
        scopes: &[Map],
        host: &mut dyn Host,
        limits: Limits,
    ) -> Result<BTreeMap<Arc<str>, Rendered>, RenderError> {
        let mut evaluator = Evaluator::new(Arc::clone(&self.set), host, limits);
        let mut output = BTreeMap::new();
        for file in &self.files {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            if name.starts_with('_') {
                continue;
            }
            let Some(tree) = self.set.get(file.path.as_bytes()) else { continue };
            let scope = scopes.get(file.scope).cloned().unwrap_or_default();
            let template = Map::with_entries(
                &VALUES_MAP,
                [("Name", Value::from(&*file.path)), ("BasePath", Value::from(&*file.base_path))],
            );
            scope.insert("Template", template);
            let mut out = Vec::new();
            let dot = Value::Map(scope.converted(&VALUES_MAP));
            evaluator
                .run(tree, dot, &mut out, Trace::On)
                .map_err(|error| report::execution(&file.path, &error))?;
            let origins = std::mem::take(&mut evaluator.origins);
            output.insert(Arc::clone(&file.path), rendered(out, origins));
        }
        Ok(output)
    }

    /// Returns the names of the files that a render gives the output of.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|file| &file.path)
    }
}

/// Takes out what stands for no value, and moves the origins with the text.
fn rendered(out: Vec<u8>, mut origins: Vec<Origin>) -> Rendered {
    let cuts: Vec<usize> = memchr::memmem::find_iter(&out, NO_VALUE).collect();
    if cuts.is_empty() {
        return Rendered::new(out, origins);
    }
    for origin in &mut origins {
        let before = cuts.partition_point(|cut| *cut < origin.start);
        if let Some(next) = cuts.get(before) {
            origin.copied = origin.copied.min(next - origin.start);
        }
        let cut = match before.checked_sub(1).and_then(|last| cuts.get(last)) {
            // The origin begins within what is cut.
            Some(last) if last + NO_VALUE.len() > origin.start => {
                (before - 1) * NO_VALUE.len() + (origin.start - last)
            }
            _ => before * NO_VALUE.len(),
        };
        origin.start -= cut;
    }
    Rendered::new(without_no_value(&out), origins)
}

/// Takes out what stands for no value.
fn without_no_value(out: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(out.len());
    let mut start = 0;
    for cut in memchr::memmem::find_iter(out, NO_VALUE) {
        text.extend_from_slice(out.get(start..cut).unwrap_or_default());
        start = cut + NO_VALUE.len();
    }
    text.extend_from_slice(out.get(start..).unwrap_or_default());
    text
}

/// Parses the text of a `tpl`.
fn parse_text(name: &str, text: &Text) -> Result<Vec<Arc<Tree>>, ParseError> {
    Ok(parse(name, text.as_bytes().into())?.into_iter().map(Arc::new).collect())
}
