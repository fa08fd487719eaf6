//! The files of a clone as a kustomization may see them: without git's own files and without links that lead
//! outside.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_kustomize::FileSystem;

/// Folders of a chart are not nested deeper than this.
const DEPTH_LIMIT: usize = 64;
/// The maximum number of files and folders in a chart, including those behind links. A few dozen links that lead
/// to links have millions of names.
const ENTRY_LIMIT: usize = 10_000;

/// The folder of a clone.
#[derive(Debug)]
pub(crate) struct Checkout {
    root: PathBuf,
    /// The requested paths that are outside and were refused.
    outside: RefCell<BTreeSet<String>>,
}

impl Checkout {
    /// Returns the files in a folder.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self { root: folder.canonicalize()?, outside: RefCell::default() })
    }

    /// Returns a requested path that leads outside the files.
    pub(crate) fn outside(&self) -> Option<String> {
        self.outside.borrow().first().cloned()
    }

    /// Returns the target of a path, following links; `None` if it is not among the files.
    fn at(&self, path: &str) -> Option<PathBuf> {
        let real = self.root.join(path).canonicalize();
        let is_inside = match &real {
            Ok(real) => self.is_inside(path, real),
            // What is outside does not exist on another machine.
            Err(_) => {
                !path.starts_with("../")
                    && !Path::new(path).ancestors().any(|above| is_broken(&self.root.join(above)))
            }
        };
        if !is_inside {
            self.outside.borrow_mut().insert(path.to_owned());
        }
        real.ok().filter(|_| is_inside)
    }

    fn is_inside(&self, path: &str, real: &Path) -> bool {
        let hidden = |path: &Path| path.iter().any(|part| part.eq_ignore_ascii_case(".git"));
        !hidden(Path::new(path)) && real.strip_prefix(&self.root).is_ok_and(|inside| !hidden(inside))
    }

    /// Returns the paths of all files below a folder.
    pub(crate) fn below(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        self.add(folder, &mut paths, &mut 0, 0)?;
        Ok(paths)
    }

    fn add(&self, folder: &str, paths: &mut Vec<String>, seen: &mut usize, depth: usize) -> io::Result<()> {
        if depth > DEPTH_LIMIT {
            return Err(io::Error::other(format!("folders are nested deeper than {DEPTH_LIMIT} levels")));
        }
        let real = self.at(folder).ok_or(io::ErrorKind::NotFound)?;
        for entry in fs::read_dir(real)? {
            *seen += 1;
            if *seen > ENTRY_LIMIT {
                return Err(io::Error::other(format!(
                    "a chart has more than {ENTRY_LIMIT} files and folders (long names count more)"
                )));
            }
            let name = entry?.file_name();
            let name = name.to_str().ok_or_else(|| io::Error::other("a name is not UTF-8"))?;
            let path = format!("{folder}/{name}");
            if self.is_folder(&path) {
                self.add(&path, paths, seen, depth + 1)?;
            } else if self.is_file(&path) {
                paths.push(path);
            }
        }
        Ok(())
    }
}

fn is_broken(link: &Path) -> bool {
    link.is_symlink() && link.canonicalize().is_err()
}

impl FileSystem for Checkout {
    fn read(&self, path: &str) -> io::Result<Arc<[u8]>> {
        fs::read(self.at(path).ok_or(io::ErrorKind::NotFound)?).map(Arc::from)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.at(path).is_some_and(|path| path.is_dir())
    }

    fn is_file(&self, path: &str) -> bool {
        self.at(path).is_some_and(|path| path.is_file())
    }

    /// A link keeps its own name, because the copy contains its target.
    fn resolve(&self, path: &str) -> Option<String> {
        self.at(path).map(|_| path.to_owned())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::Checkout;

    #[test]
    fn a_diamond_of_links() {
        let root = tempfile::tempdir().expect("a folder can be made");
        for at in 0..30 {
            let folder = root.path().join(format!("a/{at}"));
            fs::create_dir_all(&folder).expect("a folder can be made");
            for name in ["l", "m"] {
                symlink(format!("../{}", at + 1), folder.join(name)).expect("a link can be made");
            }
        }
        fs::create_dir_all(root.path().join("a/30")).expect("a folder can be made");
        let checkout = Checkout::new(root.path()).expect("the folder is there");
        let error = checkout.below("a").expect_err("it has very many names");
        assert_eq!(
            error.to_string(),
            "a chart has more than 10000 files and folders (long names count more)"
        );
    }
}
