//! The information for a component while it renders: itself, its tenant and environment, and its neighbours.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aqueduct_manifest::{Hash, Map, Object, Value};
use aqueduct_model::{Environment, Instance, Platform, Tenancy, short_name};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::graph::GraphNode;
use crate::patches::Patches;
use crate::{Component, Endpoint, Error, Graph, Inputs};

/// An instance, and the names that follow from it.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The instance.
    pub instance: &'a Instance,
    /// The files of the platform's folder.
    pub inputs: &'a Inputs<'a>,
    /// The current program, if the component has several; see [`Site::part`].
    pub part: Option<&'a str>,
}

impl<'a> Site<'a> {
    /// Returns the name of the component, or of the part, which is also the name of its main objects.
    pub fn name(&self) -> &'a str {
        self.part.unwrap_or(self.instance.component.as_str())
    }

    /// Returns the site of one program of a component with several. Everything that is otherwise named after the
    /// component, such as objects and pod labels, is named after the part.
    pub fn part<'b>(&self, name: &'b str) -> Site<'b>
    where
        'a: 'b,
    {
        Site { part: Some(name), ..*self }
    }

    /// Returns the namespace of the instance.
    pub fn namespace(&self) -> &'a str {
        self.instance.namespace.as_str()
    }

    /// Returns the name of the tenant.
    pub fn tenant(&self) -> &'a str {
        self.instance.tenancy.tenant.name.as_str()
    }

    /// Returns the environment.
    pub fn environment(&self) -> &'a Environment {
        &self.instance.environment
    }

    /// Returns the tenant in this environment.
    pub fn tenancy(&self) -> &'a Tenancy {
        &self.instance.tenancy
    }

    /// Tells whether the cluster serves an additional API, given as `group/version`.
    pub fn provides(&self, api_version: &str) -> bool {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.environment().api_groups.contains_key(group)
            || self.environment().apis.iter().any(|api| api.to_string() == api_version)
            || self.inputs.definitions_of(self.environment()).apis.contains(api_version)
    }

    /// Returns the component's unique name in the environment, which labels its objects; its Application can have a
    /// different name.
    pub fn application(&self) -> String {
        application_name(self.tenant(), self.instance.component.as_str())
    }

    /// Returns the labels that select this component's pods, which never change during its life.
    pub fn selector(&self) -> BTreeMap<String, String> {
        let mut labels = self.selector_of(self.name());
        labels.extend(self.adopted_selector().into_iter().flatten());
        labels
    }

    /// Returns the selector labels of the running workload that the component takes over.
    fn adopted_selector(&self) -> Option<BTreeMap<String, String>> {
        let adopt = self.instance.adopt.as_ref().filter(|_| self.part.is_none())?;
        Some(adopt.selector.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect())
    }

    /// Returns the name and the selector of the component's Deployment or DaemonSet.
    pub fn workload(&self) -> (String, LabelSelector) {
        let adopted = self.instance.adopt.as_ref().filter(|_| self.part.is_none());
        let name = adopted.map_or_else(|| self.name().to_owned(), |adopt| adopt.name.to_string());
        let labels = self.adopted_selector().unwrap_or_else(|| self.selector());
        (name, LabelSelector { match_labels: Some(labels), ..Default::default() })
    }

    /// Returns the labels that select the pods of one part of this component.
    pub fn selector_of(&self, part: &str) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("app.kubernetes.io/name".to_owned(), part.to_owned()),
            ("app.kubernetes.io/instance".to_owned(), self.application()),
        ])
    }

    /// Returns the label selector with [`Site::selector`].
    pub fn label_selector(&self) -> LabelSelector {
        LabelSelector { match_labels: Some(self.selector()), ..Default::default() }
    }

    /// Returns the labels of this component's pods: the selector and the tracking labels.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels_of(self.name());
        labels.extend(self.adopted_selector().into_iter().flatten());
        labels
    }

    /// Returns the labels of the pods of one part of this component.
    pub fn labels_of(&self, part: &str) -> BTreeMap<String, String> {
        let mut labels = self.tracking_labels();
        labels.extend(self.instance.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        labels.extend(self.selector_of(part));
        labels
    }

    /// Returns the labels of every object of this component.
    pub fn tracking_labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("app.kubernetes.io/name".to_owned(), self.name().to_owned()),
            ("app.kubernetes.io/instance".to_owned(), self.application()),
            ("app.kubernetes.io/component".to_owned(), self.instance.kind.to_string()),
            ("app.kubernetes.io/part-of".to_owned(), self.tenant().to_owned()),
            ("app.kubernetes.io/managed-by".to_owned(), "aqueduct".to_owned()),
        ])
    }

    /// Returns the metadata of an object of this component.
    pub fn metadata(&self, name: impl Into<String>) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.namespace().to_owned()),
            labels: Some(self.tracking_labels()),
            ..Default::default()
        }
    }

    /// Returns the metadata of a cluster-scoped object of this component.
    pub fn cluster_metadata(&self, name: impl Into<String>) -> ObjectMeta {
        ObjectMeta { namespace: None, ..self.metadata(name) }
    }

    /// Returns the DNS name of a Service of this component in the cluster.
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}.svc.cluster.local", self.namespace())
    }

    /// Returns the text of a file, given relative to the tenant's folder.
    ///
    /// # Errors
    /// Returns an error for a path out of the folder, and for a file that does not exist or is not text.
    pub fn source(&self, field: &str, path: &str) -> Result<&'a str, Error> {
        let full = self.source_path(field, path)?;
        self.inputs.files.text(&full).ok_or_else(|| {
            let near = self.inputs.files.below(&format!("tenants/{}", self.tenant())).map(|(path, _)| path);
            if self.inputs.files.get(&full).is_some() {
                return Error::field(field, format!("the file is not UTF-8: `{path}`"));
            }
            let error = Error::field(field, format!("there is no such text file: `{path}`"));
            match aqueduct_manifest::closest(&full, near) {
                Some(near) => error.hint(format!("did you mean `/{near}`?")),
                None => error.hint(self.source_base(path)),
            }
        })
    }

    /// Returns the path in the platform's folder of a file, given relative to the tenant's folder, or with a leading
    /// `/`, to the platform's.
    ///
    /// # Errors
    /// Returns an error for a path out of the platform's folder, and for one that is not a source.
    pub fn source_path(&self, field: &str, path: &str) -> Result<String, Error> {
        let (mut parts, rest) = match path.strip_prefix('/') {
            Some(rest) => (Vec::new(), rest),
            None => (vec!["tenants", self.tenant()], path),
        };
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_none() => {
                    return Err(Error::field(
                        field,
                        format!("the path leaves the platform's folder: `{path}`"),
                    ));
                }
                ".." => {}
                part => parts.push(part),
            }
        }
        let full = parts.join("/");
        match not_a_source(&full, self.platform.output.as_str()) {
            Some(why) => Err(Error::field(field, format!("{why}: `{path}`"))),
            None => Ok(full),
        }
    }

    /// Returns the path in the platform's folder of a folder, given as for [`Site::source_path`].
    ///
    /// # Errors
    /// Returns the errors of [`Site::source_path`], and an error for a folder that does not exist.
    pub fn source_folder(&self, field: &str, path: &str) -> Result<String, Error> {
        let full = self.source_path(field, path)?;
        if self.inputs.files.is_folder(&full) {
            return Ok(full);
        }
        Err(Error::field(field, format!("there is no such folder: `{path}`")).hint(self.source_base(path)))
    }

    /// Returns a hint about what a source path is relative to, for a path that does not exist.
    pub fn source_base(&self, path: &str) -> String {
        if path.starts_with('/') {
            "a leading `/` refers to the platform's folder".to_owned()
        } else {
            format!("the path is relative to `tenants/{}/`", self.tenant())
        }
    }
}

