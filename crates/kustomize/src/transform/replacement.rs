//! Replacements: copy a value of one resource into fields of others.

use aqueduct_manifest::yaml::{Marked, Marks};
use aqueduct_manifest::{SmolStr, Value, yaml};

use super::Transform;
use super::replacement_path::{self, Create, resolved};
use crate::error::{Error, Result, Within};
use crate::field::written;
use crate::field_spec;
use crate::id::Id;
use crate::kustomization::{FieldOptions, Replacement, ReplacementSource, ReplacementTarget};
use crate::resource::Resource;
use crate::resources::Resources;
use crate::selector::Patterns;
use crate::step::{self, Step};
use crate::text::{self, quoted};

const DEFAULT_PATH: &str = "metadata.name";

/// The most bytes in all copies of one list of replacements. Otherwise a few copies of values that contain copies
/// would fill any memory.
const COPY_LIMIT: usize = 32 << 20;

/// Applies replacements in order.
pub(crate) struct ReplacementTransformer {
    pub(crate) replacements: Vec<Replacement>,
}

impl Transform for ReplacementTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        let mut room = COPY_LIMIT;
        for (index, replacement) in self.replacements.iter().enumerate() {
            let number = format!("replacement {} of {}", index + 1, self.replacements.len());
            replace(resources, replacement, &number, &mut room).within(|| number.clone())?;
        }
        Ok(())
    }
}

fn replace(
    resources: &mut Resources,
    replacement: &Replacement,
    number: &str,
    room: &mut usize,
) -> Result<()> {
    let incomplete = || Error::new("replacements must specify a source and at least one target");
    let targets = replacement.targets.as_ref().ok_or_else(incomplete)?;
    let mut source = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err(Error::new("value and resource selectors are mutually exclusive")),
        (None, Some(value)) => {
            let marked = Marked::from(Value::from(value.clone()));
            Source { marked, text: value.clone(), is_plain: true, field: None }
        }
        (Some(source), None) => find_source(resources.list(), source)?,
        (None, None) => return Err(incomplete()),
    };
    for target in targets {
        apply(resources.list_mut(), &mut source, target, number, room)?;
    }
    Ok(())
}

/// What is copied.
struct Source {
    marked: Marked,
    /// The value as text, as it was written.
    text: SmolStr,
    /// Whether the value is an untyped text.
    is_plain: bool,
    /// The resource's index and the path of the field that the value comes from, as long as it exists: changes to the
    /// field affect later copies.
    field: Option<(usize, Vec<Step>)>,
}

impl Source {
    /// Returns the value in the form in which it replaces a list or map.
    fn whole(&self) -> Marked {
        match &self.marked.value {
            Value::String(text) if self.is_plain => resolved(text).into(),
            _ => self.marked.clone(),
        }
    }

    /// Reads the field again if it belongs to this resource.
    fn refresh(&mut self, place: usize, resource: &Resource) {
        if let Some((_, steps)) = self.field.as_ref().filter(|(of, _)| *of == place) {
            self.marked = value_at(resource, steps);
            self.is_plain = resource.is_untyped(steps);
            self.text = text_of(&self.marked);
        }
    }

    /// Counts one more copy.
    fn count(&self, room: &mut usize) -> Result<()> {
        let weight = self.marked.value.weight(*room);
        let weight = weight
            .ok_or_else(|| Error::new(format!("replacements may copy no more than {COPY_LIMIT} bytes")))?;
        *room = room.saturating_sub(weight);
        Ok(())
    }

    /// Records that a list or map of a resource was replaced: a source field in it no longer exists.
    fn leave(&mut self, place: usize, replaced: &[Step]) {
        self.field.take_if(|(of, steps)| {
            *of == place && steps.len() > replaced.len() && steps.starts_with(replaced)
        });
    }
}

