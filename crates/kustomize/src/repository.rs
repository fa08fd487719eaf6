//! The names of git repositories, distinguished from files and folders by the rules of Kustomize's
//! `git.NewRepoSpecFromURL`.

use std::time::Duration;

use crate::path;

/// A folder in a git repository, as a kustomization refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFolder {
    /// The address for `git fetch`.
    pub address: String,
    /// The folder of the kustomization within the repository, cleaned; empty for the repository's root.
    pub folder: String,
    /// The branch, tag or commit; empty for the default branch.
    pub reference: String,
    /// Whether submodules are included.
    pub submodules: bool,
    /// The time limit for git commands, if the name sets one.
    pub timeout: Option<Duration>,
}

impl RemoteFolder {
    /// Parses a name such as `https://github.com/org/repo//base?ref=v1`; `None` if it is not a repository.
    pub fn parse(name: &str) -> Option<Self> {
        if name.starts_with('/') {
            return None;
        }
        let (location, query) = name.split_once('?').unwrap_or((name, ""));
        let (host, rest) = split_host(location)?;
        let whole = if host == "file://" { Parts::All } else { Parts::OwnerAndName };
        let (repository, folder) = split_marked(rest).or_else(|| whole.split(rest))?;
        let folder = path::clean(folder.trim_start_matches('/'));
        if repository.is_empty() || folder == ".." || folder.starts_with("../") {
            return None;
        }
        let query = Query::parse(query);
        let value = |key: &str| query.value(key).filter(|value| !value.is_empty());
        Some(Self {
            address: host + repository,
            folder: if folder == "." { String::new() } else { folder },
            reference: value("ref").or_else(|| value("version")).unwrap_or_default().to_owned(),
            submodules: value("submodules").and_then(truth).unwrap_or(true),
            timeout: value("timeout").and_then(duration).filter(|timeout| !timeout.is_zero()),
        })
    }
}

/// Returns whether a name is a web address, from which files are downloaded.
pub(crate) fn is_web(name: &str) -> bool {
    without_prefix(name, "https://").or_else(|| without_prefix(name, "http://")).is_some()
}

/// Removes a prefix, ignoring case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Splits off the scheme, user and host; GitHub's are normalized.
fn split_host(location: &str) -> Option<(String, &str)> {
    let location = without_prefix(location, "git::").unwrap_or(location);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let (scheme, location) = schemes
        .into_iter()
        .find_map(|scheme| Some((scheme, without_prefix(location, scheme)?)))
        .unwrap_or(("", location));
    if scheme == "file://" {
        return Some((scheme.to_owned(), location));
    }
    let (user, location) = split_user(location);
    let github = ["github.com/", "github.com:"].iter().any(|host| without_prefix(location, host).is_some());
    // In `scp` notation, a colon precedes the path.
    let colon = scheme.is_empty() && (!user.is_empty() || github);
    if scheme.is_empty() && !colon {
        return None;
    }
    let slash = location.find('/');
    let end = match location.find(':').filter(|at| colon && *at > 0) {
        Some(colon) if slash.is_none_or(|slash| colon < slash) => Some(colon),
        _ => slash,
    };
    let (host, rest) = end.map_or((location, ""), |end| location.split_at(end + 1));
    if github {
        let host = if scheme == "ssh://" || !user.is_empty() {
            format!("{user}github.com:")
        } else {
            "https://github.com/".to_owned()
        };
        return Some((host, rest));
    }
    (!host.is_empty()).then(|| (format!("{scheme}{user}{host}"), rest))
}

/// Splits off a user including the `@`.
fn split_user(location: &str) -> (&str, &str) {
    let is_user = |user: &str| {
        user.starts_with(|first: char| first.is_ascii_alphabetic())
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match location.find('@') {
        Some(at) if location.get(..at).is_some_and(is_user) => location.split_at(at + 1),
        _ => ("", location),
    }
}

/// Splits where the name marks the end of the repository: after `_git/<name>`, at `//`, or after `.git`.
fn split_marked(rest: &str) -> Option<(&str, &str)> {
    const ROOT: &str = "_git/";
    const SUFFIX: &str = ".git";
    if let Some(at) = rest.find(ROOT) {
        let start = at + ROOT.len();
        let length = rest.get(start..)?.find('/');
        return Some(length.map_or((rest, ""), |length| rest.split_at(start + length)));
    }
    rest.split_once("//").or_else(|| Some(rest.split_at(rest.find(SUFFIX)? + SUFFIX.len())))
}

/// How much of a path is the repository, if nothing marks its end.
enum Parts {
    All,
    OwnerAndName,
}

impl Parts {
    fn split<'a>(&self, rest: &'a str) -> Option<(&'a str, &'a str)> {
        match self {
            Self::All => Some((rest, "")),
            Self::OwnerAndName => {
                let mut slashes = rest.match_indices('/').map(|(at, _)| at);
                slashes.next()?;
                Some(slashes.next().map_or((rest, ""), |at| rest.split_at(at)))
            }
        }
    }
}

