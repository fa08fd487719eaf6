//! An expression that can be evaluated.

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

/// The most letters of an expression.
const MOST_LETTERS: usize = 100_000;

/// The most operators and brackets of an expression: they are the levels of its syntax tree.
const MOST_OPERATORS: usize = 4_000;

/// The stack on which expressions are read and run; it is used as far as an expression is deep.
const STACK: usize = 256 << 20;

/// How many levels an expression has that needs no stack of its own.
const SHALLOW: usize = 32;

/// The largest value that an evaluation may return, in nodes and bytes.
const LARGEST: usize = 2_000_000;

/// An expression that was compiled.
pub struct Program {
    expression: IdedExpr,
    dialect: CelDialect,
    result: ExpressionType,
    depth: usize,
}

/// Why a text is no expression, in the words of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// All problems, one a line, with the places where they are.
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
    /// It costs more than is waited for here; whether a server would go on is not known.
    TooCostly,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => out.write_str(message),
            Self::TooCostly => out.write_str("costs more than is waited for"),
        }
    }
}

impl std::error::Error for EvaluationError {}

impl Program {
    /// Reads and checks an expression.
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

    /// Returns the type of what the expression gives.
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

/// Returns how many operators and brackets stand outside of quoted text.
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

/// Returns the line and the column of a node.
fn start(source: &str, places: &SourceInfo, id: u64) -> (usize, usize) {
    let offset = places.offset_for(id).map_or(0, |(start, _)| start as usize);
    let before: String = source.chars().take(offset).collect();
    let line = before.matches('\n').count() + 1;
    (line, before.chars().rev().take_while(|letter| *letter != '\n').count() + 1)
}

/// Prints a problem with its line of the source and a mark below.
fn mark(source: &str, (line, column): (usize, usize), message: &str) -> String {
    let text = source.lines().nth(line - 1).unwrap_or("");
    format!("ERROR: <input>:{line}:{column}: {message}\n | {text}\n | {}^", ".".repeat(column - 1))
}

/// Prints an error as the API server words it.
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
