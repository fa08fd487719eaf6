//! Loading charts: what is refused, and in which words.

use std::io::Write as _;
use std::sync::Arc;

use aqueduct_helm::hosts::Refusing;
use aqueduct_helm::{Capabilities, Chart, Engine, Prepared, Release};
use aqueduct_manifest::{Files, Value};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.2.3\n";

/// Packs entries as given, without checking names.
fn pack(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let field = &mut header.as_old_mut().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").expect("the name is short");
        }
        header.set_cksum();
        builder.append(&header, *content).expect("a vector takes everything");
    }
    gzip(&builder.into_inner().expect("a vector takes everything"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

fn file<'a>(name: &'a str, content: &'a str) -> (&'a str, EntryType, &'a [u8]) {
    (name, EntryType::Regular, content.as_bytes())
}

fn refused(entries: &[(&str, EntryType, &[u8])]) -> String {
    match Chart::from_archive(&pack(entries)) {
        Ok(chart) => format!("loaded {}", chart.metadata.name),
        Err(error) => error.to_string(),
    }
}

#[test]
fn packed_charts() {
    let chart = Chart::from_archive(&pack(&[
        ("c/", EntryType::Directory, b""),
        file("c/Chart.yaml", "\u{feff}apiVersion: v2\nname: c\nversion: 1.2.3\n"),
        file("c/./templates//a.yaml", "a: 1\n"),
        file("c/files/../b.txt", "b"),
    ]))
    .expect("the chart is well formed");
    assert_eq!(chart.metadata.version, "1.2.3");
    assert_eq!(chart.templates.iter().map(|file| &*file.name).collect::<Vec<_>>(), ["templates/a.yaml"]);
    assert_eq!(chart.files.iter().map(|file| &*file.name).collect::<Vec<_>>(), ["b.txt"]);
}

#[test]
fn windows_separators_are_read() {
    let chart =
        Chart::from_archive(&pack(&[file("c\\Chart.yaml", CHART), file("c\\templates\\a.yaml", "a: 1")]))
            .expect("the chart is well formed");
    assert_eq!(chart.templates.len(), 1);
}

#[test]
fn packed_subcharts_nest() {
    let inner = pack(&[file("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")]);
    let outer = pack(&[file("c/Chart.yaml", CHART), ("c/charts/sub-0.1.0.tgz", EntryType::Regular, &inner)]);
    let chart = Chart::from_archive(&outer).expect("the chart is well formed");
    assert_eq!(chart.subcharts.iter().map(|chart| &*chart.metadata.name).collect::<Vec<_>>(), ["sub"]);
}

#[test]
fn names_that_leave_the_chart() {
    for (name, expected) in [
        ("c/../../x", "chart illegally references parent directory"),
        ("c/..", "chart illegally references parent directory"),
        ("c//etc/passwd", "chart illegally contains absolute paths"),
        ("c\\..\\..\\x", "chart illegally references parent directory"),
        ("c\\\\x", "chart illegally contains absolute paths"),
        ("c/C:/x", "chart contains illegally named files"),
        ("x.txt", "chart illegally contains content outside the base directory: \"x.txt\""),
        ("Chart.yaml/x", "chart yaml not in base directory"),
    ] {
        assert_eq!(refused(&[file("c/Chart.yaml", CHART), file(name, "x")]), expected, "{name}");
    }
}

#[test]
fn links_and_devices() {
    for (kind, expected) in [
        (EntryType::Symlink, "chart illegally contains a link: \"c/Chart.lock\""),
        (EntryType::Link, "chart illegally contains a link: \"c/Chart.lock\""),
        (EntryType::Fifo, "chart illegally contains a device: \"c/Chart.lock\""),
        (EntryType::Char, "chart illegally contains a device: \"c/Chart.lock\""),
    ] {
        let entries = [file("c/Chart.yaml", CHART), ("c/Chart.lock", kind, b"".as_slice())];
        assert_eq!(refused(&entries), expected, "{kind:?}");
    }
}

#[test]
fn bombs() {
    let large = vec![0; 5 * 1024 * 1024 + 1];
    assert_eq!(
        refused(&[("c/large", EntryType::Regular, &large)]),
        "decompressed chart file \"c/large\" is larger than the maximum file size 5242880"
    );
    let many: Vec<String> = (0..21).map(|index| format!("c/{index}")).collect();
    let part = &large[..5 * 1024 * 1024];
    let entries: Vec<_> = many.iter().map(|name| (&**name, EntryType::Regular, part)).collect();
    assert_eq!(refused(&entries), "decompressed chart is larger than the maximum size 104857600");
    // Packed charts within a chart count towards its limit.
    let inner = pack(&entries[..19]);
    let outer = pack(&[
        file("c/Chart.yaml", CHART),
        ("c/charts/a.tgz", EntryType::Regular, &inner),
        ("c/charts/b.tgz", EntryType::Regular, &inner),
    ]);
    let error = Chart::from_archive(&outer).expect_err("the chart is too large").to_string();
    assert!(error.contains("Chart.yaml file is missing") || error.contains("maximum size"), "{error}");
}

#[test]
fn archives_that_are_none() {
    assert_eq!(refused(&[]), "no files in chart archive");
    for bytes in [&b""[..], b"not packed", b"\x1f\x8b\x08garbage", &gzip(b"not a tar")] {
        assert!(Chart::from_archive(bytes).is_err(), "{bytes:?}");
    }
    let whole = pack(&[file("c/Chart.yaml", CHART), file("c/values.yaml", "a: 1\n")]);
    for length in 0..whole.len() {
        // Whatever is cut off, nothing panics, and no partial chart has a template.
        if let Ok(chart) = Chart::from_archive(&whole[..length]) {
            assert!(chart.templates.is_empty());
        }
    }
}

fn load(files: &[(&str, &str)]) -> Result<Chart, String> {
    let files: Files = files.iter().map(|(name, text)| (format!("x/{name}"), text.as_bytes())).collect();
    Chart::from_files(&files, "x").map_err(|error| error.to_string())
}

#[test]
fn metadata_that_helm_refuses() {
    let decoding =
        "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    for (text, expected) in [
        ("version: 1.2.3\n", "validation: chart.metadata.name is required".to_owned()),
        ("name: c\n", "validation: chart.metadata.version is required".to_owned()),
        ("name: a/b\nversion: 1.2.3\n", "validation: chart.metadata.name \"a/b\" is invalid".to_owned()),
        ("name: ..\nversion: 1.2.3\n", "validation: chart.metadata.name \"..\" is invalid".to_owned()),
        ("name: c\nversion: one\n", "validation: chart.metadata.version \"one\" is invalid".to_owned()),
        (
            "name: c\nversion: 1.2.3\ntype: kind\n",
            "validation: chart.metadata.type must be application or library".to_owned(),
        ),
        (
            "name: c\nversion: 1.2.3\nmaintainers: [null]\n",
            "cannot load Chart.yaml: validation: maintainers must not contain empty or null nodes".to_owned(),
        ),
        (
            "name: c\nversion: 1.2.3\ndependencies: [{name: a, alias: a.b}]\n",
            "validation: dependency \"a\" has disallowed characters in the alias".to_owned(),
        ),
        (
            "name: c\nversion: 1.2.3\ndependencies: [{name: a}, {name: b, alias: a}]\n",
            "validation: more than one dependency with name or alias \"a\". Try using distinct aliases for \
             dependencies with the same chart name."
                .to_owned(),
        ),
        (
            "name: [c]\nversion: 1.2.3\n",
            format!("{decoding} array into Go struct field .name of type string"),
        ),
        ("- a\n", format!("{decoding} array into Go value of type loader.chartBase")),
        ("apiVersion: v9\nname: c\nversion: 1.2.3\n", "unsupported chart version".to_owned()),
    ] {
        assert_eq!(load(&[("Chart.yaml", text)]).expect_err(text), expected, "{text}");
    }
}

