//! `aqueduct review`: shows what the changes since a revision do in the platform's clusters.

mod base;
mod certificate;
mod claims;
mod side;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Files, Object};
use aqueduct_model::Selection;
use aqueduct_model::types::{Invalid, Name};
use aqueduct_render::Registry;
use aqueduct_review::{Claim, Review, selected};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::check::minor;
use super::face::{self, Format};
use super::{Failure, Outcome, read, tell, write_file};
use crate::cli::SelectionArguments;
use crate::compiler::load;
use crate::reached::{of_tenants, reached};
use crate::terminal::Terminal;
use base::Checkout;
use certificate::{Certificate, Selected, State};
use side::{Side, Sides, growth, sides, written};

/// The file that makes a folder a platform.
const PLATFORM: &str = "platform.toml";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revision to compare with; the comparison starts at its merge base with the current commit [default: the
    /// main branch].
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// What to compare with at the base: its source, rendered by this program, or its committed output.
    #[arg(long, value_enum, default_value_t = Against::Source)]
    against: Against,
    #[command(flatten)]
    selection: SelectionArguments,
    /// How to print the review.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A claim that the change must satisfy, such as `no restarts in prod`, in addition to `[review.claims]` in
    /// platform.toml; can be repeated. If a claim is broken, the exit code is 1.
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    /// Write a certificate of what was compared and found to this file, for others to verify.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Repeat the review of a certificate, and report whether the result is the same.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "against", "environments", "tenants", "claims", "certificate", "format"])]
    verify: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Against {
    /// The source at the base, rendered.
    #[default]
    Source,
    /// The output at the base.
    Output,
}

/// What a review compares.
struct Question<'a> {
    base: String,
    against: Against,
    /// The commit to review; `None` for the files in the folder.
    head: Option<&'a str>,
    selection: Selection,
    claims: Vec<Claim>,
    /// Whether the review is for a certificate, which covers everything that is rendered.
    is_proven: bool,
}

impl Question<'_> {
    /// Tells whether tenants that the change cannot affect may be skipped.
    fn is_partial(&self) -> bool {
        !self.is_proven && self.against == Against::Source
    }
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    if let Some(file) = &arguments.verify {
        return verify(file, directory, registry, terminal);
    }
    let question = Question {
        base: base::parting(directory, arguments.base.as_deref())?,
        against: arguments.against,
        head: None,
        selection: arguments.selection.selection(),
        claims: claims::given(&arguments.claims)?,
        is_proven: arguments.certificate.is_some(),
    };
    let Some(answer) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
    if let Some(file) = &arguments.certificate {
        write_file(file, &answer.certificate(&question, directory)?.write()?)?;
    }
    face::show(&answer.review, arguments.format, &|| answer.title(&question, directory), terminal)?;
    let is_broken = answer.review.claims.iter().any(|judged| !judged.broken_by.is_empty());
    Ok(if is_broken { Outcome::Found } else { Outcome::Done })
}

/// What a review compared and found.
struct Answer {
    review: Review,
    old: Sides,
    new: Sides,
    kubernetes: BTreeMap<String, String>,
    /// The output folder.
    output: String,
}

impl Answer {
    /// Returns the review's title on a page.
    fn title(&self, question: &Question<'_>, directory: &Path) -> String {
        let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
        let head = self.head(question, directory).ok().flatten();
        let head = head.as_deref().map_or_else(|| "the working tree".to_owned(), short);
        format!("From {} to {head}", short(&question.base))
    }

    /// Returns the commit that was reviewed; `None` if the files differ from every commit.
    fn head(&self, question: &Question<'_>, directory: &Path) -> Result<Option<String>, Failure> {
        match question.head {
            Some(commit) => Ok(Some(commit.to_owned())),
            None => base::current(directory, &self.output),
        }
    }

    /// Tells whether rendering all tenants would find nothing more: all differences are in the followed tenants and
    /// affect no one else.
    fn is_whole(&self) -> bool {
        let environments: BTreeSet<&String> = self.old.keys().chain(self.new.keys()).collect();
        environments.into_iter().all(|environment| {
            let sides = [&self.old, &self.new].map(|sides| sides.get(environment));
            let sides = || sides.into_iter().flatten();
            let objects = || sides().flat_map(|side| &side.objects);
            let (selected, namespaces) = (selected(objects()), objects().map(Object::namespace).collect());
            let mut changes =
                self.review.changes.iter().filter(|change| change.environment == environment.as_str());
            changes.all(|change| {
                let key = change.object.key();
                let moves_nothing =
                    || !change.may_move_traffic(&selected) || change.stays_within(&namespaces);
                !key.namespace.is_empty()
                    && !sides().any(|side| side.around.contains(&key))
                    && moves_nothing()
            })
        })
    }

    fn certificate(&self, question: &Question<'_>, directory: &Path) -> Result<Certificate, Failure> {
        let states = [
            State::new(Some(question.base.clone()), &self.old),
            State::new(self.head(question, directory)?, &self.new),
        ];
        let text = |names: &[Name]| names.iter().map(ToString::to_string).collect();
        let selection = Selected {
            environments: text(&question.selection.environments),
            tenants: text(&question.selection.tenants),
        };
        Certificate::new(states, question.against, selection, self.kubernetes.clone(), &self.review)
    }
}

