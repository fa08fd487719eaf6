//! Runs the steps of templates, using its own frames instead of the call stack.

use std::rc::Rc;
use std::sync::Arc;
use std::vec;

use super::describe::Node;
use super::evaluate::{Evaluated, Evaluator, Held, Variable};
use super::field::held_in;
use super::format::write_value;
use super::output::{Caller, Output, Piece, Traced, Tracing};
use super::quote::{Charset, quote};
use super::tree::{Step, Tree};
use crate::stack::deepen;
use crate::value::{Kind, Text, Type, Value};

/// How deep `template` may nest; Go's own limit.
const TEMPLATE_LIMIT: usize = 100_000;

/// A running template, or one that waits for a template that it runs.
struct Frame {
    tree: Arc<Tree>,
    step: usize,
    dot: Held,
    base: usize,
    /// What ran the template, if that was a `template` action and is recorded.
    caller: Option<Arc<Caller>>,
}

/// An open `if`, `with` or `range`.
struct Block {
    /// The number of variables before the block.
    variables: usize,
    /// The dot before the block, if it changed.
    dot: Option<Held>,
    walk: Option<Walk>,
}

/// A `range` in progress.
struct Walk {
    elements: Elements,
    pipe: u32,
    /// The number of variables before those of the body.
    mark: usize,
}

enum Elements {
    List { items: Rc<Vec<Value>>, next: usize, element: Type },
    Bytes { bytes: Arc<[u8]>, next: usize },
    Map { entries: vec::IntoIter<(Text, Value)>, element: Type },
    Ints { kind: Kind, next: i64, end: i64 },
    Uints { kind: Kind, next: u64, end: u64 },
}

impl Elements {
    /// Returns the index and the element.
    fn next(&mut self) -> Option<(Value, Held)> {
        match self {
            Self::List { items, next, element } => {
                let value = items.get(*next)?.clone();
                *next += 1;
                Some((Value::int(*next as i64 - 1), held_in(*element, value)))
            }
            Self::Bytes { bytes, next } => {
                let byte = *bytes.get(*next)?;
                *next += 1;
                Some((Value::int(*next as i64 - 1), Held::plain(Value::Uint(Kind::Uint8, byte.into()))))
            }
            Self::Map { entries, element } => {
                let (key, value) = entries.next()?;
                Some((Value::String(key), held_in(*element, value)))
            }
            Self::Ints { kind, next, end } => {
                let value = (*next < *end).then_some(*next)?;
                *next += 1;
                Some((Value::Nil, Held::plain(Value::Int(*kind, value))))
            }
            Self::Uints { kind, next, end } => {
                let value = (*next < *end).then_some(*next)?;
                *next += 1;
                Some((Value::Nil, Held::plain(Value::Uint(*kind, value))))
            }
        }
    }
}

