//! Regular expression functions in addition to `matches`: `find` and `findAll`.

use cel::common::types::{CelInt, CelList, CelString};
use cel::common::value::Val;
use cel::{DeclarationError, Env, ExecutionError, add_member_overload};
use regex::Regex;

use super::{failure, text};

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    add_member_overload!(env, fn find: (CelString, CelString) -> Result<CelString>)?;
    add_member_overload!(env, fn find_all: (CelString, CelString) -> Result<CelList>)?;
    add_member_overload!(env, fn find_some: (CelString, CelString, CelInt) -> Result<CelList>, name = "findAll",
        id = "string_find_all_string_int")
}

fn pattern(text: &CelString<'_>) -> Result<Regex, ExecutionError> {
    let text = text.inner();
    Regex::new(text).map_err(|_| failure("find", format!("illegal regex: {text}")))
}

fn find(whole: &CelString<'_>, wanted: &CelString<'_>) -> Result<CelString<'static>, ExecutionError> {
    Ok(text(pattern(wanted)?.find(whole.inner()).map_or("", |found| found.as_str())))
}

fn list(
    whole: &CelString<'_>,
    wanted: &CelString<'_>,
    most: usize,
) -> Result<CelList<'static>, ExecutionError> {
    let found = pattern(wanted)?;
    let found = found.find_iter(whole.inner()).take(most);
    Ok(found.map(|one| Box::new(text(one.as_str())) as Box<dyn Val>).collect::<Vec<_>>().into())
}

fn find_all(whole: &CelString<'_>, wanted: &CelString<'_>) -> Result<CelList<'static>, ExecutionError> {
    list(whole, wanted, usize::MAX)
}

fn find_some(
    whole: &CelString<'_>,
    wanted: &CelString<'_>,
    most: &CelInt,
) -> Result<CelList<'static>, ExecutionError> {
    // A negative number means no limit.
    list(whole, wanted, usize::try_from(*most.inner()).unwrap_or(usize::MAX))
}