fn find_source(resources: &[Resource], source: &ReplacementSource) -> Result<Source> {
    let name = &source.id.name;
    let called = resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| name.is_empty() || resource.was_called(|known| known == name));
    let mut matches = called.filter(|(_, resource)| {
        let mut ids = resource.ids().into_iter();
        // The namespace counts as written, even for cluster-scoped kinds.
        ids.any(|id| Id { cluster_scoped: false, ..id }.is_selected_by(&source.id))
    });
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let describe = || format!("{}:{path}", source.id);
    let Some((place, resource)) = matches.next() else {
        return Err(Error::new(format!("nothing selected by {}", describe())));
    };
    if matches.next().is_some() {
        return Err(Error::new(format!("multiple matches for selector {}", describe())));
    }
    let found = replacement_path::lookup(&Value::Map(resource.map().clone()), &replacement_path::split(path))
        .within(|| format!("error looking up replacement source {}", describe()))?;
    let found = found.map(|steps| (value_at(resource, &steps), steps));
    let missing =
        || Error::new(format!("fieldPath `{path}` is missing for replacement source {}", source.id));
    let (marked, steps) = found.filter(|(found, _)| !is_nothing(&found.value)).ok_or_else(missing)?;
    let (whole, is_plain) = (text_of(&marked), resource.is_untyped(&steps));
    match source.options.as_ref().filter(|options| !options.delimiter.is_empty()) {
        None => Ok(Source { marked, text: whole, is_plain, field: Some((place, steps)) }),
        Some(options) => {
            if !text::is_scalar(&marked.value) {
                return Err(Error::new("delimiter option can only be used with scalar nodes")
                    .within(format!("replacement source {}", describe())));
            }
            let mut parts = whole.split(options.delimiter.as_str());
            let part = usize::try_from(options.index).ok().and_then(|index| parts.nth(index));
            let part = part.ok_or_else(|| {
                Error::new(format!("options.index {} is out of bounds for value {whole}", options.index))
                    .within(format!("replacement source {}", describe()))
            })?;
            let marked = Value::from(part).into();
            Ok(Source { marked, text: part.into(), is_plain, field: None })
        }
    }
}

/// Returns the value at the end of the steps, with the marks of how it was written.
fn value_at(resource: &Resource, steps: &[Step]) -> Marked {
    let value = if steps.is_empty() {
        Value::Map(resource.map().clone())
    } else {
        step::get(resource.map(), steps).cloned().unwrap_or_default()
    };
    Marked { value, marks: step::marks(resource.marks(), steps).clone() }
}

fn text_of(marked: &Marked) -> SmolStr {
    if text::is_scalar(&marked.value) { written(&marked.value, &marked.marks) } else { SmolStr::default() }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

fn apply(
    resources: &mut [Resource],
    source: &mut Source,
    target: &ReplacementTarget,
    number: &str,
    room: &mut usize,
) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(Error::new("target must specify resources to select"));
    };
    let select = Patterns::new(select).within(|| "error creating target selector".to_owned())?;
    let mut rejects = Vec::new();
    for reject in &target.reject {
        let patterns = Patterns::new(reject).within(|| "error creating target selector".to_owned())?;
        rejects.push((reject, patterns));
    }
    let default = [SmolStr::new_static(DEFAULT_PATH)];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for place in 0..resources.len() {
        let is_called = |resource: &&mut Resource| resource.was_called(|name| select.match_name(name));
        let Some(resource) = resources.get_mut(place).filter(is_called) else { continue };
        let rejected_by_metadata = rejects.iter().any(|(reject, patterns)| {
            !(reject.labels.is_empty() && reject.annotations.is_empty()) && patterns.match_metadata(resource)
        });
        if rejected_by_metadata || !select.match_metadata(resource) {
            continue;
        }
        let ids = resource.ids();
        let rejected = rejects
            .iter()
            .any(|(reject, patterns)| !reject.id.is_empty() && ids.iter().any(|id| patterns.match_id(id)));
        if rejected || !ids.iter().any(|id| select.match_id(id)) {
            continue;
        }
        for path in paths {
            if let Some(resource) = resources.get_mut(place) {
                copy_to(resource, place, source, path, target.options.as_ref(), number, room)
                    .map_err(|error| error.within(resource.id()))?;
            }
        }
    }
    Ok(())
}

