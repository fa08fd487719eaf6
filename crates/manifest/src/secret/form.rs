//! Secrets that are recognised by their form alone, whatever their name.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::literal::is_password;

/// The description and pattern of each form. All begin with distinctive letters, so that a text without them is
/// skipped quickly. Sources: each service's documentation of its token format.
const FORMS: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----(\\[rn]|\s)*[A-Za-z0-9+/=]"),
    ("a private key", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    ("a private key", r"PuTTY-User-Key-File-[23]:"),
    ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a GitLab token", r"\b(glpat|gldt|glrt|glcbt|glptt|glagent|glsoat)-[A-Za-z0-9_-]{20,}"),
    ("an AWS access key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a Google OAuth secret", r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    ("an Azure key", r"\b(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{30,}={0,2}"),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{40,}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a secret URL", r"hooks\.slack\.com/(services|workflows)/T[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    ("a secret URL", r"discord(app)?\.com/api/webhooks/[0-9]{10,}/[A-Za-z0-9_-]{30,}"),
    ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{20,}"),
    ("an API key", r"\bsk-(ant-|proj-|svcacct-)[A-Za-z0-9_-]{20,}"),
    ("an API key", r"\bsk-[A-Za-z0-9]{40,}\b"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("a Vault token", r"\bhv[bs]\.[A-Za-z0-9_-]{20,}"),
    ("a Terraform token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}"),
    ("a Docker token", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("a Grafana token", r"\bgl(sa|c)_[A-Za-z0-9_=+/-]{28,}"),
    ("a Telegram token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    ("a signed token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a registry login", r#""auth"\s*:\s*"[A-Za-z0-9+/]{8,}={0,2}""#),
    (
        "a login in a header",
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(basic|bearer)\s+[a-z0-9+/._-]{12,}=*"#,
    ),
];

static SET: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new(FORMS.iter().map(|(_, form)| form)).expect("the forms above are valid, as the tests show")
});
/// The login in a URL: `://user:password@`, or `user:password@tcp(` of Go's MySQL driver.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"://[^\s/:@"'<>]*:([^\s/@"']+)@|\b[A-Za-z0-9_.-]+:([^\s/@:"']+)@(?:tcp|unix)\("#;
    Regex::new(pattern).expect("the pattern above is valid, as the tests show")
});

/// Returns a description of a secret in a text that is recognised by its form.
pub(super) fn form(text: &str) -> Option<&'static str> {
    // No login is shorter than 8 bytes, and nothing else than a Slack token.
    if text.len() < 8 {
        return None;
    }
    if text.contains('@') {
        let passwords = LOGIN.captures_iter(text).filter_map(|login| login.get(1).or_else(|| login.get(2)));
        if passwords.into_iter().any(|password| is_password(password.as_str())) {
            return Some("a password in a URL");
        }
    }
    if text.len() < 15 {
        return None;
    }
    SET.matches(text).iter().next().map(|at| FORMS[at].0)
}
