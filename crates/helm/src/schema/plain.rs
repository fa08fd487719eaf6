//! Plain schemas: those that only use the keywords common in charts. They are walked as they were read.
//!
//! Most values meet their schema, and finding that out does not require compiling it. What goes beyond this walk, and
//! what it finds wrong, is left to the library that words the findings. So a walk may fail to confirm that values
//! meet a schema, but it never confirms it wrongly.

mod check;
mod meet;

use std::collections::BTreeMap;

use super::part::SchemaPart;
use crate::value::{Map, Value};
use jsonschema::Draft;
use regex::Regex;

/// What is known about a schema whose every part is well formed and understood.
#[derive(Debug)]
pub(super) struct Plain {
    /// The patterns of strings and names, keyed by their source.
    patterns: BTreeMap<String, Regex>,
    refers: bool,
    /// Whether a reference overrides everything beside it.
    refers_alone: bool,
    asserts_formats: bool,
}

impl Plain {
    /// Returns what can be learned from a schema before values are checked; `None` if it is not plain or not a valid
    /// schema.
    pub(super) fn of(schema: &SchemaPart, draft: Draft) -> Option<Self> {
        let is_seventh = match draft {
            Draft::Draft7 => true,
            Draft::Draft201909 | Draft::Draft202012 => false,
            _ => return None,
        };
        let mut plain = Self {
            patterns: BTreeMap::new(),
            refers: false,
            refers_alone: is_seventh,
            asserts_formats: is_seventh,
        };
        check::check(schema, &mut plain)?;
        Some(plain)
    }

    /// Returns whether any part of the schema refers to another.
    pub(super) fn refers(&self) -> bool {
        self.refers
    }

    /// Returns whether values meet the schema, if that is certain.
    pub(super) fn verdict(&self, schema: &SchemaPart, values: &Map) -> Option<bool> {
        meet::Walk::new(self, schema).meets(schema, &Value::Map(values.clone()), 0)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    use serde_json::{Value as Json, json};

    use super::{Plain, SchemaPart};
    use crate::Chart;
    use crate::schema::{Draft, compile, draft, to_json};
    use crate::value::{Kind, Map, Text, Value};

    /// The verdicts of the walk and of the library; `None` if there is none.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Verdicts {
        walk: Option<bool>,
        library: Option<bool>,
    }

    fn verdicts(schema: &Json, draft: Draft, values: &Map) -> Verdicts {
        let part = serde_json::from_value::<SchemaPart>(schema.clone()).expect("a schema is JSON");
        let walk = Plain::of(&part, draft).and_then(|plain| plain.verdict(&part, values));
        let instance = to_json(&Value::Map(values.clone()));
        let library =
            compile(schema.clone(), draft).ok().map(|compiled| compiled.validator.is_valid(&instance));
        Verdicts { walk, library }
    }

    impl Verdicts {
        fn agree(self) -> bool {
            self.walk.is_none() || self.walk == self.library
        }
    }

