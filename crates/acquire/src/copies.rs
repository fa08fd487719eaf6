//! Copies of the remotes that kustomizations refer to, and of those that the copies refer to in turn.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aqueduct_kustomize::{
    FileSystem as _, Inventory, Meaning, RemoteFolder, RemoteName, holds_resources, inventory,
};
use aqueduct_manifest::{Files, Place};

use crate::checkout::Checkout;
use crate::git::Clone;
use crate::schemas::{contents, named_by_chart, references};
use crate::verify::intact;
use crate::write::{Package, kept};
use crate::{Client, Error, LOCK_FILE, Lock, LockedRemote, Update, digest};

/// The size limit for a web file, and for the files kept from a repository, in bytes.
const SIZE_LIMIT: u64 = 64 << 20;
/// The prefixes of tokens that git servers issue.
const TOKENS: [&str; 8] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "ATBB"];
/// How deeply remotes may refer to more remotes.
const DEPTH_LIMIT: usize = 32;

/// Everything gathered in one run.
pub(crate) struct Copies<'a> {
    files: &'a Files,
    old: &'a Lock,
    update: Update,
    client: &'a Client,
    /// What was fetched in this run, by address, reference or commit, and whether with submodules.
    clones: BTreeMap<(String, String, bool), Clone>,
    /// The names of schemas, which refer to more schemas.
    schemas: BTreeSet<String>,
    pub(crate) locked: BTreeSet<LockedRemote>,
    pub(crate) packages: Vec<Package>,
    pub(crate) errors: Vec<Error>,
}

impl<'a> Copies<'a> {
    pub(crate) fn new(files: &'a Files, old: &'a Lock, update: Update, client: &'a Client) -> Self {
        let (clones, schemas, locked, packages, errors) = Default::default();
        Self { files, old, update, client, clones, schemas, locked, packages, errors }
    }

    /// Gathers web files, schemas with everything that they refer to, and everything that the kustomizations in some
    /// folders refer to. For charts in remotes, that is what their schemas refer to.
    pub(crate) fn gather(
        &mut self,
        folders: &BTreeSet<String>,
        files: &BTreeMap<String, Place>,
        schemas: BTreeMap<String, Place>,
    ) {
        let of_web = |(name, place): (&String, &Place)| {
            let text = self.files.text(&place.file);
            let position = place.span.zip(text).map(|(span, text)| span.position(text));
            (RemoteName { name: name.clone(), meaning: Meaning::File, place: place.clone(), position }, 0)
        };
        let mut queue: VecDeque<(RemoteName, usize)> = files.iter().map(of_web).collect();
        queue.extend(self.named_schemas(schemas).map(|remote| (remote, 0)));
        for folder in folders {
            match inventory(self.files, folder) {
                Ok(found) => queue.extend(found.remotes.into_iter().map(|remote| (remote, 0))),
                Err(error) => self.errors.push(unusable(&format!("the kustomization {folder}"), &error)),
            }
        }
        let mut seen = BTreeSet::new();
        while let Some((wanted, depth)) = queue.pop_front() {
            if !seen.insert(wanted.name.clone()) {
                continue;
            }
            let copied = self.copy(&wanted).map(|mut found| {
                if self.schemas.contains(&wanted.name) {
                    found.extend(self.further_schemas(&wanted));
                }
                found
            });
            match copied {
                Ok(found) if depth < DEPTH_LIMIT => {
                    queue.extend(found.into_iter().map(|remote| (remote, depth + 1)));
                }
                Ok(found) if found.is_empty() => {}
                Ok(_) => self.errors.push(Error::new(format!(
                    "remotes are nested too deeply: {}, named in {}",
                    wanted.name,
                    wanted.spot()
                ))),
                Err(error) => self.errors.push(error.and(format!(", named in {}", wanted.spot()))),
            }
        }
    }

    /// Returns the remotes of a kustomization that was copied before.
    fn named(&mut self, found: Inventory) -> BTreeSet<RemoteName> {
        let files = self.files;
        let schemas = found.charts.iter().flat_map(|chart| named_by_chart(chart, contents(files, chart)));
        let schemas: Vec<_> = self.named_schemas(schemas).collect();
        found.remotes.into_iter().chain(schemas).collect()
    }