/// Repeats the review of a certificate.
fn verify(
    file: &Path,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("cannot read {}: {error}", file.display()));
    let known = Certificate::read(&std::fs::read_to_string(file).map_err(failed)?)?;
    let Some(base) = known.base.commit.clone() else {
        return Err(Failure::new("the certificate has no base commit"));
    };
    let names = |names: &[String]| names.iter().map(|name| name.parse()).collect::<Result<Vec<Name>, _>>();
    let wrong = |error: Invalid| Failure::new(format!("not a review certificate: {error}"));
    let selection = Selection {
        environments: names(&known.selection.environments).map_err(wrong)?,
        tenants: names(&known.selection.tenants).map_err(wrong)?,
    };
    let written: Vec<String> = known.claims.iter().map(|claimed| claimed.claim.clone()).collect();
    let claims = claims::given(&written)?;
    let question = Question {
        base,
        against: known.against,
        head: known.head.commit.as_deref(),
        selection,
        claims,
        is_proven: true,
    };
    let Some(answer) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
    let again = answer.certificate(&question, directory)?;
    let differences = known.differences(&again);
    if differences.is_empty() {
        let program =
            if known.is_of_program(&again) { "the same program" } else { "another build of the program" };
        terminal.say(&format!("the review is the same, by {program}"));
        return Ok(Outcome::Done);
    }
    differences.iter().for_each(|line| terminal.warn(&format!("error: {line}")));
    Ok(Outcome::Found)
}

/// Renders both sides and compares them; `None` after reporting that one does not render.
fn answer(
    question: &Question<'_>,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Option<Answer>, Failure> {
    let selection = &question.selection;
    let checked_out =
        question.head.map(|commit| base::check_out(directory, commit, Checkout::Source)).transpose()?;
    let files = read(checked_out.as_ref().map_or(directory, |(folder, _)| folder.path()), registry)?;
    let (new, before) =
        rayon::join(|| load(&files, registry, selection), || before(question, directory, &files, registry));
    let before = before?;
    // The base's claims apply too, so that a change cannot remove the claim that it breaks.
    let mut claims = claims::of(&new.platform.review.claims);
    let output = new.platform.output.to_string();
    if let Some(before) = before.as_ref().filter(|_| question.is_partial())
        && let Some(reached) = reached(before, &files, &new, registry)
    {
        let sides =
            |loaded, files| sides(loaded, files, Some(&reached.followed), selection, registry, terminal);
        let part = of_tenants(before, &reached.rendered);
        // The selected tenants need not be among those that are rendered.
        let everyone = Selection { tenants: Vec::new(), ..selection.clone() };
        // On errors, the whole platform is rendered, which reports them.
        if let Ok(new) = sides(new.of(&reached.rendered), &files)
            && let Ok(old) = sides(load(&part, registry, &everyone), &part)
        {
            let claims = claims.iter().chain(&question.claims).cloned().collect();
            let answer = compared(question, claims, old, new, output.clone())?;
            if answer.is_whole() {
                return Ok(Some(answer));
            }
        }
    }
    // The objects of a side that does not render would look deleted or new.
    let new = match sides(new, &files, None, selection, registry, terminal) {
        Ok(new) => new,
        Err(errors) => {
            tell(&errors, &files, terminal);
            return Ok(None);
        }
    };
    let mut old = Sides::new();
    if let Some(before) = before {
        let loaded = load(&before, registry, selection);
        claims.extend(claims::of(&loaded.platform.review.claims));
        if question.against == Against::Source {
            match sides(loaded, &before, None, selection, registry, terminal) {
                Ok(rendered) => old = rendered,
                Err(errors) => {
                    tell(&errors, &before, terminal);
                    terminal.warn("error: the base does not render");
                    return Ok(None);
                }
            }
        }
    }
    if question.against == Against::Output {
        let Some(written) = written(directory, &question.base, selection, terminal)? else { return Ok(None) };
        old = written;
    }
    claims.extend(question.claims.iter().cloned());
    compared(question, claims, old, new, output).map(Some)
}

/// Returns the files of the base; `None` if it has no platform.
fn before(
    question: &Question<'_>,
    directory: &Path,
    head: &Files,
    registry: &Registry,
) -> Result<Option<Files>, Failure> {
    if question.head.is_none()
        && let Some(files) = base::differing(directory, &question.base, head)?
    {
        return Ok(files.get(PLATFORM).is_some().then_some(files));
    }
    let (folder, _) = base::check_out(directory, &question.base, Checkout::Source)?;
    if folder.path().join(PLATFORM).exists() { read(folder.path(), registry).map(Some) } else { Ok(None) }
}

/// Compares the rendered objects of both sides.
fn compared(
    question: &Question<'_>,
    claims: Vec<Claim>,
    old: Sides,
    new: Sides,
    output: String,
) -> Result<Answer, Failure> {
    let mut found = Review::default();
    let mut kubernetes = BTreeMap::new();
    let nothing = Side::absent();
    let names: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
    for environment in names {
        let (before, after) = (old.get(environment), new.get(environment));
        let Some(known) = after.or(before) else { continue };
        let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
        let server = Server::new(minor(&known.kubernetes)?);
        let review =
            aqueduct_review::review(&server, &before.objects, &after.objects, &|object| after.apply(object));
        found.add(environment, review);
        found.demands.extend(growth(environment, before, after));
        kubernetes.insert(environment.clone(), known.kubernetes.clone());
    }
    for (environment, side) in &new {
        let earlier = side.promoted_from.as_ref().and_then(|name| Some((name, new.get(name)?)));
        if let Some((from, earlier)) = earlier {
            found.promote(&Server::new(minor(&side.kubernetes)?), environment, from, &earlier.objects);
        }
    }
    let all = claims::judgeable(claims::distinct(claims), &kubernetes, &question.selection)?;
    found.claims = all.iter().map(|claim| claim.judge(&found)).collect();
    Ok(Answer { review: found, old, new, kubernetes, output })
}
