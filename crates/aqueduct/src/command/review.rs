//! `aqueduct review`: what the changes since a revision do in the clusters of the platform.

mod base;
mod certificate;
mod claims;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_check::{Entry, Environment, claimed_storage, requests};
use aqueduct_manifest::{Diagnostic, Object};
use aqueduct_model::Selection;
use aqueduct_model::types::{Invalid, Name};
use aqueduct_render::Registry;
use aqueduct_render::argocd::ROOT;
use aqueduct_review::{Apply, Claim, Demand, Growth, Review, html, print};
use clap::{Args, ValueEnum};

use super::check::minor;
use super::{Failure, Outcome, next, read, tell, write_file};
use crate::Compiler;
use crate::cli::SelectionArguments;
use crate::cost::{costs, total};
use crate::terminal::Terminal;
use certificate::{Certificate, Selected, State};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revision to compare with, from where it and the current commit have parted; the main branch by default.
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    #[command(flatten)]
    selection: SelectionArguments,
    /// How to print the review.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What must hold of the change, such as `no restarts in prod`, beside `[review.claims]` of platform.toml; may be given
    /// several times. The exit code is 1 where a claim is broken.
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    /// Write what was looked at and found into this file, for others to verify.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Do the review of a certificate again, and say whether the same comes of it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "environments", "tenants", "claims", "certificate", "format"])]
    verify: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What comes of the changes, the gravest first, then what differs, the same only once.
    Text,
    /// The same for the comment of a pull request, of at most 65,536 characters.
    Markdown,
    /// Every object and field, as `{"changes": [...]}`.
    Json,
    /// One page that needs no network, with search, filters and pictures.
    Html,
}

/// The most characters that forges take for a comment.
const COMMENT: usize = 65_536;

/// The rendered objects of an environment, the minor version of its Kubernetes, and what a month of it costs.
#[derive(Default)]
struct Side {
    objects: Vec<Object>,
    kubernetes: String,
    demand: Demand,
    promoted_from: Option<String>,
}

/// What is compared.
struct Question<'a> {
    base: String,
    /// The commit that is reviewed; the files of the folder where there is none.
    head: Option<&'a str>,
    selection: Selection,
    claims: Vec<Claim>,
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
        head: None,
        selection: arguments.selection.selection(),
        claims: claims::given(&arguments.claims)?,
    };
    let Some((found, certificate)) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
    if let Some(file) = &arguments.certificate {
        write_file(file, &certificate.write()?)?;
    }
    let text = match arguments.format {
        Format::Text => print::text(&found),
        Format::Markdown => print::markdown(&found, COMMENT),
        Format::Json => print::json(&found),
        Format::Html => html(&found, &title(&certificate)),
    };
    super::print(terminal, &text)?;
    if found.changes.is_empty() && arguments.format == Format::Text {
        terminal.say("no differences");
    }
    let is_broken = found.claims.iter().any(|judged| !judged.broken_by.is_empty());
    Ok(if is_broken { Outcome::Found } else { Outcome::Done })
}

/// Returns what a page calls the review.
fn title(certificate: &Certificate) -> String {
    let short = |commit: &Option<String>| {
        commit.as_ref().and_then(|commit| commit.get(..12)).unwrap_or("the work tree").to_owned()
    };
    format!("From {} to {}", short(&certificate.base.commit), short(&certificate.head.commit))
}

/// Does the review of a certificate again.
fn verify(
    file: &Path,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("cannot read {}: {error}", file.display()));
    let known = Certificate::read(&std::fs::read_to_string(file).map_err(failed)?)?;
    let Some(base) = known.base.commit.clone() else {
        return Err(Failure::new("the certificate names no commit as its base"));
    };
    let names = |names: &[String]| names.iter().map(|name| name.parse()).collect::<Result<Vec<Name>, _>>();
    let wrong = |error: Invalid| Failure::new(format!("this is no certificate of a review: {error}"));
    let selection = Selection {
        environments: names(&known.selection.environments).map_err(wrong)?,
        tenants: names(&known.selection.tenants).map_err(wrong)?,
    };
    let written: Vec<String> = known.claims.iter().map(|claimed| claimed.claim.clone()).collect();
    let claims = claims::given(&written)?;
    let question = Question { base, head: known.head.commit.as_deref(), selection, claims };
    let Some((_, again)) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
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

