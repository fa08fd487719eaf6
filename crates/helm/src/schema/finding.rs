//! Schema findings as the tree that Helm's library prints.
//!
//! The library used here lists errors one by one, each with the path of keywords that led to it. Helm's library
//! visits the keywords of a schema in its own order, stops at a wrong type, and groups what several keywords of a
//! nested schema find under a common line.

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use super::message::{message, quoted};

/// Something that is wrong, and why.
pub(super) struct Finding {
    place: Vec<String>,
    message: String,
    causes: Vec<Finding>,
    is_group: bool,
}

/// The order of keywords within a schema: the first ones end the search.
const FIRST: &[&str] = &["type", "const", "enum", "format"];
const ORDER: &[&str] = &[
    "$ref",
    "minProperties",
    "maxProperties",
    "required",
    "dependencies",
    "properties",
    "additionalProperties",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "minItems",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "items",
    "additionalItems",
    "contains",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "$recursiveRef",
    "$dynamicRef",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "unevaluatedProperties",
    "unevaluatedItems",
];

type Error<'a> = ValidationError<'a>;

/// Compiles a part of the schema.
type Compile<'a> = &'a dyn Fn(&Json) -> Option<Validator>;

/// Writes the findings of a schema, one per line, with their causes indented below.
pub(super) fn describe(errors: &[Error<'_>], schema: &Json, compile: Compile<'_>, lines: &mut String) {
    let errors: Vec<&Error<'_>> = errors.iter().collect();
    let mut found = Finder { schema, compile, above: 0 }.within(&errors, 0, &[]);
    if let [Finding { is_group: true, causes, .. }] = found.as_mut_slice() {
        found = std::mem::take(causes);
    }
    for finding in found {
        finding.write(0, lines);
    }
}

impl Finding {
    fn new(place: &[String], message: impl Into<String>, causes: Vec<Self>) -> Self {
        Self { place: place.to_vec(), message: message.into(), causes, is_group: false }
    }

    /// Groups the findings of one schema.
    fn joined(place: &[String], mut found: Vec<Self>) -> Option<Self> {
        match found.len() {
            0 | 1 => found.pop(),
            _ => Some(Self { is_group: true, ..Self::new(place, "validation failed", found) }),
        }
    }

    fn write(&self, depth: usize, lines: &mut String) {
        for _ in 0..depth {
            lines.push_str("  ");
        }
        let mut place = String::new();
        for token in &self.place {
            place.push('/');
            place.push_str(&token.replace('~', "~0").replace('/', "~1"));
        }
        lines.push_str(&format!("- at {}: {}\n", quoted(&place), self.message));
        for cause in &self.causes {
            cause.write(depth + 1, lines);
        }
    }
}

fn required_if(names: &str, key: &str) -> String {
    format!("properties {names} required, if {} exists", quoted(key))
}

fn tokens(path: &jsonschema::paths::Location) -> Vec<String> {
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    path.as_str().split('/').skip(1).map(unescaped).collect()
}

/// A part of a schema that several errors come from: its rank, the part of the instance, and the keyword.
type Step = (usize, String, String);

/// Groups errors into findings.
struct Finder<'a> {
    schema: &'a Json,
    compile: Compile<'a>,
    /// How many tokens of a place lead to the value that the errors are about.
    above: usize,
}

