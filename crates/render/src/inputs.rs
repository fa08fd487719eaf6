//! The shared inputs of all instances in a run: the files, the charts read from them, and the vendored copies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aqueduct_acquire::{Assembly, Lock, WantedChart, bundled_schema, verify, verify_remote};
use aqueduct_helm::Chart;
use aqueduct_kustomize::{MissingCopy, RemoteCopy, Remotes};
use aqueduct_manifest::yaml::{Dialect, read_values};
use aqueduct_manifest::{Files, Object};
use aqueduct_model::Environment;
use aqueduct_model::types::Name;

use crate::Definitions;

/// The schema file of a chart's values.
const SCHEMA: &str = "values.schema.json";

type Slot<T> = Arc<OnceLock<Result<T, Problem>>>;

/// The files of a platform, and what is read from them once for all instances.
pub struct Inputs<'a> {
    /// The files of the platform's folder.
    pub files: &'a Files,
    /// The invalid source files, whose missing content causes no further errors.
    pub broken: BTreeSet<Arc<str>>,
    lock: OnceLock<Result<Lock, Problem>>,
    definitions: OnceLock<Vec<Object>>,
    charts: Mutex<BTreeMap<String, Slot<Arc<GatheredChart>>>>,
    folders: Mutex<BTreeMap<WantedChart, Slot<String>>>,
    remotes: Mutex<BTreeMap<String, Slot<RemoteCopy>>>,
    environments: Mutex<BTreeMap<Name, Arc<OnceLock<Arc<Definitions>>>>>,
}

