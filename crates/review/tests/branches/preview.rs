//! What the preview tool printed for a change.

use std::fs;
use std::path::Path;

use crate::seen::{Fate, Named};

/// The output of a run.
#[derive(Default)]
pub(crate) struct Preview {
    /// How many Applications of both sides were rendered in total.
    pub(crate) rendered: usize,
    /// How many Applications and sets of the old and new side were not, if the output says so.
    pub(crate) left: Option<[[usize; 2]; 2]>,
    /// The changed objects, with the lines shown for them.
    pub(crate) shown: Vec<(Named, Vec<String>)>,
}

impl Preview {
    /// Reads the output of a run: the Markdown, or the complete HTML page if that was truncated.
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the output is readable");
        let text = read("output.md");
        if text.contains("--max-diff-length") {
            return Self::of(&lines_of_page(&read("output.html")));
        }
        Self::of(&text)
    }

    fn of(text: &str) -> Self {
        let mut preview = Self::default();
        let mut application = String::new();
        let mut left = Vec::new();
        for line in text.lines() {
            if let Some(title) =
                line.strip_prefix("<summary>").and_then(|rest| rest.strip_suffix("</summary>"))
            {
                application = without_link(title);
            } else if let Some(heading) = line.strip_prefix("#### ") {
                let heading = heading.to_owned();
                let named = Named { application: application.clone(), heading, fate: Fate::Changed };
                preview.shown.push((named, Vec::new()));
            } else if let Some(counts) = line.strip_prefix("- Application") {
                let counts: Vec<usize> = counts.split('`').filter_map(|part| part.parse().ok()).collect();
                left.extend(<[usize; 2]>::try_from(counts));
            } else if let Some(stats) = line.strip_prefix("[Applications: ") {
                let count = stats.split(']').next().and_then(|count| count.parse().ok());
                preview.rendered = count.expect("the output counts Applications");
            } else if line.starts_with([' ', '+', '-', '@'])
                && let Some((_, lines)) = preview.shown.last_mut()
            {
                lines.push(line.to_owned());
            }
        }
        if let [applications, sets] = left[..] {
            preview.left = Some([[applications[0], sets[0]], [applications[1], sets[1]]]);
        }
        for (named, lines) in &mut preview.shown {
            let all = |mark: char| lines.iter().all(|line| line.starts_with(mark));
            named.fate = match (all('+'), all('-')) {
                (true, _) => Fate::Added,
                (_, true) => Fate::Removed,
                _ if named.heading.contains(" → ") => Fate::Renamed,
                _ => Fate::Changed,
            };
        }
        preview
    }
}

/// Returns `a` of `a [<a href="…">link</a>] (file)`.
fn without_link(title: &str) -> String {
    match (title.split_once(" [<a "), title.split_once("</a>]")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => title.to_owned(),
    }
}

/// Returns the lines of a page in the form of the Markdown.
fn lines_of_page(page: &str) -> String {
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == "<summary>" {
            let title = lines.next().unwrap_or_default();
            text.push_str(&format!("<summary>{}</summary>\n", plain(title)));
        } else if let Some(heading) = line.strip_prefix("<h4 class=\"resource_header\">") {
            text.push_str(&format!("#### {}\n", plain(heading.trim_end_matches("</h4>"))));
        } else if let Some((_, row)) = line.split_once("_line\"><td><pre>") {
            text.push_str(&format!("{}\n", plain(row.trim_end_matches("</pre></td></tr>"))));
        } else if line.starts_with("- Application") || line.starts_with("[Applications: ") {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

fn plain(text: &str) -> String {
    let marks =
        [("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, plain)| text.replace(mark, plain))
}
