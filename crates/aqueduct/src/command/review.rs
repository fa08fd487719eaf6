//! `aqueduct review`: what the changes since a revision do in the clusters of the platform.

mod base;
mod certificate;
mod claims;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_check::{Entry, Facts, claimed_storage, requests};
use aqueduct_manifest::{Diagnostic, Object, ObjectKey, Value};
use aqueduct_model::Selection;
use aqueduct_model::types::{Invalid, Name};
use aqueduct_render::Registry;
use aqueduct_render::argocd::ROOT;
use aqueduct_review::{Apply, Claim, Demand, Growth, Review};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::check::minor;
use super::face::{self, Format};
use super::manifests::Manifests;
use super::{Failure, Outcome, next, read, tell, write_file};
use crate::Compiler;
use crate::cli::SelectionArguments;
use crate::cost::{costs, total};
use crate::terminal::Terminal;
use base::Checkout;
use certificate::{Certificate, Selected, State};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revision to compare with, from where it and the current commit have parted; the main branch by default.
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// What stands for the base: its source, rendered by this program, or the output that was committed with it.
    #[arg(long, value_enum, default_value_t = Against::Source)]
    against: Against,
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

/// The rendered objects of an environment, the minor version of its Kubernetes, and what a month of it costs.
#[derive(Default)]
struct Side {
    objects: Vec<Object>,
    kubernetes: String,
    /// What it asks for, where that is known.
    demand: Option<Demand>,
    promoted_from: Option<String>,
    /// The objects that Argo CD replaces.
    replaced: BTreeSet<ObjectKey>,
}

impl Side {
    /// Returns how an object reaches the cluster. Argo CD patches what it does not replace, and what a server-side apply and
    /// a three-way merge make of the same old and new manifest is the same.
    fn apply(&self, object: &Object) -> Apply {
        if self.replaced.contains(&object.key()) { Apply::Replace } else { Apply::Server }
    }
}

/// Returns the objects that their own options or those of their Applications let Argo CD replace.
fn replaced(environment: &Facts<'_>) -> BTreeSet<ObjectKey> {
    const REPLACE: &str = "Replace=true";
    let of_application = |entry: &Entry<'_>| {
        let options = entry.object.at(&["spec", "syncPolicy", "syncOptions"]).and_then(Value::as_list)?;
        let path = entry.object.at(&["spec", "source", "path"]).and_then(Value::as_str)?;
        let replaces = options.iter().any(|option| option.as_str() == Some(REPLACE));
        replaces.then(|| path.to_owned())
    };
    let entries = &environment.entries;
    let applications = entries.iter().filter(|entry| entry.tenant == ROOT && entry.kind == "Application");
    let paths: Vec<String> = applications.filter_map(of_application).collect();
    let is_replaced = |entry: &&Entry<'_>| {
        let options = entry.object.annotation("argocd.argoproj.io/sync-options").unwrap_or_default();
        let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // An Application reads the folder of a component, or that of a whole tenant.
        let is_below = |path: &String| {
            [folder, entry.tenant]
                .iter()
                .any(|read| path.strip_suffix(read).is_some_and(|before| before.ends_with('/')))
        };
        options.split(',').any(|option| option.trim() == REPLACE) || paths.iter().any(is_below)
    };
    entries.iter().filter(is_replaced).map(|entry| entry.object.key()).collect()
}

/// What is compared.
struct Question<'a> {
    base: String,
    against: Against,
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
        against: arguments.against,
        head: None,
        selection: arguments.selection.selection(),
        claims: claims::given(&arguments.claims)?,
    };
    let Some(answer) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
    if let Some(file) = &arguments.certificate {
        write_file(file, &answer.certificate(&question)?.write()?)?;
    }
    face::show(&answer.review, arguments.format, &|| answer.title(), terminal)?;
    let is_broken = answer.review.claims.iter().any(|judged| !judged.broken_by.is_empty());
    Ok(if is_broken { Outcome::Found } else { Outcome::Done })
}

/// What was compared, and what was found.
struct Answer {
    review: Review,
    base: (String, Sides),
    head: (Option<String>, Sides),
    kubernetes: BTreeMap<String, String>,
}

impl Answer {
    /// Returns what a page calls the review.
    fn title(&self) -> String {
        let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
        let head = self.head.0.as_deref().map_or_else(|| "the work tree".to_owned(), short);
        format!("From {} to {head}", short(&self.base.0))
    }

