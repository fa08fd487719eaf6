//! The objects of each source, compared with the recorded ones.

use aqueduct_manifest::{Object, Value, json};

use crate::argocd::source;
use crate::argocd::tree::Failure;
use crate::recorded::{RecordedSource, Repository};
use crate::tally::Tally;

/// Renders each source of each Application and compares the result.
pub(crate) fn hold(repository: &Repository, tally: &mut Tally) {
    for record in &repository.records {
        let held: Vec<(&RecordedSource, Result<Vec<Object>, Failure>)> = record
            .sources
            .iter()
            .map(|recorded| {
                (recorded, source::render(&repository.tree, &record.application, &recorded.source))
            })
            .collect();
        match &*record.status {
            "rendered" | "error" => {}
            status => tally.leave_out(match status {
                "remote" => "need what would be fetched",
                "plugin" => "are rendered by a plugin",
                "unstable" => "differ from render to render",
                "no-source" => "have no source",
                _ => "are sets without Applications",
            }),
        }
        let mut is_good = true;
        for (recorded, rendered) in held {
            let title = format!("{}: {}", repository.name, record.application.title());
            let mut say = |message: String| {
                is_good = false;
                tally.say(format!("{title}: {message}"));
            };
            match (&*recorded.status, rendered) {
                ("rendered", Ok(objects)) => {
                    let good = compare(&recorded.objects, &objects, &mut say);
                    tally.others.add(recorded.objects.len(), good);
                }
                ("rendered", Err(failure)) => {
                    say(format!("{failure:?}"));
                    tally.others.add(recorded.objects.len(), 0);
                }
                ("error", Err(Failure::Wrong(_)))
                | ("remote" | "plugin", Err(Failure::Outside(_)))
                | ("ref" | "unstable", Ok(_)) => {}
                (status, Ok(_)) => say(format!("rendered, not {status}: {}", recorded.error)),
                (status, Err(failure)) => say(format!("{failure:?}, not {status}: {}", recorded.error)),
            }
        }
        if matches!(&*record.status, "rendered" | "error") {
            tally.applications.add(1, usize::from(is_good));
        } else if !is_good {
            tally.applications.add(1, 0);
        }
    }
}

/// Returns how many of the recorded objects exist with the same values, and reports which do not, or are in another
/// position.
fn compare(recorded: &[Value], rendered: &[Object], say: &mut impl FnMut(String)) -> usize {
    let recorded: Vec<Value> = recorded.iter().map(plain).collect();
    let rendered: Vec<Value> = rendered.iter().map(|object| plain(&Value::Map(object.map.clone()))).collect();
    let mut left: Vec<&Value> = rendered.iter().collect();
    let mut good = 0;
    for object in &recorded {
        if let Some(place) = left.iter().position(|other| *other == object) {
            left.remove(place);
            good += 1;
            continue;
        }
        match left.iter().position(|other| title(other) == title(object)) {
            Some(place) => {
                let difference = difference(object, left.remove(place), "");
                say(format!("{} differs: {difference}", title(object)));
            }
            None => say(format!("{} is not rendered", title(object))),
        }
    }
    left.into_iter().for_each(|object| say(format!("{} is rendered too", title(object))));
    if good == recorded.len() && recorded != rendered {
        let titles = |objects: &[Value]| objects.iter().map(title).collect::<Vec<_>>().join(", ");
        say(format!("the order differs: {}, not {}", titles(&rendered), titles(&recorded)));
    }
    good
}

fn title(value: &Value) -> String {
    let text = |path: &[&str]| value.at(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let [kind, namespace, name] =
        [&["kind"][..], &["metadata", "namespace"], &["metadata", "name"]].map(text);
    format!("{kind} {namespace}/{name}")
}

/// Returns a value with integers as Go writes them: without a fraction.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::Int(*number as i64),
        Value::List(entries) => Value::List(entries.iter().map(plain).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect()),
        other => other.clone(),
    }
}

/// Returns the first place in which two values differ.
pub(crate) fn difference(recorded: &Value, rendered: &Value, at: &str) -> String {
    match (recorded, rendered) {
        (Value::Map(one), Value::Map(other)) => {
            let mut names = one.keys().chain(other.keys());
            let name = names.find(|name| one.get(name) != other.get(name));
            let name = name.map(|name| name.as_str()).unwrap_or_default();
            match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) => difference(one, other, &format!("{at}/{name}")),
                (Some(one), None) => format!("{at}/{name} is not there: {}", short(one)),
                (_, other) => format!("{at}/{name} is too much: {}", other.map(short).unwrap_or_default()),
            }
        }
        (Value::List(one), Value::List(other)) if one.len() == other.len() => {
            let place =
                one.iter().zip(other.iter()).position(|(one, other)| one != other).unwrap_or_default();
            difference(&one[place], &other[place], &format!("{at}/{place}"))
        }
        (one, other) => format!("{at} is {}, not {}", short(other), short(one)),
    }
}

fn short(value: &Value) -> String {
    json::write(value).chars().take(300).collect()
}
