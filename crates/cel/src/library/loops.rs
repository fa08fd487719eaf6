//! Loops with two variables, such as `map.all(key, value, …)`, and `cel.bind`.
//!
//! The interpreter has loops with one variable. A loop with two iterates over the pairs of `@entries` and binds the
//! halves of each pair inside.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, operators};
use cel::common::types::{CelInt, CelList, CelMap, CelMapKey, DYN_TYPE, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::parser::{Macro, MacroExprHelper, ParseError};
use cel::{DeclarationError, Env, ExecutionError};

use super::failure;
use crate::datum::sorted;
use crate::rewrite::boxed;

/// The variable for a key and its value.
pub(crate) const PAIR: &str = "@pair";
const RESULT: &str = "@result";

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload("@entries", "@entries", vec![DYN_TYPE], entries)?;
    env.add_overload("@collect", "@collect", vec![LIST_TYPE], collect)?;
    env.add_overload("@merge", "@merge", vec![LIST_TYPE], merge)?;
    let kinds = [
        ("all", Loop::All),
        ("exists", Loop::Exists),
        ("existsOne", Loop::ExistsOne),
        ("exists_one", Loop::ExistsOne),
        ("transformList", Loop::List),
        ("transformMap", Loop::Map),
        ("transformMapEntry", Loop::Entry),
    ];
    for (name, kind) in kinds {
        let has_filter = matches!(kind, Loop::List | Loop::Map | Loop::Entry);
        for count in 3..=if has_filter { 4 } else { 3 } {
            env.add_macro(Macro::receiver(name, count, move |helper, target, arguments| {
                let (Some(target), [key, value, ..]) = (target.take(), arguments.as_slice()) else {
                    return Ok(None);
                };
                let names = [name_of(helper, key)?, name_of(helper, value)?];
                let body =
                    arguments.drain(2..).map(|part| name_pair(helper, &names, part)).collect::<Vec<_>>();
                Ok(expand(helper, kind, target, body))
            }))?;
        }
    }
    Ok(())
}

/// The result of a loop.
#[derive(Clone, Copy)]
enum Loop {
    All,
    Exists,
    ExistsOne,
    List,
    Map,
    Entry,
}

fn name_of(helper: &MacroExprHelper<'_>, part: &IdedExpr) -> Result<String, ParseError> {
    match &part.expr {
        Expr::Ident(name) => Ok(name.clone()),
        _ => Err(helper.new_error(part.id, "argument must be a simple name")),
    }
}

/// Returns the macro `cel.bind(name, value, body)`.
pub(super) fn bind() -> Macro {
    Macro::receiver("bind", 3, |helper, target, arguments| {
        let is_ours =
            target.as_ref().is_some_and(|target| matches!(&target.expr, Expr::Ident(name) if name == "cel"));
        let [name, _, _] = arguments.as_slice() else { return Ok(None) };
        if !is_ours {
            return Ok(None);
        }
        let name = name_of(helper, name)?;
        let body = arguments.pop();
        let value = arguments.pop();
        Ok(value.zip(body).map(|(value, body)| let_in(helper, name, value, body)))
    })
}

/// Binds a value to a name in a body: a loop without rounds, whose result is the body.
fn let_in(helper: &mut MacroExprHelper<'_>, name: String, value: IdedExpr, body: IdedExpr) -> IdedExpr {
    let comprehension = ComprehensionExpr {
        iter_range: helper.next_expr(Expr::List(ListExpr::new(Vec::new()))),
        iter_var: "#unused".to_owned(),
        iter_var2: None,
        accu_var: name.clone(),
        accu_init: value,
        loop_cond: truth(helper, false),
        loop_step: helper.next_expr(Expr::Ident(name)),
        result: body,
    };
    helper.next_expr(Expr::Comprehension(Box::new(comprehension)))
}

fn truth(helper: &mut MacroExprHelper<'_>, truth: bool) -> IdedExpr {
    helper.next_expr(Expr::Literal(LiteralValue::Boolean(truth.into())))
}

fn number(helper: &mut MacroExprHelper<'_>, number: i64) -> IdedExpr {
    helper.next_expr(Expr::Literal(LiteralValue::Int(number.into())))
}

fn ident(helper: &mut MacroExprHelper<'_>, name: &str) -> IdedExpr {
    helper.next_expr(Expr::Ident(name.to_owned()))
}

