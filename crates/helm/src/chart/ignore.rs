//! `.helmignore`: which files of a chart folder are not part of the chart.
//!
//! The rules are Helm's, which differ from Git's: the first matching rule decides, and a negated rule ignores
//! everything that it does not match.

use crate::pattern::Pattern;

/// The rules of one chart.
#[derive(Clone, Debug, Default)]
pub(super) struct IgnoreRules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Pattern,
    negated: bool,
    folders_only: bool,
    /// The rule has no `/`, so it is compared with the last part of the path.
    name_only: bool,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File,
    Folder,
}

impl IgnoreRules {
    /// Reads the rules and adds the one that Helm always applies.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Self::default();
        for line in text.trim_start_matches('\u{feff}').lines() {
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err("double-star (**) syntax is not supported".to_owned());
        }
        let rule = line.strip_prefix('!').unwrap_or(line);
        let negated = rule.len() != line.len();
        let plain = rule.strip_suffix('/').unwrap_or(rule);
        let folders_only = plain.len() != rule.len();
        let name_only = !plain.contains('/');
        let pattern = Pattern::path(plain.strip_prefix('/').unwrap_or(plain))
            .map_err(|_| "syntax error in pattern".to_owned())?;
        self.rules.push(Rule { pattern, negated, folders_only, name_only });
        Ok(())
    }

    /// Returns whether a path relative to the chart's folder is ignored.
    pub(super) fn ignores(&self, path: &str, entry: Entry) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        for rule in &self.rules {
            let fits = (!rule.folders_only || entry == Entry::Folder)
                && rule.pattern.matches(if rule.name_only { name } else { path });
            if fits != rule.negated {
                return true;
            }
        }
        false
    }

    /// Returns whether a file is ignored, either itself or because of a folder on its path.
    pub(super) fn ignores_file(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.into_iter().any(|folder| self.ignores(folder, Entry::Folder))
            || self.ignores(path, Entry::File)
    }
}

#[cfg(test)]
mod tests {
    use super::IgnoreRules;

    fn check(rules: &str, cases: &[(&str, bool)]) {
        let parsed = IgnoreRules::parse(rules).expect("the rules are well formed");
        for (path, expected) in cases {
            assert_eq!(parsed.ignores_file(path), *expected, "{rules:?} on {path}");
        }
    }

    #[test]
    fn names_paths_and_folders() {
        check("helm.txt", &[("helm.txt", true), ("cargo/helm.txt", true), ("helm.txt.a", false)]);
        check("/a.txt", &[("a.txt", true), ("cargo/a.txt", false)]);
        check("cargo/*.txt", &[("cargo/a.txt", true), ("cargo/b/a.txt", false)]);
        check("cargo/", &[("cargo/a.txt", true), ("cargo", false), ("x/cargo/a", true)]);
        check("# no\n\n  *.txt  ", &[("a.txt", true), ("a.md", false)]);
        check("ca?go*/", &[("cargo1/x", true)]);
    }

    #[test]
    fn negation_ignores_what_does_not_match() {
        check("!a.txt", &[("a.txt", false), ("b.txt", true)]);
        check("*.md\n!*.txt", &[("a.md", true), ("a.txt", false), ("a.yaml", true)]);
    }

    #[test]
    fn hidden_templates_are_always_ignored() {
        check("", &[("templates/.hidden.yaml", true), (".hidden", false), ("templates/x/.hidden", false)]);
    }

    #[test]
    fn bad_rules() {
        for rule in ["**/x", "[", "a[b"] {
            assert!(IgnoreRules::parse(rule).is_err(), "{rule}");
        }
    }
}
