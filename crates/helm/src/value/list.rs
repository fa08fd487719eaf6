//! Go slices: shared, typed, and occasionally changed in place.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::{ANY_LIST, INT_LIST, ListType, STRING_LIST, Text, Value, dismantle};

/// A slice of anything but bytes. Clones share the elements, as in Go.
#[derive(Clone)]
pub struct List {
    body: Rc<Body>,
    list_type: &'static ListType,
}

struct Body {
    /// The inner `Rc` lets readers iterate over the elements while someone changes the list.
    items: RefCell<Rc<Vec<Value>>>,
    nil: bool,
}

impl List {
    /// Returns a `[]interface {}`.
    pub fn new(values: Vec<Value>) -> Self {
        Self::typed(&ANY_LIST, values)
    }

    /// Returns a slice of the given type; the elements must have that type.
    pub fn typed(list_type: &'static ListType, values: Vec<Value>) -> Self {
        Self { body: Rc::new(Body { items: RefCell::new(Rc::new(values)), nil: false }), list_type }
    }

    /// Returns the nil slice of a type: empty, but `null` in JSON.
    pub fn nil(list_type: &'static ListType) -> Self {
        Self { body: Rc::new(Body { items: RefCell::default(), nil: true }), list_type }
    }

    /// Returns a `[]string`.
    pub fn strings<T: Into<Text>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::typed(&STRING_LIST, values.into_iter().map(|text| Value::String(text.into())).collect())
    }

    /// Returns a `[]int`.
    pub fn ints(values: impl IntoIterator<Item = i64>) -> Self {
        Self::typed(&INT_LIST, values.into_iter().map(Value::int).collect())
    }

    /// Returns the Go type.
    pub fn list_type(&self) -> &'static ListType {
        self.list_type
    }

    /// Returns the current elements; later changes do not affect them.
    pub fn items(&self) -> Rc<Vec<Value>> {
        Rc::clone(&self.body.items.borrow())
    }

    /// Replaces the elements for every holder of this slice.
    pub fn replace(&self, values: Vec<Value>) {
        let old = self.body.items.replace(Rc::new(values));
        drop(old);
    }

    /// Returns an element.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.body.items.borrow().get(index).cloned()
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.body.items.borrow().len()
    }

    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether this is Go's nil slice.
    pub fn is_nil(&self) -> bool {
        self.body.nil
    }

    /// Returns whether both are the very same slice.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }

    pub(super) fn take_children(&mut self, into: &mut Vec<Value>) {
        if let Some(body) = Rc::get_mut(&mut self.body) {
            body.take_children(into);
        }
    }
}

impl Body {
    fn take_children(&mut self, into: &mut Vec<Value>) {
        if let Some(items) = Rc::get_mut(self.items.get_mut()) {
            into.append(items);
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut children = Vec::new();
        self.take_children(&mut children);
        dismantle(children);
    }
}

impl fmt::Debug for List {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}({})", self.list_type.name, self.len())
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Self::new(values.into_iter().collect())
    }
}
