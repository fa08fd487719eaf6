//! Limits the cost of an evaluation: the syntax tree is changed before it runs, so that whatever can grow is
//! counted.
//!
//! The interpreter has no limit of its own. Each loop pays for its rounds, and each function whose result can be larger
//! than its arguments pays for that. Such a function is replaced by one with `@` in its name, which no expression can
//! contain, and gets the purse as an additional argument. A loop over a map also runs in key order.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, operators};
use cel::common::traits::Sizer;
use cel::common::types::{self, CelBytes, CelInt, CelList, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use crate::datum::sorted;

/// The variable with the purse.
pub(crate) const PURSE: &str = "@purse";

/// How many rounds the loops of one evaluation may run. A server stops an evaluation at this cost, and each round costs
/// it more.
const MOST_ROUNDS: u64 = 1_000_000;

/// How much else one evaluation may spend: bytes of text, examined items, regular expressions.
const MOST_BYTES: u64 = 8_000_000;

/// What an evaluation may still spend.
#[derive(Clone, Debug)]
pub(crate) struct Purse(Arc<Spent>);

#[derive(Debug, Default)]
struct Spent {
    rounds: AtomicU64,
    bytes: AtomicU64,
}

static PURSE_TYPE: types::Type = types::Type::new_unspecified_type("@purse");

impl Purse {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Tells whether the loops ran for longer than a server allows.
    pub(crate) fn has_no_rounds(&self) -> bool {
        self.0.rounds.load(Ordering::Relaxed) > MOST_ROUNDS
    }

    /// Tells whether the evaluation did more than is allowed here.
    pub(crate) fn has_no_bytes(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) > MOST_BYTES
    }

    fn go(&self, rounds: u64) -> Result<(), ExecutionError> {
        spend(&self.0.rounds, rounds, MOST_ROUNDS)
    }

    fn pay(&self, bytes: u64) -> Result<(), ExecutionError> {
        spend(&self.0.bytes, bytes, MOST_BYTES)
    }
}

fn spend(spent: &AtomicU64, cost: u64, most: u64) -> Result<(), ExecutionError> {
    let sum = spent.load(Ordering::Relaxed).saturating_add(cost);
    spent.store(sum, Ordering::Relaxed);
    if sum > most { Err(ExecutionError::function_error("evaluation", "costs too much")) } else { Ok(()) }
}

impl Val for Purse {
    fn get_type(&self) -> &types::Type {
        &PURSE_TYPE
    }

    fn cel_type() -> &'static types::Type {
        &PURSE_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Purse {}

/// Functions whose result can be larger than their arguments; they pay for the result.
const GROWING: [&str; 14] = [
    "format",
    "flatten",
    "split",
    "slice",
    "@sortByAssociatedKeys",
    "sort",
    "reverse",
    "substring",
    "lists.range",
    "range",
    "string",
    "bytes",
    "quote",
    "findAll",
];

/// Functions that compare each item with each item.
const QUADRATIC: [&str; 6] = ["distinct", "contains", "equivalent", "intersects", "indexOf", "lastIndexOf"];

/// Functions that compile a regular expression.
const SEARCHING: [&str; 3] = ["matches", "find", "findAll"];

/// The cost of compiling a regular expression.
const SEARCH: u64 = 500;

/// Returns the depth of an expression.
pub(crate) fn depth(expression: &IdedExpr) -> usize {
    let entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(field) => depth(&field.value),
        EntryExpr::MapEntry(entry) => depth(&entry.key).max(depth(&entry.value)),
    };
    let inner = match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => None,
        Expr::Select(select) => Some(depth(&select.operand)),
        Expr::List(list) => list.elements.iter().map(depth).max(),
        Expr::Map(map) => map.entries.iter().map(|one| entry(&one.expr)).max(),
        Expr::Struct(message) => message.entries.iter().map(|one| entry(&one.expr)).max(),
        Expr::Comprehension(one) => {
            [&one.iter_range, &one.accu_init, &one.loop_cond, &one.loop_step, &one.result]
                .map(depth)
                .into_iter()
                .max()
        }
        Expr::Call(call) => {
            call.target.iter().map(|target| depth(target)).chain(call.args.iter().map(depth)).max()
        }
    };
    inner.unwrap_or(0) + 1
}

/// Makes an expression pay for what it does. The given comparisons of lists ignore the order.
pub(crate) fn meter(expression: &mut IdedExpr, unordered: &[u64]) {
    match &mut expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => meter(&mut select.operand, unordered),
        Expr::List(list) => list.elements.iter_mut().for_each(|item| meter(item, unordered)),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| meter_entry(&mut entry.expr, unordered)),
        Expr::Struct(message) => {
            message.entries.iter_mut().for_each(|entry| meter_entry(&mut entry.expr, unordered))
        }
        Expr::Comprehension(comprehension) => meter_loop(comprehension, unordered),
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| meter(target, unordered));
            call.args.iter_mut().for_each(|argument| meter(argument, unordered));
            meter_call(expression, unordered);
        }
    }
}

