//! Charts: files in memory, sorted by their role.
//!
//! A [`Chart`] never changes once it is loaded, so any number of releases can share it. What differs between releases
//! (which subcharts take part, and under which names) is worked out for each render.

mod archive;
mod file;
mod folder;
mod ignore;
mod metadata;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aqueduct_manifest::{Files, Map};

use self::archive::CHART_LIMIT;
pub use self::file::File;
pub use self::folder::reason;
use self::ignore::IgnoreRules;
pub use self::metadata::{Dependency, Maintainer, Metadata};
use crate::Error;
use crate::decode::{Fields, read_yaml};
use crate::engine::{Engine, RenderError, TemplateFile, Templates};
use crate::schema::Schema;
use crate::values::read_values;

/// How deep packed and unpacked subcharts may nest.
const DEPTH_LIMIT: usize = 32;

/// A chart with its subcharts.
#[derive(Debug)]
pub struct Chart {
    /// The chart's metadata.
    pub metadata: Metadata,
    /// The default values.
    pub values: Map,
    /// The files below `templates/`.
    pub templates: Vec<File>,
    /// All other files: those that `.Files` returns, including `crds/`.
    pub files: Vec<File>,
    /// The charts below `charts/`, in the order of their folders.
    pub subcharts: Vec<Arc<Chart>>,
    pub(crate) schema: Option<Schema>,
    /// The templates of this chart and its subcharts, parsed once for each choice of subcharts.
    parsed: Mutex<BTreeMap<Vec<Arc<str>>, Arc<Templates>>>,
}

impl Chart {
    /// Reads a chart from a folder or from a packed chart on disk.
    ///
    /// # Errors
    /// Fails with Helm's message if the path is missing, unreadable or not a chart.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let metadata = path
            .metadata()
            .map_err(|cause| Error::new(format!("stat {}: {}", path.display(), folder::reason(&cause))))?;
        let chart = if metadata.is_dir() {
            Self::from_contents(folder::read(path)?)?
        } else {
            let bytes = std::fs::read(path).map_err(|cause| {
                Error::new(format!("open {}: {}", path.display(), folder::reason(&cause)))
            })?;
            if !archive::is_packed(&bytes) {
                return Err(archive::not_packed(&path.display().to_string(), &bytes));
            }
            Self::from_archive(&bytes)?
        };
        Ok(chart)
    }

    /// Reads a chart from a folder of files in memory.
    ///
    /// # Errors
    /// Fails with Helm's message if the folder is not a chart.
    pub fn from_files(files: &Files, folder: &str) -> Result<Self, Error> {
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let mut contents: Vec<(&str, &Arc<[u8]>)> =
            files.below(folder).filter_map(|(path, bytes)| Some((path.get(start..)?, bytes))).collect();
        let rules = contents.iter().find(|(name, _)| *name == ".helmignore");
        let rules = IgnoreRules::parse(&String::from_utf8_lossy(rules.map_or(&[], |(_, bytes)| bytes)))?;
        contents.retain(|(name, _)| !rules.ignores_file(name));
        // The order in which a directory walk visits them.
        contents.sort_by(|(left, _), (right, _)| left.split('/').cmp(right.split('/')));
        let mut chart = Vec::with_capacity(contents.len());
        for (name, bytes) in contents {
            if bytes.len() as u64 > archive::FILE_LIMIT {
                return Err(Error::new(format!(
                    "chart file {:?} is larger than the maximum file size {}",
                    name.rsplit('/').next().unwrap_or(name),
                    archive::FILE_LIMIT
                )));
            }
            chart.push(File::new(name.to_owned(), Arc::clone(bytes)));
        }
        Self::from_contents(chart)
    }

    /// Reads a packed chart.
    ///
    /// # Errors
    /// Fails with Helm's message if the bytes are not a packed chart, or if it reaches outside its folder, contains
    /// links or is too large.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, Error> {
        let mut budget = CHART_LIMIT;
        let files = archive::read(bytes, &mut budget)?;
        Self::check_format(&files)?;
        Self::load(files, &mut budget, 0)
    }

    fn from_contents(files: Vec<File>) -> Result<Self, Error> {
        Self::check_format(&files)?;
        Self::load(files, &mut { CHART_LIMIT }, 0)
    }

    /// Refuses chart API versions newer than v2.
    fn check_format(files: &[File]) -> Result<(), Error> {
        let Some(file) = files.iter().find(|file| &*file.name == "Chart.yaml") else { return Ok(()) };
        let context = |error: Error| error.context("cannot load Chart.yaml");
        let document = read_yaml(&file.bytes).map_err(context)?;
        let fields = Fields::of(&document, "loader", "chartBase").map_err(context)?;
        let version = fields.map(|fields| fields.text("apiVersion")).transpose().map_err(context)?.flatten();
        match version.as_deref() {
            None | Some("" | "v1" | "v2") => Ok(()),
            Some("v3") => Err(Error::new("invalid chart apiVersion")),
            Some(_) => Err(Error::new("unsupported chart version")),
        }
    }

    fn load(files: Vec<File>, budget: &mut u64, depth: usize) -> Result<Self, Error> {
        if depth > DEPTH_LIMIT {
            return Err(Error::new("subcharts are nested too deep"));
        }
        let metadata = files
            .iter()
            .rfind(|file| &*file.name == "Chart.yaml")
            .map(|file| Metadata::read(&file.bytes).map_err(|error| error.context("cannot load Chart.yaml")))
            .transpose()?;
        let mut sorter = Sorter { metadata, ..Sorter::default() };
        for file in files {
            sorter.sort(file)?;
        }
        let mut metadata = sorter.metadata.ok_or("Chart.yaml file is missing")?;
        metadata.validate()?;
        let mut subcharts = Vec::new();
        for (folder, files) in sorter.subcharts {
            if folder.starts_with(['_', '.']) {
                continue;
            }
            let subchart = load_subchart(&folder, files, budget, depth).map_err(|error| {
                error.context(format!("error unpacking subchart {folder} in {}", metadata.name))
            })?;
            subcharts.push(Arc::new(subchart));
        }
        Ok(Self {
            metadata,
            values: sorter.values,
            templates: sorter.templates,
            files: sorter.files,
            subcharts,
            schema: sorter.schema,
            parsed: Mutex::default(),
        })
    }

    /// Returns the parsed templates of a release of this chart.
    pub(crate) fn parsed(
        &self,
        files: Vec<TemplateFile>,
        engine: &Engine,
    ) -> Result<Arc<Templates>, RenderError> {
        let key: Vec<Arc<str>> = files.iter().map(|file| Arc::clone(&file.path)).collect();
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(templates) = known.filter(|templates| engine.has_parsed(templates)) {
            return Ok(templates);
        }
        let templates = Arc::new(engine.parse(files)?);
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&templates));
        Ok(templates)
    }

    /// Returns the files below `crds/` that are manifests.
    pub(crate) fn crds(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| {
            let extension = file.name.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
            file.name.starts_with("crds/")
                && extension.is_some_and(|(_, extension)| {
                    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
                })
        })
    }
}