fn call(helper: &mut MacroExprHelper<'_>, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    helper.next_expr(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

fn list(helper: &mut MacroExprHelper<'_>, items: Vec<IdedExpr>) -> IdedExpr {
    helper.next_expr(Expr::List(ListExpr::new(items)))
}

fn half(helper: &mut MacroExprHelper<'_>, place: i64) -> IdedExpr {
    let parts = vec![ident(helper, PAIR), number(helper, place)];
    call(helper, operators::INDEX, parts)
}

/// Binds the halves of the pair in a part of the loop.
fn name_pair(helper: &mut MacroExprHelper<'_>, names: &[String; 2], part: IdedExpr) -> IdedExpr {
    let value = half(helper, 1);
    let inner = let_in(helper, names[1].clone(), value, part);
    let key = half(helper, 0);
    let_in(helper, names[0].clone(), key, inner)
}

fn expand(
    helper: &mut MacroExprHelper<'_>,
    kind: Loop,
    target: IdedExpr,
    mut body: Vec<IdedExpr>,
) -> Option<IdedExpr> {
    let range = call(helper, "@entries", vec![target]);
    let last = body.pop()?;
    let filter = body.pop();
    let result = ident(helper, RESULT);
    let accumulator = ident(helper, RESULT);
    let mut comprehension = ComprehensionExpr {
        iter_range: range,
        iter_var: PAIR.to_owned(),
        iter_var2: None,
        accu_var: RESULT.to_owned(),
        accu_init: truth(helper, true),
        loop_cond: truth(helper, true),
        loop_step: IdedExpr::default(),
        result,
    };
    match kind {
        Loop::All => {
            let going = ident(helper, RESULT);
            comprehension.loop_cond = call(helper, operators::NOT_STRICTLY_FALSE, vec![going]);
            comprehension.loop_step = call(helper, operators::LOGICAL_AND, vec![accumulator, last]);
        }
        Loop::Exists => {
            comprehension.accu_init = truth(helper, false);
            let going = ident(helper, RESULT);
            let not = call(helper, operators::LOGICAL_NOT, vec![going]);
            comprehension.loop_cond = call(helper, operators::NOT_STRICTLY_FALSE, vec![not]);
            comprehension.loop_step = call(helper, operators::LOGICAL_OR, vec![accumulator, last]);
        }
        Loop::ExistsOne => {
            comprehension.accu_init = number(helper, 0);
            let one = number(helper, 1);
            let next = call(helper, operators::ADD, vec![accumulator, one]);
            let same = ident(helper, RESULT);
            comprehension.loop_step = call(helper, operators::CONDITIONAL, vec![last, next, same]);
            let (count, one) = (ident(helper, RESULT), number(helper, 1));
            comprehension.result = call(helper, operators::EQUALS, vec![count, one]);
        }
        Loop::List | Loop::Map | Loop::Entry => {
            comprehension.accu_init = list(helper, Vec::new());
            let item = match kind {
                Loop::Map => {
                    let key = half(helper, 0);
                    list(helper, vec![key, last])
                }
                _ => last,
            };
            let items = list(helper, vec![item]);
            let next = call(helper, operators::ADD, vec![accumulator, items]);
            comprehension.loop_step = match filter {
                Some(filter) => {
                    let same = ident(helper, RESULT);
                    call(helper, operators::CONDITIONAL, vec![filter, next, same])
                }
                None => next,
            };
        }
    }
    let all = helper.next_expr(Expr::Comprehension(Box::new(comprehension)));
    Some(match kind {
        Loop::Map => call(helper, "@collect", vec![all]),
        Loop::Entry => call(helper, "@merge", vec![all]),
        _ => all,
    })
}

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Returns the keys, or positions, of a collection with their values, in order.
fn entries<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let pair = |key: Box<dyn Val + 'v>, value: Box<dyn Val + 'v>| -> Box<dyn Val + 'v> {
        Box::new(CelList::from(vec![key, value]))
    };
    let range = arguments.first().ok_or_else(ExecutionError::missing_argument_or_target)?;
    let pairs: Vec<Box<dyn Val + 'v>> = if let Some(list) = range.downcast_ref::<CelList<'_>>() {
        let places = (0_i64..).zip(list.inner());
        places.map(|(place, item)| pair(Box::new(CelInt::from(place)), item.clone())).collect()
    } else if let Some(map) = range.downcast_ref::<CelMap<'_>>() {
        sorted(map).into_iter().map(|(key, value)| pair(boxed(key), value.clone_as_boxed())).collect()
    } else {
        return Err(failure("comprehension", "no such overload".to_owned()));
    };
    Ok(CowVal::owned(CelList::from(pairs)))
}

fn make<'b, 'v>(entries: Vec<(CelMapKey<'v>, Box<dyn Val + 'v>)>) -> Answer<'b, 'v> {
    #[expect(clippy::disallowed_types, reason = "the interpreter's maps are made of nothing else")]
    let mut map: std::collections::HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> =
        std::collections::HashMap::new();
    for (key, value) in entries {
        if map.contains_key(&key) {
            return Err(failure("transformMapEntry", "insert failed: key already exists".to_owned()));
        }
        map.insert(key, value);
    }
    Ok(CowVal::owned(CelMap::from(map)))
}

/// Builds a map from pairs.
fn collect<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let list = arguments.first().and_then(|list| list.downcast_ref::<CelList<'_>>());
    let mut entries = Vec::new();
    for pair in list.into_iter().flat_map(|list| list.inner()) {
        if let Some([key, value]) = pair.downcast_ref::<CelList<'_>>().map(|pair| pair.inner()) {
            entries.push((CelMapKey::try_from(key.clone())?, value.clone()));
        }
    }
    make(entries)
}

/// Merges maps into one.
fn merge<'b, 'v>(arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let list = arguments.first().and_then(|list| list.downcast_ref::<CelList<'_>>());
    let mut entries = Vec::new();
    for map in list.into_iter().flat_map(|list| list.inner()) {
        let map = map.downcast_ref::<CelMap<'_>>();
        let map = map.ok_or_else(|| failure("transformMapEntry", "no such overload".to_owned()))?;
        for (key, value) in sorted(map) {
            entries.push((key.clone(), value.clone_as_boxed()));
        }
    }
    make(entries)
}
