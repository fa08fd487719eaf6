//! Forbidden names of files from elsewhere, because all of them are committed to the repository.

/// The control folders of version control systems. Their settings can name programs, which run as soon as
/// somebody uses the system there.
const CONTROL: [(&str, &str); 3] = [(".git", "git"), (".hg", "Mercurial"), (".svn", "Subversion")];

/// Refuses a path in a package that would be more than a plain file of it.
///
/// # Errors
/// The reason: a control character, or control files of a version control system.
pub(crate) fn check(path: &str) -> Result<(), String> {
    if path.contains(char::is_control) {
        return Err(format!("a file name contains a control character: {}", path.escape_debug()));
    }
    for part in parts(path) {
        let is = |name: &str| part == name || part == format!("{}~1", name.trim_start_matches('.'));
        if let Some((_, program)) = CONTROL.iter().find(|(name, _)| is(name)) {
            return Err(format!("it contains {program} control files, which may run programs: {path}"));
        }
    }
    Ok(())
}

/// Tells whether a path is a git attributes file, which can hide changes in other files or convert them.
pub(crate) fn is_attributes(path: &str) -> bool {
    let is = |part: &str| {
        part == ".gitattributes" || ["gitatt~", "gi7d29~"].iter().any(|short| part.starts_with(short))
    };
    parts(path).last().is_some_and(|part| is(&part))
}

/// Returns the parts of a path as other file systems may read them: in any case, by old short names, without
/// ignored characters.
///
/// Source: `is_hfs_dotgit` and `is_ntfs_dotgit` of git.
fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split(['/', '\\']).map(|part| {
        let part = part.split(':').next().unwrap_or_default().trim_end_matches([' ', '.']);
        part.chars().filter(|letter| !is_ignored(*letter)).collect::<String>().to_ascii_lowercase()
    })
}

/// Tells whether HFS+ ignores a character when it compares names.
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
            ("templates/a\nb.yaml", "a file name contains a control character: templates/a\\nb.yaml"),
            ("a\u{85}", "a file name contains a control character: a\\u{85}"),
            (".git/config", "it contains git control files, which may run programs: .git/config"),
            ("a/.GIT", "it contains git control files, which may run programs: a/.GIT"),
            ("a/Git~1/x", "it contains git control files, which may run programs: a/Git~1/x"),
            ("a\\.git\\x", "it contains git control files, which may run programs: a\\.git\\x"),
            (".git . /x", "it contains git control files, which may run programs: .git . /x"),
            (
                ".git::$INDEX_ALLOCATION/x",
                "it contains git control files, which may run programs: .git::$INDEX_ALLOCATION/x",
            ),
            (".g\u{200c}it/x", "it contains git control files, which may run programs: .g\u{200c}it/x"),
            (".hg/hgrc", "it contains Mercurial control files, which may run programs: .hg/hgrc"),
            ("x/.svn/a", "it contains Subversion control files, which may run programs: x/.svn/a"),
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
