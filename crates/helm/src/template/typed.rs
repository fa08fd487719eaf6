//! Functions from closures: the closure's parameters determine the Go types that the function takes.

use std::sync::Arc;

use super::FunctionError;
use super::function::{Answer, Function};
use crate::value::{List, Map, Text, Type, Value};

/// A type that a closure can take.
pub trait Argument: Sized {
    /// The Go type that the evaluator requires of the argument.
    const TYPE: Type;

    /// Returns the argument; `None` if the evaluator let another type through.
    fn of(value: &Value) -> Option<Self>;
}

/// A type that a closure can return.
pub trait Returned {
    /// Returns the value or the error.
    fn answer(self) -> Answer;
}

/// A closure whose types are those of a function.
pub trait Typed<Arguments>: Send + Sync + 'static {
    /// The types of the parameters.
    const PARAMETERS: &'static [Type];

    /// Unpacks the arguments and calls the closure.
    fn call(&self, arguments: &[Value]) -> Answer;
}

impl Function {
    /// Returns a function that calls a closure of up to four parameters.
    ///
    /// ```
    /// use aqueduct_helm::template::Function;
    ///
    /// let shout = Function::typed("shout", |text: String| text.to_uppercase());
    /// let port = Function::typed("port", |name: String, fallback: i64| match name.as_str() {
    ///     "https" => Ok(443),
    ///     _ if fallback > 0 => Ok(fallback),
    ///     _ => Err(format!("no port for `{name}`")),
    /// });
    /// assert_eq!((shout.name, port.parameters.len()), ("shout", 2));
    /// ```
    pub fn typed<Arguments>(name: &'static str, closure: impl Typed<Arguments>) -> Self {
        fn parameters<Arguments, F: Typed<Arguments>>(_: &F) -> &'static [Type] {
            F::PARAMETERS
        }
        let parameters = parameters(&closure);
        Self::closure(name, parameters, Arc::new(move |_, arguments| closure.call(arguments)))
    }
}

macro_rules! arguments {
    ($($rust:ty, $go:expr, $take:expr;)*) => {
        $(impl Argument for $rust {
            const TYPE: Type = $go;

            fn of(value: &Value) -> Option<Self> {
                let take: fn(&Value) -> Option<Self> = $take;
                take(value)
            }
        })*
    };
}

arguments! {
    Value, Type::Any, |value| Some(value.clone());
    bool, Type::Bool, Value::as_bool;
    i64, Type::INT, Value::as_i64;
    f64, Type::Float, |value| match value {
        Value::Float(value) => Some(*value),
        _ => None,
    };
    Text, Type::String, |value| value.as_text().cloned();
    String, Type::String, |value| value.as_text().map(|text| text.to_str().into_owned());
    Map, Type::MAP, |value| value.as_map().cloned();
    List, Type::LIST, |value| value.as_list().cloned();
}

macro_rules! returned {
    ($($rust:ty),*) => {
        $(impl Returned for $rust {
            fn answer(self) -> Answer {
                Ok(self.into())
            }
        })*
    };
}

returned!(Value, bool, f64, Text, String, &'static str, Map, List);

impl Returned for i64 {
    fn answer(self) -> Answer {
        Ok(Value::int(self))
    }
}

impl<T: Returned, E: Into<FunctionError>> Returned for Result<T, E> {
    fn answer(self) -> Answer {
        self.map_err(Into::into)?.answer()
    }
}

/// Returns an argument of a closure.
fn take<A: Argument>(arguments: &[Value], index: usize) -> Result<A, FunctionError> {
    arguments
        .get(index)
        .and_then(A::of)
        .ok_or_else(|| FunctionError::new(format!("argument {} is no {}", index + 1, A::TYPE.name())))
}

macro_rules! typed {
    ($($name:ident $index:literal),*) => {
        impl<F, R, $($name),*> Typed<($($name,)*)> for F
        where
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: Returned,
            $($name: Argument,)*
        {
            const PARAMETERS: &'static [Type] = &[$($name::TYPE),*];

            fn call(&self, _arguments: &[Value]) -> Answer {
                self($(take::<$name>(_arguments, $index)?),*).answer()
            }
        }
    };
}

typed!();
typed!(A 0);
typed!(A 0, B 1);
typed!(A 0, B 1, C 2);
typed!(A 0, B 1, C 2, D 3);
