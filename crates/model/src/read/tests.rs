//! Texts in, a struct or diagnostics out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::parse;
use crate::node::Layer;
use crate::types::{Cpu, Image, LabelKey, Name, Port, ScalarOrTable, Schedule};

#[derive(Debug, Deserialize, JsonSchema)]
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
    #[serde(default)]
    ports: BTreeMap<Name, ScalarOrTable<Port, PortTable>>,
    size: Option<Size>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only printed")]
struct PortTable {
    number: Port,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the fields are only printed")]
enum Size {
    Number(u8),
    Name(Name),
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only printed")]
struct Resources {
    cpu: Option<Cpu>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only printed")]
struct Volume {
    name: Name,
    path: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Strategy {
    #[default]
    Rolling,
    Recreate,
}

#[derive(Debug, Deserialize, JsonSchema)]
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
        ports: {},
        size: None,
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
    invalid-value error: invalid `port` of service `shop/web`: `0` is not a port: expected an integer between 1 and 65535
      at web.toml:2:8 "0"
    wrong-type error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `-1`
      at web.toml:3:12 "-1"
    invalid-value error: invalid `labels.a b` of service `shop/web`: `a b` is not a valid label name: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
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
    invalid-value error: invalid `resources.cpu` of service `shop/web`: `5x` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
      at web.toml:10:7 "'5x'"
    unknown-key error: unknown key `memory` in `resources` of service `shop/web`
      at web.toml:11:1 "memory"
      hint: the keys are `cpu`
    missing-key error: `volumes[0]` of service `shop/web` has no `path`
      at web.toml:12:1 "[[volumes]]"
    invalid-value error: invalid `volumes[0].name` of service `shop/web`: `A` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
      at web.toml:13:8 "'A'"
    missing-key error: `volumes[1]` of service `shop/web` has no `name`
      at web.toml:14:1 "[[volumes]]"
    unknown-key error: unknown key `foo` in `volumes[1]` of service `shop/web`
      at web.toml:16:1 "foo"
      hint: the keys are `name`, `path`
    "#);
}

#[test]
fn short_and_long_forms() {
    let text = "image = 'a'\nport = 1\nschedule = '@daily'\n";
    assert!(check(&format!("{text}ports.a = 80\nports.b.number = 80\nsize = 5")).starts_with("Service {"));
    insta::assert_snapshot!(check(&format!("{text}size = 'A'\n[ports]\na = 0\nb = 'x'\nc.nmber = 5\nd = {{ number = -1 }}\ne = []\nf = {{}}\n")), @r#"
    invalid-value error: invalid `size` of service `shop/web`: it has none of the forms that are allowed here
      at web.toml:4:8 "'A'"
    invalid-value error: invalid `ports.a` of service `shop/web`: `0` is not a port: expected an integer between 1 and 65535
      at web.toml:6:5 "0"
    wrong-type error: `ports.b` of service `shop/web` must be a port, an integer between 1 and 65535, not the string `x`
      at web.toml:7:5 "'x'"
    unknown-key error: unknown key `nmber` in `ports.c` of service `shop/web`
      at web.toml:8:3 "nmber"
      hint: did you mean `number`?
    invalid-value error: invalid `ports.d.number` of service `shop/web`: `-1` is not a port: expected an integer between 1 and 65535
      at web.toml:9:16 "-1"
    wrong-type error: `ports.e` of service `shop/web` must be a single value or a table, not a list
      at web.toml:10:5 "[]"
    missing-key error: `ports.f` of service `shop/web` has no `number`
      at web.toml:11:5 "{}"
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
    wrong-type error: `ready` of service `shop/web` must be a table with one of the keys `http`, `tcp`, `none`, not one with 2 keys
      at web.toml:6:9 "{ tcp = 80, none = {} }"
    wrong-type error: `schedule` of service `shop/web` must be a schedule such as `"0 3 * * *"`, not the integer `5`
      at web.toml:7:12 "5"
    wrong-type error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `4294967296`
      at web.toml:8:12 "4294967296"
    "#);
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only printed")]
struct Page {
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pod: Pod,
    text: String,
    #[serde(default)]
    volumes: Vec<Volume>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the fields are only printed")]
struct Pod {
    port: Port,
    image: Image,
    #[serde(default)]
    node_ports: BTreeMap<Name, ScalarOrTable<Port, PortTable>>,
}

#[test]
fn two_structs_share_a_table() {
    let check = |text: &str| {
        let node = parse("web.toml", text, Layer::Component).expect("the text is valid TOML");
        match node.read::<Page>("page `web`") {
            Ok(page) => format!("{page:?}"),
            Err(diagnostics) => crate::snapshot::diagnostics(&diagnostics, |_| Some(text.to_owned())),
        }
    };
    insta::assert_snapshot!(check("text = 'a'\nport = 1\nimage = 'nginx'\nnode-ports.a.number = 2\n"), @r#"Page { pod: Pod { port: Port(1), image: Image { registry: None, repository: "nginx", tag: None, digest: None }, node_ports: {Name("a"): Table(PortTable { number: Port(2) })} }, text: "a", volumes: [] }"#);
    insta::assert_snapshot!(check("text = 1\nprot = 1\n'..' = {}\nimage = 'A b'\nvolumes = [{ nme = 'a' }]\n[node-ports]\na.nmber = 80\nb = 0\n"), @r#"
    wrong-type error: `text` of page `web` must be a string, not the integer `1`
      at web.toml:1:8 "1"
    unknown-key error: unknown key `prot` in page `web`
      at web.toml:2:1 "prot"
      hint: did you mean `port`?
    unknown-key error: unknown key `..` in page `web`
      at web.toml:3:1 "'..'"
      hint: the keys are `port`, `image`, `node-ports`, `text`, `volumes`
    invalid-value error: invalid `image` of page `web`: `A b` is not a valid image: it must not contain spaces
      at web.toml:4:9 "'A b'"
    missing-key error: `volumes[0]` of page `web` has no `path`
      at web.toml:5:12 "{ nme = 'a' }"
    unknown-key error: unknown key `nme` in `volumes[0]` of page `web`
      at web.toml:5:14 "nme"
      hint: did you mean `name`?
    unknown-key error: unknown key `nmber` in `node-ports.a` of page `web`
      at web.toml:7:3 "nmber"
      hint: did you mean `number`?
    invalid-value error: invalid `node-ports.b` of page `web`: `0` is not a port: expected an integer between 1 and 65535
      at web.toml:8:5 "0"
    "#);
    insta::assert_snapshot!(check("service = {}\n"), @r#"
    missing-key error: page `web` has no `port`
      at web.toml
    missing-key error: page `web` has no `image`
      at web.toml
    missing-key error: page `web` has no `text`
      at web.toml
    unknown-key error: unknown key `service` in page `web`
      at web.toml:1:1 "service"
      hint: the keys are `port`, `image`, `node-ports`, `text`, `volumes`
    "#);
}

#[test]
fn what_remains_is_read() {
    let text = "imagee = 'nginx'\nport = 0\nlabels.a = 1\nlabels.b = 'x'\nvolumes = [{ name = 'A' }, { name = 'b', path = '/b' }]\nready = { http = {} }\n";
    let node = parse("web.toml", text, Layer::Component).expect("the text is valid TOML");
    let (service, _) = node.read_leniently::<Service>("service `shop/web`");
    insta::assert_snapshot!(format!("{service:?}"), @r#"Some(Service { image: Image { registry: None, repository: "a", tag: None, digest: None }, port: Port(1), replicas: None, resources: Resources { cpu: None }, volumes: [Volume { name: Name("a"), path: "a" }, Volume { name: Name("b"), path: "/b" }], labels: {LabelKey("b"): "x"}, strategy: Rolling, share: None, schedule: Schedule("@daily"), ready: Some(Http { path: "a" }), ports: {}, size: None })"#);
}
