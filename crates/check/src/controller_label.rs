//! Labels that controllers add to pods, in addition to those of the template.
//!
//! Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/>.

use aqueduct_manifest::Value;

use crate::facts::Entry;

/// What a controller writes into a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ControllerLabel<'a> {
    /// A digest or an identifier that is not known beforehand.
    Anything,
    /// Exactly this text.
    Exactly(&'a str),
    /// A prefix followed by a number.
    Numbered {
        /// The text before the number.
        prefix: &'a str,
        /// Whether a dash separates the two.
        dash: bool,
        /// The first number.
        start: u64,
        /// How many numbers there are, if known.
        count: Option<u64>,
    },
}

impl<'a> ControllerLabel<'a> {
    /// Returns the value that the pods of an object get for a key; `most` is the number of pods, if known.
    pub(crate) fn of(entry: &Entry<'a>, key: &str, most: Option<u64>) -> Option<Self> {
        let numbered = |prefix, dash, start, count| Self::Numbered { prefix, dash, start, count };
        match (entry.group, entry.kind, key) {
            (
                "apps",
                "StatefulSet",
                "statefulset.kubernetes.io/pod-name" | "apps.kubernetes.io/pod-index",
            ) => {
                let start = entry.object.at(&["spec", "ordinals", "start"]).and_then(Value::as_i64);
                let start = start.and_then(|start| u64::try_from(start).ok()).unwrap_or(0);
                let is_name = key.ends_with("name");
                Some(numbered(if is_name { entry.name } else { "" }, is_name, start, most))
            }
            ("apps", "StatefulSet" | "DaemonSet", "controller-revision-hash")
            | ("apps", "DaemonSet", "pod-template-generation")
            | ("apps", "Deployment", "pod-template-hash")
            | ("argoproj.io", "Rollout", "rollouts-pod-template-hash")
            | ("batch", "Job" | "CronJob", "controller-uid" | "batch.kubernetes.io/controller-uid") => {
                Some(Self::Anything)
            }
            ("batch", "Job", "job-name" | "batch.kubernetes.io/job-name") => Some(Self::Exactly(entry.name)),
            ("batch", "CronJob", "job-name" | "batch.kubernetes.io/job-name") => {
                Some(numbered(entry.name, true, 0, None))
            }
            ("batch", "Job" | "CronJob", "batch.kubernetes.io/job-completion-index") => {
                Some(numbered("", false, 0, None))
            }
            _ => None,
        }
    }

    /// Tells whether a pod may have the label with this value.
    pub(crate) fn may_be(self, value: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Exactly(text) => text == value,
            Self::Numbered { prefix, dash, start, count } => {
                let rest = value.strip_prefix(prefix);
                let rest = if dash { rest.and_then(|rest| rest.strip_prefix('-')) } else { rest };
                let number = rest.filter(|rest| *rest == "0" || !rest.starts_with(['0', '+']));
                let number = number.and_then(|number| number.parse::<u64>().ok());
                number
                    .is_some_and(|number| number >= start && count.is_none_or(|count| number - start < count))
            }
        }
    }
}