/// Copies the source to the fields at a path in a resource.
fn copy_to(
    resource: &mut Resource,
    place: usize,
    source: &mut Source,
    path: &str,
    options: Option<&FieldOptions>,
    number: &str,
    room: &mut usize,
) -> Result<()> {
    let creates = options.is_some_and(|options| options.create);
    let create = if creates { Create::like(&source.marked.value) } else { Create::Nothing };
    let verb = if creates { "find or create" } else { "find" };
    let problem = || format!("unable to {verb} field {} in replacement target", quoted(path));
    let parts = replacement_path::split(path);
    field_spec::check_length(parts.len() + source.marked.value.depth())?;
    let mut object = Value::Map(std::mem::take(resource.map_mut()));
    let is_within_text = set_within_text(&mut object, source, &parts, create);
    let found =
        if is_within_text { Ok(Vec::new()) } else { replacement_path::find(&mut object, &parts, create) };
    if let Value::Map(map) = object {
        *resource.map_mut() = map;
    }
    let found = found.within(problem)?;
    if is_within_text {
        source.count(room)?;
    } else if found.is_empty() {
        return Err(Error::new(problem()));
    }
    for found in found {
        // What was created or set along the way may be part of what is copied.
        source.refresh(place, resource);
        source.count(room)?;
        field_spec::check_length(found.steps.len() + source.marked.value.depth())?;
        let marks = step::marks(resource.marks(), &found.steps).clone();
        let is_untyped = resource.is_untyped(&found.steps);
        let noted = resource.mistyped.like(resource.map(), &found.steps).cloned();
        let Some(field) = step::get_mut(resource.map_mut(), &found.steps) else { continue };
        match &*field {
            Value::Map(_) | Value::List(_) => {
                if options.is_some_and(|options| !options.delimiter.is_empty()) {
                    return Err(Error::new("delimiter option can only be used with scalar nodes"));
                }
                let Marked { value, marks } = source.whole();
                *field = value;
                resource.replace_collection_marks(&found.steps, marks);
                source.leave(place, &found.steps);
                if source.is_plain {
                    resource.add_untyped(found.steps);
                }
            }
            Value::Null if found.created && !is_annotation(&parts) => {
                *field = resolved(&new_text(field, &marks, source, options));
                resource.add_untyped(found.steps);
            }
            scalar => {
                // A scalar keeps its type; one created by replacements has none. Annotations are strings, whatever
                // they look like.
                let is_new = found.created && scalar.is_null();
                let like = if is_new { "".into() } else { noted.unwrap_or_else(|| scalar.clone()) };
                let new = new_text(scalar, &marks, source, options);
                match typed(&new, &like) {
                    _ if is_untyped => *field = resolved(&new),
                    Ok(value) => *field = value,
                    Err(error) => {
                        *field = new.clone().into();
                        let error = error.within(format!("field {}", quoted(path)));
                        let error = error.within(resource.id()).within(number);
                        resource.mistyped.add(found.steps, new, like, error);
                    }
                }
            }
        }
    }
    resource.share();
    source.refresh(place, resource);
    Ok(())
}

fn is_annotation(parts: &[String]) -> bool {
    matches!(parts, [metadata, annotations, _] if metadata == "metadata" && annotations == "annotations")
}

/// Returns the new text of a scalar.
fn new_text(field: &Value, marks: &Marks, source: &Source, options: Option<&FieldOptions>) -> SmolStr {
    match options.filter(|options| !options.delimiter.is_empty()) {
        None => source.text.clone(),
        Some(options) => with_part(&text_in(field, marks), &source.text, options).into(),
    }
}

/// Returns the text of a field of which a part is replaced; empty for a new field.
fn text_in(field: &Value, marks: &Marks) -> SmolStr {
    if field.is_null() { SmolStr::default() } else { written(field, marks) }
}

