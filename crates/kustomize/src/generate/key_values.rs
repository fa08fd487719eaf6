//! The keys and values of ConfigMaps and Secrets: from literals, files and env files.

use aqueduct_manifest::SmolStr;

use crate::error::{Error, Result, Within};
use crate::kustomization::ConfigMapArgs;
use crate::loader::Loader;
use crate::path;

/// Reads all pairs of a generator, refusing repeated keys.
pub(super) fn load(loader: &Loader<'_>, args: &ConfigMapArgs) -> Result<Vec<(String, Vec<u8>)>> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    for file in &args.env_files {
        let text = loader.load_text(file).within(|| format!("env source files: [{file}]"))?;
        variables(&text, &mut pairs);
    }
    for literal in &args.literals {
        pairs.push(parse_literal(literal).within(|| "literal sources".to_owned())?);
    }
    for source in &args.files {
        let (key, file) = parse_file(source).within(|| "file sources".to_owned())?;
        let bytes = loader.load(file).within(|| format!("file sources: [{source}]"))?;
        pairs.push((key.to_owned(), bytes.to_vec()));
    }
    let mut keys = std::collections::BTreeSet::new();
    for (key, _) in &pairs {
        if !keys.insert(key.as_str()) {
            return Err(Error::new(format!("configmap {} illegally repeats the key `{key}`", args.name)));
        }
    }
    Ok(pairs)
}

/// Reads lines of `NAME=value`, skipping blank lines and comments.
fn variables(text: &str, pairs: &mut Vec<(String, Vec<u8>)>) {
    for (number, line) in text.lines().enumerate() {
        let line = if number == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        // Any other name is accepted; what Kubernetes thinks of it does not matter here.
        if name.is_empty() {
            continue;
        }
        pairs.push((name.to_owned(), value.as_bytes().to_vec()));
    }
}

fn parse_literal(literal: &SmolStr) -> Result<(String, Vec<u8>)> {
    match literal.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), unquoted(value).as_bytes().to_vec())),
        _ => Err(Error::new(format!("invalid literal source {literal}, expected key=value"))),
    }
}

/// Removes quotation marks that are on both sides.
fn unquoted(text: &str) -> &str {
    for mark in ['"', '\''] {
        // A single mark would be both ends at once.
        if text == mark.to_string() {
            return text;
        }
        if let Some(inner) = text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) {
            return inner;
        }
    }
    text
}

/// Returns the key and path of an entry in `files`.
pub(crate) fn parse_file(source: &str) -> Result<(&str, &str)> {
    let problem = match source.split_once('=') {
        None => return Ok((path::base(source), source)),
        Some(("", file)) => format!("missing key name for file path \"{file}\" in source \"{source}\""),
        Some((key, "")) => format!("missing file path for key name \"{key}\" in source \"{source}\""),
        Some((_, file)) if file.contains('=') => {
            format!("source \"{source}\" key name or file path contains '='")
        }
        Some(pair) => return Ok(pair),
    };
    Err(Error::new(problem))
}

#[cfg(test)]
mod tests {
    use super::{parse_file, parse_literal, unquoted, variables};

    #[test]
    fn reads_variables() {
        let mut pairs = Vec::new();
        variables("\u{feff}A=1\n# no\n\n  B=x=y\nC\n", &mut pairs);
        let texts: Vec<(&str, &[u8])> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
        assert_eq!(texts, [("A", b"1".as_slice()), ("B", b"x=y"), ("C", b"")]);
        pairs.clear();
        variables("2FA=x\nexport Q=1\n=none\na/b=c\n", &mut pairs);
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["2FA", "export Q", "a/b"]);
    }

    #[test]
    fn splits_sources() {
        assert_eq!(parse_file("a/b.txt").ok(), Some(("b.txt", "a/b.txt")));
        assert_eq!(parse_file("k=a/b.txt").ok(), Some(("k", "a/b.txt")));
        assert!(parse_file("=b").is_err() && parse_file("k=").is_err() && parse_file("a=b=c").is_err());
        assert!(parse_literal(&"=b".into()).is_err() && parse_literal(&"b".into()).is_err());
        assert_eq!(unquoted("\"a'"), "\"a'");
        assert_eq!(unquoted("'a'"), "a");
        assert_eq!(unquoted("'"), "'");
    }
}
