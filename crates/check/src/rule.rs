//! The rules: one file and one page each, one line each here.

use std::fmt;

use crate::index::Index;
use crate::report::Report;
use crate::rules;

/// One check over an environment.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The short stable name, such as `service-selector`.
    pub name: &'static str,
    /// What is wrong when it reports something, in one line.
    pub summary: &'static str,
    /// The default severity of its findings.
    pub level: Level,
    /// Its page as Markdown, without the part that all pages share.
    pub(crate) page: &'static str,
    /// The check itself.
    pub check: fn(&Index<'_>, &mut Report),
}

/// The severity of a rule's findings, unless a platform sets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Errors.
    Error,
    /// Warnings.
    Warning,
    /// Errors or warnings, depending on what is found.
    Either,
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Either => "error or warning",
        })
    }
}

/// Returns the page that explains a rule, as Markdown; `page` is the part specific to it.
pub fn explain(name: &str, summary: &str, level: Level, page: &str) -> String {
    let (page, references) = page.split_once(REFERENCES).unwrap_or((page, ""));
    format!(
        "# {name}\n\nReports that {summary} ({level}).\n\n{page}## How to allow it\n\nFor one tenant or component, add this to its file (`until`, the last day, is optional):\n\n```toml\nallow = [{{ rule = \"{name}\", reason = \
         \"waiting for the vendor\", until = \"2027-01-31\" }}]\n```\n\nFor the whole platform, add this to `platform.toml` (`\"warn\"` and `\"deny\"` make its findings warnings or errors):\n\n```toml\n[checks]\n{name} = \"allow\"\n```\n\n\
         {REFERENCES}{references}"
    )
}

impl Rule {
    /// Returns the page that explains the rule, as Markdown.
    pub fn explain(&self) -> String {
        explain(self.name, self.summary, self.level, self.page)
    }

    /// Returns the group that the rule belongs to.
    pub fn group(&self) -> &'static str {
        let mut groups = GROUPS.iter().filter(|(_, rules)| rules.contains(&self.name));
        groups.next().map_or("", |(group, _)| group)
    }
}

/// The groups in alphabetical order, each with its rules.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("capacity", &["capacity", "disruption-budget", "quota", "resource-bounds", "scaled-replicas"]),
    ("delivery", &["application-health", "duplicate-object", "list-defaults", "start-cycle", "webhook-wave"]),
    (
        "network",
        &[
            "cut-off-pod",
            "ingress-backend",
            "ingress-conflict",
            "ingress-path",
            "link-blocked",
            "namespace-policy",
            "network-policy-target",
            "port-names",
            "service-port",
            "service-selector",
            "tenant-reachable",
            "webhook-service",
        ],
    ),
    (
        "objects",
        &[
            "api-provided",
            "metadata-limits",
            "object-fields",
            "object-name",
            "pod-parts",
            "workload-selector",
        ],
    ),
    (
        "references",
        &[
            "claim-reference",
            "config-reference",
            "disruption-target",
            "ingress-class",
            "ingress-tls",
            "issuer-reference",
            "monitor-target",
            "namespace-exists",
            "priority-class",
            "role-reference",
            "scale-target",
            "secret-reference",
            "secret-store",
            "service-account",
            "stateful-service",
            "storage-class",
        ],
    ),
    (
        "security",
        &[
            "image-tag",
            "plaintext-secret",
            "pod-security",
            "reserved-namespace",
            "tenant-namespace",
            "tenant-rbac",
            "tenant-secrets",
            "tenant-target",
        ],
    ),
];

/// The heading of the last section of a page.
const REFERENCES: &str = "## References\n";

