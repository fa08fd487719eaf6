//! TOML to values. As far as they are known here, errors are worded as in the Go library BurntSushi/toml.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::arguments::{Answer, Arguments};
use super::json::error_map;
use super::time::Time;
use super::time_parse::parse as parse_time;
use super::toml_fault::{Fault, has_overlong_key};
use crate::stack::deepen;
use crate::template::{Call, Charset, quote};
use crate::value::{ANY_MAP, List, MAP_LIST, Map, Value};

/// Reads TOML; an error becomes a map with the key `Error`.
pub(super) fn from_toml(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let text = Arguments(arguments).text(0)?;
    let Some(text) = text.as_str() else {
        return Ok(error_map("toml: invalid UTF-8".to_owned()));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(read(text, &call.time_zone()).map_or_else(error_map, Value::Map))
}

fn read(text: &str, local: &str) -> Result<Map, String> {
    // The parser creates a table for each part, beyond its own nesting limit.
    if has_overlong_key(text) {
        return Err("toml: a key has too many parts".to_owned());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let first = errors.iter().min_by_key(|error| error.span().map_or(text.len(), |span| span.start));
    if let Some(error) = first {
        let span = error.span().unwrap_or(text.len()..text.len());
        let class = error.message().split(", expected").next().unwrap_or_default();
        return Err(Fault::new(text, span, class).message(class));
    }
    Reader { text, local }.table(table.into_inner())
}

struct Reader<'a> {
    text: &'a str,
    /// The time zone for dates that have none.
    local: &'a str,
}

impl Reader<'_> {
    fn table(&self, table: DeTable<'_>) -> Result<Map, String> {
        let entries =
            table.into_iter().map(|(key, value)| Ok((key.into_inner().into_owned(), self.value(value)?)));
        Ok(Map::with_entries(&ANY_MAP, entries.collect::<Result<Vec<_>, String>>()?))
    }

    fn value(&self, value: Spanned<DeValue<'_>>) -> Result<Value, String> {
        let span = value.span();
        let fault = |message: String| Fault::new(self.text, span.clone(), "").with(&message);
        Ok(match value.into_inner() {
            DeValue::String(text) => Value::from(&*text),
            DeValue::Boolean(value) => value.into(),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::int64(number),
                Err(_) => return Err(fault(format!("{} is out of range for int64", integer.as_str()))),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() || float.as_str().ends_with(['f', 'n']) => number.into(),
                _ => return Err(fault(format!("{} is out of range for float64", float.as_str()))),
            },
            DeValue::Datetime(_) => {
                self.date(self.text.get(span.clone()).unwrap_or_default()).map_err(fault)?
            }
            DeValue::Array(array) => deepen(|| self.array(array))?,
            DeValue::Table(table) => Value::Map(deepen(|| self.table(table))?),
        })
    }

    fn array(&self, array: DeArray<'_>) -> Result<Value, String> {
        // In Go, arrays of `[[name]]` tables have a different type.
        let is_header = |item: &Spanned<DeValue<'_>>| {
            self.text.get(item.span()).is_some_and(|text| text.starts_with("[["))
        };
        let are_tables = array.iter().next().is_some_and(|item| item.get_ref().is_table() && is_header(item));
        let items: Result<Vec<Value>, String> = array.into_iter().map(|item| self.value(item)).collect();
        Ok(if are_tables { Value::List(List::typed(&MAP_LIST, items?)) } else { Value::list(items?) })
    }

    fn date(&self, word: &str) -> Result<Value, String> {
        let text = word.replace([' ', 't'], "T").replace('z', "Z");
        if let Ok(parsed) = parse_time(b"2006-01-02T15:04:05.999999999Z07:00", text.as_bytes()) {
            return Ok(Value::native(Time::from_parsed(&parsed, self.local)));
        }
        for (zone, layout) in LOCAL_LAYOUTS {
            // Seconds may be omitted.
            for layout in [layout, &layout.replace(":05.999999999", "")] {
                if let Ok(parsed) = parse_time(layout.as_bytes(), text.as_bytes()) {
                    return Ok(Value::native(Time::from_parsed(&parsed, self.local).renamed(zone)));
                }
            }
        }
        Err(format!("invalid datetime: {}", quote(word.as_bytes(), Charset::Unicode)))
    }
}

