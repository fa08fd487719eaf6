//! Applies patches to objects, and checks that each has an effect.

use aqueduct_manifest::patch::{MergeContext, Outcome, json6902, strategic_merge};
use aqueduct_manifest::{Diagnostic, Object, Place, Value};
use aqueduct_model::{Node, Patch, PatchAction};

/// The patches of a list, and how many objects each has matched.
pub(crate) struct Patches<'a> {
    patches: &'a [Patch],
    /// The effect of each; `None` for an invalid patch, which reading has reported.
    changes: Vec<Option<PatchAction>>,
    /// The table that contains the list.
    holder: &'a Node,
    met: Vec<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Patches<'a> {
    /// Returns the patches in `patches` of the table `holder`.
    pub(crate) fn new(patches: &'a [Patch], holder: &'a Node) -> Self {
        let list = holder.get("patches").and_then(Node::as_list).unwrap_or_default();
        let change = |(number, patch): (usize, &Patch)| patch.change(list.get(number).unwrap_or(holder)).ok();
        let changes = patches.iter().enumerate().map(change).collect();
        Self { patches, changes, holder, met: vec![0; patches.len()], diagnostics: Vec::new() }
    }

    /// Applies all patches to objects, in order.
    pub(crate) fn apply(&mut self, objects: &mut Vec<Object>) {
        for (number, patch) in self.patches.iter().enumerate() {
            let mut kept = Vec::with_capacity(objects.len());
            for object in objects.drain(..) {
                if !patch.target.matches(&object) {
                    kept.push(object);
                    continue;
                }
                self.met[number] += 1;
                let Some(change) = &self.changes[number] else {
                    kept.push(object);
                    continue;
                };
                let title = format!("`{} {}`", object.kind(), object.name());
                match apply(object.clone(), change) {
                    Ok(object) => kept.extend(object),
                    Err(message) => {
                        let found =
                            self.place(number, format!("the patch does not apply to {title}: {message}"));
                        self.diagnostics.push(found);
                        kept.push(object);
                    }
                }
            }
            *objects = kept;
        }
    }

    /// Returns the place of the last patch that targets an object.
    pub(crate) fn last_of(&self, object: &Object) -> Option<Place> {
        let number = self.patches.iter().rposition(|patch| patch.target.matches(object))?;
        self.place(number, String::new()).labels.into_iter().next().map(|label| label.place)
    }

    /// Returns the errors of the patches, including those that matched nothing.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        for number in (0..self.patches.len()).filter(|number| self.met[*number] == 0) {
            let message = "the target of the patch matches no object".to_owned();
            let found = self.place(number, message);
            self.diagnostics
                .push(found.hint("fix the target or remove the patch: the objects may have changed"));
        }
        self.diagnostics
    }

    fn place(&self, number: usize, message: String) -> Diagnostic {
        let list = self.holder.get("patches").and_then(Node::as_list);
        list.and_then(|list| list.get(number)).unwrap_or(self.holder).diagnostic("patch", message)
    }
}

/// Returns the changed object; `None` if it is removed.
fn apply(mut object: Object, change: &PatchAction) -> Result<Option<Object>, String> {
    let PatchAction::Edit { merge, operations } = change else { return Ok(None) };
    let mut value = Value::Map(std::mem::take(&mut object.map));
    if let Some(merge) = merge {
        match strategic_merge(&value, merge, &MergeContext::default()).map_err(|error| error.to_string())? {
            Outcome::Changed(changed) => value = changed,
            Outcome::Deleted => return Ok(None),
        }
    }
    if !operations.is_empty() {
        json6902(&mut value, operations).map_err(|error| error.to_string())?;
    }
    match value {
        Value::Map(map) => Ok(Some(Object { map, ..object })),
        other => Err(format!("it turns the object into a {}", other.kind())),
    }
}
