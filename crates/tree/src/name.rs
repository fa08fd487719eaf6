//! The file of every object: a name that people can guess, that no other object has, and that every file
//! system accepts.

use std::collections::BTreeMap;

use aqueduct_manifest::{Hash, Object, Value};

/// The longest file name, in bytes. It leaves room below the usual limit of 255 for temporary names.
const NAME_LIMIT: usize = 200;

/// What a file name contains in addition to kind and name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Detail {
    group: bool,
    namespace: bool,
}

/// Returns the file name of an object among objects that do not collide: `<kind>-<name>.yaml` in lower case.
///
/// Names that DNS allows are unchanged, and `:` becomes `_`. Anything else becomes `_` too and is
/// distinguished by a hash.
pub fn file_name(object: &Object) -> String {
    detailed_name(object, Detail::default())
}

/// Returns the file names of the objects of one folder, in their order.
///
/// If objects would share a name, distinguishing details are added: their groups
/// (`service.serving.knative.dev-web.yaml`), their namespaces (`role-web@shop.yaml`), and finally numbers.
pub fn file_names(objects: &[Object]) -> Vec<String> {
    let mut named: Vec<Named<'_>> = objects
        .iter()
        .map(|object| Named { object, detail: Detail::default(), name: file_name(object) })
        .collect();
    // A longer name may collide with another object's, so collisions are checked again. Details are only
    // added, so this ends.
    loop {
        let mut sharing: BTreeMap<String, Vec<&mut Named<'_>>> = BTreeMap::new();
        for one in &mut named {
            sharing.entry(one.name.clone()).or_default().push(one);
        }
        let mut changed = false;
        for mut owners in sharing.into_values().filter(|owners| owners.len() > 1) {
            let added = Detail {
                group: differ(&owners, Object::group),
                // Groups come first, because most collisions are between kinds.
                namespace: !differ(&owners, Object::group) && differ(&owners, Object::namespace),
            };
            for owner in &mut owners {
                changed |= owner.add(added);
            }
        }
        if !changed {
            break;
        }
    }
    number(named.into_iter().map(|one| one.name).collect())
}

/// An object with its name so far.
struct Named<'a> {
    object: &'a Object,
    detail: Detail,
    name: String,
}

impl Named<'_> {
    /// Adds details to the name, and tells whether that changes it.
    fn add(&mut self, added: Detail) -> bool {
        let before = self.detail;
        self.detail.group |= added.group;
        self.detail.namespace |= added.namespace;
        self.name = detailed_name(self.object, self.detail);
        self.detail != before
    }
}

fn differ(owners: &[&mut Named<'_>], text: fn(&Object) -> &str) -> bool {
    owners.windows(2).any(|pair| matches!(pair, [left, right] if text(left.object) != text(right.object)))
}

/// Adds a number to every name that is still taken. Two objects with the same key are an error of another
/// stage, and must not hide each other here.
fn number(names: Vec<String>) -> Vec<String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    names
        .into_iter()
        .map(|name| {
            let count = taken.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 { name } else { format!("{}~{count}.yaml", name.trim_end_matches(".yaml")) }
        })
        .collect()
}

fn detailed_name(object: &Object, detail: Detail) -> String {
    let mut exact = true;
    let mut name = String::new();
    // Within a group, Kubernetes kinds differ by more than case.
    push_safe(&mut name, &object.kind().to_ascii_lowercase(), &mut exact);
    if detail.group && !object.group().is_empty() {
        name.push('.');
        push_safe(&mut name, object.group(), &mut exact);
    }
    name.push('-');
    push_safe(&mut name, given_name(object), &mut exact);
    if detail.namespace && !object.namespace().is_empty() {
        name.push('@');
        push_safe(&mut name, object.namespace(), &mut exact);
    }
    if !exact || name.len() > NAME_LIMIT {
        let key = format!("{}\n{}\n{}", object.kind(), given_name(object), object.namespace());
        let hash = Hash::of(key.as_bytes()).to_string();
        // It is all ASCII by now.
        name.truncate(NAME_LIMIT);
        name.push('_');
        name.extend(hash.chars().take(8));
    }
    name.push_str(".yaml");
    name
}

fn given_name(object: &Object) -> &str {
    match object.name() {
        "" => object.at(&["metadata", "generateName"]).and_then(Value::as_str).unwrap_or_default(),
        name => name,
    }
}

