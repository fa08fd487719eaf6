//! What a kustomization consists of: the local files that a build reads, and the remotes that it needs.
//!
//! Callers that keep copies of remotes need this before anything can be built. It follows the references in
//! kustomizations and plugin files, and applies nothing.

use std::collections::BTreeSet;
use std::rc::Rc;

use aqueduct_manifest::{Place, Position, SmolStr, Value};

use crate::decode::{Decode, Reading};
use crate::error::{Result, Spot};
use crate::file_system::FileSystem;
use crate::generate::chart::{self, ChartGenerator};
use crate::generate::key_values;
use crate::kustomization::{ConfigMapArgs, Kustomization, Patch};
use crate::loader::Loader;
use crate::options::Options;
use crate::repository::{RemoteFolder, is_web};
use crate::resource::Resource;
use crate::schemas::Schemas;
use crate::{path, read};

/// The files of a kustomization and of all local ones that it leads to.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The files.
    pub files: BTreeSet<String>,
    /// The folders of charts, which belong to the kustomization with everything in them.
    pub charts: BTreeSet<String>,
    /// The remotes, one entry for each place that refers to one. What they lead to is not followed.
    pub remotes: BTreeSet<RemoteName>,
}

/// A reference to a remote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteName {
    /// The name as written.
    pub name: String,
    /// What the name can mean.
    pub meaning: Meaning,
    /// Where it is written.
    pub place: Place,
    /// Its line and column, if they could be found.
    pub position: Option<Position>,
}

impl RemoteName {
    /// Returns where it is written, as `file:line:column`.
    pub fn spot(&self) -> String {
        Spot { place: self.place.clone(), position: self.position }.to_string()
    }
}

/// What the name of a remote can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// A file on the web.
    File,
    /// A folder in a git repository.
    Repository,
    /// A file on the web if the server has one with resources, otherwise a folder in a git repository.
    Either,
}

/// Returns what the kustomization in a folder consists of.
///
/// A missing file is not reported; that is left to the build.
///
/// # Errors
/// Fails if a kustomization cannot be read, because its references are then unknown.
pub fn inventory(files: &dyn FileSystem, folder: &str) -> Result<Inventory> {
    let options = Options::default();
    let mut walk = Walk::default();
    walk.enter(&Loader::local(files, folder, &options)?)?;
    Ok(walk.inventory)
}

/// Checks that a text can be an entry of `resources`: YAML with resources.
///
/// # Errors
/// Fails with what is wrong if it cannot.
pub fn holds_resources(text: &str) -> Result<()> {
    read::resources(text, &Rc::default()).map(drop)
}

#[derive(Default)]
struct Walk {
    inventory: Inventory,
    entered: BTreeSet<String>,
    schemas: Rc<Schemas>,
}

impl Walk {
    fn enter(&mut self, loader: &Loader<'_>) -> Result<()> {
        if !self.entered.insert(loader.root().to_owned()) {
            return Ok(());
        }
        let kustomization = Kustomization::load(loader)?;
        self.file(loader, &kustomization.file_name);
        for name in &kustomization.resources {
            self.file_or_folder(loader, name)?;
        }
        for name in &kustomization.components {
            self.folder(loader, name)?;
        }
        let plugins = [&kustomization.generators, &kustomization.transformers, &kustomization.validators];
        for name in plugins.into_iter().flatten() {
            for config in self.configs(loader, name, &mut BTreeSet::new())? {
                self.config(loader, &config);
            }
        }
        let of_patch = |patch: &Patch| patch.path.clone();
        let mut names: Vec<SmolStr> = Vec::new();
        names.extend(kustomization.patches.iter().map(of_patch));
        names.extend(kustomization.patches_json6902.iter().map(of_patch));
        names.extend(kustomization.patches_strategic_merge.iter().cloned());
        names.extend(kustomization.replacements.iter().map(|replacement| replacement.path.clone()));
        names.extend(kustomization.crds.iter().chain(&kustomization.configurations).cloned());
        names.extend(kustomization.open_api.get("path").cloned());
        for name in &names {
            self.file(loader, name);
        }
        let secrets = kustomization.secrets.iter().map(|secret| &secret.common);
        for generator in kustomization.config_maps.iter().chain(secrets) {
            self.generator(loader, generator);
        }
        for chart in kustomization.helm_charts {
            self.chart(loader, chart::Args { chart, globals: kustomization.helm_globals.clone() });
        }
        Ok(())
    }

