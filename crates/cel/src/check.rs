//! Static type checking: unknown names, missing fields, and functions with the wrong arguments.

use std::collections::BTreeMap;

use aqueduct_manifest::SmolStr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::value::CowVal;

use crate::library;
use crate::signature::{Signature, signatures};
use crate::types::{ExpressionScope, ExpressionType};

/// What is wrong, with its node in the syntax tree.
pub(crate) type Fault = (u64, String);

/// The item type of an empty list, which its use determines.
const OPEN: ExpressionType = ExpressionType::Parameter('_');

/// The name of the type of the pairs in loops with two variables.
const PAIR: &str = "@pair";

/// What is known about a valid expression.
pub(crate) struct Checked {
    pub(crate) of: ExpressionType,
    /// The comparisons of lists whose order does not matter.
    pub(crate) unordered: Vec<u64>,
}

/// Returns what is known about an expression, or everything that is wrong with it.
pub(crate) fn check(expression: &IdedExpr, scope: &ExpressionScope) -> Result<Checked, Vec<Fault>> {
    let mut checker = Checker { scope, locals: Vec::new(), faults: Vec::new(), unordered: Vec::new() };
    let of = checker.type_of(expression);
    if !checker.faults.is_empty() {
        return Err(checker.faults);
    }
    // What is still open may be anything.
    let of = substitute(&of, &BTreeMap::from([('_', ExpressionType::Dyn)]));
    Ok(Checked { of, unordered: checker.unordered })
}

struct Checker<'a> {
    scope: &'a ExpressionScope,
    locals: Vec<(String, ExpressionType)>,
    faults: Vec<Fault>,
    unordered: Vec<u64>,
}

