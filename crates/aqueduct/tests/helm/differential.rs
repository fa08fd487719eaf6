//! Generated templates and charts, rendered here and by Helm itself.
//!
//! `AQUEDUCT_HELM` is the Helm command; without it, nothing is compared. Set `AQUEDUCT_DIFFERENTIAL_SEED` and
//! `AQUEDUCT_DIFFERENTIAL_COUNT` for different and more inputs.

mod certificates;
mod charts;
mod expressions;
mod random;
mod reference;

use std::path::{Path, PathBuf};

use charts::Case;
use expressions::{FILES, Generator, VALUES};
use random::Random;
use reference::{Answer, Reference, ours};

const SEED: u64 = 432;
const COUNT: usize = 1_200;
/// How many templates one chart of expressions has.
const GROUP: usize = 60;

/// An input for which the two differ.
struct Difference {
    input: String,
    ours: Answer,
    theirs: Answer,
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says what to compare with")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[test]
fn as_helm_renders_it() {
    let Some(command) = setting("AQUEDUCT_HELM") else {
        println!("differential: skipped, AQUEDUCT_HELM does not name the command of Helm");
        return;
    };
    let number = |name| setting(name).and_then(|value| value.parse().ok());
    let seed = number("AQUEDUCT_DIFFERENTIAL_SEED").unwrap_or(SEED);
    let count =
        number("AQUEDUCT_DIFFERENTIAL_COUNT").and_then(|count| usize::try_from(count).ok()).unwrap_or(COUNT);
    let reference = Reference::new(&command);
    let mut random = Random::new(seed);
    let mut differences = Vec::new();
    let mut compared = 0;
    let (of_documents, of_values) = (count / 8, count / 8);
    let mut turn = 0;
    for _ in 0..(count - of_documents - of_values).div_ceil(GROUP) {
        let mut generator = Generator { random: &mut random, turn };
        let bodies: Vec<String> = (0..GROUP).map(|_| generator.body()).collect();
        turn = generator.turn;
        compared += bodies.len();
        compare_bodies(&reference, &bodies, &mut differences);
    }
    for at in 0..of_documents + of_values {
        let case =
            if at < of_documents { charts::documents(&mut random) } else { charts::values(&mut random) };
        compared += 1;
        compare_chart(&reference, &case, &mut differences);
    }
    for chart in charts_of_the_repository() {
        compared += 1;
        let (ours, theirs) = (ours(&chart, None, &[]), reference.render(&chart, None, &[]));
        if !theirs.agrees(&ours) {
            differences.push(Difference { input: chart.display().to_string(), ours, theirs });
        }
    }
    println!("differential: {} of {compared}, seed {seed}", compared - differences.len());
    differences.sort_by_key(|difference| difference.input.len());
    let show = if setting("AQUEDUCT_DIFFERENTIAL_SHOW").is_some() { usize::MAX } else { 1 };
    for difference in differences.iter().take(show) {
        println!(
            "--- input\n{}\n--- here\n{}\n--- Helm\n{}\n",
            difference.input, difference.ours, difference.theirs
        );
    }
    assert!(differences.is_empty(), "{} of {compared} differ", differences.len());
}

#[test]
fn certificates_as_helm_makes_them() {
    let Some(command) = setting("AQUEDUCT_HELM") else {
        println!("differential: skipped, AQUEDUCT_HELM does not name the command of Helm");
        return;
    };
    let reference = Reference::new(&command);
    let mut case = Case::default();
    case.files.insert("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.2.3\n".to_owned());
    case.files.insert("templates/t.yaml".to_owned(), certificates::TEMPLATE.to_owned());
    let folder = reference.write(&case);
    let shown = |answer: Answer| match answer {
        Answer::Output(text) => certificates::shown(&text.replace("\\n", "\n").replace('"', "\n")),
        Answer::Refusal(message) => panic!("refused: {message}"),
    };
    let theirs = shown(reference.render(folder.path(), None, &[]));
    let Some(theirs) = theirs else {
        println!("differential: skipped, no openssl");
        return;
    };
    assert_eq!(theirs.matches("PRIVATE KEY").count(), 3, "{theirs}");
    assert_eq!(theirs.matches("Certificate:").count(), 5, "{theirs}");
    assert_eq!(shown(ours(folder.path(), None, &[])).as_deref(), Some(theirs.as_str()));
}

/// Renders templates in one chart. A template that Helm rejects is compared separately, and the others are rendered
/// again.
fn compare_bodies(reference: &Reference, bodies: &[String], differences: &mut Vec<Difference>) {
    let chart = |wanted: &[usize]| {
        let mut case = Case::default();
        case.files.insert("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.2.3\n".to_owned());
        case.files.insert("values.yaml".to_owned(), VALUES.to_owned());
        for (path, content) in FILES {
            case.files.insert((*path).to_owned(), (*content).to_owned());
        }
        for at in wanted {
            let body = bodies.get(*at).map(String::as_str).unwrap_or_default();
            case.files.insert(
                format!("templates/t{at:03}.yaml"),
                format!("{{{{ define \"t{at:03}\" }}}}{body}{{{{ end }}}}v: {{{{ include \"t{at:03}\" . | quote }}}}\n"),
            );
        }
        reference.write(&case)
    };
    let mut differ = |at: usize, ours: Answer, theirs: Answer| {
        if !theirs.agrees(&ours) {
            let input = bodies.get(at).cloned().unwrap_or_default();
            differences.push(Difference { input, ours, theirs });
        }
    };
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    while !left.is_empty() {
        let folder = chart(&left);
        let theirs = reference.render(folder.path(), None, &[]);
        let alone = |at: usize| {
            let folder = chart(&[at]);
            ours(folder.path(), None, &[])
        };
        let refused = theirs.template();
        if let Some(at) = refused.filter(|at| left.contains(at)) {
            differ(at, alone(at), theirs);
            left.retain(|other| *other != at);
            continue;
        }
        for at in std::mem::take(&mut left) {
            let theirs = theirs.of_template(at);
            differ(at, alone(at), theirs);
        }
    }
}

fn compare_chart(reference: &Reference, case: &Case, differences: &mut Vec<Difference>) {
    let folder = reference.write(case);
    let values = case.values.as_ref().map(|_| folder.path().join("user.yaml"));
    let theirs = reference.render(folder.path(), values.as_deref(), &case.flags);
    let ours = ours(folder.path(), values.as_deref(), &case.flags);
    if !theirs.agrees(&ours) {
        differences.push(Difference { input: case.describe(), ours, theirs });
    }
}

/// Returns the charts in the repository, including those of other tests.
fn charts_of_the_repository() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut charts = Vec::new();
    for folder in [root.join("../../charts"), root.join("tests/helm/charts")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().join("Chart.yaml").is_file() {
                charts.push(entry.path());
            }
        }
    }
    charts.sort();
    charts
}
