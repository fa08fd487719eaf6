//! `aqueduct set`: changes one field of a component's TOML file.

use std::path::Path;

use aqueduct_manifest::{Diagnostic, Value};
use aqueduct_model::edit;
use aqueduct_render::Registry;
use clap::Args;

use super::{Failure, Outcome, read, tell, write_file};
use crate::compiler::{Loaded, load};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component, as `tenant/component`.
    target: String,
    /// The field, as a dotted path; `image.tag` and `image.digest` change a part of an image.
    field: String,
    /// The new value.
    value: String,
    /// Change the field for this environment only.
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let mut files = read(directory, registry)?;
    let edited = edit::set(
        &files,
        &arguments.target,
        &arguments.field,
        &arguments.value,
        arguments.environment.as_deref(),
    );
    let edit = match edited {
        Ok(edit) => edit,
        Err(diagnostics) => {
            tell(&diagnostics, &files, terminal);
            return Ok(Outcome::Failed);
        }
    };
    if edit.before.as_deref() == Some(edit.after.as_str()) {
        terminal.say(&format!("{} already has this value", edit.file));
        return Ok(Outcome::Done);
    }
    // An invalid value is rejected before the file is written.
    let before = load(&files, registry, &Default::default());
    files.insert(edit.file.clone(), edit.after.as_bytes());
    let loaded = load(&files, registry, &Default::default());
    let mut found = loaded.diagnostics.clone();
    for instance in loaded.instances.iter().filter(|instance| *instance.file == *edit.file) {
        found.extend(registry.read(instance).1);
    }
    found.retain(|diagnostic| !before.diagnostics.contains(diagnostic));
    if found.iter().any(Diagnostic::is_error) {
        found.dedup();
        tell(&found, &files, terminal);
        terminal.say("nothing was written");
        return Ok(Outcome::Failed);
    }
    write_file(&directory.join(&*edit.file), &edit.after)?;
    terminal.say(&format!("{}: {} = {}", edit.file, arguments.field, arguments.value));
    let fields = |loaded: &Loaded| -> Vec<Value> {
        let own = loaded.instances.iter().filter(|instance| *instance.file == *edit.file);
        own.flat_map(|instance| [instance.common.to_value(), instance.spec.to_value()]).collect()
    };
    if !fields(&loaded).is_empty() && fields(&loaded) == fields(&before) {
        terminal.say("this has no effect: every environment overrides this value");
    }
    Ok(Outcome::Done)
}
