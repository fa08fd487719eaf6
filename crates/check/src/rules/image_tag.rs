//! Images have a fixed version.

use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "image-tag",
    summary: "an image has no fixed version",
    level: Level::Warning,
    page: include_str!("image_tag.md"),
    check: image_tag,
};

fn image_tag(index: &Index<'_>, report: &mut Report) {
    for pod in index.pods() {
        for container in pod.containers() {
            let image = text(container.value, "image");
            if image.is_empty() || image.contains('@') {
                continue;
            }
            // A colon before the last slash is the port of the registry.
            let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
            let problem = match name.split_once(':') {
                None => "has no tag",
                Some((_, "latest")) => "has the tag `latest`",
                Some(_) => continue,
            };
            let message = format!("{} uses an image that {problem}: `{image}`", pod.entry.title());
            report
                .warning(&pod.entry, (container.value, ["image"]), message)
                .hint("use a version or a digest");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn images_have_versions() {
        insta::assert_snapshot!(findings("image-tag", "
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  containers:
  - {name: a, image: nginx}
  - {name: b, image: 'registry:5000/web:latest'}
  - {name: c, image: 'registry:5000/web'}
  - {name: d, image: 'registry:5000/web:1.2'}
  - {name: e, image: 'web@sha256:00'}
"), @r"
        warning: `Pod shop/a` uses an image that has no tag: `nginx`: 1.yaml at spec.containers[0].image
          hint: use a version or a digest
        warning: `Pod shop/a` uses an image that has no tag: `registry:5000/web`: 1.yaml at spec.containers[2].image
          hint: use a version or a digest
        warning: `Pod shop/a` uses an image that has the tag `latest`: `registry:5000/web:latest`: 1.yaml at spec.containers[1].image
          hint: use a version or a digest
        ");
    }
}
