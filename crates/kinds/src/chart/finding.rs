//! The finding about a call whose answer decides an object: the field, the line of the template, the value to set.

use aqueduct_manifest::{Diagnostic, Object};
use aqueduct_render::Context;

use super::Templates;
use super::answers::Call;
use super::reproducible::{Cause, Difference};

/// How many fields a finding lists.
const FIELDS: usize = 3;
/// The functions that only read the clock.
const OF_THE_CLOCK: &[&str] =
    &["ago", "date", "dateInZone", "date_in_zone", "htmlDate", "htmlDateInZone", "now"];

/// A chart whose objects differ from render to render.
pub(super) struct Chart<'a> {
    /// The component.
    pub(super) context: &'a Context<'a>,
    /// The templates of the chart.
    pub(super) templates: &'a Templates,
    /// Tells whether there is a value at a dotted path, starting at the top chart.
    pub(super) has_value: &'a dyn Fn(&str) -> bool,
    /// The objects.
    pub(super) objects: &'a [Object],
}

impl Chart<'_> {
    /// Returns the finding about a call.
    pub(super) fn finding(&self, (place, differences): &Cause) -> Diagnostic {
        let Call { template, line, column, function } = place;
        let message =
            format!("`{function}` gives a different result at each render: {}", self.fields(differences));
        let file = self.templates.file(template);
        let span = self.text(&file).and_then(|text| {
            let lines = text.split_inclusive('\n').take((*line as usize).saturating_sub(1));
            let start = lines.map(str::len).sum::<usize>() + *column as usize;
            let length = text.get(start..)?.lines().next()?.trim_end().len();
            Some((start..start + length).into())
        });
        let text = if span.is_some() { String::new() } else { format!("line {line}") };
        let diagnostic = Diagnostic::error("irreproducible", message).at(file, span, text);
        let diagnostic = self.context.instance.spec.label(diagnostic, "which this component renders");
        diagnostic.hint(hint(function, &self.value_paths(place, differences)))
    }

    /// Lists the differences.
    fn fields(&self, differences: &[Difference]) -> String {
        let title = |object: &usize| match self.objects.get(*object) {
            Some(object) => format!("`{} {}`", object.kind(), object.name()),
            None => String::new(),
        };
        let escaped = |part: &String| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
        let shown = differences.iter().take(FIELDS).map(|difference| match difference {
            Difference::Field { object, path } => {
                format!("`{}` of {}", path.iter().map(escaped).collect::<String>(), title(object))
            }
            Difference::Object(object) => format!("whether there is {}", title(object)),
            Difference::Whole => "which objects there are".to_owned(),
        });
        let more = differences.len().checked_sub(FIELDS).filter(|more| *more > 0);
        shown.chain(more.map(|more| format!("{more} more"))).collect::<Vec<_>>().join(", ")
    }

    /// Returns the values that decide the call: those on its line or on the lines that decide it, or else the same
    /// for the field's line in the object's template.
    fn value_paths(&self, place: &Call, differences: &[Difference]) -> Vec<String> {
        let first = differences.iter().find_map(|difference| match difference {
            Difference::Field { object, path } => Some((self.objects.get(*object)?, path.last())),
            Difference::Object(object) => Some((self.objects.get(*object)?, None)),
            Difference::Whole => None,
        });
        let origin = first.and_then(|(object, _)| object.origin.as_ref());
        let prefix = origin.map_or_else(String::new, |origin| self.prefix(&origin.file));
        let named = |file: &str, line: usize| {
            let mut lines = deciding(self.text(file).unwrap_or_default(), line).into_iter();
            let paths =
                lines.find_map(|line| Some(self.named(line, &prefix)).filter(|paths| !paths.is_empty()));
            paths.unwrap_or_default()
        };
        let paths = named(&self.templates.file(&place.template), place.line as usize);
        let (Some(origin), Some((_, Some(key)))) = (origin, first) else { return paths };
        if !paths.is_empty() {
            return paths;
        }
        let is_field = |line: &str| {
            let rest = line.trim_start().trim_start_matches(['"', '\'']).strip_prefix(key.as_str());
            rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
        };
        let text = self.text(&origin.file).unwrap_or_default();
        let from = origin.span.map_or(0, |span| span.position(text).line as usize - 1);
        let at = text.lines().skip(from).position(is_field);
        at.map(|at| named(&origin.file, from + at + 1)).unwrap_or_default()
    }

    /// Returns the values on a line of a template: after `.Values`, or in quotes as arguments of helpers.
    fn named(&self, line: &str, prefix: &str) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        let mut add = |path: &str| {
            let path = if path.starts_with("global.") { path.to_owned() } else { format!("{prefix}{path}") };
            let path = format!("`{path}`");
            if !paths.contains(&path) {
                paths.push(path);
            }
        };
        for rest in line.split(".Values.").skip(1) {
            let path =
                rest.split(|letter: char| !is_name(letter)).next().unwrap_or_default().trim_end_matches('.');
            if !path.is_empty() {
                add(path);
            }
        }
        for quoted in line.split('"').skip(1).step_by(2) {
            if quoted.contains('.')
                && quoted.chars().all(is_name)
                && (self.has_value)(&format!("{prefix}{quoted}"))
            {
                add(quoted);
            }
        }
        paths
    }

    /// Returns the names of the subcharts of a template, each with a dot: their values are below these names.
    fn prefix(&self, file: &str) -> String {
        let called = self.templates.chart.called(file);
        let inside = called.strip_prefix(&self.templates.folder).unwrap_or_default();
        let names = inside.split("/charts/").skip(1).filter_map(|part| part.split('/').next());
        names.map(|name| format!("{name}.")).collect()
    }

    fn text(&self, file: &str) -> Option<&str> {
        self.context.inputs.files.text(file)
    }
}