fn meter_entry(entry: &mut EntryExpr, unordered: &[u64]) {
    match entry {
        EntryExpr::StructField(field) => meter(&mut field.value, unordered),
        EntryExpr::MapEntry(entry) => {
            meter(&mut entry.key, unordered);
            meter(&mut entry.value, unordered);
        }
    }
}

fn meter_loop(comprehension: &mut ComprehensionExpr, unordered: &[u64]) {
    meter(&mut comprehension.accu_init, unordered);
    meter(&mut comprehension.loop_cond, unordered);
    meter(&mut comprehension.result, unordered);
    // The interpreter appends to lists in place if it recognises the form of the step.
    let accumulator = comprehension.accu_var.clone();
    meter_step(&mut comprehension.loop_step, &accumulator, unordered);
    meter(&mut comprehension.iter_range, unordered);
    let is_binding = matches!(&comprehension.iter_range.expr, Expr::List(list) if list.elements.is_empty());
    if !is_binding {
        wrap(&mut comprehension.iter_range, "@range");
    }
}

fn meter_step(step: &mut IdedExpr, accumulator: &str, unordered: &[u64]) {
    let is_accumulator = |one: &IdedExpr| matches!(&one.expr, Expr::Ident(name) if name == accumulator);
    if let Expr::Call(call) = &mut step.expr {
        match (call.func_name.as_str(), call.args.as_mut_slice()) {
            (operators::ADD, [left, right]) if is_accumulator(left) => return meter(right, unordered),
            (operators::CONDITIONAL, [guard, then, otherwise]) if is_accumulator(otherwise) => {
                meter(guard, unordered);
                return meter_step(then, accumulator, unordered);
            }
            _ => {}
        }
    }
    meter(step, unordered);
}

fn meter_call(expression: &mut IdedExpr, unordered: &[u64]) {
    let Expr::Call(call) = &mut expression.expr else { return };
    let name = call.func_name.as_str();
    if let Some(target) = &mut call.target {
        if SEARCHING.contains(&name) {
            wrap(target, "@search");
        } else if QUADRATIC.contains(&name) {
            for list in call.args.iter_mut().chain([&mut **target]) {
                // The target of `sets.contains` is a name, not a value.
                if !matches!(&list.expr, Expr::Ident(name) if name == "sets") {
                    wrap(list, "@each");
                }
            }
        }
    } else if SEARCHING.contains(&name) {
        call.args.iter_mut().take(1).for_each(|text| wrap(text, "@search"));
    }
    let name = call.func_name.as_str();
    match (name, call.args.len()) {
        (operators::EQUALS | operators::NOT_EQUALS, 2) if unordered.contains(&expression.id) => {
            call.func_name = if name == operators::EQUALS { "@same" } else { "@different" }.to_owned();
            call.args.iter_mut().for_each(|list| wrap(list, "@each"));
        }
        (operators::ADD, 2) => {
            call.func_name = "@add".to_owned();
            call.args.push(purse());
        }
        ("replace", 2 | 3) | ("join", 0 | 1) if call.target.is_some() => {
            call.func_name = format!("@{name}");
            call.args.push(purse());
        }
        ("orValue" | "or", 1) if call.target.is_some() => call.func_name = format!("@{name}"),
        _ if GROWING.contains(&name) => wrap(expression, "@spend"),
        _ => {}
    }
}

fn purse() -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(PURSE.to_owned()) }
}

/// Wraps an expression in a function call.
fn wrap(expression: &mut IdedExpr, function: &str) {
    let inner = std::mem::take(expression);
    let call = CallExpr { func_name: function.to_owned(), target: None, args: vec![inner, purse()] };
    *expression = IdedExpr { id: 0, expr: Expr::Call(call) };
}

/// Registers the functions that pay.
pub(crate) fn extension(environment: &mut Env) -> Result<(), DeclarationError> {
    use types::{DYN_TYPE, INT_TYPE, LIST_TYPE, STRING_TYPE};
    let any = || vec![DYN_TYPE, PURSE_TYPE.to_owned()];
    environment.add_overload("@range", "@range", any(), range)?;
    environment.add_overload("@spend", "@spend", any(), spend_result)?;
    environment.add_overload("@search", "@search", any(), search)?;
    environment.add_overload("@each", "@each", any(), each)?;
    environment.add_overload("@add", "@add", vec![DYN_TYPE, DYN_TYPE, PURSE_TYPE.to_owned()], add)?;
    let texts = vec![STRING_TYPE, STRING_TYPE, PURSE_TYPE.to_owned()];
    environment.add_member_overload("@replace", "@replace", STRING_TYPE, texts, replace)?;
    let texts = vec![STRING_TYPE, STRING_TYPE, INT_TYPE, PURSE_TYPE.to_owned()];
    environment.add_member_overload("@replace", "@replace_n", STRING_TYPE, texts, replace)?;
    environment.add_member_overload("@join", "@join", LIST_TYPE, vec![PURSE_TYPE.to_owned()], join)?;
    environment.add_member_overload(
        "@join",
        "@join_with",
        LIST_TYPE,
        vec![STRING_TYPE, PURSE_TYPE.to_owned()],
        join,
    )
}

