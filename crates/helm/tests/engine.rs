//! Templates by example, and the bounds that keep a hostile chart from running forever.

use std::path::Path;

use aqueduct_helm::Engine;
use aqueduct_helm::engine::{RenderError, Rendered, TemplateFile};
use aqueduct_helm::template::{CallSite, Host, Limits, Moment, Refusal};
use aqueduct_helm::value::{Map, VALUES_MAP, Value};
use aqueduct_manifest::json;
use proptest::prelude::*;
use serde::Deserialize;

/// A host that reveals nothing.
struct Nothing;

impl Host for Nothing {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        Err(Refusal(format!("no clock for `{}` at {}:{}", site.function, site.template, site.line)))
    }

    fn random(&mut self, site: &CallSite, _: &mut [u8]) -> Result<(), Refusal> {
        Err(Refusal(format!("no randomness for `{}` at {}:{}", site.function, site.template, site.line)))
    }
}

/// Renders files named below `c/templates/` with the values as JSON and returns the output of `t.yaml`.
fn render(files: &[(&str, &str)], values: &str, limits: Limits) -> Result<Rendered, RenderError> {
    let values = match Value::from(&json::read(values).expect("values are JSON")) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let scope: Map = [
        ("Values", Value::Map(values.converted(&VALUES_MAP))),
        ("Release", Value::Map([("Name", Value::from("demo"))].into_iter().collect())),
    ]
    .into_iter()
    .collect();
    let files = files.iter().map(|(name, text)| TemplateFile {
        path: format!("c/templates/{name}").into(),
        base_path: "c/templates".into(),
        text: text.as_bytes().into(),
        scope: 0,
    });
    let engine = Engine::new().limited(limits);
    let templates = engine.parse(files.collect())?;
    let mut output = engine.render(&templates, &[scope], &mut Nothing)?;
    Ok(output.remove("c/templates/t.yaml").expect("the file is rendered"))
}

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    #[serde(default)]
    helpers: String,
    #[serde(default)]
    values: serde_json::Map<String, serde_json::Value>,
    output: Option<String>,
    error: Option<String>,
}

#[test]
fn examples() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"));
    let mut failed = Vec::new();
    let mut count = 0;
    for entry in folder.read_dir().expect("the folder exists") {
        let path = entry.expect("the folder can be read").path();
        let group = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if !group.starts_with("engine_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file is text");
        for line in text.lines() {
            let case: Case = serde_json::from_str(line).expect("each line is a case");
            let values = serde_json::Value::Object(case.values).to_string();
            let files = [("t.yaml", case.template.as_str()), ("_helpers.tpl", case.helpers.as_str())];
            let found = match render(&files, &values, Limits::default()) {
                Ok(rendered) => Ok(rendered.text.to_str().into_owned()),
                Err(error) => Err(error.to_string()),
            };
            let expected = match (case.output, case.error) {
                (Some(output), None) => Ok(output),
                (None, Some(error)) => Err(error),
                _ => panic!("{group}/{} has neither an output nor an error, or both", case.name),
            };
            count += 1;
            if found != expected {
                failed.push(format!("{group}/{}:\n  expected {expected:?}\n  found    {found:?}", case.name));
            }
        }
    }
    println!("examples: {} of {count} cases", count - failed.len());
    assert!(count > 100, "only {count} cases");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Returns the last line of the error that a template fails with.
fn refusal(template: &str, limits: Limits) -> String {
    let error = render(&[("t.yaml", template)], "{}", limits).expect_err("the template goes too far");
    let text = error.to_string();
    let tail: String = text.chars().rev().take(90).collect::<Vec<_>>().into_iter().rev().collect();
    tail.rsplit(": ").next().unwrap_or_default().rsplit('\n').next().unwrap_or_default().trim().to_owned()
}

