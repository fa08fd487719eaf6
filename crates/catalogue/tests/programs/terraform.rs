//! Tests the variables of each environment with Terraform: they must match the types of the example.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{ROOT, end, folder, said, succeeds};

/// Returns a new folder with the variables of the example, without anything that needs a provider.
fn module(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    let variables = Path::new(ROOT).join("examples/terraform/variables.tf");
    fs::copy(variables, folder.join("variables.tf")).expect("the example has variables");
    folder
}

fn terraform(folder: &Path, arguments: &[&str]) -> Option<std::process::Output> {
    let mut command = Command::new("terraform");
    command.current_dir(folder).args(arguments).env("CHECKPOINT_DISABLE", "1").env("TF_INPUT", "0");
    end(command.env_remove("TF_CLI_CONFIG_FILE"))
}

#[test]
fn terraform_takes_the_variables() {
    let folder = module("terraform");
    super::write(&folder.join("outputs.tf"), "output \"environment\" {\n  value = var.environment\n}\n");
    let Some(output) = terraform(&folder, &["validate", "-no-color"]) else { return };
    succeeds(&output);
    for environment in ["dev", "staging", "prod"] {
        let file = Path::new(ROOT).join("output").join(environment).join("terraform/terraform.tfvars.json");
        let file = format!("-var-file={}", file.display());
        let Some(output) = terraform(&folder, &["plan", "-no-color", "-lock=false", &file]) else { return };
        let said = succeeds(&output);
        assert!(said.contains(&format!("environment = \"{environment}\"")), "{said}");
        // Such as a value without a declared variable.
        assert!(!said.contains("Warning"), "{said}");
    }
}

#[test]
fn terraform_refuses_what_has_another_type() {
    let folder = module("terraform-refuses");
    let file = Path::new(ROOT).join("output/dev/terraform/terraform.tfvars.json");
    let text = fs::read_to_string(file).expect("the environment has variables");
    let wrong = text.replacen("\"count\": 3", "\"count\": \"three\"", 1);
    assert_ne!(text, wrong);
    super::write(&folder.join("wrong.tfvars.json"), &wrong);
    let arguments = ["plan", "-no-color", "-lock=false", "-var-file=wrong.tfvars.json"];
    let Some(output) = terraform(&folder, &arguments) else { return };
    assert!(!output.status.success() && said(&output).contains("node_pools"), "{}", said(&output));
}

#[test]
fn the_example_is_formatted() {
    let Some(output) = terraform(Path::new(ROOT), &["fmt", "-check", "-diff", "examples/terraform"]) else {
        return;
    };
    succeeds(&output);
}
