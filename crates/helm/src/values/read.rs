//! Values files: one or more YAML documents, merged.

use aqueduct_manifest::{Map, Value};

use crate::Error;
use crate::decode::{mismatch, read_yaml};

/// Reads the documents of a values file and merges them; later ones win.
///
/// # Errors
/// Fails with Helm's message if a document is not valid YAML or not a map.
pub fn read_values(bytes: &[u8]) -> Result<Map, Error> {
    let mut values = Map::new();
    let (documents, wrong_separator) = documents(bytes);
    for document in documents {
        let document = read_yaml(&document)
            .and_then(|value| match value {
                Value::Null => Ok(Map::new()),
                Value::Map(map) => Ok(map),
                other => Err(mismatch(&other, "map[string]interface {}")),
            })
            .map_err(|error| error.context("cannot unmarshal yaml document"))?;
        if values.is_empty() {
            values = document;
        } else {
            merge(&mut values, &document);
        }
    }
    match wrong_separator {
        None => Ok(values),
        Some(text) => Err(Error::new(format!("invalid Yaml document separator: {text}"))
            .context("error reading yaml document")),
    }
}

/// Merges values over others: maps are merged, anything else is replaced.
fn merge(values: &mut Map, over: &Map) {
    for (key, value) in over {
        match (values.get_mut(key), value) {
            (Some(Value::Map(inner)), Value::Map(over)) => merge(inner, over),
            _ => {
                values.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Splits a text at lines that begin with `---`, optionally followed by blanks or a comment. If anything else
/// follows, it is returned too, with the documents before it.
///
/// Every line of the result ends in `\n`, including the last one, as with the reader of Kubernetes' own tools.
fn documents(bytes: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
    let mut documents = Vec::new();
    let mut document = Vec::with_capacity(bytes.len() + 1);
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return (documents, None);
    }
    for line in lines(text) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = String::from_utf8_lossy(rest);
            if !rest.trim().is_empty() && !rest.trim().starts_with('#') {
                return (documents, Some(rest.trim().to_owned()));
            }
            if !document.is_empty() {
                documents.push(std::mem::take(&mut document));
                continue;
            }
        }
        document.extend_from_slice(line);
        document.push(b'\n');
    }
    if !document.is_empty() {
        documents.push(document);
    }
    (documents, None)
}

/// Returns the text between line feeds.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', text).chain(std::iter::once(text.len()));
    ends.scan(0, |start, end| {
        let line = text.get(*start..end);
        *start = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn splitting() {
        for (text, expected, wrong) in [
            ("", vec![], None),
            ("a: 1", vec!["a: 1\n"], None),
            ("---\na: 1\n---\r\nb: 2\r\n", vec!["---\na: 1\n", "b: 2\n"], None),
            ("a: 1\n--- # next\nb: 2\n", vec!["a: 1\n", "b: 2\n"], None),
            ("a: 1\n---\nb: 2\n---b\n", vec!["a: 1\n"], Some("b")),
            ("--- {a: 1}\n", vec![], Some("{a: 1}")),
            ("a: 1\n---\n", vec!["a: 1\n"], None),
        ] {
            let (actual, separator) = documents(text.as_bytes());
            let actual: Vec<_> = actual.into_iter().map(String::from_utf8).collect();
            let expected: Vec<_> = expected.into_iter().map(|document| Ok(document.to_owned())).collect();
            assert_eq!((actual, separator.as_deref()), (expected, wrong), "{text:?}");
        }
    }
}
