//! What git does to a file that the tool wrote: CRLF line endings, or a merge conflict of two such files.
//!
//! No list contains the hash of such a file. Still, nobody edited it, so nothing is lost with it.

use aqueduct_manifest::Hash;

use crate::sum::MARKS;

/// Why unlisted bytes are the tool's own after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disguise {
    /// Its lines end with CRLF.
    Converted,
    /// It is a merge conflict of two texts that the tool wrote.
    Conflict,
}

/// Recognises the bytes of a file; `wrote` tells whether the tool wrote a file with a hash.
pub(crate) fn disguise(bytes: &[u8], wrote: impl Fn(Hash) -> bool) -> Option<Disguise> {
    let text = std::str::from_utf8(bytes).ok()?;
    let converted = text.contains("\r\n");
    let text = text.replace("\r\n", "\n");
    if converted && wrote(Hash::of(text.as_bytes())) {
        return Some(Disguise::Converted);
    }
    let wrote_both = sides(&text)?.iter().all(|side| wrote(Hash::of(side.as_bytes())));
    wrote_both.then_some(Disguise::Conflict)
}

/// Returns the two texts of a merge conflict; `None` if there are no conflict markers.
fn sides(text: &str) -> Option<[String; 2]> {
    /// Whose lines are being read.
    #[derive(PartialEq)]
    enum Side {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut part, mut sides, mut conflicts) = (Side::Both, [String::new(), String::new()], 0);
    for line in text.split_inclusive('\n') {
        let mark = MARKS.iter().find(|mark| {
            line.strip_prefix(**mark).is_some_and(|rest| rest.starts_with([' ', '\n']) || rest.is_empty())
        });
        part = match (mark.copied(), &part) {
            (Some("<<<<<<<"), Side::Both) => Side::Ours,
            (Some("|||||||"), Side::Ours) => Side::Base,
            (Some("======="), Side::Ours | Side::Base) => Side::Theirs,
            (Some(">>>>>>>"), Side::Theirs) => {
                conflicts += 1;
                Side::Both
            }
            _ => {
                let [ours, theirs] = &mut sides;
                if matches!(part, Side::Both | Side::Ours) {
                    ours.push_str(line);
                }
                if matches!(part, Side::Both | Side::Theirs) {
                    theirs.push_str(line);
                }
                continue;
            }
        };
    }
    (conflicts > 0 && part == Side::Both).then_some(sides)
}

#[cfg(test)]
mod tests {
    use super::{Disguise, disguise};
    use aqueduct_manifest::Hash;

    #[test]
    fn what_git_makes_of_a_file() {
        let (ours, theirs) = ("a\nours\nz\n", "a\ntheirs\nmore\nz\n");
        let wrote = |hash| [ours, theirs].iter().any(|text| Hash::of(text.as_bytes()) == hash);
        let check = |text: &str| disguise(text.as_bytes(), wrote);
        assert_eq!(check("a\r\nours\r\nz\r\n"), Some(Disguise::Converted));
        assert_eq!(check("a\nours\r\nz\n"), Some(Disguise::Converted));
        assert_eq!(check("a\r\nmine\r\nz\r\n"), None);
        let conflict = "a\n<<<<<<< HEAD\nours\n=======\ntheirs\nmore\n>>>>>>> branch\nz\n";
        assert_eq!(check(conflict), Some(Disguise::Conflict));
        assert_eq!(check(&conflict.replace('\n', "\r\n")), Some(Disguise::Conflict));
        let with_base = conflict.replace("=======", "||||||| 1234567\nbase\n=======");
        assert_eq!(check(&with_base), Some(Disguise::Conflict));
        for edited in [
            conflict.replace("ours\n", "mine\n"),
            conflict.replace("more\n", ""),
            conflict.replace("z\n", "mine\n"),
            conflict.replace(">>>>>>> branch\n", ""),
            ours.replace("ours", "mine"),
        ] {
            assert_eq!(check(&edited), None, "{edited}");
        }
        assert_eq!(disguise(b"\xff\r\n", wrote), None);
    }
}
