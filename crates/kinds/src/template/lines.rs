//! Finds which line of a Jinja template wrote a line of its output.
//!
//! The engine does not report this. So the template is rendered once more with a mark at the start of each line that
//! may have one, and the marks are read from the output. If removing them does not give the original output, the
//! template processes its lines, and their origin is unknown.

use aqueduct_manifest::yaml::{self, Dialect, Document, Step};
use aqueduct_manifest::{Lines, Object, Place, Pointer, Value};
use aqueduct_render::{FieldWriter, Writers};

use crate::foreign::is_same;

/// The delimiters of a line number; private-use characters have no meaning in YAML or a template.
const MARK: char = '\u{f8e1}';

/// The output of a template, and the template lines that wrote it.
pub(super) struct Rendered {
    documents: Vec<Document>,
    /// The place in the template for each line of the output.
    places: Vec<Place>,
}

impl Rendered {
    /// Renders a template twice, with and without marks; `None` if the marks change the result.
    pub(super) fn new(file: &str, text: &str, render: &dyn Fn(&str, &str) -> Option<String>) -> Option<Self> {
        let output = render(file, text)?;
        let (plain, numbers) = unmarked(&render(file, &marked(text))?);
        if plain != output {
            return None;
        }
        let lines = Lines::new(text);
        let places = numbers.into_iter().map(|line| Place { file: file.into(), span: lines.span(line) });
        Some(Self { documents: yaml::read_documents(&output, Dialect::Sigs).ok()?, places: places.collect() })
    }

    /// Returns the place of a field, if the output has it.
    fn find(&self, object: &Object, field: &Pointer) -> Option<Place> {
        let document = self.documents.iter().find(|document| {
            let map = document.value.as_map().cloned();
            map.is_some_and(|map| is_same(&Object::new(map), object))
        })?;
        let line = match field.is_empty() {
            true => document.line,
            false => document.spans.key(&steps(&document.value, field)?)?.line,
        };
        self.places.get((line as usize).checked_sub(1)?).cloned()
    }
}

/// Returns the writers of objects from templates.
pub(super) fn writers(rendered: Vec<Rendered>) -> Writers {
    Box::new(move |object: &Object, field: &Pointer| {
        let place = rendered.iter().find_map(|rendered| rendered.find(object, field));
        place.map(|place| FieldWriter { place, what: "template".to_owned() }).into_iter().collect()
    })
}

/// Returns the steps to a field, if it exists.
fn steps<'p>(value: &Value, field: &'p Pointer) -> Option<Vec<Step<'p>>> {
    let mut value = value;
    let mut steps = Vec::with_capacity(field.steps().len());
    for step in field.steps() {
        let (inner, step) = match value {
            Value::List(list) => {
                let index = step.parse().ok()?;
                (list.get(index)?, Step::Index(index))
            }
            other => (other.get(step)?, Step::Key(step)),
        };
        value = inner;
        steps.push(step);
    }
    Some(steps)
}

/// Returns a template with a numbered mark on each line, except on lines that begin inside a tag, or with a tag that
/// may strip the space before it.
fn marked(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() * 2);
    let mut end_of_tag: Option<&str> = None;
    for (number, line) in (1_usize..).zip(text.split_inclusive('\n')) {
        let said = line.trim_start();
        let may_have =
            end_of_tag.is_none() && !["{%", "{#", "{{-", "{{+"].iter().any(|tag| said.starts_with(tag));
        if may_have && !said.is_empty() {
            marked.push_str(&line[..line.len() - said.len()]);
            marked.push_str(&format!("{MARK}{number}{MARK}{said}"));
        } else {
            marked.push_str(line);
        }
        let mut rest = line;
        loop {
            let next = match end_of_tag {
                Some(end) => rest.find(end).map(|at| (at, None)),
                None => [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
                    .iter()
                    .filter_map(|(start, end)| Some((rest.find(start)?, Some(*end))))
                    .min(),
            };
            let Some((at, end)) = next else { break };
            end_of_tag = end;
            rest = &rest[at + 2..];
        }
    }
    marked
}

/// Returns an output without its marks, and the number of the mark in each line, or else in the nearest line before
/// it.
fn unmarked(output: &str) -> (String, Vec<u32>) {
    let mut plain = String::with_capacity(output.len());
    let mut numbers = Vec::new();
    let mut number = 1;
    for line in output.split('\n') {
        let mut is_first = true;
        for (at, part) in line.split(MARK).enumerate() {
            if at % 2 == 0 {
                plain.push_str(part);
            } else if let (true, Ok(marked)) = (is_first, part.parse()) {
                number = marked;
                is_first = false;
            }
        }
        plain.push('\n');
        numbers.push(number);
    }
    plain.pop();
    (plain, numbers)
}

#[cfg(test)]
mod tests {
    use super::{marked, unmarked};

    #[test]
    fn lines_are_marked_outside_of_tags() {
        let text = "a: 1\n{% for x in\n  y %}\n- {{ x }}\n{{- z }}\n{# two\nlines #}\nb: {{\n  q }}\nc: 2\n";
        let (plain, numbers) = unmarked(&marked(text));
        assert_eq!(plain, text);
        assert_eq!(numbers, [1, 1, 1, 4, 4, 4, 4, 8, 8, 10, 10]);
    }
}
