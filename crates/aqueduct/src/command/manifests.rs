//! Plain manifests without a platform, from files, folders and standard input.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_manifest::yaml::{self, Dialect, Spans, Step};
use aqueduct_manifest::{Diagnostic, Files, Object, Place, Position, Span, Value, json};
use rayon::prelude::*;

use super::Failure;

/// The manifests that were read.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// The objects, in order.
    pub(crate) documents: Vec<Document>,
    /// Errors for the files that could not be parsed.
    pub(crate) diagnostics: Vec<Diagnostic>,
    texts: BTreeMap<Arc<str>, Text>,
}

/// The text of a file, and the offsets of its lines.
#[derive(Debug)]
struct Text {
    text: String,
    starts: Vec<usize>,
}

/// An object and its place.
#[derive(Debug)]
pub(crate) struct Document {
    /// The file, as the user gave it.
    pub(crate) file: Arc<str>,
    /// The index of the document in its file, from 0. The objects of a list have the index of the list.
    pub(crate) number: usize,
    /// The object.
    pub(crate) object: Object,
    /// The line it starts on, from 1.
    line: u32,
    spans: Option<Arc<Spans>>,
    /// Its index among the items of a list.
    item: Option<usize>,
}

/// The argument for standard input, and its name in messages.
const INPUT: (&str, &str) = ("-", "standard input");

/// The maximum folder depth.
const MAX_DEPTH: usize = 64;

impl Manifests {
    /// Reads files and folders, and standard input for `-`. In folders, a file that ends in `.yaml`, `.yml`, `.json`
    /// or `.jsonl` is a manifest if it has a kind, and names that begin with a dot are skipped.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        // A file given by name must be a manifest. Folders also contain values and variables.
        let mut texts: Vec<(String, String, bool)> = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            if path.as_os_str() == INPUT.0 {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .map_err(|error| cannot_read(INPUT.1.as_ref(), &error))?;
                texts.push((INPUT.1.to_owned(), text, true));
                continue;
            }
            let mut files = Vec::new();
            find(path, 0, &mut files).map_err(|(path, error)| cannot_read(&path, &error))?;
            for file in files {
                let name = file.to_string_lossy().into_owned();
                if seen.insert(name.clone()) {
                    let text = std::fs::read_to_string(&file).map_err(|error| cannot_read(&file, &error))?;
                    texts.push((name, text, file == *path));
                }
            }
        }
        Ok(Self::of(texts))
    }

    /// Reads all manifests in a folder, with paths relative to it.
    pub(crate) fn below(folder: &Path) -> Result<Self, Failure> {
        let mut files = Vec::new();
        find(folder, 0, &mut files).map_err(|(path, error)| cannot_read(&path, &error))?;
        let texts = files.into_iter().map(|file| {
            let text = std::fs::read_to_string(&file).map_err(|error| cannot_read(&file, &error))?;
            let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
            Ok((name, text, false))
        });
        Ok(Self::of(texts.collect::<Result<_, Failure>>()?))
    }

    /// Reads texts by name. If the flag of a text is set, it must be a manifest.
    fn of(texts: Vec<(String, String, bool)>) -> Self {
        let of_file = |(name, text, is_named): (String, String, bool)| {
            let mut manifests = Self::default();
            manifests.add(&name, text);
            manifests.documents.retain(|one| is_named || one.says_what_it_is());
            manifests
        };
        let parts: Vec<Self> = texts.into_par_iter().map(of_file).collect();
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.documents.extend(part.documents);
            all.diagnostics.extend(part.diagnostics);
            all.texts.extend(part.texts);
            all
        })
    }

    /// Returns the objects of each file.
    pub(crate) fn by_file(self) -> BTreeMap<Arc<str>, Vec<Object>> {
        let mut files: BTreeMap<Arc<str>, Vec<Object>> = BTreeMap::new();
        for Document { file, object, .. } in self.documents {
            files.entry(file).or_default().push(object);
        }
        files
    }

    fn add(&mut self, name: &str, text: String) {
        let file: Arc<str> = name.into();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let text = Text { text, starts };
        // The second line tells one object per line from one object over many lines.
        let is_line = |line: &str| line.trim_start().starts_with('{') && line.trim_end().ends_with('}');
        let mut lines = text.text.lines().filter(|line| !line.trim().is_empty());
        let are_lines = name.ends_with(".jsonl")
            || (lines.next().is_some_and(is_line) && lines.next().is_some_and(|line| line.starts_with('{')));
        if are_lines {
            let lines = text.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (number, (line, json)) in lines.enumerate() {
                let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1);
                match json::read(json) {
                    Ok(value) => self.push(&file, &text, number, value, line, None),
                    Err(error) => self.unreadable(&file, &text, line, &error.to_string()),
                }
            }
        } else {
            match yaml::read_documents(&text.text, Dialect::Sigs) {
                Ok(documents) => {
                    for (number, document) in documents.into_iter().enumerate() {
                        let yaml::Document { value, spans, line } = document;
                        self.push(&file, &text, number, value, line, Some(Arc::new(spans)));
                    }
                }
                Err(error) => self.unreadable(&file, &text, error.line.max(1), &error.to_string()),
            }
        }
        self.texts.insert(file, text);
    }

    fn push(
        &mut self,
        file: &Arc<str>,
        text: &Text,
        number: usize,
        value: Value,
        line: u32,
        spans: Option<Arc<Spans>>,
    ) {
        let Value::Map(map) = value else { return };
        let object = Object::new(map);
        let is_list =
            object.kind().ends_with("List") && object.at(&["items"]).and_then(Value::as_list).is_some();
        for (item, object) in object.into_items().into_iter().enumerate() {
            let item = is_list.then_some(item);
            let mut document =
                Document { file: Arc::clone(file), number, object, line, spans: spans.clone(), item };
            let start = document.position("");
            document.line = start.line;
            document.object.origin = Some(Place { file: Arc::clone(file), span: text.span(start) });
            self.documents.push(document);
        }
    }

    fn unreadable(&mut self, file: &Arc<str>, text: &Text, line: u32, message: &str) {
        let span = text.span(Position { line, column: 1 });
        let message = format!("the manifest cannot be read: {message}");
        self.diagnostics.push(Diagnostic::error(UNREADABLE, message).at(Arc::clone(file), span, ""));
    }

    /// Returns the place of a field in a document.
    pub(crate) fn place(&self, document: &Document, field: &str) -> Place {
        let text = self.texts.get(&document.file);
        let span = text.and_then(|text| text.span(document.position(field)));
        Place { file: Arc::clone(&document.file), span }
    }

    /// Returns the texts, for excerpts in reports.
    pub(crate) fn files(&self) -> Files {
        self.texts.iter().map(|(file, text)| (Arc::clone(file), text.text.as_bytes())).collect()
    }

    /// Returns the index of the document that contains a place.
    pub(crate) fn at(&self, place: &Place) -> Option<usize> {
        let (file, byte) = (&*place.file, place.span?.start);
        let line = self.texts.get(file)?.starts.partition_point(|start| *start <= byte as usize);
        let is_before = |document: &Document| *document.file == *file && document.line as usize <= line;
        self.documents.iter().rposition(is_before)
    }
}

