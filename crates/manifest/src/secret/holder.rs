//! The names of values that contain a secret.

/// How certain a name is to contain a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// Certainly a secret: `DB_PASSWORD`, `apiKey`.
    Certain,
    /// A secret, or the name of one: `secret`, `token`, `secretKey`.
    Possible,
}

/// Last words that are certain on their own.
const CERTAIN: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "pwd",
    "pgpassword",
    "requirepass",
    "secretaccesskey",
    "secretkey",
    "userpassword",
];
/// The words before the last one that make it certain.
const BEFORE_KEY: &[&str] = &[
    "access",
    "account",
    "api",
    "encryption",
    "hmac",
    "jwt",
    "master",
    "private",
    "secret",
    "session",
    "shared",
    "signing",
    "storage",
];
const BEFORE_SECRET: &[&str] = &[
    "app", "client", "consumer", "cookie", "hmac", "jwt", "oauth", "session", "shared", "signing", "webhook",
];
const BEFORE_TOKEN: &[&str] = &[
    "access", "api", "auth", "bearer", "bot", "deploy", "github", "gitlab", "npm", "refresh", "registry",
    "root", "secret", "service", "session", "slack", "vault",
];
/// Last words that may refer to a secret.
const POSSIBLE: &[&str] = &[
    "auth",
    "credential",
    "credentials",
    "key",
    "keys",
    "salt",
    "secret",
    "secrets",
    "seed",
    "token",
    "tokens",
];
/// Words anywhere in a name that show that it is something else.
const LEADING: &[&str] = &["checksum", "existing", "external", "public", "ref", "reference", "selector"];

/// Last words of values that go with a secret: its owner, and where it is used.
const COMPANIONS: &[&str] = &[
    "bucket",
    "database",
    "dbname",
    "email",
    "enabled",
    "endpoint",
    "environment",
    "file",
    "from",
    "host",
    "hostname",
    "level",
    "mode",
    "name",
    "namespace",
    "path",
    "port",
    "region",
    "timeout",
    "type",
    "url",
    "user",
    "username",
    "version",
];

/// Tells whether a name in a Secret belongs to a value that goes with the secret, such as `username` or `port`.
pub(super) fn is_companion(name: &str) -> bool {
    words(name).last().is_some_and(|word| COMPANIONS.contains(&word.as_str()))
}

/// Tells whether a name is that of a secret. Words are separated by `_`, `-`, `.`, `/` and capitals.
pub(super) fn holder(name: &str) -> Option<Holder> {
    let mut end = name.len();
    while end > 0 && name.as_bytes()[end - 1].is_ascii_digit() {
        end -= 1;
    }
    let name = name.get(..end)?;
    // A quick check that most names fail.
    let bytes = name.as_bytes();
    let last = bytes.last()?.to_ascii_lowercase();
    let ends_in = |word: &&str| {
        word.as_bytes().last() == Some(&last)
            && bytes.len() >= word.len()
            && bytes[bytes.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
    };
    if !CERTAIN.iter().chain(POSSIBLE).chain(&["pass"]).any(ends_in) {
        return None;
    }
    let words = words(name);
    let (last, before) = words.split_last()?;
    let last = last.as_str();
    let before_last = before.last().map_or("", String::as_str);
    let is_certain = CERTAIN.contains(&last)
        || (last == "pass" && words.len() > 1)
        || (last == "key" && BEFORE_KEY.contains(&before_last))
        || (last == "secret" && BEFORE_SECRET.contains(&before_last))
        || (last == "token" && BEFORE_TOKEN.contains(&before_last));
    // `key` alone is the name of an entry in something.
    if !is_certain && (!POSSIBLE.contains(&last) || matches!(name, "key" | "keys")) {
        return None;
    }
    if words.iter().any(|word| LEADING.contains(&word.as_str())) {
        return None;
    }
    // In a manifest, `secretKey` and `accessKey` are just as often keys of a Secret that contains the value.
    let is_field = matches!(name, "secretKey" | "accessKey" | "privateKey" | "clientSecret" | "sharedKey");
    Some(if is_certain && !is_field { Holder::Certain } else { Holder::Possible })
}

/// Returns the words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or('_');
        let after_is_lower = letters.get(at + 1).is_some_and(|letter| letter.is_lowercase());
        let starts =
            letter.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && after_is_lower));
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