impl Checker<'_> {
    /// Records a fault. Its expression may have any type, so that it causes no others.
    fn fault(&mut self, id: u64, message: String) -> ExpressionType {
        self.faults.push((id, message));
        ExpressionType::Dyn
    }

    fn type_of(&mut self, expression: &IdedExpr) -> ExpressionType {
        let id = expression.id;
        match &expression.expr {
            Expr::Unspecified => ExpressionType::Dyn,
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => ExpressionType::Bool,
                LiteralValue::Bytes(_) => ExpressionType::Bytes,
                LiteralValue::Double(_) => ExpressionType::Double,
                LiteralValue::Int(_) => ExpressionType::Int,
                LiteralValue::Null => ExpressionType::Null,
                LiteralValue::String(_) => ExpressionType::String,
                LiteralValue::UInt(_) => ExpressionType::Uint,
            },
            Expr::Ident(name) => self.variable(name).unwrap_or_else(|| self.undeclared(id, name)),
            Expr::Select(select) => {
                if !select.test && is_type_name(expression) {
                    return ExpressionType::Type;
                }
                let operand = self.type_of(&select.operand);
                let of = self.field(id, &operand, &select.field);
                if select.test { ExpressionType::Bool } else { of }
            }
            Expr::List(list) => {
                if list.elements.first().is_some_and(is_half_of_pair) {
                    let halves: Vec<ExpressionType> =
                        list.elements.iter().map(|half| self.type_of(half)).collect();
                    return pair(halves);
                }
                let items = list.elements.iter().enumerate().map(|(place, item)| {
                    let of = self.type_of(item);
                    (item.id, if list.optional_indices.contains(&place) { unwrapped(of) } else { of })
                });
                let items: Vec<(u64, ExpressionType)> = items.collect();
                ExpressionType::list(self.common(items))
            }
            Expr::Map(map) => {
                let (mut keys, mut values) = (Vec::new(), Vec::new());
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        keys.push((entry.key.id, self.type_of(&entry.key)));
                        let of = self.type_of(&entry.value);
                        values.push((entry.value.id, if entry.optional { unwrapped(of) } else { of }));
                    }
                }
                ExpressionType::map(self.common(keys), self.common(values))
            }
            Expr::Struct(message) => self.undeclared(id, &message.type_name),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Call(call) => self.call(id, call),
        }
    }

    fn variable(&self, name: &str) -> Option<ExpressionType> {
        const TYPES: [&str; 12] = [
            "bool",
            "int",
            "uint",
            "double",
            "string",
            "bytes",
            "list",
            "map",
            "null_type",
            "type",
            "dyn",
            "optional_type",
        ];
        let local = self.locals.iter().rev().find(|(known, _)| known == name).map(|(_, of)| of);
        let known = local.or_else(|| self.scope.variables.get(name)).cloned();
        known.or_else(|| TYPES.contains(&name).then_some(ExpressionType::Type))
    }

    fn undeclared(&mut self, id: u64, name: &str) -> ExpressionType {
        self.fault(id, format!("undeclared reference to '{name}' (in container '')"))
    }

    /// Returns the type of a field.
    fn field(&mut self, id: u64, of: &ExpressionType, field: &str) -> ExpressionType {
        match of {
            ExpressionType::Dyn | ExpressionType::Parameter(_) => ExpressionType::Dyn,
            ExpressionType::Map(_, to) => (**to).clone(),
            ExpressionType::Optional(inner) => {
                let of = self.field(id, inner, field);
                ExpressionType::optional(unwrapped(of))
            }
            ExpressionType::Object(object) => match object.fields.get(field) {
                Some(of) => of.clone(),
                None => self.fault(id, format!("undefined field '{field}'")),
            },
            ExpressionType::Opaque("kubernetes.authorization.Authorizer") if field == "requestResource" => {
                ExpressionType::Opaque("kubernetes.authorization.ResourceCheck")
            }
            other => self.fault(id, format!("type '{other}' does not support field selection")),
        }
    }

    /// Returns the common type of all items; different types are a fault.
    fn common(&mut self, items: Vec<(u64, ExpressionType)>) -> ExpressionType {
        let mut common: Option<ExpressionType> = None;
        for (id, of) in items {
            common = Some(match common {
                None => of,
                Some(ExpressionType::Dyn) => ExpressionType::Dyn,
                Some(_) if of == ExpressionType::Dyn => ExpressionType::Dyn,
                Some(known) if assignable(&known, &of, &mut BTreeMap::new()) => {
                    if is_open(&known) {
                        of
                    } else {
                        known
                    }
                }
                Some(known) => {
                    self.fault(id, format!("expected type '{known}' but found '{of}'"));
                    known
                }
            });
        }
        common.unwrap_or(OPEN)
    }

    fn comprehension(&mut self, one: &ComprehensionExpr) -> ExpressionType {
        let depth = self.locals.len();
        let init = self.type_of(&one.accu_init);
        let range = self.type_of(&one.iter_range);
        let item = match &range {
            ExpressionType::List(of) | ExpressionType::Set(of) => (**of).clone(),
            ExpressionType::Map(key, _) => (**key).clone(),
            ExpressionType::Dyn | ExpressionType::Parameter(_) => ExpressionType::Dyn,
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.fault(one.iter_range.id, message)
            }
        };
        self.locals.push((one.accu_var.clone(), init));
        self.locals.push((one.iter_var.clone(), item));
        self.type_of(&one.loop_cond);
        let step = self.type_of(&one.loop_step);
        self.locals.truncate(depth);
        self.locals.push((one.accu_var.clone(), step));
        let result = self.type_of(&one.result);
        self.locals.truncate(depth);
        result
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> ExpressionType {
        let name = call.func_name.as_str();
        if let Some(Expr::Ident(space)) = call.target.as_ref().map(|target| &target.expr) {
            let whole = format!("{space}.{name}");
            if self.variable(space).is_none() && signatures().contains_key(&whole) {
                let arguments = call.args.iter().map(|argument| self.type_of(argument)).collect();
                return self.overload(id, &whole, false, arguments);
            }
        }
        let target = call.target.as_ref().map(|target| self.type_of(target));
        if let (operators::OPT_SELECT, [operand, field]) = (name, call.args.as_slice()) {
            let of = self.type_of(operand);
            let field = literal(field).unwrap_or_default();
            let of = self.field(id, &of, &field);
            return ExpressionType::optional(unwrapped(of));
        }
        let arguments: Vec<ExpressionType> = match (name, call.args.as_slice()) {
            // The arguments of a format string may have different types.
            ("format", [IdedExpr { expr: Expr::List(list), .. }]) => {
                list.elements.iter().for_each(|item| drop(self.type_of(item)));
                vec![ExpressionType::list(ExpressionType::Dyn)]
            }
            (_, arguments) => arguments.iter().map(|argument| self.type_of(argument)).collect(),
        };
        match (name, arguments.as_slice()) {
            (operators::INDEX, [ExpressionType::Object(object), _]) => {
                let place = match &call.args[1].expr {
                    Expr::Literal(LiteralValue::Int(place)) => place.inner().to_string(),
                    _ => literal(&call.args[1]).unwrap_or_default(),
                };
                if let Some(of) = object.fields.get(place.as_str()) {
                    return of.clone();
                }
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right])
                if matches!(left, ExpressionType::Set(_)) || matches!(right, ExpressionType::Set(_)) =>
            {
                self.unordered.push(id);
            }
            ("@entries", [range]) => return entries(range),
            ("@collect", [ExpressionType::List(of)]) => return collected(of),
            ("@merge", [ExpressionType::List(of)]) => return (**of).clone(),
            _ => {}
        }
        self.constant(id, call);
        let is_method = target.is_some();
        self.overload(id, name, is_method, target.into_iter().chain(arguments).collect())
    }

    /// Checks functions that parse text, if the text is a literal.
    fn constant(&mut self, id: u64, call: &CallExpr) {
        const CONVERSIONS: [&str; 7] = ["int", "uint", "double", "bool", "bytes", "duration", "timestamp"];
        let name = call.func_name.as_str();
        if name == "matches"
            && let Some(pattern) = call.args.last().and_then(literal)
            && regex::Regex::new(&pattern).is_err()
        {
            self.fault(id, "invalid matches argument".to_owned());
        }
        if !CONVERSIONS.contains(&name) || call.target.is_some() {
            return;
        }
        let [Expr::Literal(value)] = call.args.iter().map(|one| &one.expr).collect::<Vec<_>>()[..] else {
            return;
        };
        let arguments = vec![CowVal::Owned(value.to_val().into_owned())];
        let overload = library::environment(self.scope.dialect).find_overload(name, &arguments);
        if overload.is_some_and(|read| read(arguments).is_err()) {
            self.fault(id, format!("invalid {name} argument"));
        }
    }

    fn overload(
        &mut self,
        id: u64,
        name: &str,
        is_method: bool,
        arguments: Vec<ExpressionType>,
    ) -> ExpressionType {
        let Some(all) = signatures().get(name) else { return self.undeclared(id, name) };
        let mut results: Vec<ExpressionType> = Vec::new();
        for Signature { parameters, result, .. } in all.iter().filter(|one| one.is_method == is_method) {
            let mut known = BTreeMap::new();
            let is_match = parameters.len() == arguments.len()
                && parameters
                    .iter()
                    .zip(&arguments)
                    .all(|(wanted, given)| assignable(wanted, given, &mut known));
            if is_match {
                results.push(substitute(result, &known));
            }
        }
        match results.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => first.clone(),
            Some(_) => ExpressionType::Dyn,
            None => {
                let names: Vec<String> = arguments.iter().map(ExpressionType::to_string).collect();
                let list = match names.split_first() {
                    Some((target, rest)) if is_method => format!("{target}.({})", rest.join(", ")),
                    _ => format!("({})", names.join(", ")),
                };
                self.fault(id, format!("found no matching overload for '{name}' applied to '{list}'"))
            }
        }
    }
}