/// Returns the files of a packed chart, with names relative to its only folder.
///
/// # Errors
/// Fails if the bytes are not a packed chart, or if it reaches outside its folder, contains links or is too large.
pub fn unpack(bytes: &[u8]) -> Result<Vec<File>, Error> {
    archive::read(bytes, &mut { CHART_LIMIT })
}

fn load_subchart(folder: &str, files: Vec<File>, budget: &mut u64, depth: usize) -> Result<Chart, Error> {
    if folder.ends_with(".tgz") {
        let [file, ..] = files.as_slice() else { return Err(Error::new("no files in chart archive")) };
        if &*file.name != folder {
            return Err(Error::new(format!("expected {folder}, got {}", file.name)));
        }
        let files = archive::read(&file.bytes, budget)?;
        return Chart::load(files, budget, depth + 1);
    }
    let inner = |file: File| {
        let name = file.name.split_once('/')?.1;
        Some(File { name: name.into(), bytes: file.bytes })
    };
    Chart::load(files.into_iter().filter_map(inner).collect(), budget, depth + 1)
}

/// The files of one chart, sorted by role.
#[derive(Default)]
struct Sorter {
    metadata: Option<Metadata>,
    values: Map,
    templates: Vec<File>,
    files: Vec<File>,
    schema: Option<Schema>,
    subcharts: BTreeMap<String, Vec<File>>,
}

impl Sorter {
    fn sort(&mut self, file: File) -> Result<(), Error> {
        match &*file.name {
            "Chart.yaml" => {}
            "values.yaml" => {
                self.values =
                    read_values(&file.bytes).map_err(|error| error.context("cannot load values.yaml"))?;
            }
            "values.schema.json" => self.schema = Some(Schema::new(file.bytes)),
            "Chart.lock" => check_lock(&file)?,
            "requirements.yaml" => {
                let metadata = self.metadata.get_or_insert_default();
                metadata.add(&file.bytes).map_err(|error| error.context("cannot load requirements.yaml"))?;
                self.keep_in_first_format(file);
            }
            "requirements.lock" => {
                check_lock(&file)?;
                self.metadata.get_or_insert_default();
                self.keep_in_first_format(file);
            }
            name => match name.strip_prefix("charts/") {
                Some(name) if !name.ends_with(".prov") => {
                    let folder = name.split('/').next().unwrap_or(name).to_owned();
                    let file = File { name: name.into(), bytes: file.bytes };
                    self.subcharts.entry(folder).or_default().push(file);
                }
                None if name.starts_with("templates/") => self.templates.push(file),
                _ => self.files.push(file),
            },
        }
        Ok(())
    }

    fn keep_in_first_format(&mut self, file: File) {
        if self.metadata.as_ref().is_some_and(|metadata| metadata.api_version == "v1") {
            self.files.push(file);
        }
    }
}

/// Checks that a lock file is well formed; its contents only matter to whoever fetches charts.
fn check_lock(file: &File) -> Result<(), Error> {
    let attempt = || format!("cannot load {}", file.name);
    let lock = read_yaml(&file.bytes).map_err(|error| error.context(attempt()))?;
    Fields::of(&lock, "v2", "Lock").map_err(|error| error.context(attempt()))?;
    Ok(())
}
