//! Names of files that come from outside: what none may be, since all of them are committed into a repository.

/// What keeps the versions of a folder: its settings name programs, which run as soon as somebody calls it there.
const CONTROL: [(&str, &str); 3] = [(".git", "git"), (".hg", "Mercurial"), (".svn", "Subversion")];

/// Refuses a path below a package that would be more than a file of it.
///
/// # Errors
/// Why: a control character, or the files of a version control.
pub(crate) fn check(path: &str) -> Result<(), String> {
    if path.contains(char::is_control) {
        return Err(format!("the name of a file holds a control character: {}", path.escape_debug()));
    }
    for part in parts(path) {
        let is = |name: &str| part == name || part == format!("{}~1", name.trim_start_matches('.'));
        if let Some((_, program)) = CONTROL.iter().find(|(name, _)| is(name)) {
            return Err(format!("it brings control files of {program}, which may run programs: {path}"));
        }
    }
    Ok(())
}

/// Tells whether a path is that of a file by which git treats others in another way: hides what has changed in
/// them, or converts them.
pub(crate) fn is_attributes(path: &str) -> bool {
    let is = |part: &str| {
        part == ".gitattributes" || ["gitatt~", "gi7d29~"].iter().any(|short| part.starts_with(short))
    };
    parts(path).last().is_some_and(|part| is(&part))
}

/// Returns the parts of a path as the file systems of other machines may read them: in any case, by the short
/// names of old, without what they ignore.
///
/// Source: `is_hfs_dotgit` and `is_ntfs_dotgit` of git.
fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split(['/', '\\']).map(|part| {
        let part = part.split(':').next().unwrap_or_default().trim_end_matches([' ', '.']);
        part.chars().filter(|letter| !is_ignored(*letter)).collect::<String>().to_ascii_lowercase()
    })
}

/// Tells whether HFS+ passes over a letter when it compares names.
fn is_ignored(letter: char) -> bool {
    matches!(letter, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{check, is_attributes};

    #[test]
    fn what_no_name_may_be() {
        for path in [
            "Chart.yaml",
            "templates/_helpers.tpl",
            ".github/workflows/a.yaml",
            ".gitignore",
            "a/.gitkeep",
            ".gitmodules",
            "files/my.git",
            "files/git",
            "files/git~10",
            "ä/ü.yaml",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for (path, expected) in [
            ("templates/a\nb.yaml", "the name of a file holds a control character: templates/a\\nb.yaml"),
            ("a\u{85}", "the name of a file holds a control character: a\\u{85}"),
            (".git/config", "it brings control files of git, which may run programs: .git/config"),
            ("a/.GIT", "it brings control files of git, which may run programs: a/.GIT"),
            ("a/Git~1/x", "it brings control files of git, which may run programs: a/Git~1/x"),
            ("a\\.git\\x", "it brings control files of git, which may run programs: a\\.git\\x"),
            (".git . /x", "it brings control files of git, which may run programs: .git . /x"),
            (
                ".git::$INDEX_ALLOCATION/x",
                "it brings control files of git, which may run programs: .git::$INDEX_ALLOCATION/x",
            ),
            (".g\u{200c}it/x", "it brings control files of git, which may run programs: .g\u{200c}it/x"),
            (".hg/hgrc", "it brings control files of Mercurial, which may run programs: .hg/hgrc"),
            ("x/.svn/a", "it brings control files of Subversion, which may run programs: x/.svn/a"),
        ] {
            assert_eq!(check(path), Err(expected.to_owned()), "{path}");
        }
    }

    #[test]
    fn files_by_which_git_treats_others() {
        for (path, expected) in [
            (".gitattributes", true),
            ("a/.GitAttributes", true),
            ("a/gitatt~1", true),
            (".gitattributes/a", false),
            ("gitattributes", false),
        ] {
            assert_eq!(is_attributes(path), expected, "{path}");
        }
    }
}
