//! A compiled expression.

use std::fmt;
use std::sync::Arc;

use cel::common::ast::SourceInfo;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, ExecutionError, IdedExpr, Value};

use crate::check::{Checked, check};
use crate::datum::{Datum, Variables};
use crate::library::environment;
use crate::rewrite::{PURSE, Purse, depth, meter};
use crate::types::{CelDialect, ExpressionScope, ExpressionType};

/// The maximum length of an expression.
const MOST_LETTERS: usize = 100_000;

/// The maximum number of operators and brackets in an expression, which limits the depth of its syntax tree.
const MOST_OPERATORS: usize = 4_000;

/// The stack on which expressions are parsed and run. Only as much is used as an expression is deep.
const STACK: usize = 256 << 20;

/// The depth up to which an expression needs no stack of its own.
const SHALLOW: usize = 32;

/// The largest value that an evaluation may return, in nodes and bytes.
const LARGEST: usize = 2_000_000;

/// A compiled expression.
pub struct Program {
    expression: IdedExpr,
    dialect: CelDialect,
    result: ExpressionType,
    depth: usize,
}

/// Why a text is not an expression, in the words of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// All problems, one per line, with their positions.
    pub message: String,
}

impl fmt::Display for CompileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluationError {
    /// It failed, as it would in a server: `no such key: labels`.
    Failed(String),
    /// It takes too long to evaluate here. It is unknown whether a server would continue.
    TooCostly,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => out.write_str(message),
            Self::TooCostly => out.write_str("takes too long to evaluate"),
        }
    }
}

impl std::error::Error for EvaluationError {}

impl Program {
    /// Parses and checks an expression.
    pub fn compile(source: &str, scope: &ExpressionScope) -> Result<Self, CompileError> {
        let operators = source.bytes().filter(|byte| b"+-*/%<>=!&|?:.([{,".contains(byte)).count();
        if source.len() > MOST_LETTERS
            || (operators > MOST_OPERATORS && depth_of_text(source) > MOST_OPERATORS)
        {
            let message = "compilation failed: ERROR: <input>:1:1: expression is too long".to_owned();
            return Err(CompileError { message });
        }
        stacker::maybe_grow(STACK, STACK, || compile(source, scope))
    }

    /// Returns the type of the result.
    pub fn result(&self) -> &ExpressionType {
        &self.result
    }

    /// Computes the value.
    pub fn evaluate(&self, variables: &Variables) -> Result<Datum, EvaluationError> {
        if self.depth <= SHALLOW {
            return self.run(variables);
        }
        stacker::maybe_grow(STACK, STACK, || self.run(variables))
    }

    fn run(&self, variables: &Variables) -> Result<Datum, EvaluationError> {
        let purse = Purse::new();
        let resolver: &dyn VariableResolver = variables;
        let mut context = Context::with_env(Arc::clone(environment(self.dialect)));
        context.set_variable_resolver(resolver);
        context.add_variable_as_val(PURSE, Box::new(purse.clone()));
        let result = Value::resolve_val(&self.expression, &context);
        if purse.has_no_rounds() {
            return Err(EvaluationError::Failed(
                "operation cancelled: actual cost limit exceeded".to_owned(),
            ));
        }
        if purse.has_no_bytes() {
            return Err(EvaluationError::TooCostly);
        }
        let value: CowVal<'_, '_> = result.map_err(|error| EvaluationError::Failed(in_words(&error)))?;
        Datum::of(&*value, &mut { LARGEST }).ok_or(EvaluationError::TooCostly)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Program({})", self.result)
    }
}

/// Returns the number of operators and brackets outside quoted text.
fn depth_of_text(source: &str) -> usize {
    let (mut count, mut quote) = (0, None);
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, _) if b"+-*/%<>=!&|?:.([{,".contains(&byte) => count += 1,
            _ => {}
        }
    }
    count
}

fn compile(source: &str, scope: &ExpressionScope) -> Result<Program, CompileError> {
    let environment = environment(scope.dialect);
    let parser = environment.parser().enable_ident_escape_syntax(true);
    let (mut expression, places) = parser.parse_with_source_info(source).map_err(|errors| {
        let lines = errors.errors.iter().map(|error| mark(source, place(error.pos), &error.msg));
        failed(lines.collect())
    })?;
    let checked = match scope.dialect {
        CelDialect::Unchecked => Checked { of: ExpressionType::Dyn, unordered: Vec::new() },
        CelDialect::Kubernetes => check(&expression, scope).map_err(|faults| {
            let lines = faults.iter().map(|(id, message)| mark(source, start(source, &places, *id), message));
            failed(lines.collect())
        })?,
    };
    meter(&mut expression, &checked.unordered);
    let depth = depth(&expression);
    Ok(Program { expression, dialect: scope.dialect, result: checked.of, depth })
}

fn failed(lines: Vec<String>) -> CompileError {
    CompileError { message: format!("compilation failed: {}", lines.join("\n")) }
}

fn place((line, column): (isize, isize)) -> (usize, usize) {
    (usize::try_from(line).unwrap_or(1).max(1), usize::try_from(column).unwrap_or(1).max(1))
}

/// Returns the line and column of a node.
fn start(source: &str, places: &SourceInfo, id: u64) -> (usize, usize) {
    let offset = places.offset_for(id).map_or(0, |(start, _)| start as usize);
    let before: String = source.chars().take(offset).collect();
    let line = before.matches('\n').count() + 1;
    (line, before.chars().rev().take_while(|letter| *letter != '\n').count() + 1)
}

/// Formats a problem with its source line and a marker below.
fn mark(source: &str, (line, column): (usize, usize), message: &str) -> String {
    let text = source.lines().nth(line - 1).unwrap_or("");
    format!("ERROR: <input>:{line}:{column}: {message}\n | {text}\n | {}^", ".".repeat(column - 1))
}

/// Formats an error in the API server's words.
fn in_words(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::NoSuchOverload(_) | ExecutionError::UnsupportedBinaryOperator(..) => {
            "no such overload".to_owned()
        }
        ExecutionError::UndeclaredReference(name) => format!("no such attribute(s): {name}"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(place) => match place {
            Value::Int(place) => format!("index out of bounds: {place}"),
            _ => "index out of bounds".to_owned(),
        },
        ExecutionError::FunctionError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
