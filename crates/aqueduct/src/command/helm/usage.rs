//! Usage errors of `helm template` in Helm's words, since scripts search for them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Arguments;

/// Returns Helm's message for a usage error; `None` if it is not an error, or not one that Helm has.
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
        // clap reports a missing value as an invalid one.
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

/// Returns the flag in the parser's notation, such as `--set <VALUES>`.
fn name_of(argument: &str) -> Option<&str> {
    argument.split(['=', ' ', '[']).next().filter(|name| name.starts_with('-'))
}

/// Puts the short flag before the long one, if there is one.
fn with_letter(flag: &str) -> String {
    let command = <Arguments as clap::Args>::augment_args(clap::Command::new("helm"));
    let name = flag.trim_start_matches('-');
    let letter = command.find_subcommand("template").and_then(|template| {
        template.get_arguments().find(|known| known.get_long() == Some(name))?.get_short()
    });
    letter.map_or_else(|| flag.to_owned(), |letter| format!("-{letter}, {flag}"))
}