    /// Follows an entry of `resources`.
    fn file_or_folder(&mut self, loader: &Loader<'_>, name: &str) -> Result<()> {
        if is_web(name) {
            self.remote(loader, name, Meaning::Either);
        } else if loader.resolve(name).is_ok() {
            self.file(loader, name);
        } else {
            self.folder(loader, name)?;
        }
        Ok(())
    }

    /// Follows an entry of `components`.
    fn folder(&mut self, loader: &Loader<'_>, name: &str) -> Result<()> {
        if RemoteFolder::parse(name).is_some() {
            self.remote(loader, name, Meaning::Repository);
        } else if let Ok(inner) = loader.enter(name) {
            self.enter(&inner)?;
        }
        Ok(())
    }

    fn remote(&mut self, loader: &Loader<'_>, name: &str, meaning: Meaning) {
        let Spot { place, position } = loader.spot(name);
        self.inventory.remotes.insert(RemoteName { name: name.to_owned(), meaning, place, position });
    }

    /// Adds a file; anything else, such as an inline patch, is skipped.
    fn file(&mut self, loader: &Loader<'_>, name: &str) {
        if is_web(name) {
            self.remote(loader, name, Meaning::File);
        } else if !name.is_empty() && !name.contains('\n') && loader.resolve(name).is_ok() {
            self.inventory.files.insert(path::join(loader.root(), name));
        }
    }

    fn generator(&mut self, loader: &Loader<'_>, args: &ConfigMapArgs) {
        let files = args.files.iter().filter_map(|source| key_values::parse_file(source).ok());
        for name in files.map(|(_, file)| file).chain(args.env_files.iter().map(SmolStr::as_str)) {
            self.file(loader, name);
        }
    }

    fn chart(&mut self, loader: &Loader<'_>, args: chart::Args) {
        for name in args.chart.additional_values_files.iter().chain([&args.chart.values_file]) {
            self.file(loader, name);
        }
        let generator = ChartGenerator { loader: loader.clone(), schemas: Rc::clone(&self.schemas), args };
        self.inventory.charts.extend(generator.folder().ok());
    }

    /// Returns the plugins that an entry configures: inline, in a file, or in the files of a kustomization.
    fn configs(
        &mut self,
        loader: &Loader<'_>,
        name: &str,
        entered: &mut BTreeSet<String>,
    ) -> Result<Vec<Resource>> {
        if let Ok(inline) = read::resources(name, &self.schemas) {
            return Ok(inline);
        }
        self.file_or_folder(loader, name)?;
        if let Ok(text) = loader.load_text(name) {
            return Ok(read::resources(&text, &self.schemas).unwrap_or_default());
        }
        let mut configs = Vec::new();
        if let Ok(inner) = loader.enter(name)
            && entered.insert(inner.root().to_owned())
        {
            for name in &Kustomization::load(&inner)?.resources {
                configs.extend(self.configs(&inner, name, entered)?);
            }
        }
        Ok(configs)
    }

    /// Adds the files that the configuration of a plugin refers to, whichever plugin it is.
    fn config(&mut self, loader: &Loader<'_>, config: &Resource) {
        let value = Value::Map(config.map().clone());
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(SmolStr::from);
        let list = |key: &str| value.get(key).and_then(Value::as_list).into_iter().flatten();
        let mut names: Vec<SmolStr> = Vec::new();
        names.extend(["path", "targetFilePath"].into_iter().filter_map(|key| text(&value, key)));
        names.extend(list("paths").filter_map(Value::as_str).map(SmolStr::from));
        names.extend(list("replacements").filter_map(|entry| text(entry, "path")));
        for name in &names {
            self.file(loader, name);
        }
        if let Ok(args) = ConfigMapArgs::from_value(&value, Reading::Yaml) {
            self.generator(loader, &args);
        }
        if config.kind() == "HelmChartInflationGenerator"
            && let Ok(args) = chart::Args::from_value(&value, Reading::Yaml)
        {
            self.chart(loader, args);
        }
    }
}
