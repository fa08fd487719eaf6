//! Checks whether Go accepts a regular expression, without compiling it.
//!
//! Go's syntax is that of RE2 (<https://github.com/google/re2/wiki/Syntax>). Only what is certainly wrong is
//! refused.

/// Returns what is certainly wrong with a regular expression, if anything.
pub(super) fn problem(pattern: &str) -> Option<&'static str> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut depth = 0_usize;
    let mut at = 0;
    // Whether the previous element can be repeated, and whether it is repeated already.
    let (mut has_operand, mut is_repeated) = (false, false);
    while let Some(letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        match letter {
            '\\' => {
                let Some(escaped) = next else { return Some("trailing backslash at end of expression") };
                if escaped == 'Q' {
                    // Everything up to `\E` is literal.
                    let rest = &letters[at + 2..];
                    let end = rest.windows(2).position(|pair| pair == ['\\', 'E']);
                    at += end.map_or(rest.len(), |end| end + 2);
                } else if is_bad_escape(escaped) {
                    return Some("invalid escape sequence");
                }
                at += 2;
                (has_operand, is_repeated) = (true, false);
                continue;
            }
            '[' => {
                let Some(end) = class_end(&letters, at) else { return Some("missing closing ]") };
                at = end + 1;
                (has_operand, is_repeated) = (true, false);
                continue;
            }
            '(' => {
                depth += 1;
                (has_operand, is_repeated) = (false, false);
                if next == Some('?') {
                    let kind: String = letters[at + 2..].iter().take(2).collect();
                    if kind.starts_with(['=', '!', '>', '#', '|', '&', '('])
                        || matches!(kind.as_str(), "<=" | "<!" | "P=" | "P>")
                    {
                        return Some("invalid or unsupported Perl syntax");
                    }
                    at += 2;
                    // Flags and group names contain nothing that can be repeated.
                    while letters.get(at).is_some_and(|letter| !matches!(letter, ':' | '>' | ')')) {
                        at += 1;
                    }
                    continue;
                }
            }
            ')' => {
                if depth == 0 {
                    return Some("unexpected )");
                }
                depth -= 1;
                (has_operand, is_repeated) = (true, false);
            }
            '*' | '+' | '?' => {
                if !has_operand {
                    return Some("missing argument to repetition operator");
                }
                if is_repeated {
                    return Some("invalid nested repetition operator");
                }
                is_repeated = true;
                at += usize::from(next == Some('?'));
            }
            '{' => {
                if let Some((end, most)) = repetition(&letters, at) {
                    if !has_operand {
                        return Some("missing argument to repetition operator");
                    }
                    if is_repeated {
                        return Some("invalid nested repetition operator");
                    }
                    if most > 1000 {
                        return Some("invalid repeat count");
                    }
                    is_repeated = true;
                    at = end + usize::from(letters.get(end + 1) == Some(&'?'));
                } else {
                    (has_operand, is_repeated) = (true, false);
                }
            }
            '|' => (has_operand, is_repeated) = (false, false),
            // Go even allows repeating line anchors.
            _ => (has_operand, is_repeated) = (true, false),
        }
        at += 1;
    }
    (depth > 0).then_some("missing closing )")
}

fn is_bad_escape(letter: char) -> bool {
    // There are no backreferences, and no escapes of letters without a meaning.
    matches!(letter, '8' | '9') || letter.is_ascii_alphabetic() && !"AbBCdDsSwWzpPQExaftnrv".contains(letter)
}

/// Returns the end of a character class.
fn class_end(letters: &[char], start: usize) -> Option<usize> {
    let mut at = start + 1;
    if letters.get(at) == Some(&'^') {
        at += 1;
    }
    let first = at;
    while let Some(letter) = letters.get(at) {
        match letter {
            ']' if at > first => return Some(at),
            '\\' => at += 1,
            '[' if letters.get(at + 1) == Some(&':') => {
                let rest = &letters[at + 2..];
                if let Some(end) = rest.windows(2).position(|pair| pair == [':', ']']) {
                    at += end + 3;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Parses `{2}`, `{2,}` or `{2,3}`: returns its end and its larger number.
fn repetition(letters: &[char], start: usize) -> Option<(usize, u64)> {
    let length = letters[start..].iter().position(|letter| *letter == '}')?;
    let text: String = letters[start + 1..start + length].iter().collect();
    let (least, most) = text.split_once(',').unwrap_or((&text, &text));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(least) || !(most.is_empty() || is_number(most)) {
        return None;
    }
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    Some((start + length, number(least).max(if most.is_empty() { 0 } else { number(most) })))
}
