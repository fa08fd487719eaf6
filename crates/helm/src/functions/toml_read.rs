//! TOML to values.

use toml::Value as Toml;

use super::arguments::{Answer, Arguments};
use super::json::error_map;
use super::time::{Time};
use crate::template::Call;
use crate::value::{MAP_LIST, List, Map, Value};

pub(super) fn from_toml(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let text = Arguments(arguments).text(0)?.to_str();
    Ok(match text.parse::<toml::Table>() {
        Ok(table) => converted(Toml::Table(table), call),
        Err(error) => error_map(format!("toml: {error}")),
    })
}

fn converted(value: Toml, call: &Call<'_, '_>) -> Value {
    match value {
        Toml::String(text) => text.into(),
        Toml::Integer(number) => Value::int64(number),
        Toml::Float(number) => number.into(),
        Toml::Boolean(value) => value.into(),
        Toml::Datetime(date) => super::time_parse::parse(b"2006-01-02T15:04:05.999999999Z07:00", date.to_string().as_bytes()).map_or_else(|_| date.to_string().into(), |parsed| Value::native(Time::from_parsed(&parsed, call.time_zone()))),
        Toml::Array(items) if !items.is_empty() && items.iter().all(Toml::is_table) => {
            Value::List(List::typed(&MAP_LIST, items.into_iter().map(|item| converted(item, call)).collect()))
        }
        Toml::Array(items) => Value::list(items.into_iter().map(|item| converted(item, call)).collect()),
        Toml::Table(table) => {
            Value::Map(table.into_iter().map(|(key, value)| (key, converted(value, call))).collect::<Map>())
        }
    }
}
