//! Tells whether a whole tree is still up to date with its input, without rendering it again.
//!
//! A write of the whole tree may carry the key of its input. The key is stored beside the index, together
//! with the hash of the index and of each environment's list, so that any later write invalidates it. As with
//! the index, losing it costs time and nothing else.

use std::io;
use std::path::Path;
use std::sync::Arc;

use aqueduct_manifest::Hash;
use rayon::prelude::*;

use crate::disk::{Disk, Entry, FileSystem};
use crate::state::{StateFolder, replace};
use crate::sum::SUM;
use crate::survey::{Found, Survey};

/// The key of a tree's input, such as a hash of all files that were read.
pub type InputKey = [u8; 32];

/// Returns the number of files in the output, if the last write of the whole output carried this key and no
/// file was touched since; `None` if that cannot be told without rendering.
pub fn made_from(output: &Path, key: &InputKey) -> Option<usize> {
    let survey = Survey::open(Arc::new(Disk), output).ok()?;
    let state = StateFolder::of(&survey.output);
    let files = &*survey.files;
    // The remains of a killed run are removed by a run that holds the lock.
    if !state.leftovers(files).ok()?.is_empty()
        || files.read(&state.input()).ok()? != seal(&survey, &state, key).ok()?
    {
        return None;
    }
    let known: Vec<_> = survey
        .index
        .environments()
        .flat_map(|environment| {
            survey.index.known(environment).map(move |(path, known)| (environment, path, known.1))
        })
        .collect();
    let untouched = known.par_iter().all(|(environment, path, hash)| {
        matches!(survey.look(environment, path), Ok(Found::File(seen)) if seen.hash == *hash)
    });
    untouched.then_some(known.len())
}

/// Records that the output, as it is now, was made from the input with a key.
pub(crate) fn remember(files: Arc<dyn FileSystem>, output: &Path, key: &InputKey) -> io::Result<()> {
    let survey = Survey::open(files, output).map_err(io::Error::other)?;
    let state = StateFolder::of(&survey.output);
    let sealed = seal(&survey, &state, key)?;
    replace(&*survey.files, &state.input(), &state.scratch(), &sealed)
}

/// Returns the key with a hash of everything that must be unchanged for it to be valid.
fn seal(survey: &Survey, state: &StateFolder, key: &InputKey) -> io::Result<Vec<u8>> {
    let files = &*survey.files;
    let index = files.read(&state.index())?;
    // The stamp of a file from a checkout or an archive cannot be predicted.
    let Some(Entry::File(stamp)) = files.entry(&state.index())? else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let mut text = key.to_vec();
    text.extend(stamp.bytes());
    // The index ends with its own hash.
    text.extend_from_slice(index.last_chunk::<32>().ok_or(io::ErrorKind::UnexpectedEof)?);
    for environment in survey.environments().map_err(io::Error::other)? {
        let sum = survey.output.join(&environment).join(SUM);
        text.extend_from_slice(environment.as_bytes());
        text.extend_from_slice(&Hash::of(&files.read(&sum)?).0);
    }
    Ok(Hash::of(&text).0.to_vec())
}