/// All rules in alphabetical order.
pub const ALL: &[Rule] = &[
    rules::api_provided::RULE,
    rules::application_health::RULE,
    rules::capacity::RULE,
    rules::claim_reference::RULE,
    rules::config_reference::RULE,
    rules::cut_off_pod::RULE,
    rules::disruption_budget::RULE,
    rules::disruption_target::RULE,
    rules::duplicate_object::RULE,
    rules::image_tag::RULE,
    rules::ingress_backend::RULE,
    rules::ingress_class::RULE,
    rules::ingress_conflict::RULE,
    rules::ingress_path::RULE,
    rules::ingress_tls::RULE,
    rules::issuer_reference::RULE,
    rules::link_blocked::RULE,
    rules::list_defaults::RULE,
    rules::metadata_limits::RULE,
    rules::monitor_target::RULE,
    rules::namespace_exists::RULE,
    rules::namespace_policy::RULE,
    rules::network_policy_target::RULE,
    rules::object_fields::RULE,
    rules::object_name::RULE,
    rules::plaintext_secret::RULE,
    rules::pod_parts::RULE,
    rules::pod_security::RULE,
    rules::port_names::RULE,
    rules::priority_class::RULE,
    rules::quota::RULE,
    rules::reserved_namespace::RULE,
    rules::resource_bounds::RULE,
    rules::role_reference::RULE,
    rules::scale_target::RULE,
    rules::scaled_replicas::RULE,
    rules::secret_reference::RULE,
    rules::secret_store::RULE,
    rules::service_account::RULE,
    rules::service_port::RULE,
    rules::service_selector::RULE,
    rules::start_cycle::RULE,
    rules::stateful_service::RULE,
    rules::storage_class::RULE,
    rules::tenant_namespace::RULE,
    rules::tenant_rbac::RULE,
    rules::tenant_reachable::RULE,
    rules::tenant_secrets::RULE,
    rules::tenant_target::RULE,
    rules::webhook_service::RULE,
    rules::webhook_wave::RULE,
    rules::workload_selector::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, GROUPS, Level};

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");

    #[test]
    fn every_file_is_a_rule_of_its_name() {
        for ending in [".rs", ".md"] {
            let files: BTreeSet<String> = std::fs::read_dir(FOLDER)
                .expect("the folder of the rules is there")
                .map(|file| {
                    file.expect("the folder can be listed").file_name().to_string_lossy().into_owned()
                })
                .filter(|file| file != "mod.rs")
                .filter_map(|file| Some(file.strip_suffix(ending)?.replace('_', "-")))
                .collect();
            let names: Vec<String> = ALL.iter().map(|rule| rule.name.to_owned()).collect();
            assert_eq!(names, files.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_rule_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
        grouped.sort_unstable();
        assert_eq!(grouped, ALL.iter().map(|rule| rule.name).collect::<Vec<_>>());
    }

    #[test]
    fn every_level_is_that_of_the_findings() {
        for rule in ALL {
            let path = format!("{FOLDER}/{}.rs", rule.name.replace('-', "_"));
            let file = std::fs::read_to_string(path).expect("a rule has its file");
            let code = file.split("#[cfg(test)]").next().expect("a file has a first part");
            let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
            let errors = [".error(", ".error_at(", "Severity::Error"];
            let level = match (has(&errors), has(&[".warning(", "Severity::Warning"])) {
                (true, true) => Level::Either,
                (true, false) => Level::Error,
                (false, _) => Level::Warning,
            };
            assert_eq!(rule.level, level, "the level of `{}`", rule.name);
        }
    }

    #[test]
    fn every_page_has_all_parts() {
        const PARTS: [&str; 6] =
            ["What it does", "Why it is bad", "Example", "Use instead", "How to allow it", "References"];
        for rule in ALL {
            let page = rule.explain();
            let parts: Vec<(&str, &str)> =
                page.split("\n## ").skip(1).filter_map(|part| part.split_once('\n')).collect();
            assert_eq!(parts.iter().map(|(title, _)| *title).collect::<Vec<_>>(), PARTS, "{}", rule.name);
            for (title, text) in parts {
                assert!(!text.trim().is_empty(), "`{}` says nothing under \"{title}\"", rule.name);
            }
            assert!(page.ends_with(">\n"), "`{}` ends with an address", rule.name);
        }
    }

    #[test]
    fn every_example_can_be_read() {
        let mut examples = 0;
        for rule in ALL {
            let page = rule.explain();
            for block in page.split("\n```").skip(1).step_by(2) {
                let (language, text) = block.split_once('\n').expect("a block has lines");
                match language {
                    "toml" => {
                        text.parse::<toml::Table>()
                            .unwrap_or_else(|error| panic!("{}: {error}: {text}", rule.name));
                    }
                    "yaml" => {
                        serde_yaml::from_str::<serde_yaml::Value>(text)
                            .unwrap_or_else(|error| panic!("{}: {error}: {text}", rule.name));
                    }
                    "text" => {}
                    other => panic!("{}: a block in `{other}`", rule.name),
                }
                examples += 1;
            }
        }
        assert!(examples > ALL.len(), "only {examples} examples were found");
    }
}