/// Tells whether an expression is a dotted type name.
fn is_type_name(expression: &IdedExpr) -> bool {
    const NAMES: [&str; 10] = [
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "kubernetes.Quantity",
        "kubernetes.Semver",
        "kubernetes.URL",
        "kubernetes.NamedFormat",
        "net.IP",
        "net.CIDR",
        "google.protobuf.Any",
        "google.protobuf.Struct",
    ];
    spelled(expression).is_some_and(|name| NAMES.contains(&name.as_str()))
}

fn spelled(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", spelled(&select.operand)?, select.field))
        }
        _ => None,
    }
}

fn literal(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}

fn is_half_of_pair(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Call(call) if call.func_name == operators::INDEX => {
            matches!(call.args.first().map(|pair| &pair.expr), Some(Expr::Ident(name)) if name == PAIR)
        }
        _ => false,
    }
}

fn pair(halves: Vec<ExpressionType>) -> ExpressionType {
    ExpressionType::object(
        PAIR,
        halves.into_iter().enumerate().map(|(place, of)| (SmolStr::from(place.to_string()), of)),
    )
}

fn entries(range: &ExpressionType) -> ExpressionType {
    ExpressionType::list(match range {
        ExpressionType::List(of) | ExpressionType::Set(of) => pair(vec![ExpressionType::Int, (**of).clone()]),
        ExpressionType::Map(key, value) => pair(vec![(**key).clone(), (**value).clone()]),
        _ => pair(vec![ExpressionType::Dyn, ExpressionType::Dyn]),
    })
}

