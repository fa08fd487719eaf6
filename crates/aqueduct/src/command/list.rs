//! `aqueduct list`: lists the components of all tenants and environments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use aqueduct_manifest::Diagnostic;
use aqueduct_model::types::Name;
use aqueduct_render::Registry;
use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, print, read, tell};
use crate::cli::SelectionArguments;
use crate::compiler::load;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print a JSON list.
    #[arg(long)]
    json: bool,
}

/// A component of a tenant, and its environments.
#[derive(Serialize)]
struct Row<'a> {
    tenant: &'a str,
    component: &'a str,
    kind: &'a str,
    namespace: &'a str,
    file: &'a str,
    environments: Vec<&'a str>,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory, registry)?;
    let selection = arguments.selection.selection();
    let loaded = load(&files, registry, &selection);
    tell(&loaded.diagnostics, &files, terminal);
    let mut rows: BTreeMap<(&str, &str), Row<'_>> = BTreeMap::new();
    for instance in loaded.instances.iter().filter(|one| selection.has_tenant(&one.tenancy.tenant.name)) {
        let (tenant, component) = (instance.tenancy.tenant.name.as_str(), instance.component.as_str());
        let row = rows.entry((tenant, component)).or_insert_with(|| Row {
            tenant,
            component,
            kind: &instance.kind,
            namespace: instance.namespace.as_str(),
            file: &instance.file,
            environments: Vec::new(),
        });
        row.environments.push(instance.environment.name.as_str());
    }
    let rows: Vec<Row<'_>> = rows.into_values().collect();
    let failed = loaded.diagnostics.iter().any(Diagnostic::is_error);
    if failed && rows.is_empty() {
        return Ok(Outcome::Failed);
    }
    let text = if arguments.json {
        serde_json::to_string_pretty(&rows).map_err(|error| Failure::new(error.to_string()))? + "\n"
    } else {
        let environments: Vec<&Name> =
            loaded.platform.environments.keys().filter(|name| selection.has_environment(name)).collect();
        table(&rows, &environments)
    };
    print(terminal, &text)?;
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// Returns the rows as a table with a column for each environment.
fn table(rows: &[Row<'_>], environments: &[&Name]) -> String {
    let mut header = vec!["TENANT".to_owned(), "COMPONENT".to_owned(), "KIND".to_owned()];
    header.extend(environments.iter().map(|name| name.as_str().to_ascii_uppercase()));
    let mut lines = vec![header];
    let mut previous = "";
    for row in rows {
        // Each tenant is printed once, so that its components form a group.
        let tenant = if row.tenant == previous { "" } else { row.tenant };
        previous = row.tenant;
        let mut line = vec![tenant.to_owned(), row.component.to_owned(), row.kind.to_owned()];
        let marks = environments
            .iter()
            .map(|name| if row.environments.contains(&name.as_str()) { "yes" } else { "-" }.to_owned());
        line.extend(marks);
        lines.push(line);
    }
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