/// Why a shared input cannot be used: the message, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The message.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl From<aqueduct_acquire::Error> for Problem {
    fn from(error: aqueduct_acquire::Error) -> Self {
        Self { message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

/// A chart with its dependencies, wherever they are.
pub struct GatheredChart {
    chart: Arc<Chart>,
    /// The name prefixes of the dependencies' templates, and their folders; innermost first.
    parts: Vec<(String, String)>,
    schema_problem: Option<Problem>,
}

impl GatheredChart {
    /// Returns the error of a remote file that a values schema refers to, without which values cannot be validated.
    pub fn schema_problem(&self) -> Option<&Problem> {
        self.schema_problem.as_ref()
    }

    /// Returns the path of a file, given its name within the chart.
    pub fn origin(&self, file: &str) -> String {
        self.parts
            .iter()
            .find_map(|(called, from)| moved(file, called, from))
            .unwrap_or_else(|| file.to_owned())
    }

    /// Returns the name of a file within the chart.
    pub fn called(&self, file: &str) -> String {
        self.parts
            .iter()
            .find_map(|(called, from)| moved(file, from, called))
            .unwrap_or_else(|| file.to_owned())
    }
}

impl Deref for GatheredChart {
    type Target = Arc<Chart>;

    fn deref(&self) -> &Arc<Chart> {
        &self.chart
    }
}

/// Returns the path of a file moved from one folder to another, if it is in the first.
fn moved(file: &str, from: &str, to: &str) -> Option<String> {
    let rest = file.strip_prefix(from).filter(|rest| rest.starts_with('/'))?;
    Some(format!("{to}{rest}"))
}

impl<'a> Inputs<'a> {
    /// Returns the inputs from some files.
    pub fn new(files: &'a Files) -> Self {
        Self {
            files,
            broken: BTreeSet::new(),
            lock: OnceLock::new(),
            definitions: OnceLock::new(),
            charts: Mutex::default(),
            folders: Mutex::default(),
            remotes: Mutex::default(),
            environments: Mutex::default(),
        }
    }

    /// Returns the CustomResourceDefinitions among the files, rendered or not. Chart templates are not valid YAML and
    /// are skipped.
    fn definitions(&self) -> &[Object] {
        self.definitions.get_or_init(|| {
            let texts = self.files.iter().filter_map(|(path, _)| self.files.text(path));
            let texts = texts.filter(|text| text.contains("kind: CustomResourceDefinition"));
            let documents = texts.filter_map(|text| read_values(text, Dialect::Sigs).ok()).flatten();
            let objects = documents.filter_map(|value| value.as_map().cloned()).map(Object::new);
            objects.filter(|object| object.kind() == "CustomResourceDefinition").collect()
        })
    }

    /// Returns the CustomResourceDefinitions in an environment.
    pub fn definitions_of(&self, environment: &Environment) -> Arc<Definitions> {
        let slot = slot(&self.environments, environment.name.clone());
        let read = || Definitions::of(environment, self.files, self.lock(), self.definitions());
        Arc::clone(slot.get_or_init(|| Arc::new(read())))
    }

    /// Returns the chart in a folder of the platform; all instances share it.
    ///
    /// # Errors
    /// Returns Helm's error for a folder that is not a chart.
    pub fn chart(&self, folder: &str) -> Result<Arc<GatheredChart>, Problem> {
        slot(&self.charts, folder.to_owned())
            .get_or_init(|| {
                let wrong = |error: aqueduct_helm::Error| Problem { message: error.to_string(), hint: None };
                let assembly = Assembly::of(self.files, folder).map_err(|error| {
                    // Helm's error for the folder comes first.
                    Chart::from_files(self.files, folder).err().map_or_else(|| error.into(), wrong)
                })?;
                let mut files = Files::new();
                let mut copy = |from: &str, to: &str| {
                    for (path, bytes) in self.files.below(from) {
                        files.insert(format!("{to}{}", &path[from.len()..]), Arc::clone(bytes));
                    }
                };
                copy(folder, folder);
                let mut parts = Vec::new();
                for (from, expected) in assembly.folders {
                    copy(&from, &expected.folder);
                    parts.push((expected.called, from));
                }
                for (request, expected) in &assembly.requests {
                    let from = self.vendored(request)?;
                    copy(&from, &expected.folder);
                    parts.push((expected.called.clone(), from));
                }
                // A file belongs to the innermost part.
                parts.sort_by_key(|(called, _)| std::cmp::Reverse(called.len()));
                let schema_problem = self.bundle_schemas(&mut files).err().map(|found| Problem {
                    message: format!("its {SCHEMA} refers to a remote file: {}", found.message),
                    ..found
                });
                let chart = Chart::from_files(&files, folder).map(Arc::new).map_err(wrong)?;
                Ok(Arc::new(GatheredChart { chart, parts, schema_problem }))
            })
            .clone()
    }

    /// Adds the vendored remote files that a chart's schemas refer to.
    fn bundle_schemas(&self, files: &mut Files) -> Result<(), Problem> {
        let is_schema = |path: &str| path.rsplit('/').next() == Some(SCHEMA);
        let found: Vec<(String, Arc<[u8]>)> = files
            .iter()
            .filter(|(path, _)| is_schema(path))
            .map(|(path, bytes)| (path.to_string(), Arc::clone(bytes)))
            .collect();
        for (path, bytes) in found {
            let find = |address: &str| -> Result<Arc<[u8]>, Problem> {
                let remote = verify_remote(self.files, self.lock()?, address)?;
                let file = format!("{}/{}", remote.folder(), remote.path());
                let missing = || Problem { message: format!("there is no {file}"), hint: None };
                self.files.get(&file).cloned().ok_or_else(missing)
            };
            if let Some(whole) = bundled_schema(&bytes, find)? {
                files.insert(path, whole);
            }
        }
        Ok(())
    }

    /// Returns the folder of a vendored chart, after verifying its files against `aqueduct.lock`.
    ///
    /// # Errors
    /// Returns an error for a chart that is not locked, missing or modified.
    pub fn vendored(&self, request: &WantedChart) -> Result<String, Problem> {
        slot(&self.folders, request.clone())
            .get_or_init(|| Ok(verify(self.files, self.lock()?, request)?.folder()))
            .clone()
    }

    fn lock(&self) -> Result<&Lock, Problem> {
        let lock = self.lock.get_or_init(|| Ok(Lock::of(self.files)?));
        lock.as_ref().map_err(Clone::clone)
    }
}

/// The vendored remotes of kustomizations, verified against `aqueduct.lock`.
impl Remotes for Inputs<'_> {
    fn find(&self, name: &str) -> Result<RemoteCopy, MissingCopy> {
        let found = slot(&self.remotes, name.to_owned())
            .get_or_init(|| {
                let remote = verify_remote(self.files, self.lock()?, name)?;
                let root = remote.folder();
                Ok(RemoteCopy { path: format!("{root}/{}", remote.path()), root })
            })
            .clone();
        found.map_err(|Problem { message, hint }| MissingCopy { message, hint })
    }
}

/// Returns the slot of a key. The first caller fills it, and others wait for that slot only.
fn slot<K: Ord, T>(slots: &Mutex<BTreeMap<K, Arc<OnceLock<T>>>>, key: K) -> Arc<OnceLock<T>> {
    // The map of slots is consistent even if a thread panicked while holding the lock.
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(slots.entry(key).or_default())
}
