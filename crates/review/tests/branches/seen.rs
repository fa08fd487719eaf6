//! What the review finds in a change: Applications in pairs, and the changed objects of each.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, ObjectKey, Value, yaml};
use aqueduct_review::{self as reviewing, Apply, Review, review};

use crate::argocd::tree::{Failure, Resource, Tree};
use crate::rendered;
use crate::selection::Selection;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Added,
    Removed,
    Changed,
    Renamed,
}

/// A changed object, in the words of the preview tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// The Application with its file, and its old name.
    pub(crate) application: String,
    /// The kind, the namespace and the name, and the old name.
    pub(crate) heading: String,
    /// What happened to it.
    pub(crate) fate: Fate,
}

/// A changed object, as YAML.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// An Application of both sides, or of one.
pub(crate) struct Pair {
    /// Its name and place, before and after.
    pub(crate) title: String,
    old: Vec<Object>,
    /// What it renders now.
    pub(crate) new: Vec<Object>,
    /// Its changes.
    pub(crate) review: Review,
}

/// The findings in a change.
#[derive(Default)]
pub(crate) struct Seen {
    /// The Applications that could be rendered.
    pub(crate) pairs: Vec<Pair>,
    /// Those that need something outside the trees, with the reason.
    pub(crate) outside: BTreeMap<String, String>,
    /// What went wrong.
    pub(crate) wrong: Vec<String>,
}

/// An Application and what it renders.
type Rendered<'r> = (&'r Resource, Result<Vec<Object>, Failure>);

/// Renders the Applications of both sides, and reviews each pair.
pub(crate) fn see(trees: [&Tree; 2], sides: &[Selection; 2]) -> Seen {
    let mut seen = Seen::default();
    for (title, failure) in sides.iter().flat_map(|side| &side.failures) {
        seen.fail(title.clone(), failure);
    }
    let [old, new] = [0, 1].map(|side| -> Vec<Rendered<'_>> {
        let applications = sides[side].applications.iter();
        applications.map(|application| (application, rendered::render(trees[side], application))).collect()
    });
    let server = Server::new(37);
    for (before, after) in paired(&old, &new) {
        let (before, after) = (before.map(|place| &old[place]), after.map(|place| &new[place]));
        let part = |part: fn(&Resource) -> &str| {
            let [was, is] = [before, after].map(|side| side.map(|(application, _)| part(application)));
            match (was, is) {
                (Some(was), Some(is)) if was != is => format!("{was} -> {is}"),
                (was, is) => is.or(was).unwrap_or_default().to_owned(),
            }
        };
        let title = format!("{} ({})", part(|one| one.object.name()), part(|one| &one.file));
        let rendered = [before, after].map(|side| match side {
            Some((_, Ok(objects))) => Ok(objects.clone()),
            Some((_, Err(failure))) => Err(failure),
            None => Ok(Vec::new()),
        });
        match rendered {
            [Ok(old), Ok(new)] => {
                let review = review(&server, &old, &new, &|_| Apply::Server);
                seen.pairs.push(Pair { title, old, new, review });
            }
            sides => sides
                .into_iter()
                .filter_map(Result::err)
                .for_each(|failure| seen.fail(title.clone(), failure)),
        }
    }
    seen.pairs.sort_by(|one, other| one.title.cmp(&other.title));
    seen
}

impl Seen {
    fn fail(&mut self, title: String, failure: &Failure) {
        match failure {
            Failure::Outside(reason) => drop(self.outside.insert(title, reason.clone())),
            Failure::Wrong(reason) => self.wrong.push(format!("{title}: {reason}")),
        }
    }

    /// Returns the changed objects.
    pub(crate) fn named(&self) -> BTreeMap<Named, Texts> {
        self.pairs.iter().flat_map(Pair::named).collect()
    }
}

