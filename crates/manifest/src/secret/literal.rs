//! Tells whether a value can be a secret itself.

/// Words for no secret, or for one that is yet to be filled in.
const PLACEHOLDERS: &[&str] = &[
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "dummy",
    "example",
    "fill-in",
    "fixme",
    "insert",
    "mysecret",
    "placeholder",
    "redacted",
    "replace",
    "replaceme",
    "tbd",
    "todo",
    "unset",
    "your",
];
/// Words that are a setting, not a secret.
const SETTINGS: &[&str] = &[
    "any",
    "auto",
    "basic",
    "bytes",
    "default",
    "disable",
    "disabled",
    "enable",
    "enabled",
    "env",
    "false",
    "file",
    "int",
    "never",
    "nil",
    "no",
    "none",
    "null",
    "off",
    "on",
    "optional",
    "plain",
    "prompt",
    "required",
    "str",
    "string",
    "true",
    "undefined",
    "yes",
];
/// Words in the names of secrets.
const NAMES: &[&str] = &[
    "access",
    "admin",
    "api",
    "auth",
    "client",
    "credential",
    "credentials",
    "database",
    "db",
    "key",
    "keys",
    "login",
    "pass",
    "password",
    "postgres",
    "postgresql",
    "private",
    "redis",
    "root",
    "secret",
    "secrets",
    "token",
    "user",
    "username",
    "value",
];

/// Tells whether a value is literal, rather than a reference, encrypted, computed or a placeholder.
pub(super) fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let leads = [
        "/",
        "./",
        "../",
        "@",
        "ENC[",
        "arn:",
        "env:",
        "file:",
        "op://",
        "projects/",
        "pbkdf2",
        "ref+",
        "sha1:",
        "sha256:",
        "sha512:",
        "secret:",
        "sm://",
        "ssm:",
        "vault:",
        "$",
        "%",
        "!",
        "&",
        "|",
        ">",
    ];
    let computed = ["$(", "${", "{{", "}}", "<", "[[", "__", "(", "`"];
    let leads_to_one = leads.iter().any(|lead| value.starts_with(lead)) || value.contains("://");
    let is_computed = computed.iter().any(|sign| value.contains(sign));
    // A list of options, each with its own name.
    let is_list = value.contains(',') && value.contains('=');
    // Prose is about a secret, but is not one.
    let is_prose = value.split_whitespace().nth(2).is_some();
    !(leads_to_one || is_computed || is_list || is_prose) && is_password(value)
}

/// Tells whether a password is real: not empty, a placeholder, or the word for it.
pub(super) fn is_password(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    !is_open(value) && !words.all(|word| NAMES.contains(&word))
}

/// Tells whether a value is empty, a setting, or a placeholder.
pub(super) fn is_open(value: &str) -> bool {
    let is_computed = value.starts_with(['$', '%', '{', '<', '[', '*'])
        || ["$(", "${", "{{"].iter().any(|sign| value.contains(sign));
    let lower = value.to_lowercase();
    let first = lower.chars().next();
    is_computed
        || lower.chars().all(|letter| Some(letter) == first)
        || SETTINGS.contains(&lower.as_str())
        || PLACEHOLDERS.contains(&lower.as_str())
        || lower.split(|letter: char| !letter.is_alphanumeric()).any(|word| PLACEHOLDERS.contains(&word))
}

/// Tells whether a value looks random: long, without blanks, with letters and digits.
pub(super) fn is_random(value: &str) -> bool {
    let value = value.trim();
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte));
    // Blockchain addresses, digests and identifiers are public.
    let is_public = value.starts_with("0x") || is_uuid(value) || value.contains("sha256");
    is_plain
        && !is_public
        && (20..=200).contains(&value.len())
        && entropy(value) >= 3.2
        && turns(value) * 4 >= value.len()
}

/// Tells whether a value with a neutral name is almost certainly a key: a mixture of upper-case and lower-case
/// letters and digits with the length of a key. Digests, names and identifiers are not.
pub(super) fn is_mixed(value: &str) -> bool {
    let has = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    (32..=128).contains(&value.len())
        && has(u8::is_ascii_digit) >= 4
        && has(u8::is_ascii_uppercase) >= 6
        && has(u8::is_ascii_lowercase) >= 6
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        && !value.starts_with('/')
        && is_random(value)
        && entropy(value) >= 4.4
        && turns(value) * 5 >= value.len() * 2
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns Shannon's entropy in bits for each byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = value.len() as f64;
    let of = |count: &u32| {
        let share = f64::from(*count) / all;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(of).sum()
}

/// Returns how often upper-case letters, lower-case letters and digits alternate, ignoring other characters.
fn turns(value: &str) -> usize {
    let classes = value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    });
    classes.clone().zip(classes.skip(1)).filter(|(one, next)| one != next).count()
}