    /// Records schemas on the web that others refer to, each with the place of the reference.
    fn named_schemas(
        &mut self,
        schemas: impl IntoIterator<Item = (String, Place)>,
    ) -> impl Iterator<Item = RemoteName> {
        schemas.into_iter().map(|(name, place)| {
            self.schemas.insert(name.clone());
            RemoteName { name, meaning: Meaning::File, place, position: None }
        })
    }

    /// Returns the schemas that a schema refers to, whether it was copied in this run or before.
    fn further_schemas(&mut self, schema: &RemoteName) -> Vec<RemoteName> {
        let Some(locked) = self.locked.iter().find(|locked| locked.name == schema.name) else {
            return Vec::new();
        };
        let (folder, path) = (locked.folder(), locked.path());
        let fetched = self.packages.iter().find(|package| package.folder == folder);
        let bytes = match fetched {
            Some(package) => package.files.get(&path).map(Vec::as_slice),
            None => self.files.get(&format!("{folder}/{path}")).map(|bytes| &**bytes),
        };
        let further = references(bytes.unwrap_or_default(), Some(&schema.name));
        let place = Place::whole(format!("{folder}/{path}"));
        self.named_schemas(further.into_iter().map(|name| (name, place.clone()))).collect()
    }

    /// Ensures that one remote is copied, and returns the remotes that it refers to.
    fn copy(&mut self, wanted: &RemoteName) -> Result<BTreeSet<RemoteName>, Error> {
        let locked = if self.update == Update::Keep { self.old.remote(&wanted.name) } else { None };
        // The same name can be a file in one place and a repository in another.
        let locked = locked.filter(|locked| match wanted.meaning {
            Meaning::File => locked.commit.is_empty(),
            Meaning::Repository => !locked.commit.is_empty(),
            Meaning::Either => true,
        });
        if let Some(locked) = locked
            && intact(self.files, &locked.folder(), &locked.sha256).is_ok()
        {
            self.locked.insert(locked.clone());
            if locked.commit.is_empty() {
                return Ok(BTreeSet::new());
            }
            let folder = format!("{}/{}", locked.folder(), locked.path());
            let found = inventory(self.files, &folder).map_err(|error| unusable(&wanted.name, &error))?;
            return Ok(self.named(found));
        }
        let (found, package, remotes) = self.fetch(wanted, locked)?;
        if locked.is_some_and(|locked| *locked != found) {
            return Err(Error::new(format!(
                "{} does not match the lock: it has changed at its source",
                wanted.name
            ))
            .with_hint(format!(
                "if the change is intended, remove the remote from {LOCK_FILE} and run again"
            )));
        }
        self.locked.insert(found);
        self.packages.push(package);
        Ok(remotes)
    }

    fn fetch(&mut self, wanted: &RemoteName, locked: Option<&LockedRemote>) -> Result<Fetched, Error> {
        check_password(&wanted.name)?;
        let repository = RemoteFolder::parse(&wanted.name);
        let commit = locked.map(|locked| locked.commit.as_str());
        match (repository, wanted.meaning, commit) {
            (None, ..) | (_, Meaning::File, _) | (_, _, Some("")) => self.file(wanted),
            (Some(repository), Meaning::Repository, _) | (Some(repository), _, Some(_)) => {
                self.repository(&wanted.name, &repository, commit)
            }
            // Kustomize also tries the file first.
            (Some(repository), Meaning::Either, None) => self.file(wanted).or_else(|as_file| {
                let fetched = self.repository(&wanted.name, &repository, None);
                fetched.map_err(|error| error.context(format!("{as_file}; as a git repository")))
            }),
        }
    }

    fn file(&self, wanted: &RemoteName) -> Result<Fetched, Error> {
        let name = &wanted.name;
        let answer = self.client.http.get(name, &[], SIZE_LIMIT)?;
        if !(200..300).contains(&answer.status) {
            return Err(answer.error(name));
        }
        if wanted.meaning != Meaning::File {
            let text = std::str::from_utf8(&answer.body).map_err(|_| "it is not UTF-8".to_owned());
            text.and_then(|text| holds_resources(text).map_err(|error| error.to_string()))
                .map_err(|cause| Error::new(format!("cannot use {name}: no resources: {cause}")))?;
        }
        let files = BTreeMap::from([(LockedRemote::file_name(name), answer.body)]);
        fetched(name, name, String::new(), files, BTreeSet::new())
    }