impl Evaluator<'_> {
    /// Runs a template that is a file.
    pub(crate) fn run_file(&mut self, tree: &Arc<Tree>, dot: Value) -> Evaluated<Output> {
        let mut out = Output { bytes: Vec::new(), pieces: Some(Vec::new()) };
        self.run(tree, dot, &mut out)?;
        Ok(out)
    }

    /// Runs a template within another one.
    pub(super) fn run_inner(&mut self, tree: &Arc<Tree>, dot: Value) -> Evaluated<Vec<u8>> {
        let pieces = (self.tracing == Tracing::Includes).then(Vec::new);
        let mut out = Output { bytes: Vec::new(), pieces };
        self.run(tree, dot, &mut out)?;
        if let Some(pieces) = out.pieces {
            self.traced.push(Traced { text: Text::from_bytes(&out.bytes), pieces });
        }
        Ok(out.bytes)
    }

    fn run(&mut self, tree: &Arc<Tree>, dot: Value, out: &mut Output) -> Evaluated<()> {
        if self.nesting > self.limits.nesting {
            self.part = Node::Pipe(0);
            return self.fail(tree, "templates nest too deeply");
        }
        let (base, part, length) = (self.base, self.part, self.variables.len());
        self.nesting += 1;
        let result = deepen(|| self.walk(Arc::clone(tree), Held::plain(dot), out));
        self.nesting -= 1;
        self.variables.truncate(length);
        self.base = base;
        self.part = part;
        result
    }

    fn walk(&mut self, tree: Arc<Tree>, dot: Held, out: &mut Output) -> Evaluated<()> {
        let mut frame = self.enter(tree, dot, None);
        let mut frames: Vec<Frame> = Vec::new();
        let mut blocks: Vec<Block> = Vec::new();
        let mut counted = out.bytes.len();
        loop {
            let tree = &*frame.tree;
            let Some(step) = tree.steps.get(frame.step) else {
                // The end of the template.
                self.variables.truncate(frame.base);
                let Some(outer) = frames.pop() else { return Ok(()) };
                self.base = outer.base;
                frame = outer;
                continue;
            };
            let here = frame.step as u32;
            frame.step += 1;
            self.steps += 1;
            if self.steps > self.limits.steps {
                return self.fail(tree, format!("more than {} steps", self.limits.steps));
            }
            match step {
                Step::Text { start, end } => {
                    let texts = self.traced.len();
                    self.trace(out, &frame, *start, (*end - *start) as usize, texts);
                    out.bytes.extend_from_slice(
                        tree.source.text.get(*start as usize..*end as usize).unwrap_or_default(),
                    );
                }
                Step::Action { pipe, position } => {
                    let texts = self.traced.len();
                    let value = self.pipeline(tree, &frame.dot, *pipe)?;
                    if tree.pipes.get(*pipe as usize).is_some_and(|pipe| pipe.declares.is_empty()) {
                        self.trace(out, &frame, *position, 0, texts);
                        if let Err(error) = write_value(&mut out.bytes, &value) {
                            return Err(self.wrap(tree, error, ""));
                        }
                    }
                }
                Step::If { pipe, otherwise } => {
                    let variables = self.variables.len();
                    let value = self.pipeline(tree, &frame.dot, *pipe)?;
                    blocks.push(Block { variables, dot: None, walk: None });
                    if !value.is_true() {
                        frame.step = *otherwise as usize;
                    }
                }
                Step::With { pipe, otherwise } => {
                    let variables = self.variables.len();
                    let value = self.pipeline(tree, &frame.dot, *pipe)?;
                    let mut block = Block { variables, dot: None, walk: None };
                    if value.is_true() {
                        block.dot = Some(std::mem::replace(&mut frame.dot, Held::plain(value)));
                    } else {
                        frame.step = *otherwise as usize;
                    }
                    blocks.push(block);
                }
                Step::Range { pipe, otherwise } => {
                    let variables = self.variables.len();
                    let value = self.pipeline(tree, &frame.dot, *pipe)?;
                    let elements = self.elements(tree, *pipe, value)?;
                    if let Some(Elements::Map { entries, .. }) = &elements {
                        // All entries have been copied, however few of them are visited.
                        self.steps += (entries.len() / super::call::PER_STEP) as u64;
                    }
                    let mark = self.variables.len();
                    let walk = elements.map(|elements| Walk { elements, pipe: *pipe, mark });
                    let dot = walk.is_some().then(|| frame.dot.clone());
                    if walk.is_none() {
                        frame.step = *otherwise as usize;
                    }
                    blocks.push(Block { variables, dot, walk });
                }
                Step::Next { end } => {
                    let walk = blocks.last_mut().and_then(|block| block.walk.as_mut());
                    match walk.and_then(|walk| Some((walk.elements.next()?, walk.pipe, walk.mark))) {
                        Some(((index, element), pipe, mark)) => {
                            self.variables.truncate(mark);
                            self.declare(tree, pipe, index, &element)?;
                            frame.dot = element;
                        }
                        None => frame.step = *end as usize,
                    }
                }
                Step::Jump(to) => frame.step = *to as usize,
                Step::Leave => self.leave(&mut blocks, &mut frame.dot),
                Step::Exit { blocks: count, to } => {
                    for _ in 0..*count {
                        self.leave(&mut blocks, &mut frame.dot);
                    }
                    frame.step = *to as usize;
                }
                Step::Template { name, pipe, position } => {
                    self.part = Node::Template(here);
                    let Some(called) = self.set.get(name.as_bytes()).cloned() else {
                        let name = quote(name.as_bytes(), Charset::Unicode);
                        return self.fail(tree, format!("template {name} not defined"));
                    };
                    if frames.len() >= TEMPLATE_LIMIT {
                        return self
                            .fail(tree, format!("exceeded maximum template depth ({TEMPLATE_LIMIT})"));
                    }
                    let value = match pipe {
                        Some(pipe) => self.pipeline(tree, &frame.dot, *pipe)?,
                        None => Value::Nil,
                    };
                    let caller = (self.tracing == Tracing::Includes).then(|| {
                        let (tree, outer) = (Arc::clone(&frame.tree), frame.caller.clone());
                        Arc::new(Caller { tree, position: *position, outer })
                    });
                    let inner = self.enter(called, Held::plain(value), caller);
                    frames.push(std::mem::replace(&mut frame, inner));
                }
            }
            self.written = self.written.saturating_add(out.bytes.len().saturating_sub(counted));
            counted = out.bytes.len();
            if self.written > self.limits.output {
                return self.fail(&frame.tree, format!("more than {} bytes of output", self.limits.output));
            }
        }
    }

    fn enter(&mut self, tree: Arc<Tree>, dot: Held, caller: Option<Arc<Caller>>) -> Frame {
        self.base = self.variables.len();
        self.variables.push(Variable { name: 0, held: dot.clone() });
        Frame { tree, step: 0, dot, base: self.base, caller }
    }

    fn leave(&mut self, blocks: &mut Vec<Block>, dot: &mut Held) {
        if let Some(block) = blocks.pop() {
            self.variables.truncate(block.variables);
            if let Some(before) = block.dot {
                *dot = before;
            }
        }
    }

    /// Records where the next bytes come from; `texts` is the number of texts recorded before them.
    fn trace(&self, out: &mut Output, frame: &Frame, position: u32, copied: usize, texts: usize) {
        if let Some(pieces) = &mut out.pieces {
            pieces.push(Piece {
                start: out.bytes.len(),
                tree: Arc::clone(&frame.tree),
                position,
                copied,
                texts: texts as u32..self.traced.len() as u32,
                caller: frame.caller.clone(),
            });
        }
    }

    /// Returns what a `range` iterates over; `None` if there is nothing.
    fn elements(&self, tree: &Tree, pipe: u32, value: Value) -> Evaluated<Option<Elements>> {
        let value = match &value {
            Value::Native(native) => native.underlying().unwrap_or(value),
            _ => value,
        };
        let number = matches!(value, Value::Int(..) | Value::Uint(..));
        if number && tree.pipes.get(pipe as usize).is_some_and(|pipe| pipe.declares.length > 1) {
            let text = value.to_text().unwrap_or_default();
            let message =
                [b"can't use ", text.as_bytes(), b" to iterate over more than one variable"].concat();
            return self.fail(tree, message);
        }
        Ok(match value {
            Value::Nil | Value::NilInterface => None,
            Value::List(list) => (!list.is_empty()).then(|| Elements::List {
                items: list.items(),
                next: 0,
                element: list.list_type().element,
            }),
            Value::Bytes(bytes) => (!bytes.is_empty()).then_some(Elements::Bytes { bytes, next: 0 }),
            Value::Map(map) => (!map.is_empty()).then(|| Elements::Map {
                entries: map.entries().into_iter(),
                element: map.map_type().element,
            }),
            Value::Int(kind, end) => (end > 0).then_some(Elements::Ints { kind, next: 0, end }),
            Value::Uint(kind, end) => (end > 0).then_some(Elements::Uints { kind, next: 0, end }),
            other => {
                let mut message = b"range can't iterate over ".to_vec();
                message.extend_from_slice(other.to_text().unwrap_or_default().as_bytes());
                return self.fail(tree, message);
            }
        })
    }

    /// Sets the variables of a `range` to the index and the element.
    fn declare(&mut self, tree: &Tree, pipe: u32, index: Value, element: &Held) -> Evaluated<()> {
        let Some(pipe) = tree.pipes.get(pipe as usize) else { return Ok(()) };
        let (index_name, element_name) = match tree.numbers(pipe.declares) {
            [] => return Ok(()),
            [element] => (None, *element),
            [index, element, ..] => (Some(*index), *element),
        };
        if pipe.assigns {
            if let Some(name) = index_name {
                self.assign(tree, name, Held::plain(index))?;
            }
            return self.assign(tree, element_name, element.clone());
        }
        // They are the topmost variables, with the element's last.
        let mut top = self.variables.iter_mut().rev();
        if let Some(variable) = top.next() {
            variable.held = element.clone();
        }
        if index_name.is_some()
            && let Some(variable) = top.next()
        {
            variable.held = Held::plain(index);
        }
        Ok(())
    }
}