/// Returns why a path in the platform's folder, given without `.` and `..`, is not read; `None` if it can be a
/// source.
pub fn not_a_source(path: &str, output: &str) -> Option<&'static str> {
    let is_below =
        |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if path.is_empty() {
        Some("the platform's folder cannot be read as a whole")
    } else if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        Some("files in `.git` are not read")
    } else if is_below(output) {
        Some("the output is not read")
    } else {
        None
    }
}

/// Returns a component's unique name in its environment, which labels its objects and selects its pods; shortened
/// with a digest if it is too long for a label value.
pub fn application_name(tenant: &str, component: &str) -> String {
    short_name(&[tenant, component])
}

/// Returns the SHA-256 digest of some bytes in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Hash::of(bytes).to_string()
}

/// The information for a component while it renders.
pub struct Context<'a> {
    /// The instance and its names.
    pub site: Site<'a>,
    graph: &'a Graph<'a>,
    node: &'a GraphNode<'a>,
    depth: u8,
    problems: RefCell<Vec<Error>>,
}

impl<'a> std::ops::Deref for Context<'a> {
    type Target = Site<'a>;

    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}

/// A component that this one is linked to.
#[derive(Clone, Copy)]
pub struct Neighbour<'a> {
    /// The instance and its names.
    pub site: Site<'a>,
    /// The endpoint to connect to; `None` if it has none.
    pub endpoint: Option<&'a Endpoint>,
    node: &'a GraphNode<'a>,
}