    fn repository(
        &mut self,
        name: &str,
        repository: &RemoteFolder,
        commit: Option<&str>,
    ) -> Result<Fetched, Error> {
        let key = (
            repository.address.clone(),
            commit.unwrap_or(&repository.reference).to_owned(),
            repository.submodules,
        );
        let clone = match self.clones.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Clone::fetch(repository, commit)?),
        };
        let fail = |error: std::io::Error| Error::new(format!("cannot use {name}: {error}"));
        let checkout = Checkout::new(&clone.path()).map_err(fail)?;
        let found = inventory(&checkout, &repository.folder).map_err(|error| unusable(name, &error))?;
        if let Some(path) = checkout.outside() {
            return Err(Error::new(format!(
                "cannot use {name}: it refers to a path outside its repository: {path}"
            ))
            .with_hint("links must point to files in the repository"));
        }
        let Inventory { mut files, charts, mut remotes } = found;
        for chart in &charts {
            files.extend(checkout.below(chart).map_err(fail)?);
        }
        let mut contents = BTreeMap::new();
        let mut size = 0;
        for path in files {
            let bytes = checkout.read(&path).map_err(fail)?.to_vec();
            size += bytes.len() as u64;
            if size > SIZE_LIMIT {
                return Err(Error::new(format!("cannot use {name}: it needs more than {SIZE_LIMIT} bytes")));
            }
            contents.insert(path, bytes);
        }
        let commit = clone.commit.clone();
        let in_chart =
            |chart: &str, path: &str| path.strip_prefix(chart).is_some_and(|rest| rest.starts_with('/'));
        let schemas = charts.iter().flat_map(|chart| {
            let files = contents.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
            named_by_chart(chart, files.filter(|(path, _)| in_chart(chart, path)))
        });
        remotes.extend(self.named_schemas(schemas));
        // The places are in the clone, which is gone by the time they are shown.
        remotes = remotes
            .into_iter()
            .map(|mut remote| {
                remote.place.file = format!("{name}: {}", remote.place.file).into();
                remote
            })
            .collect();
        fetched(name, &repository.address, commit, contents, remotes)
    }
}

/// A locked remote, its files, and the remotes that it refers to.
type Fetched = (LockedRemote, Package, BTreeSet<RemoteName>);

fn fetched(
    name: &str,
    source: &str,
    commit: String,
    files: BTreeMap<String, Vec<u8>>,
    remotes: BTreeSet<RemoteName>,
) -> Result<Fetched, Error> {
    let files = kept(files).map_err(|error| error.context(format!("cannot use {name}")))?;
    let contents = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let locked = LockedRemote {
        name: name.to_owned(),
        source: source.to_owned(),
        commit,
        sha256: digest::of_files(contents),
    };
    let folder = locked.folder();
    Ok((locked, Package { folder, files }, remotes))
}

/// Refuses a name with a password, which would be written to committed files and be shown.
fn check_password(name: &str) -> Result<(), Error> {
    let (scheme, rest) = name.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    // Servers also accept a token instead of the user. The user name of ssh or of a person is not a secret.
    let has_form = TOKENS.iter().any(|start| user.starts_with(start)) || user.len() >= 40;
    let is_token = !scheme.ends_with("ssh") && has_form;
    if user.contains(':') || user.to_ascii_lowercase().contains("%3a") || is_token {
        return Err(Error::new("an address must not contain a password")
            .with_hint("remove it and log in through a git credential helper or an ssh key"));
    }
    Ok(())
}

fn unusable(name: &str, error: &aqueduct_kustomize::Error) -> Error {
    let cause = Error::new(format!("cannot use {name}: {error}"));
    match error.hint() {
        Some(hint) => cause.with_hint(hint),
        None => cause,
    }
}

#[cfg(test)]
mod tests {
    use super::check_password;

    #[test]
    fn logins_in_addresses() {
        for (name, is_one) in [
            ("https://github.com/org/repo?ref=v1", false),
            ("https://ann@bitbucket.org/org/repo", false),
            ("git@github.com:org/repo.git", false),
            ("ssh://git@github.com/org/repo?x=a:b@c", false),
            ("https://ann:s3cret@github.com/org/repo", true),
            ("git::https://ann:s3cret@github.com/org/repo", true),
            ("ssh://git:s3cret@github.com/org/repo", true),
            ("https://ann%3As3cret@github.com/org/repo", true),
            ("https://ghp_0123456789@github.com/org/repo", true),
            ("https://0123456789abcdef0123456789abcdef01234567@github.com/org/repo", true),
        ] {
            assert_eq!(check_password(name).is_err(), is_one, "{name}");
        }
    }
}
