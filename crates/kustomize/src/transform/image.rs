//! Names, tags and digests of images.

use aqueduct_manifest::{Map, Value};
use regex::Regex;

use super::Transform;
use crate::error::{Error, Result};
use crate::field::Field;
use crate::field_spec::{FieldSpec, Missing};
use crate::kustomization::Image;
use crate::resources::Resources;
use crate::step::Step;

/// Changes images with a given name.
pub(crate) struct ImageTransformer {
    image: Image,
    pattern: Regex,
    fields: Vec<FieldSpec>,
}

impl ImageTransformer {
    /// As in Kustomize, the image name is a pattern.
    pub(crate) fn new(image: Image, fields: Vec<FieldSpec>) -> Result<Self> {
        let tag = "[a-zA-Z0-9_.{}-]*";
        let pattern = Regex::new(&format!("^{}(:{tag})?(@sha256:{tag})?$", image.name))
            .map_err(|_| Error::new(format!("an image name is not a valid pattern: `{}`", image.name)))?;
        Ok(Self { image, pattern, fields })
    }

    /// Changes an image if its name matches.
    fn set(&self, field: &mut Field<'_>) -> Result<()> {
        let written = field.text();
        if matches!(field.value, Value::Map(_) | Value::List(_)) {
            return Err(Error::wrong_kind("ScalarNode", field.value));
        }
        if self.pattern.is_match(&written) { field.set_untyped(&self.changed(&written)) } else { Ok(()) }
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
}

/// Finds the images in everything named `containers` or `initContainers`.
fn find_images(map: &Map, place: &[Step], found: &mut Vec<Vec<Step>>) -> Result<()> {
    for (key, value) in map {
        let place = [place, &[Step::Key(key.clone())]].concat();
        find_images_in(value, &place, found)?;
        if key != "containers" && key != "initContainers" {
            continue;
        }
        for (index, container) in value.as_list().into_iter().flatten().enumerate() {
            match container {
                Value::Map(container) if container.contains_key("image") => {
                    found.push([&place[..], &[Step::Index(index), Step::Key("image".into())]].concat());
                }
                Value::Map(_) | Value::Null => {}
                other => return Err(Error::wrong_kind("MappingNode", other)),
            }
        }
    }
    Ok(())
}

fn find_images_in(value: &Value, place: &[Step], found: &mut Vec<Vec<Step>>) -> Result<()> {
    match value {
        Value::Map(map) => find_images(map, place, found),
        Value::List(list) => list.iter().enumerate().try_for_each(|(index, value)| match value {
            Value::Map(_) | Value::List(_) => {
                find_images_in(value, &[place, &[Step::Index(index)]].concat(), found)
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

impl Transform for ImageTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for resource in resources.list_mut_same_ids() {
            let gvk = resource.gvk();
            if gvk.kind == "CustomResourceDefinition" {
                continue;
            }
            let mut places = Vec::new();
            find_images(resource.map(), &[], &mut places)?;
            for place in places {
                resource.change_place(&place, &mut |field| self.set(field))?;
            }
            for field in &self.fields {
                resource.change(&gvk, field, Missing::Skip, &mut |field| self.set(field))?;
            }
        }
        Ok(())
    }
}

/// Splits an image into name, tag and digest; a port before the first `/` is not a tag.
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
