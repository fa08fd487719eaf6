//! The forms of names in Kubernetes.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation`.

/// The bytes of label values and of the names in label keys.
static IN_LABEL_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        byte += 1;
    }
    table
};

/// Tells whether a text is a DNS label, apart from its length: lower-case letters, digits and dashes, without a dash at
/// either end.
pub fn is_dns_label(text: &str) -> bool {
    is_dns(text, false)
}

/// Tells whether a text consists of DNS labels separated by dots, apart from its length.
pub fn is_dns_subdomain(text: &str) -> bool {
    is_dns(text, true)
}

fn is_dns(text: &str, has_dots: bool) -> bool {
    let mut before = b'.';
    for byte in text.bytes() {
        let fits = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' => before != b'.',
            b'.' => has_dots && !matches!(before, b'-' | b'.'),
            _ => false,
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    !matches!(before, b'-' | b'.')
}

/// Tells whether a text is a label value or the name in a label key, apart from its length: letters, digits, `-`, `_` and
/// `.`, with a letter or digit at both ends.
pub fn is_label_name(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|byte| IN_LABEL_NAME[usize::from(*byte)])
}

/// Tells whether a text is a label key: a name, optionally with a subdomain and a slash before it.
pub fn is_label_key(text: &str) -> bool {
    let is_name = |name: &str| name.len() <= 63 && is_label_name(name);
    match text.split_once('/') {
        Some((prefix, name)) => prefix.len() <= 253 && is_dns_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_forms() {
        let texts = [
            "", "a", "-", "a-b", "a-", "-a", "a.b", "a..b", ".a", "a.", "a-.b", "a.-b", "A", "a_b", "_a",
            "1.2", "ä", "a/b", "a.b/C_d", "A.b/c", "/b", "a/", "a/b/c", "a_b/c",
        ];
        let table: Vec<String> = texts
            .iter()
            .map(|text| {
                let forms = [
                    ("label", is_dns_label(text)),
                    ("subdomain", is_dns_subdomain(text)),
                    ("key", is_label_key(text)),
                    ("name", is_label_name(text)),
                ];
                let held: Vec<&str> =
                    forms.iter().filter(|(_, holds)| *holds).map(|(form, _)| *form).collect();
                format!("`{text}`: {}", held.join(" "))
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        ``: 
        `a`: label subdomain key name
        `-`: 
        `a-b`: label subdomain key name
        `a-`: 
        `-a`: 
        `a.b`: subdomain key name
        `a..b`: key name
        `.a`: 
        `a.`: 
        `a-.b`: key name
        `a.-b`: key name
        `A`: key name
        `a_b`: key name
        `_a`: 
        `1.2`: subdomain key name
        `ä`: 
        `a/b`: key
        `a.b/C_d`: key
        `A.b/c`: 
        `/b`: 
        `a/`: 
        `a/b/c`: 
        `a_b/c`:
        ");
    }

    #[test]
    fn label_keys_have_a_length() {
        let long = "a".repeat(63);
        assert!(is_label_key(&format!("a.b/{long}")) && !is_label_key(&format!("{long}a")));
        let prefix = [long.as_str(); 4].join(".");
        assert!(!is_label_key(&format!("{prefix}/a")) && is_label_key(&format!("{}/a", &prefix[..253])));
    }
}