/// Tells whether a character may be part of a dotted name.
fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._-".contains(letter)
}

/// Returns a line of a template, the lines that assign its variables, and those that open the blocks around it,
/// innermost first.
fn deciding(text: &str, line: usize) -> Vec<&str> {
    let Some(here) = text.lines().nth(line.saturating_sub(1)) else { return Vec::new() };
    let variables =
        here.split('$').skip(1).filter_map(|rest| rest.split(|letter: char| !is_name(letter)).next());
    let variables: Vec<String> = variables
        .map(|name| name.split('.').next().unwrap_or(name))
        .filter(|name| !name.is_empty())
        .flat_map(|name| [format!("${name} ="), format!("${name} :=")])
        .collect();
    let gives = |line: &&str| variables.iter().any(|variable| line.contains(variable.as_str()));
    let mut found: Vec<&str> = std::iter::once(here).chain(text.lines().filter(gives)).collect();
    let above: Vec<&str> = text.lines().take(line.saturating_sub(1)).collect();
    let mut closed = 0_usize;
    for line in above.into_iter().rev() {
        let actions: Vec<&str> =
            line.split("{{").skip(1).map(|action| action.trim_start_matches('-').trim_start()).collect();
        let begins = |action: &str, words: &[&str]| words.iter().any(|word| action.starts_with(word));
        for action in actions.into_iter().rev() {
            if begins(action, &["end"]) {
                closed += 1;
            } else if begins(action, &["if ", "with ", "range ", "define ", "block "]) {
                if closed == 0 {
                    found.push(line);
                }
                closed = closed.saturating_sub(1);
            }
        }
    }
    found
}

fn hint(function: &str, paths: &[String]) -> String {
    let set = |what: &str, otherwise: &str| match paths {
        [] => otherwise.to_owned(),
        paths => format!("set {} in `values`{what}", paths.join(" or ")),
    };
    if OF_THE_CLOCK.contains(&function) {
        return set(
            ", or remove the field with `patches`: the output must not contain the time of the render",
            "remove the field with `patches`: the output must not contain the time of the render",
        );
    }
    if function.starts_with("gen") && function != "genPrivateKey" {
        return set(
            " to an existing certificate, or to the name of a Secret that cert-manager fills",
            "set the chart's value for a Secret with a certificate, or the one that lets cert-manager create it",
        );
    }
    set(
        " to a fixed value, or for a secret, to a reference to a Secret",
        "set a value of the chart that replaces it (for a secret, a reference to a Secret), or change the \
         field with `patches`",
    )
}