impl<'a> Neighbour<'a> {
    /// Returns everything that the neighbour offers.
    pub fn offer(&self) -> &'a crate::Offer {
        &self.node.offer
    }

    /// Returns the value of `${link.<name>.<property>}`.
    ///
    /// # Errors
    /// Returns an error with the valid properties if this one does not exist.
    pub fn property(&self, property: &str) -> Result<String, String> {
        let endpoint = self.endpoint.ok_or_else(|| format!("`{}` has no endpoint", self.site.name()))?;
        let host = || {
            endpoint
                .host
                .clone()
                .ok_or("the host is not known here, since only a Secret contains it".to_owned())
        };
        match property {
            "host" => host(),
            "port" => Ok(endpoint.port.to_string()),
            "address" => Ok(format!("{}:{}", host()?, endpoint.port)),
            "url" => Ok(format!("{}://{}:{}", endpoint.scheme, host()?, endpoint.port)),
            "members" => Ok(self.members().join(",")),
            "name" => Ok(self.site.name().to_owned()),
            "namespace" => Ok(self.site.namespace().to_owned()),
            _ => Err(format!(
                "unknown property `{property}`; use address, host, members, name, namespace, port or url"
            )),
        }
    }

    /// Returns the address of each pod behind the endpoint.
    pub fn members(&self) -> Vec<String> {
        self.endpoint
            .map(|endpoint| endpoint.members.iter().map(|host| format!("{host}:{}", endpoint.port)).collect())
            .unwrap_or_default()
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(graph: &'a Graph<'a>, node: &'a GraphNode<'a>) -> Self {
        Self { site: node.site, graph, node, depth: 0, problems: RefCell::default() }
    }

    /// Returns the objects of a neighbour, for information that only they contain, such as a digest of its
    /// configuration. The neighbour's errors are reported at its own place.
    ///
    /// # Errors
    /// Returns an error for neighbours that render each other in a cycle.
    pub fn rendered(&self, neighbour: &Neighbour<'a>) -> Result<Vec<Object>, Error> {
        self.rendered_node(neighbour.node)
    }

    /// Returns the objects of any component of the environment, as [`Context::rendered`] does.
    ///
    /// # Errors
    /// Returns an error for components that render each other in a cycle.
    pub fn rendered_node(&self, node: &'a GraphNode<'a>) -> Result<Vec<Object>, Error> {
        if self.depth > 4 {
            return Err(Error::field("", format!("`{}` is part of a configuration cycle", self.name())));
        }
        let context = Self { depth: self.depth + 1, ..Self::new(self.graph, node) };
        Ok(node.component.render(&context).and_then(|objects| context.patched(objects)).unwrap_or_default())
    }

    /// Returns objects with the component's patches applied, as the engine applies them to rendered objects.
    ///
    /// # Errors
    /// Returns an error for a patch without effect, and for one that does not apply.
    pub fn patched(&self, mut objects: Vec<Object>) -> Result<Vec<Object>, Error> {
        let mut patches = Patches::new(&self.site.instance.patches, &self.site.instance.common);
        patches.apply(&mut objects);
        match patches.finish() {
            found if found.is_empty() => Ok(objects),
            found => Err(Error::diagnostics(found)),
        }
    }

    /// Returns the objects of one program of a component with several; each program is a component in its own right.
    /// Its links must be among those that the whole component declares.
    ///
    /// # Errors
    /// Returns why the program cannot be rendered.
    pub fn part(&self, name: &str, component: &impl Component) -> Result<Vec<Object>, Error> {
        let context = Context {
            site: self.site.part(name),
            graph: self.graph,
            node: self.node,
            depth: self.depth,
            problems: RefCell::default(),
        };
        let objects = component.render(&context);
        self.problems.borrow_mut().extend(context.into_problems());
        objects
    }

    /// Returns the graph of the environment's components.
    pub fn graph(&self) -> &'a Graph<'a> {
        self.graph
    }

    /// Reports a problem and continues, so that one run shows all problems.
    pub fn report(&self, error: Error) {
        self.problems.borrow_mut().push(error);
    }

    pub(crate) fn into_problems(self) -> Vec<Error> {
        self.problems.into_inner()
    }

    /// Returns the component that a link refers to; `None` for an invalid link, which has already been reported.
    pub fn link(&self, name: &str) -> Option<Neighbour<'a>> {
        let link = self.node.links.iter().find(|link| link.link.name == name)?;
        let node = &self.graph.nodes()[link.to?];
        Some(Neighbour { site: node.site, endpoint: node.endpoint(link.link.target.endpoint.as_ref()), node })
    }

    /// Returns the components that need this one, each with the endpoint that it uses.
    pub fn users(&self) -> Vec<(Site<'a>, Option<&'a Endpoint>)> {
        self.graph.users(self.node)
    }

    /// Replaces `${link.<name>.<property>}` in a text.
    ///
    /// # Errors
    /// Returns an error for an unknown link or property, placed at the field.
    pub fn expand(&self, field: &[&str], text: &str) -> Result<String, Error> {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${link.") {
            result.push_str(before);
            let Some((inside, after)) = after.split_once('}') else {
                return Err(Error::path(field, "`${link.` is not closed by `}`"));
            };
            result.push_str(&self.reference(field, inside)?);
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn reference(&self, field: &[&str], inside: &str) -> Result<String, Error> {
        let (name, property) = inside.split_once('.').unwrap_or((inside, "address"));
        let neighbour = match self.link(name) {
            Some(neighbour) => neighbour,
            // The broken link itself has been reported at its own place.
            None if self.node.links.iter().any(|link| link.link.name == name) => return Ok(String::new()),
            None => {
                let known: Vec<&str> = self.node.links.iter().map(|link| link.link.name.as_str()).collect();
                let error = Error::path(field, format!("there is no such link: `{name}`"));
                return Err(match aqueduct_manifest::closest(name, known) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("add it to `[links]`: `{name} = \"<component>\"`")),
                });
            }
        };
        neighbour.property(property).map_err(|message| Error::path(field, message))
    }

    /// Replaces links in every string of a value; a string that is just `${link.<name>.members}` becomes the list of
    /// addresses.
    ///
    /// # Errors
    /// Returns the errors of [`Context::expand`].
    pub fn expand_value(&self, field: &[&str], value: &Value) -> Result<Value, Error> {
        Ok(match value {
            Value::String(text) => {
                let whole = text.strip_prefix("${link.").and_then(|rest| rest.strip_suffix(".members}"));
                match whole.and_then(|name| self.link(name)) {
                    Some(neighbour) => {
                        Value::List(neighbour.members().into_iter().map(Value::from).collect())
                    }
                    None => self.expand(field, text)?.into(),
                }
            }
            Value::List(list) => Value::List(
                list.iter().map(|element| self.expand_value(field, element)).collect::<Result<_, _>>()?,
            ),
            Value::Map(map) => Value::Map(
                map.iter()
                    .map(|(key, value)| Ok((key.clone(), self.expand_value(field, value)?)))
                    .collect::<Result<Map, Error>>()?,
            ),
            other => other.clone(),
        })
    }
}