/// Returns the length of a text, or the number of items.
fn size(value: &dyn Val) -> u64 {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        text.inner().len() as u64
    } else if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        bytes.inner().len() as u64
    } else {
        value.as_sizer().map(Sizer::size).and_then(|size| u64::try_from(*size.inner()).ok()).unwrap_or(0)
    }
}

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Takes the purse from the end of the arguments.
fn pay(
    arguments: &mut Arguments<'_, '_>,
    cost: impl FnOnce(&[CowVal<'_, '_>]) -> u64,
) -> Result<(), ExecutionError> {
    let last = arguments.pop().ok_or_else(ExecutionError::missing_argument_or_target)?;
    let cost = cost(arguments);
    last.downcast_ref::<Purse>().map_or(Ok(()), |purse| purse.pay(cost))
}

fn first<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    if arguments.is_empty() {
        Err(ExecutionError::missing_argument_or_target())
    } else {
        Ok(arguments.swap_remove(0))
    }
}

fn range<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    let purse = arguments.pop();
    let range = first(arguments)?;
    // Even a loop without rounds costs something.
    let rounds = size(&*range).saturating_add(1);
    purse
        .as_ref()
        .and_then(|purse| purse.downcast_ref::<Purse>())
        .map_or(Ok(()), |purse| purse.go(rounds))?;
    let Some(map) = range.downcast_ref::<CelMap<'_>>() else { return Ok(range) };
    let keys: Vec<Box<dyn Val + 'v>> = sorted(map).into_iter().map(|(key, _)| boxed(key)).collect();
    Ok(CowVal::owned(CelList::from(keys)))
}

/// Returns the key of a map as a value.
pub(crate) fn boxed<'v>(key: &CelMapKey<'v>) -> Box<dyn Val + 'v> {
    match key {
        CelMapKey::Bool(key) => Box::new(*key),
        CelMapKey::Int(key) => Box::new(*key),
        CelMapKey::UInt(key) => Box::new(*key),
        CelMapKey::String(key) => Box::new(key.clone()),
    }
}

fn spend_result<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| size(&*values[0]))?;
    first(arguments)
}

fn search<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| SEARCH.saturating_add(size(&*values[0])))?;
    first(arguments)
}

fn each<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| match values[0].downcast_ref::<CelList<'_>>() {
        Some(list) => (list.inner().len() as u64).saturating_pow(2),
        None => 0,
    })?;
    first(arguments)
}

fn add<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| size(&*values[0]).saturating_add(size(&*values[1])))?;
    let [left, right] = <[CowVal<'b, 'v>; 2]>::try_from(arguments)
        .map_err(|arguments| ExecutionError::invalid_argument_count(2, arguments.len()))?;
    let overload = || {
        let names = [&left, &right].map(|value| value.get_type().name().to_owned());
        ExecutionError::no_such_overload(operators::ADD, names.into())
    };
    let sum = left.as_adder().ok_or_else(overload)?.add(&*right).map_err(|error| match error {
        ExecutionError::UnsupportedBinaryOperator(..) => overload(),
        error => error,
    })?;
    Ok(CowVal::Owned(sum.into_owned()))
}

fn text<'a>(value: &'a CowVal<'_, '_>) -> Result<&'a str, ExecutionError> {
    let text = value.downcast_ref::<CelString<'_>>().map(CelString::inner);
    text.ok_or_else(|| ExecutionError::no_such_overload("join", vec![value.get_type().name().to_owned()]))
}

fn replace<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| (size(&*values[0]) + 1).saturating_mul(size(&*values[2]) + 1))?;
    let (whole, from, to) = (text(&arguments[0])?, text(&arguments[1])?, text(&arguments[2])?);
    let count = arguments.get(3).and_then(|count| count.downcast_ref::<CelInt>()).map(|count| *count.inner());
    let result = match count.map(usize::try_from) {
        Some(Ok(count)) => whole.replacen(from, to, count),
        _ => whole.replace(from, to),
    };
    Ok(CowVal::owned(CelString::from(result)))
}

fn join<'b, 'v>(mut arguments: Arguments<'b, 'v>) -> Answer<'b, 'v> {
    pay(&mut arguments, |values| {
        let separator = values.get(1).map_or(0, |separator| size(&**separator));
        let items = values[0].downcast_ref::<CelList<'_>>().map_or(&[][..], |list| list.inner());
        items.iter().fold(0, |sum: u64, item| sum.saturating_add(size(&**item)).saturating_add(separator))
    })?;
    let separator = arguments.get(1).map_or(Ok(""), text)?;
    let list = arguments[0].downcast_ref::<CelList<'_>>();
    let mut result = String::new();
    for (place, item) in list.into_iter().flat_map(|list| list.inner()).enumerate() {
        if place > 0 {
            result.push_str(separator);
        }
        result.push_str(text(&CowVal::Borrowed(&**item))?);
    }
    Ok(CowVal::owned(CelString::from(result)))
}