#[test]
fn numbers_in_metadata_become_texts() {
    let chart = load(&[("Chart.yaml", "name: c\nversion: 1.20\nappVersion: 4.50\nkeywords: [1, yes]\n")])
        .expect("the chart is well formed");
    let metadata = chart.metadata;
    assert_eq!((&*metadata.version, &*metadata.app_version, &*metadata.api_version), ("1.2", "4.5", "v1"));
    assert_eq!(metadata.keywords, ["1", "true"]);
}

#[test]
fn files_that_helm_refuses() {
    for (name, text, expected) in [
        (
            "values.yaml",
            "a: [",
            "cannot load values.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: ",
        ),
        (
            "values.yaml",
            "- a",
            "cannot load values.yaml: cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        ("Chart.lock", "- a", "cannot load Chart.lock: error unmarshaling JSON"),
        ("requirements.yaml", "a: [", "cannot load requirements.yaml: error converting YAML to JSON: yaml: "),
        ("charts/sub/values.yaml", "a: 1", "error unpacking subchart sub in c: Chart.yaml file is missing"),
        ("charts/sub.tgz", "no archive", "error unpacking subchart sub.tgz in c: "),
        (".helmignore", "**/x", "double-star (**) syntax is not supported"),
    ] {
        let error = load(&[("Chart.yaml", CHART), (name, text)]).expect_err(name);
        assert!(error.starts_with(expected), "{name}: {error}");
    }
    assert_eq!(
        load(&[("values.yaml", "a: 1")]).expect_err("there is no chart"),
        "Chart.yaml file is missing"
    );
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let above = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", above.trim_end_matches(", ")));
    }
    let error = load(&[("Chart.yaml", CHART), ("values.yaml", &text)]).expect_err("it grows without end");
    assert!(error.contains("excessive aliasing"), "{error}");
}