/// Appends a text in characters that every file system accepts, and records whether that loses something.
fn push_safe(name: &mut String, text: &str, exact: &mut bool) {
    for letter in text.chars() {
        match letter {
            'a'..='z' | '0'..='9' | '-' | '.' => name.push(letter),
            // No name that DNS allows contains `_`, so this loses nothing.
            ':' => name.push('_'),
            'A'..='Z' => {
                name.push(letter.to_ascii_lowercase());
                *exact = false;
            }
            _ => {
                name.push('_');
                *exact = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Map, Object};

    use super::{file_name, file_names};

    /// Builds an object from `<apiVersion> <kind> [<namespace>/]<name>`.
    fn object(key: &str) -> Object {
        let mut words = key.splitn(3, ' ');
        let mut word = || words.next().expect("tests write three words");
        let (version, kind, name) = (word(), word(), word());
        let mut object = Object::new(Map::from_iter([("apiVersion", version), ("kind", kind)]));
        let metadata = object.metadata_mut();
        match name.split_once("//") {
            Some((namespace, name)) => {
                metadata.insert("namespace", namespace);
                metadata.insert("name", name);
            }
            None => {
                metadata.insert("name", name);
            }
        }
        object
    }

    fn names(keys: &[&str]) -> String {
        file_names(&keys.iter().map(|key| object(key)).collect::<Vec<_>>()).join("\n")
    }

    #[test]
    fn names_of_single_objects() {
        insta::assert_snapshot!(
            names(&[
                "v1 Service shop//web",
                "networking.k8s.io/v1 NetworkPolicy shop//allow.web",
                "rbac.authorization.k8s.io/v1 ClusterRole system:shop:web",
                "rbac.authorization.k8s.io/v1 ClusterRole Shop Admin",
                "rbac.authorization.k8s.io/v1 ClusterRole shop_admin",
                "rbac.authorization.k8s.io/v1 ClusterRole shop-admin",
                "rbac.authorization.k8s.io/v1 ClusterRole ../../\u{e9}\n",
            ]),
            @r#"
    service-web.yaml
    networkpolicy-allow.web.yaml
    clusterrole-system_shop_web.yaml
    clusterrole-shop_admin_37288e46.yaml
    clusterrole-shop_admin_a86805d9.yaml
    clusterrole-shop-admin.yaml
    clusterrole-.._..____860e5878.yaml
    "#
        );
        let long = format!("v1 ConfigMap {}", "a".repeat(253));
        let (one, other) = (file_name(&object(&long)), file_name(&object(&format!("{long}b"))));
        assert_ne!(one, other);
        assert!(one.len() < 255 && other.len() < 255);
    }

    #[test]
    fn names_of_objects_that_collide() {
        insta::assert_snapshot!(
            names(&[
                "v1 Service shop//web",
                "serving.knative.dev/v1 Service shop//web",
                "rbac.authorization.k8s.io/v1 Role shop//web",
                "rbac.authorization.k8s.io/v1 Role bank//web",
                "v1 ConfigMap shop//same",
                "v1 ConfigMap shop//same",
                "v1 ConfigMap alone",
            ]),
            @r#"
    service-web.yaml
    service.serving.knative.dev-web.yaml
    role-web@shop.yaml
    role-web@bank.yaml
    configmap-same.yaml
    configmap-same~2.yaml
    configmap-alone.yaml
    "#
        );
    }

    #[test]
    fn the_name_of_an_object_without_one() {
        let mut job = Object::new(Map::from_iter([("kind", "Job")]));
        assert_eq!(file_name(&job), "job-.yaml");
        job.metadata_mut().insert("generateName", "migrate-");
        assert_eq!(file_name(&job), "job-migrate-.yaml");
        assert_eq!(file_name(&Object::new(Map::new())), "-.yaml");
    }

    #[test]
    fn names_of_many_objects_are_unique() {
        let parts = ["web", "Web", "web:a", "web_a", "web-a", "a@web", "web~2", "shop//web", "bank//web"];
        let keys: Vec<String> = ["v1", "apps/v1", "a.apps/v1"]
            .iter()
            .flat_map(|version| ["Role", "ROLE", "Role.apps"].map(|kind| format!("{version} {kind}")))
            .flat_map(|kind| parts.map(|name| format!("{kind} {name}")))
            .flat_map(|key| [key.clone(), key])
            .collect();
        let objects: Vec<Object> = keys.iter().map(|key| object(key)).collect();
        let mut names = file_names(&objects);
        assert_eq!(file_names(&objects), names);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), objects.len());
    }
}