    fn certificate(&self, question: &Question<'_>) -> Result<Certificate, Failure> {
        let states = [
            State::new(Some(self.base.0.clone()), &self.base.1),
            State::new(self.head.0.clone(), &self.head.1),
        ];
        let text = |names: &[Name]| names.iter().map(ToString::to_string).collect();
        let selection = Selected {
            environments: text(&question.selection.environments),
            tenants: text(&question.selection.tenants),
        };
        Certificate::new(states, question.against, selection, self.kubernetes.clone(), &self.review)
    }
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
    let question =
        Question { base, against: known.against, head: known.head.commit.as_deref(), selection, claims };
    let Some(answer) = answer(&question, directory, registry, terminal)? else {
        return Ok(Outcome::Failed);
    };
    let again = answer.certificate(&question)?;
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
) -> Result<Option<Answer>, Failure> {
    let selection = &question.selection;
    let commit = match question.head {
        Some(commit) => Some(commit.to_owned()),
        None => base::current(directory)?,
    };
    let checked_out =
        question.head.map(|commit| base::check_out(directory, commit, Checkout::Source)).transpose()?;
    let head = checked_out.as_ref().map_or(directory, |(folder, _)| folder.path());
    // A side that does not render would look deleted or new.
    let Some((new, mut all)) = sides(head, selection, registry, terminal, true)? else { return Ok(None) };
    let (folder, _) = base::check_out(directory, &question.base, Checkout::Source)?;
    let is_rendered = question.against == Against::Source;
    let old = match folder.path().join("platform.toml").exists() {
        true => sides(folder.path(), selection, registry, terminal, is_rendered)?,
        false => Some(Default::default()),
    };
    let Some((mut old, of_base)) = old else {
        terminal.warn("error: the base does not render");
        return Ok(None);
    };
    if !is_rendered {
        let Some(written) = written(directory, &question.base, selection, terminal)? else { return Ok(None) };
        old = written;
    }
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
        let review =
            aqueduct_review::review(&server, &before.objects, &after.objects, &|object| after.apply(object));
        found.add(environment, review);
        let demand =
            |side: &Side| if std::ptr::eq(side, &nothing) { Some(Demand::default()) } else { side.demand };
        if let (Some(old), Some(new)) = (demand(before), demand(after))
            && old != new
        {
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
    let (base, head) = ((question.base.clone(), old), (commit, new));
    Ok(Some(Answer { review: found, base, head, kubernetes }))
}

/// Reads the output that was committed with the base; `None` where it cannot be read, which has been told.
fn written(
    directory: &Path,
    commit: &str,
    selection: &Selection,
    terminal: &Terminal,
) -> Result<Option<Sides>, Failure> {
    let (folder, output) = base::check_out(directory, commit, Checkout::Output)?;
    if !folder.path().join(&output).exists() {
        let message = format!("the base has no output at `{output}`");
        return Err(Failure::new(message).hint("without `--against output` its source is rendered"));
    }
    let manifests = Manifests::below(folder.path())?;
    // What cannot be read would look new.
    if !manifests.diagnostics.is_empty() {
        tell(&manifests.diagnostics, &manifests.files(), terminal);
        return Ok(None);
    }
    let mut sides = Sides::new();
    for (file, objects) in manifests.by_file() {
        let below = Path::new(&*file).strip_prefix(&output).unwrap_or(Path::new(""));
        let mut parts = below.iter().filter_map(|part| part.to_str());
        let (Some(environment), Some(tenant), Some(component)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let owner = if tenant == ROOT { component } else { tenant };
        let name: Option<Name> = environment.parse().ok();
        if name.is_some_and(|name| selection.has_environment(&name)) && is_selected(selection, owner) {
            // The newest version stands for one that only the source names.
            let side = || Side { kubernetes: format!("1.{}", Server::MINORS.end()), ..Side::default() };
            sides.entry(environment.to_owned()).or_insert_with(side).objects.extend(objects);
        }
    }
    Ok(Some(sides))
}

/// The environments of a platform.
type Sides = BTreeMap<String, Side>;

fn is_selected(selection: &Selection, tenant: &str) -> bool {
    selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == tenant)
}

/// Renders the selected environments of a platform, if they are wanted, and reads what it claims of changes; `None` where
/// that is not possible, which has been told.
fn sides(
    directory: &Path,
    selection: &Selection,
    registry: &Registry,
    terminal: &Terminal,
    is_rendered: bool,
) -> Result<Option<(Sides, Vec<Claim>)>, Failure> {
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    // Whether it is right, `check` says; a base may break a rule that is newer than it.
    let mut compiler = Compiler::new(&files, registry, selection).without_checks();
    let claims = claims::of(&compiler.platform().review.claims);
    let mut sides = Sides::new();
    if !is_rendered {
        return Ok(Some((sides, claims)));
    }
    while let Some(rendered) = next(&mut compiler, &progress, "rendering") {
        if let Some(environment) = compiler.facts(&rendered) {
            let entries = environment.entries.iter().filter(|entry| is_selected(selection, owner(entry)));
            let objects = entries.map(|entry| entry.object.clone()).collect();
            let kubernetes = environment.cluster.kubernetes.clone();
            let demand = Demand {
                monthly_cost: total(&costs(rendered.environment())),
                ..demand(&environment, selection)
            };
            let promoted_from = rendered.environment().promoted_from.as_ref().map(ToString::to_string);
            let replaced = replaced(&environment);
            let side = Side { objects, kubernetes, demand: Some(demand), promoted_from, replaced };
            sides.insert(environment.name.to_owned(), side);
        }
    }
    progress.finish_and_clear();
    let errors: Vec<Diagnostic> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    tell(&errors, &files, terminal);
    Ok(errors.is_empty().then_some((sides, claims)))
}

/// Returns what the selected tenants ask of the nodes of an environment.
fn demand(environment: &Facts<'_>, selection: &Selection) -> Demand {
    let mut sum = Demand { storage_bytes: claimed_storage(environment), ..Demand::default() };
    for request in requests(environment).iter().filter(|request| is_selected(selection, &request.tenant)) {
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
