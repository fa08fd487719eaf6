//! Typed reading: serde out of a [`Node`], with every problem at once and where it is.
//!
//! Serde stops at the first error. So the node is read again and again, each time without the values that
//! were found wrong and with a stand-in for the keys that were found missing, until nothing new is found.

mod deserializer;
mod error;
mod stand_in;

use aqueduct_manifest::Diagnostic;
use serde::de::DeserializeOwned;

use crate::interpolate::has_names;
use crate::node::Node;

use deserializer::{Amendments, Reader};
use error::{Kind, Place, ReadError};
use stand_in::StandIn;

/// How many problems of one node are looked for.
const LIMIT: usize = 200;

impl Node {
    /// Reads this node as a type; `what` is what messages call it, such as ``service `shop/web` ``.
    ///
    /// # Errors
    /// All that is wrong: unknown keys, wrong types, values that are refused, and keys that are missing.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Vec<Diagnostic>> {
        match self.read_leniently(what) {
            (Some(value), diagnostics) if diagnostics.is_empty() => Ok(value),
            (_, diagnostics) => Err(diagnostics),
        }
    }

    /// Reads this node as a type, as [`Node::read`] does, and returns what can be made of it beside what is
    /// wrong with it: what was refused is left out, and what is missing has some value.
    pub(crate) fn read_leniently<T: DeserializeOwned>(&self, what: &str) -> (Option<T>, Vec<Diagnostic>) {
        let mut amendments = Amendments::default();
        let mut diagnostics = Vec::new();
        let mut value = None;
        for _ in 0..LIMIT {
            match T::deserialize(Reader::new(self, &amendments)) {
                Ok(read) => {
                    value = Some(read);
                    break;
                }
                Err(error) => {
                    let (diagnostic, next) = amend(self, what, error, amendments);
                    diagnostics.extend(diagnostic);
                    match next {
                        Some(next) => amendments = next,
                        None => break,
                    }
                }
            }
        }
        diagnostics.sort_by(|left, right| left.labels.cmp(&right.labels));
        (value, diagnostics)
    }
}

