//! What is wrong with the flags of `helm template`, in the words that Helm has for it: scripts look for them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Arguments;

/// Returns what Helm says of wrong usage; `None` where it is no error, or one that Helm does not know.
pub(crate) fn in_words_of_helm(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg)?;
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::UnknownArgument => match argument.strip_prefix("--") {
            Some(name) => format!("unknown flag: --{}", name.split('=').next().unwrap_or(name)),
            None => {
                let letters = argument.strip_prefix('-')?;
                format!("unknown shorthand flag: '{}' in -{letters}", letters.chars().next()?)
            }
        },
        // A value that is missing counts as one that does not fit.
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("flag needs an argument: {}", name_of(argument)?)
        }
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error)?;
            format!("invalid argument {value:?} for {:?} flag: {reason}", with_letter(name_of(argument)?))
        }
        _ => return None,
    })
}

/// Returns the flag of what the parser prints of it, such as `--set <VALUES>`.
fn name_of(argument: &str) -> Option<&str> {
    argument.split(['=', ' ', '[']).next().filter(|name| name.starts_with('-'))
}

/// Puts the letter before a flag that has one.
fn with_letter(flag: &str) -> String {
    let command = <Arguments as clap::Args>::augment_args(clap::Command::new("helm"));
    let name = flag.trim_start_matches('-');
    let letter = command.find_subcommand("template").and_then(|template| {
        template.get_arguments().find(|known| known.get_long() == Some(name))?.get_short()
    });
    letter.map_or_else(|| flag.to_owned(), |letter| format!("-{letter}, {flag}"))
}
