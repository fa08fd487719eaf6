//! What all instances of a run share: the files, the charts that were read from them, and what is vendored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aqueduct_acquire::{Assembly, Lock, Request, verify, verify_remote};
use aqueduct_helm::Chart;
use aqueduct_kustomize::{MissingCopy, RemoteCopy, Remotes};
use aqueduct_manifest::yaml::{Dialect, read_values};
use aqueduct_manifest::{Files, Object};

type Slot<T> = Arc<OnceLock<Result<T, Problem>>>;

/// The files of a platform, and what was read from them once for all instances.
pub struct Inputs<'a> {
    /// The files of the platform's folder.
    pub files: &'a Files,
    /// The source files that could not be understood; nothing is concluded from what they do not say.
    pub broken: BTreeSet<Arc<str>>,
    lock: OnceLock<Result<Lock, Problem>>,
    definitions: OnceLock<Vec<Object>>,
    charts: Mutex<BTreeMap<String, Slot<Arc<Chart>>>>,
    folders: Mutex<BTreeMap<Request, Slot<String>>>,
    remotes: Mutex<BTreeMap<String, Slot<RemoteCopy>>>,
}

/// Why something shared cannot be used: the message, and what to do.
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

impl<'a> Inputs<'a> {
    /// Returns the inputs over some files.
    pub fn new(files: &'a Files) -> Self {
        Self {
            files,
            broken: BTreeSet::new(),
            lock: OnceLock::new(),
            definitions: OnceLock::new(),
            charts: Mutex::default(),
            folders: Mutex::default(),
            remotes: Mutex::default(),
        }
    }

    /// Returns the CustomResourceDefinitions among the files, rendered or not. Templates of charts are no YAML and
    /// are passed over.
    pub fn definitions(&self) -> &[Object] {
        self.definitions.get_or_init(|| {
            let texts = self.files.iter().filter_map(|(path, _)| self.files.text(path));
            let texts = texts.filter(|text| text.contains("kind: CustomResourceDefinition"));
            let documents = texts.filter_map(|text| read_values(text, Dialect::Sigs).ok()).flatten();
            let objects = documents.filter_map(|value| value.as_map().cloned()).map(Object::new);
            objects.filter(|object| object.kind() == "CustomResourceDefinition").collect()
        })
    }

    /// Returns the chart in a folder of the platform; every instance gets the same one.
    ///
    /// # Errors
    /// What Helm says of a folder that is no chart.
    pub fn chart(&self, folder: &str) -> Result<Arc<Chart>, Problem> {
        slot(&self.charts, folder.to_owned())
            .get_or_init(|| {
                let wrong = |error: aqueduct_helm::Error| Problem { message: error.to_string(), hint: None };
                let chart = Chart::from_files(self.files, folder).map_err(wrong)?;
                let assembly = Assembly::of(self.files, folder)?;
                if assembly == Assembly::default() {
                    return Ok(Arc::new(chart));
                }
                let mut files = Files::new();
                let mut copy = |from: &str, to: &str| {
                    for (path, bytes) in self.files.below(from) {
                        files.insert(format!("{to}{}", &path[from.len()..]), Arc::clone(bytes));
                    }
                };
                copy(folder, folder);
                assembly.folders.iter().for_each(|(from, to)| copy(from, to));
                for (request, to) in &assembly.requests {
                    copy(&self.vendored(request)?, to);
                }
                Chart::from_files(&files, folder).map(Arc::new).map_err(wrong)
            })
            .clone()
    }

    /// Returns the folder of a vendored chart, after its files were held against `aqueduct.lock`.
    ///
    /// # Errors
    /// A chart that is not locked, missing or altered.
    pub fn vendored(&self, request: &Request) -> Result<String, Problem> {
        slot(&self.folders, request.clone())
            .get_or_init(|| Ok(verify(self.files, self.lock()?, request)?.folder()))
            .clone()
    }

    fn lock(&self) -> Result<&Lock, Problem> {
        let lock = self.lock.get_or_init(|| Ok(Lock::of(self.files)?));
        lock.as_ref().map_err(Clone::clone)
    }
}

/// The vendored copies of what kustomizations name, held against `aqueduct.lock`.
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

/// Returns the slot of a key; whoever comes first fills it, the others wait for that slot alone.
fn slot<K: Ord, T>(slots: &Mutex<BTreeMap<K, Slot<T>>>, key: K) -> Slot<T> {
    // A map of slots is whole whatever happened to whoever held the lock.
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(slots.entry(key).or_default())
}