/// The part of a name after `?`; empty if it is malformed.
struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if pair.contains(';') { None } else { Some((unescaped(key)?, unescaped(value)?)) }
        });
        Self(pairs.collect::<Option<_>>().unwrap_or_default())
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// Decodes `+` and `%20`.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || (rest.next()? as char).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Parses a boolean like Go's `strconv.ParseBool`.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Parses seconds, or a duration such as `1m30s`.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|at: char| at != '.' && !at.is_ascii_digit())?);
        let end = behind.find(|at: char| at == '.' || at.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = behind;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RemoteFolder, is_web};

    /// Returns the address, folder and reference as one text.
    fn parsed(name: &str) -> Option<String> {
        let found = RemoteFolder::parse(name)?;
        Some(format!("{} | {} | {}", found.address, found.folder, found.reference))
    }

    #[test]
    fn names_of_repositories() {
        for (name, expected) in [
            ("https://github.com/org/repo", "https://github.com/org/repo |  | "),
            ("https://github.com/org/repo/", "https://github.com/org/repo |  | "),
            ("github.com/org/repo/a/b?ref=v1", "https://github.com/org/repo | a/b | v1"),
            ("GitHub.com:org/repo.git/a", "https://github.com/org/repo.git | a | "),
            ("http://github.com/org/repo//a/./b/../c/", "https://github.com/org/repo | a/c | "),
            ("git@github.com/org/repo//a", "git@github.com:org/repo | a | "),
            ("ssh://git@github.com/org/repo//a?ref=group/x", "git@github.com:org/repo | a | group/x"),
            ("ssh://github.com/org/repo", "github.com:org/repo |  | "),
            ("org-1@github.com:org/repo", "org-1@github.com:org/repo |  | "),
            ("git@git.example.com:a/b/c.git//d?ref=x&version=y", "git@git.example.com:a/b/c.git | d | x"),
            ("git@git.example.com/a/b.git", "git@git.example.com/a/b.git |  | "),
            ("ssh://git@git.example.com:7999/a/b.git", "ssh://git@git.example.com:7999/a/b.git |  | "),
            (
                "https://me@dev.azure.com/o/p/_git/r/d?version=v1",
                "https://me@dev.azure.com/o/p/_git/r | d | v1",
            ),
            ("git::https://git.example.com/a/b/c", "https://git.example.com/a/b | c | "),
            ("https://git.example.com/a/b/c//d?ref=a%2Fb", "https://git.example.com/a/b/c | d | a/b"),
            ("https://git.example.com/_git///a", "https://git.example.com/_git/ | a | "),
            ("file:///srv/repo", "file:///srv/repo |  | "),
            ("file:///srv/repo.git/a?ref=v1", "file:///srv/repo.git | a | v1"),
            ("file://srv/repo//a", "file://srv/repo | a | "),
            ("file://me@srv/repo", "file://me@srv/repo |  | "),
            // A file on the web can look like a repository; only the server knows what it is.
            ("https://raw.example.com/o/r/v1/all.yaml", "https://raw.example.com/o/r | v1/all.yaml | "),
        ] {
            assert_eq!(parsed(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_of_anything_else() {
        for name in [
            "",
            "base",
            "../base",
            "/srv/repo",
            "src/github.com/org/repo",
            "github.com!org/repo.git",
            "https://github.com/all.yaml",
            "https://example.com?ref=a/b",
            "https://github.com/org/repo.git//a/../../b",
            "ssh://git.example.com",
            "git::base",
            "gh:org/repo",
            "git://example.com/a/b",
            "file:////srv//a",
            "git@ssh://github.com/org/repo.git//a",
            "1git@example.com:a/b",
        ] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    #[test]
    fn options_of_repositories() {
        for (query, submodules, timeout) in [
            ("", true, None),
            ("?submodules=false&timeout=61", false, Some(Duration::from_secs(61))),
            ("?submodules=0&timeout=1m1.5s", false, Some(Duration::from_millis(61_500))),
            ("?submodules=maybe&timeout=0", true, None),
            ("?submodules=&timeout=jiffy", true, None),
            ("?submodules=false;timeout=1", true, None),
            ("?submodules=false&timeout=%zz", true, None),
        ] {
            let found = RemoteFolder::parse(&format!("github.com/org/repo{query}")).expect(query);
            assert_eq!((found.submodules, found.timeout), (submodules, timeout), "{query}");
        }
    }

    #[test]
    fn addresses_of_the_web() {
        assert!(is_web("https://example.com/a.yaml") && is_web("HTTP://example.com"));
        assert!(!is_web("ssh://example.com/a") && !is_web("https") && !is_web("é"));
    }
}