fn collected(of: &ExpressionType) -> ExpressionType {
    let half = |place: &str| match of {
        ExpressionType::Object(object) => object.fields.get(place).cloned().unwrap_or(ExpressionType::Dyn),
        _ => ExpressionType::Dyn,
    };
    ExpressionType::map(half("0"), half("1"))
}

fn unwrapped(of: ExpressionType) -> ExpressionType {
    match of {
        ExpressionType::Optional(inner) => (*inner).clone(),
        other => other,
    }
}

/// Tells whether a value of one type can be used as another, and records the types of the letters.
fn assignable(
    wanted: &ExpressionType,
    given: &ExpressionType,
    known: &mut BTreeMap<char, ExpressionType>,
) -> bool {
    match (wanted, given) {
        (_, ExpressionType::Parameter('_')) | (ExpressionType::Parameter('_'), _)
            if !matches!(wanted, ExpressionType::Parameter('A'..='Z')) =>
        {
            true
        }
        (ExpressionType::Parameter(letter), _) => match known.get(letter).cloned() {
            None => {
                known.insert(*letter, given.clone());
                true
            }
            Some(ExpressionType::Dyn) => true,
            Some(_) if *given == ExpressionType::Dyn => {
                known.insert(*letter, ExpressionType::Dyn);
                true
            }
            Some(before) if assignable(&before, given, known) => {
                // The more specific type is kept: `[]` is a list of anything.
                if is_open(&before) {
                    known.insert(*letter, given.clone());
                }
                true
            }
            Some(before) if before == ExpressionType::Null && assignable(given, &before, known) => {
                known.insert(*letter, given.clone());
                true
            }
            Some(_) => false,
        },
        (ExpressionType::Dyn, _) | (_, ExpressionType::Dyn | ExpressionType::Parameter(_)) => true,
        (
            ExpressionType::List(wanted) | ExpressionType::Set(wanted),
            ExpressionType::List(given) | ExpressionType::Set(given),
        )
        | (ExpressionType::Optional(wanted), ExpressionType::Optional(given)) => {
            assignable(wanted, given, known)
        }
        (ExpressionType::Map(key, value), ExpressionType::Map(other_key, other_value)) => {
            assignable(key, other_key, known) && assignable(value, other_value, known)
        }
        (ExpressionType::Object(wanted), ExpressionType::Object(given)) => wanted.name == given.name,
        (
            ExpressionType::Object(_)
            | ExpressionType::Timestamp
            | ExpressionType::Duration
            | ExpressionType::Opaque(_)
            | ExpressionType::Optional(_),
            ExpressionType::Null,
        ) => true,
        (wanted, given) => wanted == given,
    }
}

/// Tells whether part of a type is still open.
fn is_open(of: &ExpressionType) -> bool {
    match of {
        ExpressionType::Parameter(_) => true,
        ExpressionType::List(of) | ExpressionType::Set(of) | ExpressionType::Optional(of) => is_open(of),
        ExpressionType::Map(key, value) => is_open(key) || is_open(value),
        _ => false,
    }
}

fn substitute(of: &ExpressionType, known: &BTreeMap<char, ExpressionType>) -> ExpressionType {
    match of {
        ExpressionType::Parameter(letter) => known.get(letter).cloned().unwrap_or(OPEN),
        ExpressionType::List(of) => ExpressionType::list(substitute(of, known)),
        ExpressionType::Set(of) => ExpressionType::set(substitute(of, known)),
        ExpressionType::Optional(of) => ExpressionType::optional(substitute(of, known)),
        ExpressionType::Map(key, value) => {
            ExpressionType::map(substitute(key, known), substitute(value, known))
        }
        other => other.clone(),
    }
}