/// Returns a text with one part replaced or added.
fn with_part(whole: &str, part: &str, options: &FieldOptions) -> String {
    let mut parts: Vec<&str> = whole.split(options.delimiter.as_str()).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, part),
        Ok(index) => match parts.get_mut(index) {
            Some(old) => *old = part,
            None => parts.push(part),
        },
    }
    parts.join(&options.delimiter)
}

/// Returns a text as a scalar of the same type as another one.
fn typed(new: &str, like: &Value) -> Result<Value> {
    let value = resolved(new);
    let tag = match (like, &value) {
        (Value::String(_) | Value::List(_) | Value::Map(_), _) => return Ok(new.into()),
        (Value::Int(_) | Value::Uint(_), Value::Int(_) | Value::Uint(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, _) => return Ok(value),
        (Value::Float(_), Value::Int(_) | Value::Uint(_) | Value::Float(_)) => return Ok(value),
        (Value::Int(_) | Value::Uint(_), _) => "!!int",
        (Value::Bool(_), _) => "!!bool",
        (Value::Float(_), _) => "!!float",
    };
    Err(Error::new(format!("yaml: cannot decode `{new}` as a {tag}"))
        .with_hint("the target field has a value of another type; quote it"))
}

/// Sets a field within a string that is itself YAML or JSON, such as a file in a ConfigMap. Returns whether the field
/// exists.
fn set_within_text(object: &mut Value, source: &Source, parts: &[String], create: Create) -> bool {
    for at in 1..parts.len() {
        let (Some(outer), Some(inner)) = (parts.get(..at), parts.get(at..)) else { return false };
        let Ok(Some(steps)) = replacement_path::lookup(object, outer) else { continue };
        let Some(field) = step::at(object, &steps).filter(|field| text::is_scalar(field)) else { continue };
        let Some(changed) =
            changed_text(&text::of(field), &source.whole().value, &source.text, inner, create)
        else {
            return false;
        };
        *field = changed.into();
        return true;
    }
    false
}

fn changed_text(
    original: &str,
    value: &Value,
    text: &str,
    path: &[String],
    create: Create,
) -> Option<String> {
    let is_json = original.trim_start().starts_with(['{', '[']);
    if let Some(mut tree) = yaml::EditableDocument::read(original).filter(|_| !is_json) {
        let mut document = tree.texts();
        let found =
            replacement_path::find(&mut document, path, create).ok().filter(|found| !found.is_empty())?;
        tree.add(&document);
        found.iter().for_each(|found| tree.set(&steps_of(found), text, value));
        return Some(tree.print().trim().to_owned());
    }
    let mut document = yaml::read_values(original, yaml::Dialect::Kyaml).ok()?.into_iter().next()?;
    let before = document.clone();
    let found = replacement_path::find(&mut document, path, create).ok().filter(|found| !found.is_empty())?;
    let untouched = document == before;
    for found in &found {
        let field = step::at(&mut document, &found.steps)?;
        *field = match &*field {
            Value::Map(_) | Value::List(_) => value.clone(),
            Value::Null if found.created => resolved(text),
            scalar => typed(text, scalar).ok()?,
        };
    }
    if is_json {
        let pretty = original.contains('\n') && original.contains("  ");
        return json_text(&document, pretty);
    }
    let edited = if untouched { edited_yaml(original, &found, text) } else { None };
    Some(edited.unwrap_or_else(|| yaml::write(&document).trim().to_owned()))
}

fn steps_of(found: &replacement_path::Found) -> Vec<yaml::Step<'_>> {
    let steps = found.steps.iter().map(|step| match step {
        Step::Key(key) => yaml::Step::Key(key),
        Step::Index(index) => yaml::Step::Index(*index),
    });
    steps.collect()
}

/// Writes JSON like Go: whole floats without a decimal point, and HTML characters escaped.
fn json_text(document: &Value, pretty: bool) -> Option<String> {
    let document = &whole_numbers(document);
    let mut text =
        if pretty { serde_json::to_string_pretty(document) } else { serde_json::to_string(document) }.ok()?;
    for (mark, escaped) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        if text.contains(mark) {
            text = text.replace(mark, escaped);
        }
    }
    Some(text)
}

