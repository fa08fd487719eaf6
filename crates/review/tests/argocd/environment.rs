//! The build environment of a source: `ARGOCD_APP_NAME` and the like, in the fields of its Application.

use aqueduct_manifest::Value;

use super::tree::{Resource, Tree, text};

/// The values of the variables.
pub(crate) struct Environment {
    variables: [(&'static str, String); 9],
}

impl Environment {
    pub(crate) fn of(tree: &Tree, application: &Resource, source: &Value) -> Self {
        let revision = &tree.settings.revision;
        let short = |length: usize| revision.chars().take(length).collect();
        let said = |name: &str| text(source, &[name]).to_owned();
        let project = Some(text(application.spec(), &["project"])).filter(|project| !project.is_empty());
        let variables = [
            ("ARGOCD_APP_NAME", application.object.name().to_owned()),
            ("ARGOCD_APP_NAMESPACE", application.namespace().to_owned()),
            ("ARGOCD_APP_PROJECT_NAME", project.unwrap_or("default").to_owned()),
            ("ARGOCD_APP_REVISION", revision.clone()),
            ("ARGOCD_APP_REVISION_SHORT", short(7)),
            ("ARGOCD_APP_REVISION_SHORT_8", short(8)),
            ("ARGOCD_APP_SOURCE_PATH", said("path")),
            ("ARGOCD_APP_SOURCE_REPO_URL", said("repoURL")),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", said("targetRevision")),
        ];
        Self { variables }
    }

    /// Fills in `$NAME` and `${NAME}`; `$$` is a dollar, and an unknown variable is empty.
    pub(crate) fn fill(&self, said: &str) -> String {
        let mut filled = String::new();
        let mut rest = said;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let (name, length) = named(after);
            match self.variables.iter().find(|(variable, _)| *variable == name) {
                Some((_, value)) => filled.push_str(value),
                // A dollar that is not followed by a name stays.
                None if name == "$" || length == 0 => filled.push('$'),
                None => {}
            }
            rest = &after[length..];
        }
        filled + rest
    }
}

/// Returns the name after a dollar, and the length of the text that it takes.
fn named(after: &str) -> (&str, usize) {
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}').map_or(("", 1), |(name, _)| (name, name.len() + 2));
    }
    let is_alone = |letter: char| letter.is_ascii_digit() || "*#$@!?-".contains(letter);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let length = match after.starts_with(is_alone) {
        true => 1,
        false => after.find(|letter| !is_part(letter)).unwrap_or(after.len()),
    };
    (&after[..length], length)
}