#[test]
fn endless_templates_are_stopped() {
    let few = Limits { steps: 100_000, ..Limits::default() };
    assert_eq!(refusal("{{ range 1000000000 }}{{ end }}", few), "more than 100000 steps");
    let doubling = r#"{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#;
    assert_eq!(refusal(doubling, Limits::default()), "unable to execute template");
    let level = |level: u32| {
        let next = format!("{{{{ include \"f{}\" . }}}}", level + 1);
        format!("{{{{ define \"f{level}\" }}}}{next}{next}{{{{ end }}}}")
    };
    let levels: String = (0..40).map(level).collect();
    let doubling = format!("{levels}{{{{ define \"f40\" }}}}{{{{ end }}}}{{{{ include \"f0\" . }}}}");
    assert_eq!(refusal(&doubling, few), "more than 100000 steps");
    let tree = r#"{{ define "a" }}{{ if lt . 64 }}{{ include "a" (len (printf "%*d" . 0) | add1) }}{{ end }}{{ end }}"#;
    assert!(render(&[("t.yaml", tree)], "{}", few).is_ok());
    let text = r#"{{ define "a" }}{{ tpl "{{ template \"a\" }}" . }}{{ end }}{{ template "a" }}"#;
    assert_eq!(refusal(text, Limits::default()), "templates nest too deeply");
}