fn whole_numbers(value: &Value) -> Value {
    match value {
        Value::Float(number) if number.fract() == 0.0 => {
            number.to_string().parse().map_or_else(|_| value.clone(), Value::Int)
        }
        Value::List(list) => Value::List(list.iter().map(whole_numbers).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), whole_numbers(value))).collect())
        }
        other => other.clone(),
    }
}

/// Replaces scalars within the text, preserving its comments and key order.
fn edited_yaml(original: &str, found: &[replacement_path::Found], new: &str) -> Option<String> {
    let document = yaml::read_documents(original, yaml::Dialect::Kyaml).ok()?.into_iter().next()?;
    let mut current = document.value.clone();
    let mut edits = Vec::new();
    for found in found {
        let steps = steps_of(found);
        let start = document.spans.value(&steps)?;
        let line = original.lines().nth(start.line.checked_sub(1)? as usize)?;
        let offset = line.as_ptr() as usize - original.as_ptr() as usize;
        let (column, _) = line.char_indices().nth(start.column.checked_sub(1)? as usize)?;
        let rest = line.get(column..)?;
        let length = match rest.chars().next()? {
            // Anything but a plain or quoted single-line scalar is written anew.
            '|' | '>' | '&' | '*' | '!' | '{' | '[' => return None,
            mark @ ('"' | '\'') => rest.get(1..)?.find(mark)? + 2,
            _ => rest.find(" #").unwrap_or(rest.len()).min(rest.trim_end().len()),
        };
        let written = rest.get(..length)?;
        let is_all = yaml::read_values(written, yaml::Dialect::Kyaml).ok()?.first()
            == step::at(&mut current, &found.steps).as_deref();
        if !is_all || new.contains(['\n', '"', '\'', '\\']) {
            return None;
        }
        let new = match written.chars().next()? {
            mark @ ('"' | '\'') => format!("{mark}{new}{mark}"),
            // A string stays a string and is quoted if it would read as something else.
            _ => yaml::write(&typed(new, &resolved(written)).ok()?).trim_end().to_owned(),
        };
        edits.push((offset + column, length, new));
    }
    edits.sort();
    let mut text = original.to_owned();
    for (start, length, new) in edits.into_iter().rev() {
        text.replace_range(start..start + length, &new);
    }
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::{changed_text, with_part};
    use crate::kustomization::FieldOptions;
    use crate::transform::replacement_path::{Create, split};

    #[test]
    fn replaces_parts() {
        let with = |index| {
            let options = FieldOptions { delimiter: ".".into(), index, create: false };
            with_part("a.b", "x", &options)
        };
        assert_eq!(with(0), "x.b");
        assert_eq!(with(-1), "x.a.b");
        assert_eq!(with(9), "a.b.x");
    }

    #[test]
    fn changes_texts_in_their_own_form() {
        let change =
            |text: &str, path: &str| changed_text(text, &"new".into(), "new", &split(path), Create::Nothing);
        assert_eq!(change("{\"b\":1,\"a\":\"x\"}", "a").as_deref(), Some("{\"a\":\"new\",\"b\":1}"));
        assert_eq!(change("b: 1 # one\na: x\n", "a").as_deref(), Some("b: 1 # one\na: new"));
        assert_eq!(change("plain", "a"), None);
        assert_eq!(
            change("80: http\na: {b: x, c: y}\n", "a.b").as_deref(),
            Some("80: http\na: {b: new, c: y}")
        );
        assert_eq!(
            change("{\"a\":\"x\",\"n\":1e6,\"p\":1.0,\"q\":0.5}", "a").as_deref(),
            Some("{\"a\":\"new\",\"n\":1000000,\"p\":1,\"q\":0.5}"),
        );
        let number = |text: &str| changed_text(text, &Value::Int(5), "5", &split("a"), Create::Nothing);
        assert_eq!(number("a: x # text\n").as_deref(), Some("a: \"5\" # text"));
        assert_eq!(number("a: 1\nb: 2\n").as_deref(), Some("a: 5\nb: 2"));
    }
}