/// The layouts of dates without a zone, each with the name that the Go library gives the local zone.
pub(super) const LOCAL_LAYOUTS: [(&str, &str); 3] = [
    ("datetime-local", "2006-01-02T15:04:05.999999999"),
    ("date-local", "2006-01-02"),
    ("time-local", "15:04:05.999999999"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn read(text: &str) -> Result<Map, String> {
        super::read(text, "UTC")
    }

    fn json(text: &str) -> String {
        let map = Value::Map(read(text).expect("the text is TOML"));
        aqueduct_manifest::json::write(&map.to_manifest().expect("the values can be written as JSON"))
    }

    #[test]
    fn documents() {
        for (text, expected) in [
            ("", "{}"),
            ("a = 1\nb = \"x\" # c\n", r#"{"a":1,"b":"x"}"#),
            ("a.b.c = 1\na.d = 2", r#"{"a":{"b":{"c":1},"d":2}}"#),
            ("[t]\nx = 1\n[t.y]\nz = true", r#"{"t":{"x":1,"y":{"z":true}}}"#),
            ("[[p]]\nn = 1\n[p.q]\nr = 1\n[[p]]\nn = 2", r#"{"p":[{"n":1,"q":{"r":1}},{"n":2}]}"#),
            ("a = [1, # one\n 2,\n]\nb = [[1], ['x']]", r#"{"a":[1,2],"b":[[1],["x"]]}"#),
            ("i = { x = 1, y.z = 'q' }", r#"{"i":{"x":1,"y":{"z":"q"}}}"#),
            ("h = 0xff\no = 0o17\nb = 0b11\nu = 1_000\nn = -5", r#"{"b":3,"h":255,"n":-5,"o":15,"u":1000}"#),
            ("f = 1.5\ng = 1e3\nh = -0.5e-2", r#"{"f":1.5,"g":1000,"h":-0.005}"#),
            ("s = \"\"\"\na\\\n   b\n\"\"\"", r#"{"s":"ab\n"}"#),
            ("s = '''it's'''", r#"{"s":"it's"}"#),
            (r#"s = "\u00e9\t\"""#, r#"{"s":"é\t\""}"#),
            ("d = 1979-05-27T07:32:00Z", r#"{"d":"1979-05-27T07:32:00Z"}"#),
            ("d = 1979-05-27 07:32:00.5+02:00", r#"{"d":"1979-05-27T07:32:00.5+02:00"}"#),
            ("\"a b\" = 1\n'c' = 2", r#"{"a b":1,"c":2}"#),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    /// What the Go library accepts and this one rejects.
    #[test]
    fn tables_are_said_once() {
        for (text, message) in [
            ("a.b = 1\na = 2", "toml: line 2 (last key \"a\"): Key 'a' has already been defined."),
            ("a.b = 1\n[a]", "toml: line 2: Key 'a' has already been defined."),
            ("a = {b = 1}\n[a.c]", "toml: line 2: Key 'a' has already been defined."),
            ("[a]\nb.c = 1\n[a.b]", "toml: line 3 (last key \"a\"): Key 'a.b' has already been defined."),
        ] {
            assert_eq!(read(text).err().as_deref(), Some(message), "{text}");
        }
    }

    #[test]
    fn deep_values_are_refused() {
        assert!(read(&format!("a = {}", "[".repeat(100_000))).is_err());
        assert!(read(&format!("a = {}", "{ b = ".repeat(100_000))).is_err());
        assert!(read(&format!("a{} = 1", ".a".repeat(100_000))).is_err());
        assert!(read(&format!("a{} = 1", ".a".repeat(60))).is_ok());
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::read;
    use crate::functions::toml_write::write;
    use crate::value::{ANY_MAP, Map, Value};

    fn value() -> impl Strategy<Value = String> {
        // JSON as input, so that a failing case is readable.
        let leaf = prop_oneof![
            any::<bool>().prop_map(|value| value.to_string()),
            (-1000_i32..1000).prop_map(|value| value.to_string()),
            "[ -~é\n\t]{0,8}".prop_map(|text| aqueduct_manifest::json::write(&text.into())),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::btree_map("[a-c. ]{0,3}", inner, 0..4).prop_map(|entries| {
                    let entries: Vec<String> =
                        entries.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                    format!("{{{}}}", entries.join(","))
                }),
            ]
        })
    }

    proptest! {
        /// Whatever is written as TOML reads back as the same JSON.
        #[test]
        fn values_come_back(json in value()) {
            let plain = aqueduct_manifest::json::read(&json).expect("the strategy makes JSON");
            let map = Value::Map(Map::with_entries(&ANY_MAP, [("root", Value::from(&plain))]));
            let text = write(&map).expect("the value can be written as TOML");
            let again = read(&text, "UTC");
            prop_assert!(again.is_ok(), "{text}\n{again:?}");
            let again = Value::Map(again.unwrap_or_default()).to_manifest().expect("JSON");
            let before = map.to_manifest().expect("JSON");
            prop_assert_eq!(
                aqueduct_manifest::json::write(&again),
                aqueduct_manifest::json::write(&before),
                "{}", text
            );
        }

        #[test]
        fn any_text_is_read(text in "[ab=.\\[\\]{}\"',#\n 0-9tf\\\\+-]{0,40}") {
            let _ = read(&text, "UTC");
        }
    }
}