    fn name() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "b", "ab", "x-y", "type"]).prop_map(str::to_owned)
    }

    fn text() -> impl Strategy<Value = String> {
        let texts = vec!["", "a", "b", "ab", "aab1", "é", "2020-01-01", "1.2.3.4", "$ref", "a b\n"];
        prop::sample::select(texts).prop_map(str::to_owned)
    }

    fn scalar() -> impl Strategy<Value = Json> {
        prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-2..4).prop_map(Json::from),
            prop::sample::select(vec![0.5, 1.0, -2.0, 2.5, 1e15, 9.007_199_254_740_993e15, 1e300])
                .prop_map(Json::from),
            prop::sample::select(vec![i64::MIN, i64::MAX, 9_007_199_254_740_993]).prop_map(Json::from),
            Just(Json::from(u64::MAX)),
            text().prop_map(Json::from),
        ]
    }

    fn anything() -> impl Strategy<Value = Json> {
        scalar().prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::btree_map(name(), inner, 0..4)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<Json> {
        prop::sample::select(texts).prop_map(Json::from).boxed()
    }

    fn keyword(names: &'static [&'static str], value: BoxedStrategy<Json>) -> BoxedStrategy<(String, Json)> {
        (prop::sample::select(names).prop_map(str::to_owned), value).boxed()
    }

    fn list(item: impl Strategy<Value = Json> + 'static) -> BoxedStrategy<Json> {
        prop::collection::vec(item, 0..4).prop_map(Json::Array).boxed()
    }

    fn members(part: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
        let members = prop::collection::btree_map(name(), part, 0..4);
        members.prop_map(|members| Json::Object(members.into_iter().collect())).boxed()
    }

    const LIMITS: &[&str] =
        &["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
    const BOUNDS: &[&str] = &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

    /// A keyword that needs no other part of a schema.
    fn assertion() -> BoxedStrategy<(String, Json)> {
        let kinds = || one_of(&["array", "boolean", "integer", "null", "number", "object", "string"]);
        let names = prop::collection::btree_set(name(), 0..3).prop_map(|names| names.into_iter().collect());
        let numbers = prop_oneof![
            prop::sample::select(vec![1.0, 0.5, 2.0, 9.1e15]).prop_map(Json::from),
            (1..4).prop_map(Json::from),
        ];
        prop_oneof![
            6 => keyword(&["type"], kinds()),
            2 => keyword(&["type"], kinds().prop_map(|one| json!([one, "null"])).boxed()),
            2 => keyword(&["enum"], list(anything())),
            2 => keyword(&["const", "default", "x-more"], anything().boxed()),
            2 => keyword(&["required"], names.boxed()),
            3 => keyword(LIMITS, (0..3).prop_map(Json::from).boxed()),
            3 => keyword(BOUNDS, numbers.boxed()),
            2 => keyword(&["uniqueItems", "deprecated"], any::<bool>().prop_map(Json::from).boxed()),
            2 => keyword(&["pattern"], one_of(&["^a", "^a+[0-9]?$", "b|é", "^\\w$", "a{2}", "^\\S*$", "^(a|b)$"])),
            2 => keyword(&["format"], one_of(&["date", "ipv4", "semver", "uri", "color", "nonsense"])),
            3 => keyword(&["$ref"], one_of(&["#/definitions/a", "#/$defs/b", "#/properties/a"])),
            2 => keyword(&["title", "$comment", "$schema"], text().prop_map(Json::from).boxed()),
        ]
        .boxed()
    }

    /// A keyword that is not walked, or one with an invalid value.
    fn strange() -> BoxedStrategy<(String, Json)> {
        prop_oneof![
            keyword(&["type"], one_of(&["strnig", ""])),
            keyword(&["type", "required", "examples", "allOf"], list(scalar())),
            keyword(&["enum", "title", "properties", "items", "deprecated", "format"], anything().boxed()),
            keyword(LIMITS, scalar().boxed()),
            keyword(BOUNDS, scalar().boxed()),
            keyword(&["pattern"], one_of(&["(?=a)", "(", "a**", "\\1"])),
            keyword(
                &["$ref"],
                one_of(&["#", "#/x-y/a", "#/definitions/a/b", "#/no", "#a", "other", "#/definitions/%61"]),
            ),
            keyword(
                &["$id", "$anchor", "id", "$vocabulary", "$dynamicRef"],
                text().prop_map(Json::from).boxed()
            ),
        ]
        .boxed()
    }

    fn object(keywords: Vec<(String, Json)>) -> Json {
        Json::Object(keywords.into_iter().collect())
    }

    fn part() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            1 => any::<bool>().prop_map(Json::from),
            6 => prop::collection::vec(assertion(), 0..3).prop_map(object),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            let inner = inner.boxed();
            let patterns = prop::sample::select(vec!["^a", "b$", "-"]).prop_map(str::to_owned);
            let by_pattern = prop::collection::btree_map(patterns, inner.clone(), 0..3)
                .prop_map(|members| Json::Object(members.into_iter().collect()));
            let several = (inner.clone(), inner.clone()).prop_map(|(one, other)| json!([one, other]));
            let keywords = prop_oneof![
                18 => assertion(),
                18 => keyword(&["properties"], members(inner.clone())),
                6 => keyword(&["patternProperties"], by_pattern.boxed()),
                9 => keyword(&["allOf", "anyOf", "oneOf"], several.boxed()),
                18 => keyword(
                    &["additionalProperties", "items", "items", "not", "if", "if", "then", "else"],
                    inner.clone(),
                ),
                1 => strange(),
                1 => keyword(&["x-y", "dependentSchemas", "definitions"], members(inner.clone())),
                1 => keyword(&["contains", "propertyNames", "prefixItems"], inner),
            ];
            prop::collection::vec(keywords, 0..5).prop_map(object)
        })
    }

    fn values() -> impl Strategy<Value = Map> {
        prop::collection::btree_map(name(), anything(), 0..4)
            .prop_map(|members| members.iter().map(go).collect())
    }

    fn go((name, value): (&String, &Json)) -> (String, Value) {
        (name.clone(), to_go(value))
    }

    fn to_go(value: &Json) -> Value {
        match value {
            Json::Null => Value::Nil,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => Value::int64(number),
                (_, Some(number)) => Value::Uint(Kind::Uint64, number),
                _ => Value::Float(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Value::string(text.as_str()),
            Json::Array(items) => Value::list(items.iter().map(to_go).collect()),
            Json::Object(members) => Value::Map(members.iter().map(go).collect()),
        }
    }

    #[test]
    fn random_schemas() {
        let drafts = vec![
            Draft::Draft4,
            Draft::Draft6,
            Draft::Draft7,
            Draft::Draft7,
            Draft::Draft201909,
            Draft::Draft202012,
            Draft::Draft202012,
        ];
        // Half of them have a name or another unusual keyword.
        let extra = prop::option::of(strange());
        let root = (part(), extra, prop::collection::vec(part(), 2), prop::sample::select(drafts), values());
        let counts = RefCell::new(BTreeMap::new());
        TestRunner::new(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })
        .run(&root, |(mut schema, extra, parts, draft, values)| {
            if let (Json::Object(keywords), [a, b]) = (&mut schema, parts.as_slice()) {
                keywords.extend(extra);
                keywords.entry("definitions").or_insert_with(|| json!({"a": a, "b": b}));
                keywords.entry("$defs").or_insert_with(|| json!({"a": b, "b": a}));
            }
            let verdicts = verdicts(&schema, draft, &values);
            *counts.borrow_mut().entry(verdicts).or_insert(0) += 1;
            let values = to_json(&Value::Map(values));
            prop_assert!(verdicts.agree(), "{:?}: {} for {} by {:?}", verdicts, values, schema, draft);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
        let counts = counts.into_inner();
        for verdict in [true, false] {
            let known = Verdicts { walk: Some(verdict), library: Some(verdict) };
            assert!(counts.get(&known).is_some_and(|count| *count > 100), "{counts:?}");
        }
    }

    /// The default values of charts, and variants with one of them replaced.
    #[test]
    fn values_of_charts() {
        let mut verdicts = BTreeSet::new();
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts");
        for folder in
            [own, corpus_folder().join("helm")].iter().flat_map(|folder| folders_with_schemas(folder))
        {
            let chart = Chart::read(&folder).expect("it is a chart");
            let bytes = fs::read(folder.join("values.schema.json")).expect("it is there");
            let schema: Json = serde_json::from_slice(&bytes).expect("Helm reads it");
            let part: SchemaPart = serde_json::from_slice(&bytes).expect("Helm reads it");
            let draft = draft(schema.get("$schema").and_then(Json::as_str));
            let Some(plain) = Plain::of(&part, draft) else { continue };
            let validator = compile(schema, draft).expect("a plain schema is one").validator;
            for values in variants(&Map::from(&chart.values)) {
                let walk = plain.verdict(&part, &values);
                let library = Some(validator.is_valid(&to_json(&Value::Map(values.clone()))));
                assert!(Verdicts { walk, library }.agree(), "{walk:?}, {library:?}: {}", folder.display());
                verdicts.insert(walk);
            }
        }
        assert!([Some(true), Some(false)].iter().all(|verdict| verdicts.contains(verdict)), "{verdicts:?}");
    }

    /// Returns values, and copies of them with one value replaced in each.
    fn variants(values: &Map) -> Vec<Map> {
        let mut places = Vec::new();
        add_places(values, &mut Vec::new(), &mut places);
        let mut variants = vec![values.clone()];
        // Enough variants of large charts to cover most of their schema.
        let step = places.len() / 25 + 1;
        for place in places.into_iter().step_by(step) {
            for value in
                [Json::Null, json!(true), json!(1), json!(0.5), json!("x"), json!([1]), json!({"x": 1})]
            {
                let copy = values.deep_copy();
                let (name, above) = place.split_last().expect("a place has a name");
                let map = above.iter().fold(copy.clone(), |map, name| match map.get(name) {
                    Some(Value::Map(inner)) => inner,
                    _ => map,
                });
                map.insert(name.clone(), to_go(&value));
                variants.push(copy);
            }
        }
        variants
    }

    fn add_places(values: &Map, above: &mut Vec<Text>, places: &mut Vec<Vec<Text>>) {
        for (name, value) in values.entries() {
            above.push(name);
            places.push(above.clone());
            if let Value::Map(inner) = value {
                add_places(&inner, above, places);
            }
            above.pop();
        }
    }

    /// Returns the folders that contain a schema.
    fn folders_with_schemas(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(folders_with_schemas(&path));
            } else if path.ends_with("values.schema.json") {
                found.push(folder.to_owned());
            }
        }
        found.sort();
        found
    }

    #[expect(clippy::disallowed_methods, reason = "the environment says where the data is")]
    fn corpus_folder() -> PathBuf {
        match std::env::var_os("AQUEDUCT_CORPUS") {
            Some(folder) => folder.into(),
            None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
        }
    }
}