impl Text {
    /// Returns the span from a position to the end of its line.
    fn span(&self, position: Position) -> Option<Span> {
        let number = usize::try_from(position.line).ok()?.checked_sub(1)?;
        let start = *self.starts.get(number)?;
        let line = self.text.get(start..)?.lines().next().unwrap_or("");
        let skipped = line.chars().take((position.column as usize).saturating_sub(1));
        let column: usize = skipped.map(char::len_utf8).sum();
        let end = start + line.trim_end().len();
        Some(Span::from((start + column).min(end)..end))
    }
}

impl Document {
    /// Returns kind, namespace and name as shown in messages.
    pub(crate) fn title(&self) -> String {
        let object = &self.object;
        let slash = if object.namespace().is_empty() { "" } else { "/" };
        let title = format!("{} {}{slash}{}", object.kind(), object.namespace(), object.name());
        format!("`{}`", title.trim())
    }

    /// Tells whether it has a kind or an API version.
    fn says_what_it_is(&self) -> bool {
        !self.object.kind().is_empty() || !self.object.api_version().is_empty()
    }

    /// Returns the position of a field in the API server's notation (`spec.ports[0].port`), or of its nearest parent
    /// that exists.
    pub(crate) fn position(&self, field: &str) -> Position {
        let start = Position { line: self.line.max(1), column: 1 };
        let Some(spans) = &self.spans else { return start };
        let item = self.item.map(|item| [Step::Key("items"), Step::Index(item)]);
        let mut path: Vec<Step<'_>> = item.into_iter().flatten().collect();
        let mut found = spans.key(&path).unwrap_or(start);
        for step in steps(field) {
            path.push(step);
            let Some(place) = spans.key(&path) else { break };
            found = place;
        }
        found
    }
}

/// Returns the steps of a field in the API server's notation.
fn steps(field: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']').unwrap_or((inside, ""));
            steps.push(key.parse().map_or(Step::Key(key), Step::Index));
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(&rest[..end]));
            rest = &rest[end..];
        }
    }
    steps
}

/// Finds the manifests at a path: a file, or the contents of a folder.
fn find(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, std::io::Error)> {
    let fail = |error| (path.to_path_buf(), error);
    let about = std::fs::metadata(path).map_err(fail)?;
    if !about.is_dir() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(fail(std::io::Error::other("the folders are nested too deeply")));
    }
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(fail)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let kind = entry.file_type().map_err(fail)?;
        let is_hidden = name.to_string_lossy().starts_with('.');
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        // Links to folders can form cycles.
        let is_folder = kind.is_dir();
        let is_file = kind.is_file() || (kind.is_symlink() && path.is_file());
        if !is_hidden && (is_folder || (is_file && matches!(ending, "yaml" | "yml" | "json" | "jsonl"))) {
            find(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {error}", path.display()))
}

/// The diagnostic code for a text that is not a manifest.
pub(crate) const UNREADABLE: &str = "unreadable";
