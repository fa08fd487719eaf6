//! What a change of an image means, as far as its name shows.

/// The parts of an image name.
struct Image<'a> {
    name: &'a str,
    tag: &'a str,
    digest: &'a str,
}

fn parse(image: &str) -> Image<'_> {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    let start = rest.rfind('/').map_or(0, |at| at + 1);
    match rest[start..].find(':') {
        Some(at) => Image { name: &rest[..start + at], tag: &rest[start + at + 1..], digest },
        None => Image { name: rest, tag: "", digest },
    }
}

/// Returns the numbers at the start of a tag.
fn numbers(tag: &str) -> Vec<u64> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    tag.split('.').map_while(|part| part.split(['-', '+', '_']).next()?.parse().ok()).collect()
}

/// Describes what deserves attention; `None` for an ordinary update.
pub(crate) fn told(old: &str, new: &str) -> Option<String> {
    let (before, after) = (parse(old), parse(new));
    let mut told = Vec::new();
    if before.name != after.name {
        told.push(format!("different image: `{}` instead of `{}`", after.name, before.name));
    } else {
        let (was, is) = (numbers(before.tag), numbers(after.tag));
        if let (Some(old), Some(new)) = (was.first(), is.first()) {
            if is < was {
                told.push(format!("downgrade: from `{}` to `{}`", before.tag, after.tag));
            } else if new > old {
                told.push(format!("new major version: from `{}` to `{}`", before.tag, after.tag));
            }
        }
    }
    if after.digest.is_empty()
        && matches!(after.tag, "" | "latest")
        && (before.tag, before.name) != (after.tag, after.name)
    {
        told.push("mutable tag: what runs may differ from what was reviewed".to_owned());
    }
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn steps_of_images() {
        let pairs = [
            ("nginx:1.27.1", "nginx:1.27.2"),
            ("nginx:1.27", "nginx:2.0"),
            ("nginx:v1.10.0", "nginx:v1.9.0"),
            ("nginx:1.27", "nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("host:5000/a", "host:5000/a@sha256:00"),
            ("a:main", "a:20"),
        ];
        let told: Vec<String> = pairs
            .iter()
            .map(|(old, new)| format!("{old} -> {new}: {}", told(old, new).unwrap_or_default()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