impl Pair {
    fn named(&self) -> impl Iterator<Item = (Named, Texts)> {
        let text = |objects: &[Object], key: &ObjectKey| {
            let object = objects.iter().rfind(|object| object.key() == *key);
            object.map(|object| yaml::write(&Value::Map(object.map.clone()))).unwrap_or_default()
        };
        // An unchanged object can have consequences, but it does not differ.
        let differs = |change: &&reviewing::Change| {
            change.fate != reviewing::Fate::Changed || !change.fields.is_empty()
        };
        self.review.changes.iter().filter(differs).map(move |change| {
            let key = change.object.key();
            let old_key = change.old_key.clone().unwrap_or_else(|| key.clone());
            let slash = if key.namespace.is_empty() { "" } else { "/" };
            let place = |key: &ObjectKey| format!("{}{slash}{}", key.namespace, key.name);
            let (fate, names) = match change.fate {
                reviewing::Fate::Added => (Fate::Added, place(&key)),
                reviewing::Fate::Removed => (Fate::Removed, place(&key)),
                reviewing::Fate::Changed if old_key != key => {
                    (Fate::Renamed, format!("{} → {}", place(&old_key), place(&key)))
                }
                reviewing::Fate::Changed => (Fate::Changed, place(&key)),
            };
            let heading = format!("{}: {names}", key.kind);
            let named = Named { application: self.title.clone(), heading, fate };
            (named, Texts { old: text(&self.old, &old_key), new: text(&self.new, &key) })
        })
    }
}

impl Texts {
    /// Tells whether the lines of a diff, with `@@` between its hunks, are in these texts: everything for an added or
    /// removed object, otherwise each hunk.
    pub(crate) fn have(&self, lines: &[String]) -> bool {
        let parts: Vec<&[String]> = lines.split(|line| line.starts_with("@@")).collect();
        let side = |part: &[String], mark: char| -> Vec<String> {
            let of_it = part.iter().filter(|line| line.starts_with([' ', mark]));
            of_it.map(|line| line.chars().skip(1).collect()).collect()
        };
        [('-', &self.old), ('+', &self.new)].into_iter().all(|(mark, text)| {
            let text: Vec<&str> = text.lines().collect();
            let is_whole = lines.iter().all(|line| line.starts_with(mark));
            parts.iter().all(|part| {
                let part = side(part, mark);
                let is_there = part.is_empty() || text.windows(part.len()).any(|window| *window == part[..]);
                is_there && (!is_whole || part.len() == text.len())
            })
        })
    }
}

/// Tells whether two Applications are the same.
type IsSame = fn(&Rendered<'_>, &Rendered<'_>) -> bool;

/// Pairs Applications by their positions in both lists: by name and file, then by name, then by their
/// objects.
fn paired(old: &[Rendered<'_>], new: &[Rendered<'_>]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs = Vec::new();
    let mut left: [BTreeSet<usize>; 2] = [(0..old.len()).collect(), (0..new.len()).collect()];
    let rules: [IsSame; 3] = [
        |(old, _), (new, _)| old.title() == new.title(),
        |(old, _), (new, _)| old.object.name() == new.object.name(),
        |(_, old), (_, new)| match (old, new) {
            (Ok(old), Ok(new)) => are_mostly_the_same(old, new),
            _ => false,
        },
    ];
    for is_same in rules {
        for place in left[0].clone() {
            if let Some(found) = left[1].iter().copied().find(|other| is_same(&old[place], &new[*other])) {
                left[0].remove(&place);
                left[1].remove(&found);
                pairs.push((Some(place), Some(found)));
            }
        }
    }
    pairs.extend(left[0].iter().map(|place| (Some(*place), None)));
    pairs.extend(left[1].iter().map(|place| (None, Some(*place))));
    pairs
}

fn are_mostly_the_same(old: &[Object], new: &[Object]) -> bool {
    let [before, after] = [old, new].map(|side| side.iter().map(Object::key).collect::<BTreeSet<_>>());
    let common = before.intersection(&after).count();
    common > 0 && 2 * common >= before.len().max(after.len())
}
