//! The rules: one file each, one line each here.

use crate::index::Index;
use crate::report::Report;
use crate::rules;

/// One check over an environment.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The short stable name, such as `service-selector`.
    pub name: &'static str,
    /// What is wrong when it speaks, in one sentence.
    pub summary: &'static str,
    /// The check itself.
    pub check: fn(&Index<'_>, &mut Report),
}

/// All rules in alphabetical order.
pub const ALL: &[Rule] = &[
    rules::api_provided::RULE,
    rules::capacity::RULE,
    rules::claim_reference::RULE,
    rules::config_reference::RULE,
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
    rules::list_defaults::RULE,
    rules::metadata_limits::RULE,
    rules::monitor_target::RULE,
    rules::namespace_exists::RULE,
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
    rules::stateful_service::RULE,
    rules::storage_class::RULE,
    rules::tenant_namespace::RULE,
    rules::webhook_service::RULE,
    rules::webhook_wave::RULE,
    rules::workload_selector::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    #[test]
    fn every_file_is_a_rule_of_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of the rules is there")
            .map(|file| file.expect("the folder can be listed").file_name().to_string_lossy().into_owned())
            .filter(|file| file != "mod.rs")
            .map(|file| file.trim_end_matches(".rs").replace('_', "-"))
            .collect();
        let names: Vec<String> = ALL.iter().map(|rule| rule.name.to_owned()).collect();
        assert_eq!(names, files.into_iter().collect::<Vec<_>>());
    }
}
