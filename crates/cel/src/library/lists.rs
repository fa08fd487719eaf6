//! The list functions of Kubernetes: `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf`, and `sets`.

use std::cmp::Ordering;

use cel::common::types::DYN_TYPE;
use cel::common::types::{CelDuration, CelInt, CelList, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use super::failure;

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_member_overload("isSorted", "list_is_sorted", LIST_TYPE, Vec::new(), is_sorted)?;
    env.add_member_overload("sum", "list_sum", LIST_TYPE, Vec::new(), sum)?;
    env.add_member_overload("min", "list_min", LIST_TYPE, Vec::new(), min)?;
    env.add_member_overload("max", "list_max", LIST_TYPE, Vec::new(), max)?;
    env.add_member_overload("indexOf", "list_index_of", LIST_TYPE, vec![DYN_TYPE], index_of)?;
    env.add_member_overload("lastIndexOf", "list_last_index_of", LIST_TYPE, vec![DYN_TYPE], last_index_of)?;
    let two = || vec![LIST_TYPE, LIST_TYPE];
    env.add_overload("@same", "@same", vec![DYN_TYPE, DYN_TYPE], same)?;
    env.add_overload("@different", "@different", vec![DYN_TYPE, DYN_TYPE], different)?;
    env.add_overload("sets.contains", "list_sets_contains_list", two(), sets_contains)?;
    env.add_overload("sets.equivalent", "list_sets_equivalent_list", two(), sets_equivalent)?;
    env.add_overload("sets.intersects", "list_sets_intersects_list", two(), sets_intersects)
}

/// Returns the items of the list argument at a position.
fn items<'a, 'v>(arguments: &'a Arguments<'_, 'v>, place: usize) -> &'a [Box<dyn Val + 'v>] {
    let list = arguments.get(place).and_then(|list| list.downcast_ref::<CelList<'_>>());
    list.map_or(&[], |list| list.inner())
}

fn compare(left: &dyn Val, right: &dyn Val) -> Result<Ordering, ExecutionError> {
    let unordered = || failure("min", "no such overload".to_owned());
    left.as_comparer().ok_or_else(unordered)?.compare(right)
}

fn truth<'b, 'v>(truth: bool) -> Answer<'b, 'v> {
    Ok(CowVal::owned(cel::common::types::CelBool::from(truth)))
}

fn is_sorted<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    for pair in items(&arguments, 0).windows(2) {
        if compare(&*pair[0], &*pair[1])?.is_gt() {
            return truth(false);
        }
    }
    truth(true)
}

fn sum<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let list = items(&arguments, 0);
    let Some((head, rest)) = list.split_first() else { return Ok(CowVal::owned(CelInt::from(0))) };
    let mut total: Box<dyn Val + 'v> = head.clone();
    if total.as_adder().is_none() || total.as_sizer().is_some() {
        return Err(failure("sum", "no such overload".to_owned()));
    }
    // A sum of durations is a duration; timestamps have no sum.
    let is_time = total.as_subtractor().is_some() && total.as_multiplier().is_none();
    if is_time && total.downcast_ref::<CelDuration>().is_none() {
        return Err(failure("sum", "no such overload".to_owned()));
    }
    for item in rest {
        let adder = total.as_adder().ok_or_else(|| failure("sum", "no such overload".to_owned()))?;
        let next = adder.add(&**item)?.into_owned();
        total = next;
    }
    Ok(CowVal::Owned(total))
}

fn extreme<'b, 'v>(arguments: Arguments<'b, 'v>, function: &str, wanted: Ordering) -> Answer<'b, 'v> {
    let list = items(&arguments, 0);
    let empty = || failure(function, format!("{function} called on empty list"));
    let (head, rest) = list.split_first().ok_or_else(empty)?;
    let mut best = head;
    for item in rest {
        if compare(&**item, &**best)? == wanted {
            best = item;
        }
    }
    Ok(CowVal::Owned(best.clone()))
}

fn min<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    extreme(arguments, "min", Ordering::Less)
}

fn max<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    extreme(arguments, "max", Ordering::Greater)
}

fn place<'b, 'v>(place: Option<usize>) -> Answer<'b, 'v> {
    Ok(CowVal::owned(CelInt::from(place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1))))
}

fn index_of<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    place(items(&arguments, 0).iter().position(|item| item.equals(&*arguments[1])))
}

fn last_index_of<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    place(items(&arguments, 0).iter().rposition(|item| item.equals(&*arguments[1])))
}

fn contains(whole: &[Box<dyn Val + '_>], part: &[Box<dyn Val + '_>]) -> bool {
    part.iter().all(|wanted| whole.iter().any(|item| item.equals(&**wanted)))
}

fn sets_contains<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    truth(contains(items(&arguments, 0), items(&arguments, 1)))
}

fn sets_equivalent<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let (left, right) = (items(&arguments, 0), items(&arguments, 1));
    truth(contains(left, right) && contains(right, left))
}

fn sets_intersects<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let (left, right) = (items(&arguments, 0), items(&arguments, 1));
    truth(right.iter().any(|wanted| left.iter().any(|item| item.equals(&**wanted))))
}

/// Tells whether two lists are equal in any order; other values are compared as usual.
fn is_same(arguments: &Arguments<'_, '_>) -> bool {
    let is_list =
        |place: usize| arguments.get(place).is_some_and(|one| one.downcast_ref::<CelList<'_>>().is_some());
    if !is_list(0) || !is_list(1) {
        return arguments.first() == arguments.get(1);
    }
    let (left, right) = (items(arguments, 0), items(arguments, 1));
    left.len() == right.len() && contains(left, right) && contains(right, left)
}

fn same<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    truth(is_same(&arguments))
}

fn different<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    truth(!is_same(&arguments))
}
