//! Names, tags and digests of images.

use aqueduct_manifest::{Map, Value};
use regex::Regex;

use super::Transform;
use crate::error::{Error, Result};
use crate::field_spec::{self, FieldSpec, Missing};
use crate::kustomization::Image;
use crate::resources::Resources;
use crate::shares::Step;
use crate::text;

/// Changes images of one name.
pub(crate) struct ImageTransformer {
    image: Image,
    pattern: Regex,
    fields: Vec<FieldSpec>,
}

impl ImageTransformer {
    /// The name of the image is a pattern, as it is in Kustomize.
    pub(crate) fn new(image: Image, fields: Vec<FieldSpec>) -> Result<Self> {
        let tag = "[a-zA-Z0-9_.{}-]*";
        let pattern = Regex::new(&format!("^{}(:{tag})?(@sha256:{tag})?$", image.name))
            .map_err(|_| Error::new(format!("the name of an image is no pattern: `{}`", image.name)))?;
        Ok(Self { image, pattern, fields })
    }

    /// Changes an image, and tells whether it is the one that is meant.
    fn set(&self, value: &mut Value) -> Result<bool> {
        if matches!(value, Value::Map(_) | Value::List(_)) {
            return Err(Error::new(format!(
                "wrong node kind: expected ScalarNode but got {}",
                field_spec::node_kind(value)
            )));
        }
        let written = text::of(value);
        if !self.pattern.is_match(&written) {
            return Ok(false);
        }
        field_spec::set_scalar(value, self.changed(&written)).map(|()| true)
    }

    fn changed(&self, written: &str) -> String {
        let (name, mut tag, mut digest) = split(written);
        let Image { new_name, new_tag, tag_suffix, digest: new_digest, .. } = &self.image;
        let mut changed = if new_name.is_empty() { name.to_owned() } else { new_name.to_string() };
        let suffixed;
        match (!new_tag.is_empty(), !new_digest.is_empty(), !tag_suffix.is_empty()) {
            (true, true, _) => (tag, digest) = (new_tag, new_digest),
            (true, false, _) => (tag, digest) = (new_tag, ""),
            (false, true, _) => (tag, digest) = ("", new_digest),
            (false, false, true) => {
                suffixed = format!("{tag}{tag_suffix}");
                (tag, digest) = (&suffixed, "");
            }
            (false, false, false) => {}
        }
        for (mark, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                changed.push(mark);
                changed.push_str(part);
            }
        }
        changed
    }

    /// Changes the images of everything that is called `containers` or `initContainers`, and notes where it did.
    fn change_containers(&self, map: &mut Map, place: &[Step], set: &mut Vec<Vec<Step>>) -> Result<()> {
        let keys: Vec<_> = map
            .iter()
            .filter(|(_, value)| matches!(value, Value::Map(_) | Value::List(_)))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            let Some(value) = map.get_mut(&key) else { continue };
            let place = [place, &[Step::Key(key.clone())]].concat();
            self.walk(value, &place, set)?;
            if let Value::List(list) = value
                && (key == "containers" || key == "initContainers")
            {
                for (index, container) in list.make_mut().iter_mut().enumerate() {
                    match container {
                        Value::Map(container) => {
                            if container.get_mut("image").map_or(Ok(false), |at| self.set(at))? {
                                set.push(
                                    [&place[..], &[Step::Index(index), Step::Key("image".into())]].concat(),
                                );
                            }
                        }
                        Value::Null => {}
                        other => {
                            return Err(Error::new(format!(
                                "wrong node kind: expected MappingNode but got {}",
                                field_spec::node_kind(other)
                            )));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn walk(&self, value: &mut Value, place: &[Step], set: &mut Vec<Vec<Step>>) -> Result<()> {
        match value {
            Value::Map(map) => self.change_containers(map, place, set),
            Value::List(list) if list.iter().any(|value| matches!(value, Value::Map(_) | Value::List(_))) => {
                let mut elements = list.make_mut().iter_mut().enumerate();
                elements.try_for_each(|(index, value)| {
                    self.walk(value, &[place, &[Step::Index(index)]].concat(), set)
                })
            }
            _ => Ok(()),
        }
    }
}

impl Transform for ImageTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for resource in resources.list_mut_same_ids() {
            let gvk = resource.gvk();
            if gvk.kind == "CustomResourceDefinition" {
                continue;
            }
            let mut set = Vec::new();
            self.change_containers(resource.map_mut(), &[], &mut set)?;
            // Kustomize writes these without a type: what a replacement puts there later keeps no quotes.
            set.into_iter().for_each(|place| resource.add_untyped(place));
            resource.share();
            for field in &self.fields {
                resource.change(&gvk, field, Missing::Skip, &mut |value| self.set(value).map(drop))?;
            }
        }
        Ok(())
    }
}

/// Splits an image into name, tag and digest; a port before the first `/` is no tag.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let find = |mark| image.get(start..).and_then(|rest| rest.find(mark)).map(|at| at + start);
    let part = |from: usize, to: usize| image.get(from..to).unwrap_or("");
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(tag), Some(digest)) if tag < digest => {
            (part(0, tag), part(tag + 1, digest), part(digest + 1, image.len()))
        }
        (_, Some(digest)) => (part(0, digest), "", part(digest + 1, image.len())),
        (Some(tag), None) => (part(0, tag), part(tag + 1, image.len()), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::{ImageTransformer, split};
    use crate::kustomization::Image;

    #[test]
    fn splits_images() {
        for (image, expected) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1", ("nginx", "1", "")),
            ("host:5000/nginx", ("host:5000/nginx", "", "")),
            ("host:5000/nginx:1@sha256:a", ("host:5000/nginx", "1", "sha256:a")),
            ("nginx@sha256:a", ("nginx", "", "sha256:a")),
        ] {
            assert_eq!(split(image), expected, "{image}");
        }
    }

    #[test]
    fn changes_what_is_asked_for() {
        let image = |change: fn(&mut Image)| {
            let mut image = Image { name: "nginx".into(), ..Image::default() };
            change(&mut image);
            ImageTransformer::new(image, Vec::new())
                .expect("the name is a pattern")
                .changed("nginx:1@sha256:a")
        };
        assert_eq!(image(|image| image.new_tag = "2".into()), "nginx:2");
        assert_eq!(image(|image| image.digest = "sha256:b".into()), "nginx@sha256:b");
        assert_eq!(image(|image| image.tag_suffix = "-x".into()), "nginx:1-x");
        assert_eq!(image(|image| image.new_name = "web".into()), "web:1@sha256:a");
    }
}