#[test]
fn endless_output_is_stopped() {
    let small = Limits { output: 1000, text: 500, ..Limits::default() };
    assert_eq!(refusal("{{ range 1000000 }}0123456789{{ end }}", small), "more than 1000 bytes of output");
    assert_eq!(
        refusal(r#"{{ $x := "0123456789" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"#, small),
        "a text of more than 500 bytes"
    );
    assert_eq!(
        refusal(r#"{{ printf "%900000000d" 1 }}{{ printf "%999999d" 1 }}"#, small),
        "a text of more than 500 bytes"
    );
}

#[test]
fn values_that_hold_themselves_are_refused() {
    let set = r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}"#;
    assert_eq!(
        refusal(&format!("{set}{{{{ $d }}}}"), Limits::default()),
        "cannot print a value that holds itself"
    );
    assert_eq!(
        refusal(&format!("{set}{{{{ printf \"%v\" $d }}}}"), Limits::default()),
        "cannot print a value that holds itself"
    );
    let equal = format!("{set}{{{{ deepEqual $d (dict \"self\" $d) }}}}");
    let rendered = render(&[("t.yaml", &equal)], "{}", Limits::default()).expect("the comparison ends");
    assert_eq!(rendered.text, "true");
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let nested = format!("{{{{ {}1{} }}}}", "(".repeat(9_000), ")".repeat(9_000));
    let rendered = render(&[("t.yaml", &nested)], "{}", Limits::default()).expect("Go takes it");
    assert_eq!(rendered.text, "1");
    let deeper = format!("{{{{ {}1{} }}}}", "(".repeat(10_001), ")".repeat(10_001));
    assert_eq!(refusal(&deeper, Limits::default()), "max expression depth exceeded");
    let blocks = format!("{}x{}", "{{ if true }}".repeat(9_000), "{{ end }}".repeat(9_000));
    let rendered = render(&[("t.yaml", &blocks)], "{}", Limits::default()).expect("the blocks close");
    assert_eq!(rendered.text, "x");
    let deeper = "{{ with 1 }}".repeat(10_001);
    assert_eq!(refusal(&deeper, Limits::default()), "blocks nest too deeply");
    let lists = "{{ $l := list }}{{ range 100000 }}{{ $l = list $l }}{{ end }}done";
    let rendered = render(&[("t.yaml", lists)], "{}", Limits::default()).expect("the lists are built");
    assert_eq!(rendered.text, "done");
}

#[test]
fn lines_know_where_they_come_from() {
    let helpers = "{{ define \"labels\" }}a: 1\nb: 2{{ end }}{{ define \"tail\" }}\n# tail\n{{ end }}";
    let template = "kind: A\n{{- range $x := list 1 2 }}\nx{{ $x }}: 1\n{{- end }}\nlabels:\n{{ include \"labels\" . }}\n\
                    none: {{ .Values.nope }}\nend: 1\n{{ template \"tail\" }}\n";
    let files = [("t.yaml", template), ("_helpers.tpl", helpers)];
    let rendered = render(&files, "{}", Limits::default()).expect("the template renders");
    let places: Vec<String> = (1..)
        .zip(rendered.text.to_str().lines())
        .map(|(line, text)| match rendered.place(line) {
            Some(place) => format!("{text} <- {}:{}", place.template, place.line),
            None => format!("{text} <- ?"),
        })
        .collect();
    insta::assert_snapshot!(places.join("\n"));
}

#[test]
fn errors_name_the_whole_chain() {
    let helpers = "{{ define \"outer\" }}\n  {{ include \"inner\" .Values }}\n{{ end }}\n{{ define \"inner\" }}\n\
                   {{ .missing.name }}\n{{ end }}\n{{ define \"need\" }}{{ required \"a name is required\" .name }}{{ end }}";
    let mut report = Vec::new();
    for template in [
        "a: 1\nb: {{ include \"outer\" . }}",
        "{{ template \"inner\" . }}",
        "\n\n{{ include \"need\" . }}",
        "{{ tpl \"{{ include \\\"inner\\\" . }}\" . }}",
        "{{ tpl \"{{ if }}\" . }}",
        "x: {{ .Values.a.b }}",
        "x: {{ .Values.name.b }}",
        "x: {{ index .Values.list 3 }}",
        "x: {{ include \"absent\" . }}",
        "x: {{ fail \"stop: here\" }}",
        "x: {{ now }}",
        "x: {{ randAlphaNum 5 }}",
        "{{ if true }}\nx",
        "{{ if\n  true\n  | % }}",
        "a\n{{ include \"need\"",
        "{{ range $a, $b, $c := . }}{{ end }}",
        "{{ \"a\" | upper 1 2 }}",
    ] {
        let files = [("t.yaml", template), ("_helpers.tpl", helpers)];
        let error = render(&files, r#"{"name": "x", "list": [1]}"#, Limits::default()).expect_err(template);
        let places: Vec<String> = error
            .places
            .iter()
            .map(|place| format!("{}:{}:{}", place.template, place.line, place.column))
            .collect();
        report.push(format!("{template}\n=> {error}\n   [{}]", places.join(" ")));
    }
    insta::assert_snapshot!(report.join("\n\n"));
}

#[test]
fn parsed_templates_serve_several_renders_and_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let file = TemplateFile {
        path: "c/templates/t.yaml".into(),
        base_path: "c/templates".into(),
        text: b"{{ $_ := set .Values \"n\" (add1 .Values.n) }}{{ .Values.n }}".as_slice().into(),
        scope: 0,
    };
    let engine = Engine::new();
    let templates = engine.parse(vec![file]).expect("the template parses");
    shared(&templates);
    let render = || {
        let values: Map = [("n", Value::int(1))].into_iter().collect();
        let scope: Map = [("Values", Value::Map(values))].into_iter().collect();
        let output = engine.render(&templates, &[scope], &mut Nothing).expect("it renders");
        output.into_values().map(|rendered| rendered.text.to_str().into_owned()).collect::<String>()
    };
    let texts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(render)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(texts, ["2"; 4]);
}

#[test]
fn functions_end_on_values_that_hold_themselves() {
    let set = r#"{{ $d := dict "a" 1 }}{{ $l := list $d }}{{ $_ := set $d "self" $d }}{{ $_ := set $d "list" $l }}
        {{ $e := dict "a" 2 }}{{ $_ := set $e "self" $e }}{{ $_ := set $e "list" (list $e) }}"#;
    let calls = [
        "toYaml $d",
        "toYamlPretty $d",
        "mustToYaml $d",
        "toJson $d",
        "toPrettyJson $d",
        "toRawJson $d",
        "mustToJson $d",
        "toToml $d",
        "mustToToml $d",
        "deepCopy $d",
        "mustDeepCopy $d",
        "merge (dict) $d",
        "merge $d $e",
        "mustMerge $d $e",
        "mergeOverwrite (dict \"self\" (dict)) $d",
        "mergeOverwrite $d $e",
        "mustMergeOverwrite $e $d",
        "deepEqual $d $e",
        "has $d (list $e)",
        "uniq (list $d $e)",
        "without (list $d) $e",
        "quote $d",
        "squote $d",
        "toString $d",
        "toStrings $l",
        "cat $d",
        "join \",\" $l",
        "sortAlpha $l",
        "html $d",
        "js $d",
        "urlquery $d",
        "print $d",
        "println $d",
        "printf \"%#v\" $d",
        "printf \"%d\" $d",
        "eq $l $l",
        "index $d \"self\" \"self\" \"a\"",
        "required \"x\" $d",
        "default $d $e",
        "values $d",
        "pick $d \"self\"",
        "omit $d \"a\"",
        "dig \"self\" \"a\" 0 $d",
        "first $l",
        "reverse $l",
        "concat $l $l",
        "compact $l",
        "empty $d",
        "len $d",
        "tpl \"{{ . }}\" $d",
        "include \"x\" $d",
        "kindOf $d",
        "typeOf $d",
        "int $d",
        "toDecimal $d",
        "urlJoin $d",
        "b64enc (toYaml $d)",
        "ternary $d $e true",
    ];
    for call in calls {
        let template = format!("{set}{{{{ {call} }}}}");
        // Either an output or an error is fine, as long as there is one.
        if let Ok(rendered) = render(&[("t.yaml", &template)], "{}", Limits::default()) {
            assert!(rendered.text.len() < 1 << 27, "{call}");
        }
    }
}

#[test]
fn functions_end_on_values_that_share_much() {
    // Written out, the innermost map would occur 2^40 times.
    let set = r#"{{ $d := dict "a" 1 }}{{ range 40 }}{{ $d = dict "l" $d "r" $d }}{{ end }}"#;
    for call in [
        "toYaml $d",
        "toJson $d",
        "toToml $d",
        "toYamlPretty $d",
        "deepCopy $d | len",
        "merge (dict) $d | len",
        "print $d",
        "deepEqual $d (dict \"l\" $d \"r\" $d)",
        "mergeOverwrite (dict \"l\" (dict)) $d | len",
    ] {
        let template = format!("{set}{{{{ {call} }}}}");
        if let Ok(rendered) = render(&[("t.yaml", &template)], "{}", Limits::default()) {
            assert!(rendered.text.len() < 1 << 27, "{call}");
        }
    }
}

#[test]
fn functions_that_take_long_are_counted() {
    let few = Limits { steps: 400_000, ..Limits::default() };
    for call in [
        "derivePassword 1 \"long\" \"a\" \"b\" \"c\"",
        "fromJsonArray $json | len",
        "fromYaml (printf \"a: %s\" $json) | len",
        "append $list 1 | len",
        "uniq $lists | len",
        "without $list 1 2 3 | len",
        "has -1 $list",
        "deepCopy $lists | len",
        "deepEqual $lists (deepCopy $lists)",
        "sha512sum $json | len",
        "mergeOverwrite $left $right | len",
        "regexFindAll \".*b|[0-9]\" $json -1 | len",
        "regexReplaceAll \".*b|[0-9]\" $json \"\" | len",
        "regexMatch (printf `\\pL{1000}%d` .) \"a\"",
        "regexMatch (printf \"a%d\" .) \"a\"",
        "toYaml $left",
        "toPrettyJson $left",
        "fromToml (printf \"a = %s\" $json) | len",
        "tpl (printf \"%d%s\" . $json) $ | len",
        "dict (printf \"%d\" $list) 1 | len",
        "omit $wide \"a\" | len",
        "list }}{{ range $wide }}{{ break }}{{ end }}{{ $_ = list",
    ] {
        let template = format!(
            r#"{{{{ $json := printf "[%s1]" (repeat 5000 "1,") }}}}{{{{ $list := until 5000 }}}}
            {{{{ $lists := list }}}}{{{{ range 100 }}}}{{{{ $lists = append $lists (list .) }}}}{{{{ end }}}}
            {{{{ $wide := dict }}}}{{{{ range until 5000 }}}}{{{{ $_ := set $wide (toString .) . }}}}{{{{ end }}}}
            {{{{ $left := dict }}}}{{{{ $right := dict }}}}
            {{{{ range 30 }}}}{{{{ $left = dict "a" $left "b" $left }}}}{{{{ end }}}}
            {{{{ range 30 }}}}{{{{ $right = dict "a" $right "b" $right }}}}{{{{ end }}}}
            {{{{ range 5000 }}}}{{{{ $_ := {call} }}}}{{{{ end }}}}"#
        );
        let refusal = refusal(&template, few);
        assert_eq!(refusal, "more than 400000 steps", "{call}");
    }
}

#[test]
fn results_that_are_much_larger_than_their_arguments_are_refused() {
    let long = r#"{{ $x := repeat 60000 "abc" }}{{ $y := repeat 20000 "abc" }}{{ $list := until 60000 }}"#;
    for (call, message) in [
        ("join $x $list", "strings: Repeat output length overflow"),
        (r#"regexReplaceAll "b?" $y $y"#, "strings: Repeat output length overflow"),
        (r#"regexReplaceAllLiteral "b?" $y $y"#, "strings: Repeat output length overflow"),
        (
            "range 20 }}{{ $list = concat $list $list }}{{ end }}{{ len $list",
            "the list would have more than 1000000 elements",
        ),
        (
            "$x = repeat 100 $x }}{{ $all := list $x }}{{ range 4 }}{{ $all = concat $all $all }}{{ end }}{{ toJson $all",
            "",
        ),
    ] {
        let template = format!("{long}{{{{ {call} }}}}");
        match render(&[("t.yaml", &template)], "{}", Limits::default()) {
            Ok(rendered) => assert!(message.is_empty() && rendered.text.is_empty(), "{call}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!message.is_empty() && error.ends_with(message), "{call}: {error}");
            }
        }
    }
}

/// The building blocks of templates, whole and broken.
fn fragment() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "{{ ",
        " }}",
        "{{- ",
        " -}}",
        "if ",
        "else ",
        "else if ",
        "end",
        "range ",
        "with ",
        "define \"a\"",
        "template \"a\" ",
        "block \"b\" ",
        "break",
        "continue",
        "include \"a\" ",
        "tpl ",
        ". ",
        ".Values",
        ".list",
        ".map.key",
        "$x",
        "$x := ",
        "$x = ",
        "$k, $v := ",
        "(",
        ")",
        " | ",
        "1",
        "-2.5",
        "'c'",
        "\"text\"",
        "`raw`",
        "nil ",
        "true ",
        "printf \"%v %5.2f %q %[2]*d\" ",
        "index ",
        "len ",
        "eq ",
        "lt ",
        "and ",
        "or ",
        "not ",
        "dict \"k\" ",
        "list ",
        "set ",
        "toYaml ",
        "default ",
        "text\n",
        " ",
        "\n",
        "/* c */",
        "{{/*",
        "*/}}",
        "\u{e9}",
        "{{ end }}",
        "{{ else }}",
        "{{ . }}",
        "{{ range .Values.list }}",
        "{{ $x := 1 }}",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_template_ends(fragments in proptest::collection::vec(fragment(), 0..40)) {
        let template = fragments.concat();
        let limits = Limits { output: 1 << 16, steps: 10_000, text: 1 << 16, nesting: 50 };
        let values = r#"{"list": [1, null, "a", {"b": 2}], "map": {"key": "value"}, "x": true}"#;
        match render(&[("t.yaml", &template)], values, limits) {
            Ok(rendered) => {
                for line in 0..=rendered.text.to_str().lines().count() as u32 + 1 {
                    rendered.place(line);
                }
            }
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
    }
}