/// Renders both sides and compares them; `None` where one does not render, which has been told.
fn answer(
    question: &Question<'_>,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Option<(Review, Certificate)>, Failure> {
    let selection = &question.selection;
    let commit = match question.head {
        Some(commit) => Some(commit.to_owned()),
        None => base::current(directory)?,
    };
    let checked_out = question.head.map(|commit| base::check_out(directory, commit)).transpose()?;
    let head = checked_out.as_ref().map_or(directory, |folder| folder.path());
    // A side that does not render would look deleted or new.
    let Some((new, mut all)) = sides(head, selection, registry, terminal)? else { return Ok(None) };
    let folder = base::check_out(directory, &question.base)?;
    let old = match folder.path().join("platform.toml").exists() {
        true => sides(folder.path(), selection, registry, terminal)?,
        false => Some(Default::default()),
    };
    let Some((old, of_base)) = old else {
        terminal.warn("error: the base does not render");
        return Ok(None);
    };
    // A change cannot take away the claim that it breaks.
    all.extend(of_base);
    all.extend(question.claims.iter().cloned());
    let mut found = Review::default();
    let mut kubernetes = BTreeMap::new();
    let nothing = Side::default();
    let names: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
    for environment in names {
        let (before, after) = (old.get(environment), new.get(environment));
        let Some(known) = after.or(before) else { continue };
        let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
        let server = Server::new(minor(&known.kubernetes)?);
        let review = aqueduct_review::review(&server, &before.objects, &after.objects, Apply::Server);
        found.add(environment, review);
        if before.demand != after.demand {
            let (old, new) = (before.demand, after.demand);
            found.demands.push(Growth { environment: environment.clone(), old, new });
        }
        kubernetes.insert(environment.clone(), known.kubernetes.clone());
    }
    for (environment, side) in &new {
        let earlier = side.promoted_from.as_ref().and_then(|name| Some((name, new.get(name)?)));
        if let Some((from, earlier)) = earlier {
            found.promote(&Server::new(minor(&side.kubernetes)?), environment, from, &earlier.objects);
        }
    }
    let all = claims::judgeable(claims::distinct(all), &kubernetes, selection)?;
    found.claims = all.iter().map(|claim| claim.judge(&found)).collect();
    let states = [State::new(Some(question.base.clone()), &old), State::new(commit, &new)];
    let text = |names: &[Name]| names.iter().map(ToString::to_string).collect();
    let selected =
        Selected { environments: text(&selection.environments), tenants: text(&selection.tenants) };
    let certificate = Certificate::new(states, selected, kubernetes, &found)?;
    Ok(Some((found, certificate)))
}

/// The environments of a platform, and what it claims of changes.
type Sides = (BTreeMap<String, Side>, Vec<Claim>);

/// Renders the selected environments of a platform; `None` where that is not possible, which has been told.
fn sides(
    directory: &Path,
    selection: &Selection,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Option<Sides>, Failure> {
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    let is_selected = |tenant: &str| {
        selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == tenant)
    };
    let mut compiler = Compiler::new(&files, registry, selection);
    let claims = claims::of(&compiler.platform().review.claims);
    let mut sides = BTreeMap::new();
    while let Some(rendered) = next(&mut compiler, &progress, "rendering") {
        if let Some(environment) = compiler.facts(&rendered) {
            let entries = environment.entries.iter().filter(|entry| is_selected(owner(entry)));
            let objects = entries.map(|entry| entry.object.clone()).collect();
            let kubernetes = environment.cluster.kubernetes.clone();
            let demand = Demand {
                monthly_cost: total(&costs(rendered.environment())),
                ..demand(&environment, &is_selected)
            };
            let promoted_from = rendered.environment().promoted_from.as_ref().map(ToString::to_string);
            let side = Side { objects, kubernetes, demand, promoted_from };
            sides.insert(environment.name.to_owned(), side);
        }
    }
    progress.finish_and_clear();
    let errors: Vec<Diagnostic> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    tell(&errors, &files, terminal);
    Ok(errors.is_empty().then_some((sides, claims)))
}

/// Returns what the selected tenants ask of the nodes of an environment.
fn demand(environment: &Environment<'_>, is_selected: &dyn Fn(&str) -> bool) -> Demand {
    let mut sum = Demand { storage_bytes: claimed_storage(environment), ..Demand::default() };
    for request in requests(environment).iter().filter(|request| is_selected(&request.tenant)) {
        sum.pods = sum.pods.saturating_add(request.pods);
        sum.cpu_millis = sum.cpu_millis.saturating_add(request.cpu_millis);
        sum.memory_bytes = sum.memory_bytes.saturating_add(request.memory_bytes);
    }
    sum
}

/// Returns the tenant that an object is for; what delivers a tenant is its own.
fn owner<'e>(entry: &Entry<'e>) -> &'e str {
    if entry.tenant == ROOT { entry.component } else { entry.tenant }
}
