//! Template files before and after parsing.

use std::sync::Arc;

use rayon::prelude::*;

use super::report::{self, RenderError};
use crate::template::{Functions, Set, Spare, parse};

/// A template file of a chart.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// The path starting at the root chart, such as `parent/charts/child/templates/service.yaml`.
    pub path: Arc<str>,
    /// The folder in `.Template.BasePath`, such as `parent/charts/child/templates`.
    pub base_path: Arc<str>,
    /// The text, which need not be UTF-8.
    pub text: Arc<[u8]>,
    /// The index of this template's scope among those passed to a render.
    pub scope: usize,
}

/// Parsed templates.
#[derive(Clone, Debug)]
pub struct Templates {
    pub(super) files: Vec<File>,
    pub(super) set: Arc<Set>,
    /// The functions that the templates call.
    pub(super) functions: Arc<Functions>,
}

#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: Arc<str>,
    pub(super) base_path: Arc<str>,
    pub(super) scope: usize,
}

/// The total size in bytes from which threads pay off: they take time to start, and most charts are parsed sooner.
const PARALLEL: usize = 1 << 19;

impl Templates {
    /// Parses templates as Helm does: deeper paths first, then in reverse order of their names, so that the parent
    /// chart's definitions win.
    pub(super) fn parse(files: Vec<TemplateFile>, functions: &Arc<Functions>) -> Result<Self, RenderError> {
        let mut files = files;
        files.sort_by(|left, right| {
            let depth = |file: &TemplateFile| file.path.bytes().filter(|byte| *byte == b'/').count();
            depth(right).cmp(&depth(left)).then_with(|| right.path.cmp(&left.path))
        });
        let parsed = |spare: &mut Spare, file: &TemplateFile| {
            parse(&file.path, Arc::clone(&file.text), functions, spare)
        };
        let size: usize = files.iter().map(|file| file.text.len()).sum();
        let trees: Vec<_> = match size {
            ..PARALLEL => {
                let mut spare = Spare::default();
                files.iter().map(|file| parsed(&mut spare, file)).collect()
            }
            _ => files.par_iter().map_init(Spare::default, parsed).collect(),
        };
        let mut set = Set::default();
        let mut parsed = Vec::with_capacity(files.len());
        for (file, trees) in files.into_iter().zip(trees) {
            for tree in trees.map_err(|error| report::parse(&file.path, error))? {
                set.add(Arc::new(tree));
            }
            parsed.push(File { path: file.path, base_path: file.base_path, scope: file.scope });
        }
        Ok(Self { files: parsed, set: Arc::new(set), functions: Arc::clone(functions) })
    }

    /// Returns the names of the files whose output a render returns.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|file| &file.path)
    }
}
