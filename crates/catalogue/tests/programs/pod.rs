//! The containers of rendered pods, started as by a kubelet.

use std::path::Path;
use std::process::Command;

use aqueduct_manifest::{Object, Value};

/// A container: its command with arguments, variables and probes.
#[derive(Clone)]
pub(crate) struct Container {
    pub(crate) command: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    value: &'static Value,
}

impl Container {
    /// Returns the main container of an object's pods. Its variables from secrets contain the name of the key.
    pub(crate) fn main(object: &'static Object) -> Self {
        Self::first(object, "containers")
    }

    /// Returns the container that runs before the main one.
    pub(crate) fn init(object: &'static Object) -> Self {
        Self::first(object, "initContainers")
    }

    fn first(object: &'static Object, list: &str) -> Self {
        let template = ["spec", "template", "spec", list];
        let of_job = ["spec", "jobTemplate", "spec", "template", "spec", list];
        let found = object.at(&template).or_else(|| object.at(&of_job)).and_then(Value::as_list);
        let value = found.and_then(|list| list.first()).expect("the object has pods with this container");
        let command = texts(value.get("command")).chain(texts(value.get("args"))).collect();
        let mut variables: Vec<(String, String)> = Vec::new();
        for variable in value.get("env").and_then(Value::as_list).into_iter().flatten() {
            let text = |path: &[&str]| variable.at(path).and_then(Value::as_str);
            let name = text(&["name"]).expect("a variable has a name");
            let from = text(&["valueFrom", "secretKeyRef", "key"])
                .or_else(|| text(&["valueFrom", "fieldRef", "fieldPath"]));
            let plain = variables.iter().fold(
                from.or(text(&["value"])).unwrap_or_default().to_owned(),
                // As for the kubelet, only earlier variables are known.
                |value, (name, known)| value.replace(&format!("$({name})"), known),
            );
            variables.push((name.to_owned(), plain));
        }
        Self { command, variables, value }
    }

    /// Replaces a text, which must occur in the command or the variables.
    pub(crate) fn replace(mut self, from: &str, to: &str) -> Self {
        let texts = self.command.iter_mut().chain(self.variables.iter_mut().map(|(_, value)| value));
        let mut found = false;
        for text in texts.filter(|text| text.contains(from)) {
            *text = text.replace(from, to);
            found = true;
        }
        assert!(found, "`{from}` is nowhere in {:?} {:?}", self.command, self.variables);
        self
    }

    /// Returns a variable.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("there is no variable {name}"), |(_, value)| value)
    }

    /// Returns the path that a probe requests over HTTP.
    pub(crate) fn path(&self, probe: &str) -> &'static str {
        let path = self.value.at(&[probe, "httpGet", "path"]).and_then(Value::as_str);
        path.unwrap_or_else(|| panic!("{probe} asks for no path"))
    }

    /// Returns the command of a probe.
    pub(crate) fn probe(&self, probe: &str) -> Vec<String> {
        let command: Vec<String> = texts(self.value.at(&[probe, "exec", "command"])).collect();
        assert!(!command.is_empty(), "{probe} runs no command");
        command
    }

    /// Returns the command with the variables, or the image's own program.
    pub(crate) fn start(&self, program: Option<&str>) -> Command {
        let own = self.command.iter().map(String::as_str);
        let mut words = program.into_iter().chain(own);
        let mut command = Command::new(words.next().expect("a container has a command or an image's own"));
        command.args(words).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn texts(list: Option<&'static Value>) -> impl Iterator<Item = String> {
    list.and_then(Value::as_list).into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned))
}

/// Stores the copy of a backup on a volume: runs the second container of its pods, with two folders instead of the
/// volumes, and returns the path of the stored copy.
pub(crate) fn store(backup: &'static Object, work: &Path, archive: &Path) -> std::path::PathBuf {
    std::fs::create_dir_all(archive).expect("the folder can be made");
    let old = archive.join("from-long-ago");
    super::write(&old, "");
    let touched = std::fs::File::options().write(true).open(&old).and_then(|file| {
        let twenty_days = std::time::Duration::from_secs(60 * 60 * 24 * 20);
        file.set_modified(file.metadata()?.modified()? - twenty_days)
    });
    touched.expect("the file's time can be set");
    let container = Container::main(backup)
        .replace("/work/copy", &work.join("copy").display().to_string())
        .replace("/archive", &archive.display().to_string());
    super::succeeds(&container.start(None).output().expect("there is a shell"));
    let stored = std::fs::read_dir(archive).expect("the folder is there").flatten();
    let stored: Vec<_> = stored.map(|entry| entry.path()).collect();
    assert_eq!(stored.len(), 1, "the new copy is kept and the old one is gone: {stored:?}");
    let path = stored.into_iter().next().expect("there is one");
    let name = path.file_name().and_then(|name| name.to_str()).expect("it has a name").to_owned();
    assert!(name.starts_with(container.variable("COPY_NAME")), "{name}");
    assert!(name.ends_with(container.variable("COPY_ENDING")), "{name}");
    path
}
