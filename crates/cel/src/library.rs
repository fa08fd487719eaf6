//! The functions that Kubernetes adds to the language, and the environments that have them.
//!
//! <https://kubernetes.io/docs/reference/using-api/cel/> documents their parameters and results.

mod amount;
mod formats;
mod lists;
mod loops;
mod network;
mod opaque;
mod optionals;
mod regexes;
mod semvers;
mod urls;

use std::sync::{Arc, LazyLock};

use cel::common::types::CelString;
use cel::common::value::Val;
use cel::{DeclarationError, Env, ExecutionError, extensions};

use crate::rewrite;
use crate::types::CelDialect;

static KUBERNETES: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(build(CelDialect::Kubernetes)));
static UNCHECKED: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(build(CelDialect::Unchecked)));

/// Returns the environment of a dialect.
pub(crate) fn environment(dialect: CelDialect) -> &'static Arc<Env> {
    match dialect {
        CelDialect::Kubernetes => &KUBERNETES,
        CelDialect::Unchecked => &UNCHECKED,
    }
}

fn build(dialect: CelDialect) -> Env {
    let mut environment = Env::stdlib().with_optional_support(true);
    register(&mut environment, dialect).expect("each function is registered once");
    environment
}

fn register(environment: &mut Env, dialect: CelDialect) -> Result<(), DeclarationError> {
    environment.add_extension(extensions::strings)?;
    environment.add_extension(extensions::lists)?;
    if dialect == CelDialect::Unchecked {
        environment.add_extension(extensions::math)?;
        environment.add_extension(extensions::encoders)?;
        environment.add_macro(loops::bind())?;
    }
    let parts = [
        rewrite::extension,
        amount::extension,
        formats::extension,
        lists::extension,
        loops::extension,
        network::extension,
        optionals::extension,
        regexes::extension,
        semvers::extension,
        urls::extension,
    ];
    parts.into_iter().try_for_each(|part| environment.add_extension(part))?;
    let types = [
        <amount::Amount as Val>::cel_type(),
        <formats::Format as Val>::cel_type(),
        <network::Address as Val>::cel_type(),
        <network::Block as Val>::cel_type(),
        <semvers::Semver as Val>::cel_type(),
        <urls::Address as Val>::cel_type(),
    ];
    types.into_iter().try_for_each(|of| environment.add_type(of.to_owned()))
}

/// Copies a value of one of this library's types.
pub(crate) fn detach(value: &dyn Val) -> Option<Box<dyn Val>> {
    macro_rules! copies {
        ($($of:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$of>() {
                return Some(Box::new(value.clone()));
            })*
        };
    }
    copies!(
        amount::Amount,
        formats::Format,
        network::Address,
        network::Block,
        semvers::Semver,
        urls::Address
    );
    None
}

pub(crate) use formats::decode_base64;
pub use formats::format_faults;

/// Converts a text to a value.
fn text(text: impl Into<String>) -> CelString<'static> {
    CelString::from(text.into())
}

/// Returns the error of a function.
fn failure(function: &str, message: String) -> ExecutionError {
    ExecutionError::function_error(function, message)
}
