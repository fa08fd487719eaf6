//! Secrets that stand in the source: the tree lies in Git, and so does the TOML.
//!
//! A text is taken for a secret by its form (a private key, a token of a known service, a login in an
//! address), or by the name of the variable or value that it is given to. References are not secrets.

use std::sync::LazyLock;

use aqueduct_manifest::Diagnostic;
use aqueduct_model::{Content, Node};
use regex::Regex;

/// The forms of secrets that cannot be anything else.
const FORMS: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("an AWS access key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{40,}"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a signed token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    (
        "a password in an argument",
        r#"(?i)(^|\s)--?([a-z0-9-]*-)?(password|passwd|api-key|secret-key|access-key)=[^\s/$<{"']"#,
    ),
    ("a password in an address", r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@$]+@"),
];

/// The names of what holds a secret.
const NAMES: &str = r"(?i)((^|[_.-])pass|password|passwd|passphrase|secret[_-]?key|api[_-]?key|private[_-]?key|access[_-]?key|(access|api|auth|bearer|bot|refresh|secret|session)[_-]?token|(client|cookie|jwt|session|signing|webhook)[_-]?secret)$";

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(text).expect("the patterns above are valid, as the tests show");
    FORMS.iter().map(|(what, text)| (*what, pattern(text))).collect()
});
static HOLDERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(NAMES).expect("the pattern above is valid, as the tests show"));

/// Returns what looks like a secret in the fields of a component.
pub(crate) fn findings(spec: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut open: Vec<(&str, &Node)> = vec![("", spec)];
    while let Some((name, node)) = open.pop() {
        match &node.content {
            Content::String(text) => {
                if let Some(what) = secret(name, text) {
                    found.push(
                        node.diagnostic("plaintext-secret", format!("this looks like {what}, and everybody can read it"))
                            .hint("name an entry of the secret store instead: `[secrets.<name>]` with `remote` and `keys`"),
                    );
                }
            }
            Content::List(list) => open.extend(list.iter().map(|node| (name, node))),
            // `database` says which variable gets which property of a login: names, never values.
            Content::Table(table) => open.extend(
                table
                    .iter()
                    .map(|(name, node)| (name.as_str(), node))
                    .filter(|(name, _)| *name != "database"),
            ),
            _ => {}
        }
    }
    found
}

fn secret(name: &str, text: &str) -> Option<String> {
    if let Some((what, _)) = PATTERNS.iter().find(|(_, pattern)| pattern.is_match(text)) {
        return Some((*what).to_owned());
    }
    // A path, another variable and a link say where the secret is, not what it is.
    let is_reference = text.is_empty() || text.starts_with('/') || text.contains("${") || text.contains("$(");
    (HOLDERS.is_match(name) && !is_reference).then(|| format!("the value of `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::secret;

    #[test]
    fn secrets_and_what_only_looks_like_them() {
        for (name, text, expected) in [
            ("POSTGRES_PASSWORD", "hunter2", Some("the value of `POSTGRES_PASSWORD`")),
            ("adminPassword", "hunter2", Some("the value of `adminPassword`")),
            ("DJANGO_SECRET_KEY", "x", Some("the value of `DJANGO_SECRET_KEY`")),
            ("URL", "postgres://me:secret@db/x", Some("a password in an address")),
            ("text", "-----BEGIN RSA PRIVATE KEY-----\nMII", Some("a private key")),
            ("x", "AKIAABCDEFGHIJKLMNOP", Some("an AWS access key")),
            ("API_TOKEN", "abc", Some("the value of `API_TOKEN`")),
            ("OAUTH_CLIENT_SECRET", "abc", Some("the value of `OAUTH_CLIENT_SECRET`")),
            ("arguments", "--password=hunter2", Some("a password in an argument")),
            ("command", "psql --db-password=x -c 1", Some("a password in an argument")),
            ("arguments", "--password=$(PASSWORD)", None),
            ("arguments", "--password-file=/run/secret", None),
            ("command", "login --password=\"$PASSWORD\"", None),
            ("GOVERNANCE_TOKEN", "0x368B5BBA6D6B2C7E3D0e0A5F8A0D6E1c2B3F4a04", None),
            ("PASSWORD_FILE", "/run/secret", None),
            ("POSTGRES_PASSWORD", "$(OTHER)", None),
            ("URL", "postgres://me:$(PASSWORD)@db/x", None),
            ("existingSecret", "shop-login", None),
            ("secretName", "shop-login", None),
            ("token", "0x368B5BBA6D6B2C7E3D0e0A5F8A0D6E1c2B3F4a04", None),
            ("compass", "north", None),
            ("URL", "https://example.com:8080/a@b", None),
        ] {
            assert_eq!(secret(name, text).as_deref(), expected, "{name} = {text}");
        }
    }
}
