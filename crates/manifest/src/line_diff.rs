//! Line-by-line differences between two texts.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, DiffTag, group_diff_ops};

/// A range of lines in which two texts differ, with unchanged lines around it.
///
/// It displays as a hunk of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'t> {
    old: Range<usize>,
    new: Range<usize>,
    /// The lines with their line endings, and the change of each.
    pub lines: Vec<(Sign, &'t str)>,
}

/// The change of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is in both texts.
    Same,
    /// It is only in the old text.
    Removed,
    /// It is only in the new text.
    Added,
}

impl Sign {
    /// Returns the sign of the line in a unified diff.
    pub fn as_char(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Returns the differences between two texts, with up to `context` unchanged lines around each.
pub fn line_diff<'t>(old: &'t str, new: &'t str, context: usize) -> Vec<Hunk<'t>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    // The library's ready-made function would add a megabyte of code, with all algorithms several times.
    let mut found = Compact::new(Replace::new(Capture::new()), &old[..], &new[..]);
    let Ok(()) = myers::diff(&mut found, &old[..], 0..old.len(), &new[..], 0..new.len());
    let groups = group_diff_ops(found.into_inner().into_inner().into_ops(), context);
    groups.iter().filter_map(|group| hunk(group, &old, &new)).collect()
}

fn hunk<'t>(group: &[DiffOp], old: &[&'t str], new: &[&'t str]) -> Option<Hunk<'t>> {
    let (first, last) = (group.first()?, group.last()?);
    let mut lines = Vec::new();
    for op in group {
        let mut push = |sign, range: Range<usize>, side: &[&'t str]| {
            lines.extend(side.get(range).unwrap_or_default().iter().map(|line| (sign, *line)));
        };
        if op.tag() == DiffTag::Equal {
            push(Sign::Same, op.old_range(), old);
        } else {
            push(Sign::Removed, op.old_range(), old);
            push(Sign::Added, op.new_range(), new);
        }
    }
    Some(Hunk {
        old: first.old_range().start..last.old_range().end,
        new: first.new_range().start..last.new_range().end,
        lines,
    })
}

impl Display for Hunk<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "@@ -{} +{} @@", Lines(&self.old), Lines(&self.new))?;
        for (sign, line) in &self.lines {
            write!(out, "{}{line}", sign.as_char())?;
            if !line.ends_with('\n') {
                out.write_str("\n\\ No newline at end of file\n")?;
            }
        }
        Ok(())
    }
}

/// A line range in the header of a hunk: the first line, and the number of lines if it is not one.
struct Lines<'r>(&'r Range<usize>);

impl Display for Lines<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            // An empty range refers to the line before it.
            0 => write!(out, "{},0", self.0.start),
            1 => write!(out, "{}", self.0.start + 1),
            count => write!(out, "{},{count}", self.0.start + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_diff;

    fn unified(old: &str, new: &str) -> String {
        line_diff(old, new, 1).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn hunks_are_those_of_a_unified_diff() {
        let old = "a\nb\nc\nd\ne\nf\ng\n";
        insta::assert_snapshot!(unified(old, "a\nB\nc\nd\ne\nf\n"), @r"
        @@ -1,3 +1,3 @@
         a
        -b
        +B
         c
        @@ -6,2 +6 @@
         f
        -g
        ");
        insta::assert_snapshot!(unified("", "a\nb"), @r"
        @@ -0,0 +1,2 @@
        +a
        +b
        \ No newline at end of file
        ");
        assert_eq!(unified(old, old), "");
    }
}
