//! Public repositories that Argo CD delivers, and what its own repository server renders from them.
//!
//! Each recorded Application is rendered here from the files of its repository, source by source. Its objects are
//! compared with the recorded ones: the same objects with the same values, in the same order. Then the Applications
//! themselves are generated from the manually applied files and compared with the recorded ones.

#[path = "../argocd/mod.rs"]
mod argocd;
#[path = "../data/mod.rs"]
mod data;
mod recorded;
mod rendered;
mod tally;
mod walked;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aqueduct_manifest::{Value, yaml};

use crate::argocd::source;
use crate::argocd::tree::{Settings, Tree};
use crate::data::folder;
use crate::recorded::Repository;
use crate::tally::Tally;

/// Returns the repositories of the corpus, by name; each is unpacked once.
fn repositories() -> &'static [Repository] {
    static REPOSITORIES: LazyLock<Vec<Repository>> = LazyLock::new(|| {
        let Some(folder) = folder("import") else { return Vec::new() };
        let entries = fs::read_dir(&folder).expect("the corpus can be listed");
        let mut folders: Vec<PathBuf> =
            entries.map(|entry| entry.expect("the corpus can be listed").path()).collect();
        folders.sort();
        folders.iter().map(|folder| Repository::read(folder)).collect()
    });
    &REPOSITORIES
}

/// Compares each repository of the corpus.
fn hold(unit: &str, hold: impl Fn(&Repository, &mut Tally)) {
    let mut all = Tally::default();
    for repository in repositories() {
        let mut tally = Tally::default();
        hold(repository, &mut tally);
        tally.print(&repository.name, unit);
        all.add(tally);
    }
    if !repositories().is_empty() {
        all.print("all repositories", unit);
        all.close();
    }
}

#[test]
fn sources_render_as_argo_cd_renders_them() {
    hold("objects", rendered::hold);
}

#[test]
fn applications_are_those_that_argo_cd_has() {
    hold("sets", walked::hold);
}

/// A small repository with what the public ones lack: the resulting Applications, and what they render.
#[test]
fn own() {
    let cluster = |name: &str, tier: &str, zone: &str| {
        let text = format!(
            "{{name: {name}, server: 'https://{name}.example.com', labels: {{tier: {tier}, zone: {zone}}}, \
             annotations: {{team: {tier}-team}}}}"
        );
        yaml::read(&text).expect("it is YAML")
    };
    let settings = Settings {
        repositories: vec!["https://git.example.com/shop/fleet".to_owned()],
        revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        kube_version: Some("1.33.0".to_owned()),
        build_options: "--load-restrictor LoadRestrictionsNone".to_owned(),
        clusters: vec![
            cluster("shop-1", "shop", "north"),
            cluster("Shop_2", "shop", "north"),
            cluster("edge-1", "edge", "south"),
            cluster("lab", "lab", "north"),
        ],
    };
    let tree = Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports/own"), settings);
    let found = walked::walk(&tree);
    let mut told = String::new();
    for (from, application) in &found.applications {
        let _ = writeln!(told, "== {from:?}\n{}", yaml::write(&walked::typed(application)));
        for source in application.sources() {
            match source::render(&tree, application, source) {
                Ok(objects) => {
                    let texts = objects.into_iter().map(|object| yaml::write(&Value::Map(object.map)));
                    texts.for_each(|text| told.push_str(&format!("---\n{text}")));
                }
                Err(failure) => told.push_str(&format!("{failure:?}\n")),
            }
        }
        told.push('\n');
    }
    for (from, failure) in &found.empty {
        let _ = writeln!(told, "no Applications: {from:?}: {failure:?}");
    }
    insta::assert_snapshot!(told);
}
