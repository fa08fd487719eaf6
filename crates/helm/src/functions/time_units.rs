//! Go's `time.Duration`, `time.Month` and `time.Weekday` as values.

use std::any::Any;

use super::arguments::Arguments;
use super::duration::{self, SECOND};
use super::time_layout::{MONTHS, WEEKDAYS};
use crate::template::Function;
use crate::value::{Kind, Native, Type, Value};

/// The type of `time.Duration` parameters.
pub(super) const DURATION: Type = Type::Native("time.Duration");

/// A `time.Duration`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duration(pub(super) i64);

impl Native for Duration {
    fn type_name(&self) -> &'static str {
        "time.Duration"
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Option<String> {
        Some(duration::format(self.0))
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::int64(self.0))
    }
}

pub(crate) static DURATION_METHODS: &[Function] = &[
    Function::new("Abs", &[], |_, arguments| {
        Ok(Value::native(Duration(Arguments(arguments).int(0)?.saturating_abs())))
    }),
    Function::new("Hours", &[], |_, arguments| {
        Ok(in_unit(Arguments(arguments).int(0)?, 3600 * SECOND).into())
    }),
    Function::new("Microseconds", &[], |_, arguments| Ok(Value::int64(Arguments(arguments).int(0)? / 1_000))),
    Function::new("Milliseconds", &[], |_, arguments| {
        Ok(Value::int64(Arguments(arguments).int(0)? / 1_000_000))
    }),
    Function::new("Minutes", &[], |_, arguments| {
        Ok(in_unit(Arguments(arguments).int(0)?, 60 * SECOND).into())
    }),
    Function::new("Nanoseconds", &[], |_, arguments| Ok(Value::int64(Arguments(arguments).int(0)?))),
    Function::new("Round", &[DURATION], |_, arguments| {
        let arguments = Arguments(arguments);
        Ok(Value::native(Duration(duration::round(arguments.int(0)?, arguments.int(1)?))))
    }),
    Function::new("Seconds", &[], |_, arguments| Ok(in_unit(Arguments(arguments).int(0)?, SECOND).into())),
    Function::new("String", &[], |_, arguments| Ok(duration::format(Arguments(arguments).int(0)?).into())),
    Function::new("Truncate", &[DURATION], |_, arguments| {
        let arguments = Arguments(arguments);
        Ok(Value::native(Duration(duration::truncate(arguments.int(0)?, arguments.int(1)?))))
    }),
];

/// Returns a duration in a unit, summed as in Go: the whole units and the fraction separately.
pub(super) fn in_unit(nanoseconds: i64, unit: i64) -> f64 {
    (nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64
}

macro_rules! named_number {
    ($(#[$about:meta])* $name:ident, $type_name:literal, $names:ident, $first:literal, $wrong:literal) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name(pub(super) i64);

        impl Native for $name {
            fn type_name(&self) -> &'static str {
                $type_name
            }

            fn kind(&self) -> Kind {
                Kind::Int
            }

            fn as_any(&self) -> &dyn Any {
                self
            }

            fn text(&self) -> Option<String> {
                let index = usize::try_from(self.0 - $first).ok();
                let name = index.and_then(|index| $names.get(index));
                Some(name.map_or_else(|| format!(concat!("%!", $wrong, "({})"), self.0), |name| (*name).to_owned()))
            }

            fn underlying(&self) -> Option<Value> {
                Some(Value::int(self.0))
            }
        }
    };
}

named_number!(
    /// A `time.Month`; 1 is January.
    Month, "time.Month", MONTHS, 1, "Month"
);
named_number!(
    /// A `time.Weekday`; 0 is Sunday.
    Weekday, "time.Weekday", WEEKDAYS, 0, "Weekday"
);