impl Finder<'_> {
    /// Returns the findings of a schema; all errors come from it, and their paths share the first `depth` keywords.
    fn within(&self, errors: &[&Error<'_>], depth: usize, place: &[String]) -> Vec<Finding> {
        let mut steps: BTreeMap<Step, Vec<(&Error<'_>, usize)>> = BTreeMap::new();
        for error in errors {
            let path = tokens(error.evaluation_path());
            let keyword = path.get(depth).cloned().unwrap_or_default();
            let below =
                tokens(error.instance_path()).get(place.len() - self.above).cloned().unwrap_or_default();
            let (rank, part, length) = step(error, &path, depth, &keyword, below);
            steps.entry((rank, part, keyword)).or_default().push((error, depth + length));
        }
        // A wrong type is all that is reported about a value.
        if let Some((_, first)) = steps.iter().next().filter(|((rank, ..), _)| *rank < FIRST.len()) {
            return first.iter().map(|(error, _)| Finding::new(place, message(error), Vec::new())).collect();
        }
        let mut found = Vec::new();
        for ((_, part, keyword), errors) in steps {
            let depth = errors.first().map_or(depth, |(_, depth)| *depth);
            let errors: Vec<&Error<'_>> = errors.into_iter().map(|(error, _)| error).collect();
            let inner = |place: &[String]| self.within(&errors, depth, place);
            match &*keyword {
                "properties"
                | "patternProperties"
                | "additionalProperties"
                | "items"
                | "prefixItems"
                | "additionalItems"
                    if !part.is_empty() =>
                {
                    let name = part.trim_start_matches(INDEX);
                    let place = [place, &[name.to_owned()]].concat();
                    found.extend(Finding::joined(&place, inner(&place)));
                }
                "$ref" | "$dynamicRef" | "$recursiveRef" => match inner(place) {
                    one if one.len() == 1 => found.extend(one),
                    several => found.push(Finding::new(place, "validation failed", several)),
                },
                "if" | "then" | "else" | "dependentSchemas" | "dependencies" if !is_leaf(&errors, depth) => {
                    found.extend(Finding::joined(place, inner(place)));
                }
                "allOf" => match found.last_mut() {
                    Some(last) if last.message == ALL_OF => {
                        last.causes.extend(Finding::joined(place, inner(place)))
                    }
                    _ => {
                        let first = Finding::joined(place, inner(place)).into_iter().collect();
                        found.push(Finding::new(place, ALL_OF, first));
                    }
                },
                _ => found.extend(self.leaves(&errors, depth, place, &keyword, &part)),
            }
        }
        found
    }

    /// Returns the findings of a keyword itself.
    fn leaves(
        &self,
        errors: &[&Error<'_>],
        depth: usize,
        place: &[String],
        keyword: &str,
        part: &str,
    ) -> Vec<Finding> {
        let mut missing = Vec::new();
        let mut found = Vec::new();
        for error in errors {
            let causes =
                match error.kind() {
                    Kind::Required { property } => {
                        missing.push(quoted(property.as_str().unwrap_or_default()));
                        continue;
                    }
                    Kind::UnevaluatedProperties { unexpected } | Kind::UnevaluatedItems { unexpected } => {
                        let mut names = unexpected.clone();
                        names.sort();
                        found.extend(names.into_iter().map(|name| {
                            Finding::new(&[place, &[name]].concat(), "false schema", Vec::new())
                        }));
                        continue;
                    }
                    Kind::AnyOf { context } | Kind::OneOfNotValid { context } => context
                        .iter()
                        .filter_map(|alternative| {
                            let errors: Vec<&Error<'_>> = alternative.iter().collect();
                            Finding::joined(place, self.within(&errors, depth + 1, place))
                        })
                        .collect(),
                    Kind::Contains => self.no_matches(error, place),
                    Kind::PropertyNames { error } => vec![Finding::new(&[], message(error), Vec::new())],
                    _ => Vec::new(),
                };
            found.push(Finding::new(place, message(error), causes));
        }
        if let ("dependencies", Some(error)) = (keyword, errors.first())
            && !missing.is_empty()
        {
            found.extend(self.missing_by_key(error, place));
        } else if !missing.is_empty() {
            let names = missing.join(", ");
            let message = match (keyword, missing.len()) {
                ("dependentRequired", _) if !part.is_empty() => required_if(&names, part),
                (_, 1) => format!("missing property {names}"),
                _ => format!("missing properties {names}"),
            };
            found.push(Finding::new(place, message, Vec::new()));
        }
        found
    }

    /// Returns what the lists of names in `dependencies` require, since the errors do not include the key.
    fn missing_by_key(&self, error: &Error<'_>, place: &[String]) -> Vec<Finding> {
        let lists = self.schema.pointer(error.schema_path().as_str()).and_then(Json::as_object);
        let Some(members) = error.instance().as_object() else { return Vec::new() };
        let lists = lists.into_iter().flatten().filter(|(key, _)| members.contains_key(*key));
        let missing = lists.filter_map(|(key, names)| {
            let names = names.as_array()?.iter().filter_map(Json::as_str);
            let missing: Vec<String> =
                names.filter(|name| !members.contains_key(*name)).map(quoted).collect();
            (!missing.is_empty())
                .then(|| Finding::new(place, required_if(&missing.join(", "), key), Vec::new()))
        });
        missing.collect()
    }

    /// Returns why no item matches `contains`.
    fn no_matches(&self, error: &Error<'_>, place: &[String]) -> Vec<Finding> {
        let items = error.instance().as_array().map(Vec::as_slice).unwrap_or_default();
        let part = self.schema.pointer(error.schema_path().as_str());
        let Some(validator) = part.and_then(self.compile) else { return Vec::new() };
        let reasons = items.iter().enumerate().filter_map(|(index, item)| {
            let place = [place, &[index.to_string()]].concat();
            let errors: Vec<Error<'_>> = validator.iter_errors(item).collect();
            let errors: Vec<&Error<'_>> = errors.iter().collect();
            let of_item = Finder { above: place.len(), ..*self };
            Finding::joined(&place, of_item.within(&errors, 0, &place))
        });
        reasons.collect()
    }
}

const ALL_OF: &str = "'allOf' failed";

/// A prefix for indices, so that the indices of a list sort as numbers.
const INDEX: char = '\u{1}';

/// Returns the rank of a keyword, the part of the instance or schema that it leads to, and the number of its tokens.
fn step(
    error: &Error<'_>,
    path: &[String],
    depth: usize,
    keyword: &str,
    below: String,
) -> (usize, String, usize) {
    if let Some(rank) = FIRST.iter().position(|first| *first == keyword) {
        return (rank, String::new(), 1);
    }
    let rank = |keyword: &str| {
        let place = ORDER.iter().position(|known| *known == keyword).unwrap_or(ORDER.len());
        FIRST.len() + place
    };
    let next = path.get(depth + 1).cloned().unwrap_or_default();
    let is_number = !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit());
    let index = || {
        below.parse::<usize>().map_or_else(
            |_| below.clone(),
            |index| format!("{}{index}", INDEX.to_string().repeat(index.to_string().len())),
        )
    };
    match keyword {
        "properties" | "patternProperties" => (rank("properties"), below, 2),
        "additionalProperties" if matches!(error.kind(), Kind::AdditionalProperties { .. }) => {
            (rank(keyword), String::new(), 1)
        }
        "additionalProperties" => (rank("properties"), below, 1),
        "additionalItems" if matches!(error.kind(), Kind::AdditionalItems { .. }) => {
            (rank(keyword), String::new(), 1)
        }
        "items" | "prefixItems" | "additionalItems" => {
            (rank(keyword), index(), if is_number { 2 } else { 1 })
        }
        "allOf" => (rank(keyword), format!("{next:>9}"), 2),
        "dependentSchemas" | "dependencies" | "dependentRequired" => (rank(keyword), next, 2),
        "if" | "then" | "else" => {
            let follows = keyword == "if" && matches!(&*next, "then" | "else");
            (rank("if"), String::new(), if follows { 2 } else { 1 })
        }
        _ => (rank(keyword), String::new(), 1),
    }
}

fn is_leaf(errors: &[&Error<'_>], depth: usize) -> bool {
    errors.iter().all(|error| tokens(error.evaluation_path()).len() <= depth)
}