#[test]
fn values_in_several_documents() {
    let chart = load(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "a: 1\nm: {x: 1, z: 2}\n---\nb: 2\nm:\n  z: 3\n---\n# nothing\n---\nl: [1]\n"),
    ])
    .expect("the chart is well formed");
    let text = aqueduct_manifest::json::write(&chart.values.into());
    assert_eq!(text, r#"{"a":1,"b":2,"l":[1],"m":{"x":1,"z":3}}"#);
}

#[test]
fn files_of_the_first_chart_format() {
    let chart = load(&[
        ("Chart.yaml", "name: c\nversion: 1.2.3\n"),
        ("requirements.yaml", "dependencies:\n- name: sub\n  version: 1.x\n"),
        ("requirements.lock", "dependencies: []\n"),
        ("charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n"),
        ("charts/_hidden/x", ""),
        ("charts/README.md", ""),
        ("charts/sub-1.0.0.tgz.prov", "signature"),
    ]);
    // A file in `charts/` that is not a folder is read as a chart without files.
    let error = chart.expect_err("README.md is not a chart");
    assert_eq!(error, "error unpacking subchart README.md in c: Chart.yaml file is missing");
    let chart = load(&[
        ("Chart.yaml", "name: c\nversion: 1.2.3\n"),
        ("requirements.yaml", "dependencies:\n- name: sub\n  version: 1.x\n"),
        ("requirements.lock", "dependencies: []\n"),
        ("charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n"),
        ("charts/_hidden/x", ""),
        ("charts/sub-1.0.0.tgz.prov", "signature"),
    ])
    .expect("the chart is well formed");
    assert_eq!(chart.subcharts.len(), 1);
    assert_eq!(chart.metadata.dependencies.map(|dependencies| dependencies.len()), Some(1));
    let files: Vec<&str> = chart.files.iter().map(|file| &*file.name).collect();
    assert_eq!(files, ["charts/sub-1.0.0.tgz.prov", "requirements.lock", "requirements.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_followed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let chart = folder.path().join("c");
    std::fs::create_dir_all(chart.join("templates")).expect("a folder can be made");
    std::fs::write(chart.join("Chart.yaml"), CHART).expect("a file can be written");
    std::fs::write(folder.path().join("shared.yaml"), "a: 1\n").expect("a file can be written");
    std::os::unix::fs::symlink("../../shared.yaml", chart.join("templates/a.yaml"))
        .expect("a link can be made");
    let loaded = Chart::read(&chart).expect("the chart is well formed");
    assert_eq!(&*loaded.templates[0].bytes, b"a: 1\n");
    std::os::unix::fs::symlink("nowhere", chart.join("broken")).expect("a link can be made");
    let error = Chart::read(&chart).expect_err("the link leads nowhere").to_string();
    assert!(error.contains("error evaluating symlink"), "{error}");
    std::fs::write(chart.join(".helmignore"), "broken\n").expect("a file can be written");
    Chart::read(&chart).expect("what is ignored may be broken");
    std::os::unix::fs::symlink("..", chart.join("templates/circle")).expect("a link can be made");
    let error = Chart::read(&chart).expect_err("the links form a cycle").to_string();
    assert!(error.contains("nested too deep"), "{error}");
    std::fs::remove_file(chart.join("templates/circle")).expect("the link can be removed");
    std::fs::remove_file(chart.join("broken")).expect("the link can be removed");
    // The files of a platform are read with links checked: a link that leaves the folder is refused there.
    let error = Files::read(&chart, &[""]).expect_err("the link leaves the folder");
    assert!(error.to_string().contains("templates/a.yaml"), "{error}");
}

#[test]
fn what_is_no_chart_on_disk() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("values.yaml");
    std::fs::write(&path, "a: 1\n").expect("a file can be written");
    let error = Chart::read(&path).expect_err("it is a values file").to_string();
    assert_eq!(
        error,
        format!("file '{}' seems to be a YAML file, but expected a gzipped archive", path.display())
    );
    let path = folder.path().join("chart.tgz");
    std::fs::write(&path, "a: 1\n").expect("a file can be written");
    let error = Chart::read(&path).expect_err("it is not an archive").to_string();
    assert_eq!(
        error,
        format!(
            "file '{}' does not appear to be a gzipped archive; got 'text/plain; charset=utf-8'",
            path.display()
        )
    );
}

/// Helm ends each document with a newline, whatever the document itself ends with.
#[test]
fn texts_in_the_last_line_of_a_template() {
    let map = |name: &str, text: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {text}")
    };
    let chart = load(&[
        ("Chart.yaml", CHART),
        ("crds/a.yaml", &map("a", "|\n  text")),
        ("templates/b.yaml", &map("b", "|\n  text")),
        ("templates/c.yaml", &map("c", "|\n  text\n")),
        ("templates/d.yaml", &map("d", "|-\n  text")),
        ("templates/e.yaml", &map("e", "|+\n  text\n\n")),
        ("templates/f.yaml", &map("f", "text")),
    ])
    .expect("the chart is well formed");
    let prepared = Prepared::new(&Arc::new(chart), &Default::default()).expect("there are no values");
    let rendered = prepared
        .render(&Engine::new(), &Release::new("r", "n"), &Capabilities::default(), &mut Refusing)
        .expect("the templates are well formed");
    let objects = rendered.objects().expect("they render objects");
    let texts: Vec<&str> =
        objects.iter().filter_map(|object| object.map.get("data").and_then(Value::as_str)).collect();
    assert_eq!(texts, ["text\n", "text\n", "text\n", "text", "text\n\n\n", "text"]);
}

#[test]
fn one_chart_serves_many_threads() {
    let chart = load(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "a: x\n"),
        ("templates/a.yaml", "kind: A\nname: {{ .Release.Name }}-{{ .Values.a }}\n"),
    ])
    .expect("the chart is well formed");
    let chart = Arc::new(chart);
    std::thread::scope(|scope| {
        for index in 0..8 {
            let chart = &chart;
            scope.spawn(move || {
                let values =
                    [("a", aqueduct_helm::value::Value::from(format!("v{index}")))].into_iter().collect();
                let prepared = Prepared::new(chart, &values).expect("the values fit");
                let release = Release::new(format!("r{index}"), "n");
                let rendered = prepared
                    .render(&Engine::new(), &release, &Capabilities::default(), &mut Refusing)
                    .expect("the templates are well formed");
                let [manifest] = rendered.manifests.as_slice() else { unreachable!("there is one template") };
                assert_eq!(manifest.content, format!("kind: A\nname: r{index}-v{index}\n"));
                assert_eq!(manifest.place.as_ref().map(|place| place.line), Some(1));
            });
        }
    });
}
