//! Walks through the step-by-step pages: writes their files, runs their commands, and compares the output with the
//! page.
//!
//! A block ` ```toml <path> ` or ` ```yaml <path> ` is written to that path, and a block ` ```console ` is run, one
//! shell command after the other. `AQUEDUCT_UPDATE=1 cargo test --test guide` writes the commands' output into the
//! page.

use std::path::{Path, PathBuf};
use std::process::Command;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");

/// The pages; a reader starts each one in a separate folder.
const PAGES: [&str; 5] = ["delivery.md", "guide.md", "migration.md", "secrets.md", "upgrading.md"];

/// The folder that the reader is in.
struct Reader {
    folder: PathBuf,
    state: PathBuf,
}

impl Reader {
    /// Runs one line in a shell and returns the output that the reader sees.
    #[expect(
        clippy::disallowed_methods,
        reason = "the shell's own tools are found where the tests find theirs"
    )]
    fn run(&mut self, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_aqueduct")).parent().expect("a program is in a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(program.to_path_buf()).chain(std::env::split_paths(&path));
        let output = Command::new("sh")
            .args(["-c", "exec 2>&1; eval \"$1\"; pwd > \"$2\"", "sh", command])
            .arg(&self.state)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::join_paths(folders).expect("a path has no separator in it"))
            .env("LC_ALL", "C")
            .output()
            .expect("there is a shell");
        let folder = std::fs::read_to_string(&self.state).expect("the shell says where it is");
        self.folder = PathBuf::from(folder.trim_end());
        String::from_utf8(output.stdout).expect("the output is text")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }
}

/// Puts the sources of the repository's own platform where the reader would have cloned it.
fn clone_the_platform(folder: &Path) {
    let sources = aqueduct::Files::read(Path::new(env!("CARGO_MANIFEST_DIR")), aqueduct::SOURCES);
    for (path, bytes) in sources.expect("the sources can be read").iter() {
        let path = folder.join(&**path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(path, bytes).expect("the file can be written");
    }
}

/// Returns the page with the current output of its commands, and the number of commands.
fn walk(page: &str, reader: &mut Reader) -> (String, usize) {
    let mut lines = page.lines().peekable();
    let mut walked = String::new();
    let mut commands = 0;
    while let Some(line) = lines.next() {
        walked.push_str(line);
        walked.push('\n');
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match info.split_once(' ') {
            None if info == "console" => {
                for command in body.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    let output = reader.run(command);
                    let end = if output.is_empty() || output.ends_with('\n') { "" } else { "\n" };
                    walked.push_str(&format!("$ {command}\n{output}{end}"));
                    commands += 1;
                }
            }
            language => {
                let text: String = body.iter().map(|line| format!("{line}\n")).collect();
                if let Some(("toml" | "yaml", path)) = language {
                    reader.write(path, &text);
                }
                walked.push_str(&text);
            }
        }
        walked.push_str("```\n");
    }
    (walked, commands)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable asks for an update, it decides nothing of the output"
)]
fn every_command_prints_what_the_page_says() {
    for name in PAGES {
        let path = Path::new(DOCS).join(name);
        let page = std::fs::read_to_string(&path).expect("the page is there");
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let start = folder.path().join("reader");
        std::fs::create_dir(&start).expect("the folder can be made");
        clone_the_platform(&start.join("aqueduct"));
        let mut reader = Reader { folder: start, state: folder.path().join("state") };
        let (walked, commands) = walk(&page, &mut reader);
        assert!(commands >= 5, "{name} has only {commands} commands");
        if std::env::var_os("AQUEDUCT_UPDATE").is_some() {
            std::fs::write(&path, walked).expect("the page can be written");
            continue;
        }
        for (number, (said, shown)) in page.lines().zip(walked.lines()).enumerate() {
            assert_eq!(said, shown, "line {} of {name} is not what is printed", number + 1);
        }
        let lengths = [&page, &walked].map(|text| text.lines().count());
        assert_eq!(lengths[0], lengths[1], "{name} and what is printed differ in length");
    }
}