/// Makes an error known, unless an earlier one caused it, and returns what the next reading is to leave
/// out and to put in; nothing where no further reading can tell more.
fn amend<'a>(
    root: &'a Node,
    what: &str,
    error: ReadError<'a>,
    mut amendments: Amendments<'a>,
) -> (Option<Diagnostic>, Option<Amendments<'a>>) {
    let place = error.place.unwrap_or(Place::Value(root));
    let (Place::Key(node) | Place::Value(node)) = place;
    let follow_up = match &error.kind {
        Kind::Unknown { .. } => false,
        Kind::StandIn => true,
        Kind::Missing { key } => amendments.explain_missing(node, key),
        // A name that stands for nothing was reported already.
        Kind::Variant { .. } | Kind::Type { .. } | Kind::Refused { .. } => {
            amendments.touch(node) || node.as_str().is_some_and(has_names)
        }
    };
    let diagnostic = (!follow_up).then(|| error.diagnostic(what, place));
    let next = match &error.kind {
        Kind::Missing { key } => {
            amendments.stand_ins.push(StandIn::new(node, key));
            Some(amendments)
        }
        Kind::StandIn => {
            let can_change = amendments.stand_ins.last_mut().is_some_and(StandIn::change);
            if can_change {
                Some(amendments)
            } else {
                // Nothing stands in for this key, so that the table as a whole cannot be read any further.
                amendments.stand_ins.pop().and_then(|stand_in| amendments.leave_out(root, stand_in.table))
            }
        }
        Kind::Unknown { suggestion, .. } => {
            if let (Some(suggestion), Some(table)) = (suggestion, error.table) {
                amendments.suggested.push((table, suggestion));
            }
            amendments.leave_out(root, node)
        }
        _ => amendments.leave_out(root, node),
    };
    (diagnostic, next)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use crate::document::parse;
    use crate::node::Layer;
    use crate::types::{Cpu, Image, LabelKey, Name, Port, Schedule};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    #[expect(dead_code, reason = "the fields are only printed")]
    struct Service {
        image: Image,
        port: Port,
        replicas: Option<u32>,
        #[serde(default)]
        resources: Resources,
        #[serde(default)]
        volumes: Vec<Volume>,
        #[serde(default)]
        labels: BTreeMap<LabelKey, String>,
        #[serde(default)]
        strategy: Strategy,
        share: Option<f64>,
        schedule: Schedule,
        ready: Option<Probe>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "the fields are only printed")]
    struct Resources {
        cpu: Option<Cpu>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "the fields are only printed")]
    struct Volume {
        name: Name,
        path: String,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Strategy {
        #[default]
        Rolling,
        Recreate,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "the fields are only printed")]
    enum Probe {
        Http { path: String },
        Tcp(Port),
        None,
    }

    fn check(text: &str) -> String {
        let node = parse("web.toml", text, Layer::Component).expect("the text is valid TOML");
        match node.read::<Service>("service `shop/web`") {
            Ok(service) => format!("{service:#?}"),
            Err(diagnostics) => crate::snapshot::diagnostics(&diagnostics, |_| Some(text.to_owned())),
        }
    }

    #[test]
    fn valid() {
        insta::assert_snapshot!(check("image = 'nginx'\nport = 80\nreplicas = 3\nresources.cpu = 0.5\nshare = 1\nschedule = '@daily'\nready.http.path = '/'\nstrategy = 'recreate'\nvolumes = [{ name = 'a', path = '/a' }]\n"), @r#"
        Service {
            image: Image {
                registry: None,
                repository: "nginx",
                tag: None,
                digest: None,
            },
            port: Port(
                80,
            ),
            replicas: Some(
                3,
            ),
            resources: Resources {
                cpu: Some(
                    Cpu {
                        millicores: 500,
                    },
                ),
            },
            volumes: [
                Volume {
                    name: Name(
                        "a",
                    ),
                    path: "/a",
                },
            ],
            labels: {},
            strategy: Recreate,
            share: Some(
                1.0,
            ),
            schedule: Schedule(
                "@daily",
            ),
            ready: Some(
                Http {
                    path: "/",
                },
            ),
        }
        "#);
    }

    #[test]
    fn everything_wrong_at_once() {
        insta::assert_snapshot!(check(
            "imagee = 'nginx'\nport = 0\nreplicas = -1\nlabels.'a b' = 'x'\nlabels.c = 1\nstrategy = 'rollin'\nshare = 'much'\nready = 'no'\n[resources]\ncpu = '5x'\nmemory = 1\n[[volumes]]\nname = 'A'\n[[volumes]]\npath = 'x'\nfoo = true\n"
        ), @r#"
        missing-key error: service `shop/web` has no `schedule`
          at web.toml
        unknown-key error: unknown key `imagee` in service `shop/web`
          at web.toml:1:1 "imagee"
          hint: did you mean `image`?
        invalid-value error: invalid `port` of service `shop/web`: `0` is not a port: wanted is an integer between 1 and 65535
          at web.toml:2:8 "0"
        wrong-type error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `-1`
          at web.toml:3:12 "-1"
        invalid-value error: invalid `labels.a b` of service `shop/web`: `a b` is not a valid name of a label: it may only hold letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
          at web.toml:4:8 "'a b'"
        wrong-type error: `labels.c` of service `shop/web` must be a string, not the integer `1`
          at web.toml:5:12 "1"
        invalid-value error: `strategy` of service `shop/web` must be one of `rolling`, `recreate`, not `rollin`
          at web.toml:6:12 "'rollin'"
          hint: did you mean `rolling`?
        wrong-type error: `share` of service `shop/web` must be a number, not the string `much`
          at web.toml:7:9 "'much'"
        invalid-value error: `ready` of service `shop/web` must be one of `http`, `tcp`, `none`, not `no`
          at web.toml:8:9 "'no'"
        invalid-value error: invalid `resources.cpu` of service `shop/web`: `5x` is not an amount of CPU: wanted is a number of cores such as `2` or `0.5`, or thousandths such as `500m`
          at web.toml:10:7 "'5x'"
        unknown-key error: unknown key `memory` in `resources` of service `shop/web`
          at web.toml:11:1 "memory"
          hint: the keys are `cpu`
        missing-key error: `volumes[0]` of service `shop/web` has no `path`
          at web.toml:12:1 "[[volumes]]"
        invalid-value error: invalid `volumes[0].name` of service `shop/web`: `A` is not a valid name: it may only hold lower-case letters, digits and `-`, and must start and end with a letter or a digit
          at web.toml:13:8 "'A'"
        missing-key error: `volumes[1]` of service `shop/web` has no `name`
          at web.toml:14:1 "[[volumes]]"
        unknown-key error: unknown key `foo` in `volumes[1]` of service `shop/web`
          at web.toml:16:1 "foo"
          hint: the keys are `name`, `path`
        "#);
    }

    #[test]
    fn several_missing_keys() {
        insta::assert_snapshot!(check("replicas = 1\n[ready.http]\n[[volumes]]\n"), @r#"
        missing-key error: service `shop/web` has no `image`
          at web.toml
        missing-key error: service `shop/web` has no `port`
          at web.toml
        missing-key error: service `shop/web` has no `schedule`
          at web.toml
        missing-key error: `ready.http` of service `shop/web` has no `path`
          at web.toml:2:1 "[ready.http]"
        missing-key error: `volumes[0]` of service `shop/web` has no `name`
          at web.toml:3:1 "[[volumes]]"
        missing-key error: `volumes[0]` of service `shop/web` has no `path`
          at web.toml:3:1 "[[volumes]]"
        "#);
    }

    #[test]
    fn wrong_shapes() {
        insta::assert_snapshot!(check("image = ['a']\nport = '80'\nresources = 1\nvolumes = { a = 1 }\nlabels = []\nready = { tcp = 80, none = {} }\nschedule = 5\nreplicas = 4294967296\n"), @r#"
        wrong-type error: `image` of service `shop/web` must be an image such as `"ghcr.io/shop/web:1.4.2"`, not a list
          at web.toml:1:9 "['a']"
        wrong-type error: `port` of service `shop/web` must be a port, an integer between 1 and 65535, not the string `80`
          at web.toml:2:8 "'80'"
        wrong-type error: `resources` of service `shop/web` must be a table, not the integer `1`
          at web.toml:3:13 "1"
        wrong-type error: `volumes` of service `shop/web` must be a list, not a table
          at web.toml:4:11 "{ a = 1 }"
        wrong-type error: `labels` of service `shop/web` must be a table, not a list
          at web.toml:5:10 "[]"
        wrong-type error: `ready` of service `shop/web` must be a table with one of the keys http, tcp, none, not one with 2 keys
          at web.toml:6:9 "{ tcp = 80, none = {} }"
        wrong-type error: `schedule` of service `shop/web` must be a schedule such as `"0 3 * * *"`, not the integer `5`
          at web.toml:7:12 "5"
        wrong-type error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `4294967296`
          at web.toml:8:12 "4294967296"
        "#);
    }
}
