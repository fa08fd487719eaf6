//! The functions of templates: by example, and with their certificates checked by OpenSSL.

use std::path::{Path, PathBuf};

use aqueduct_helm::Engine;
use aqueduct_helm::engine::TemplateFile;
use aqueduct_helm::functions::ALL;
use aqueduct_helm::template::{Asks, CallSite, Host, Moment, Refusal};
use aqueduct_helm::value::{Map, VALUES_MAP, Value};
use aqueduct_manifest::json;
use serde::Deserialize;

/// A host that never changes. Its bytes depend only on what was requested before.
#[derive(Default)]
struct Still {
    asked: u8,
}

impl Host for Still {
    fn now(&mut self, _: &CallSite) -> Result<Moment, Refusal> {
        Ok(Moment { seconds: 1_700_000_000, nanoseconds: 0 })
    }

    fn random(&mut self, _: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte =
                u8::try_from(index % 256).unwrap_or_default().wrapping_mul(37).wrapping_add(11 + self.asked);
        }
        self.asked = self.asked.wrapping_add(1);
        Ok(())
    }
}

/// A host that reveals nothing and reports who asked.
struct Refusing;

impl Host for Refusing {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        Err(Refusal(format!("{} has no clock", site.function)))
    }

    fn random(&mut self, site: &CallSite, _: &mut [u8]) -> Result<(), Refusal> {
        Err(Refusal(format!("{} has no randomness", site.function)))
    }

    fn resolve(&mut self, site: &CallSite, _: &str) -> Result<String, Refusal> {
        Err(Refusal(format!("{} has no name service", site.function)))
    }
}

fn render(template: &str, values: &str, host: &mut dyn Host) -> Result<String, String> {
    let values = match Value::from(&json::read(values).expect("values are JSON")) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let scope: Map = [("Values", Value::Map(values.converted(&VALUES_MAP)))].into_iter().collect();
    let file = TemplateFile {
        path: "c/templates/t.yaml".into(),
        base_path: "c/templates".into(),
        text: template.as_bytes().into(),
        scope: 0,
    };
    let engine = Engine::new();
    let templates = engine.parse(vec![file]).map_err(|error| error.to_string())?;
    let output = engine.render(&templates, &[scope], host).map_err(|error| error.to_string())?;
    let rendered = output.get("c/templates/t.yaml").expect("the file is rendered");
    Ok(rendered.text.to_str().into_owned())
}

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    #[serde(default)]
    values: serde_json::Map<String, serde_json::Value>,
    output: Option<String>,
    error: Option<String>,
}

#[test]
fn examples() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"));
    let (mut count, mut failed) = (0, Vec::new());
    for group in ["functions_texts", "functions_numbers", "functions_collections", "functions_toml"] {
        let text =
            std::fs::read_to_string(folder.join(group).with_extension("jsonl")).expect("the file is there");
        for line in text.lines() {
            let case: Case = serde_json::from_str(line).expect("each line is a case");
            let values = serde_json::Value::Object(case.values).to_string();
            let found = render(&case.template, &values, &mut Still::default());
            let expected = match (case.output, case.error) {
                (Some(output), None) => Ok(output),
                (None, Some(error)) => Err(error),
                _ => panic!("{}: either an output or an error", case.name),
            };
            count += 1;
            if found != expected {
                failed.push(format!("{}\n  expected {expected:?}\n  found    {found:?}", case.name));
            }
        }
    }
    assert!(count > 0, "there are examples");
    assert!(failed.is_empty(), "{} of {count} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn names_are_in_order_and_unique() {
    for pair in ALL.windows(2) {
        let [left, right] = pair else { continue };
        assert!(left.name < right.name, "`{}` stands before `{}`", left.name, right.name);
    }
}

/// Every function that asks the host is marked, at least when called with sensible arguments.
#[test]
fn functions_that_ask_can_be_refused() {
    let arguments = |name: &str| match name {
        "ago" => "\"x\"",
        "bcrypt" | "shuffle" | "getHostByName" => "\"a\"",
        "encryptAES" | "htpasswd" => "\"a\" \"b\"",
        "genCA" => "\"a\" 1",
        "genCAWithKey" => "\"a\" 1 .Values.key",
        "genPrivateKey" => "\"ed25519\"",
        "genSelfSignedCert" => "\"a\" nil nil 1",
        "genSelfSignedCertWithKey" => "\"a\" nil nil 1 .Values.key",
        "genSignedCert" => "\"a\" nil nil 1 (buildCustomCert .Values.cert64 .Values.key64)",
        "genSignedCertWithKey" => {
            "\"a\" nil nil 1 (buildCustomCert .Values.cert64 .Values.key64) .Values.key"
        }
        "now" | "uuidv4" => "",
        "randInt" => "1 5",
        _ => "5",
    };
    let key = render("{{ genPrivateKey \"ecdsa\" }}", "{}", &mut Still::default()).expect("a key");
    let values =
        |cert64: &str, key64: &str| serde_json::json!({ "key": key, "cert64": cert64, "key64": key64 });
    let template = "{{ $c := genCAWithKey \"ca\" 1 .Values.key }}{{ b64enc $c.Cert }} {{ b64enc $c.Key }}";
    let pair = render(template, &values("", "").to_string(), &mut Still::default()).expect("an authority");
    let (cert64, key64) = pair.split_once(' ').expect("two texts");
    let values = values(cert64, key64).to_string();
    for name in ALL.iter().filter(|function| function.asks == Asks::Always).map(|function| function.name) {
        let error = render(&format!("{{{{ {name} {} }}}}", arguments(name)), &values, &mut Refusing)
            .expect_err("the host refuses");
        assert!(error.contains(&format!("{name} has no ")), "{name}: {error}");
    }
}

fn openssl(arguments: &[&str], folder: &Path) -> Option<(bool, String)> {
    let output = std::process::Command::new("openssl").args(arguments).current_dir(folder).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the folder is writable");
    path
}

#[test]
fn certificates_verify() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    if openssl(&["version"], folder).is_none() {
        println!("certificates: skipped, no openssl");
        return;
    }
    let template = "{{ $ca := genCA \"the ca\" 36500 }}\
                    {{ $rsa := genSignedCert \"*.example.com\" (list \"10.0.0.1\" \"::1\") (list \"a.example.com\") 36500 $ca }}\
                    {{ $ec := genSignedCertWithKey \"b\" nil (list \"b.example.com\") 36500 $ca (genPrivateKey \"ecdsa\") }}\
                    {{ $ed := genSelfSignedCertWithKey \"c\" nil nil 1 (genPrivateKey \"ed25519\") }}\
                    {{ list $ca.Cert $rsa.Cert $rsa.Key $ec.Cert $ec.Key $ed.Cert $ed.Key | join \"|\" }}";
    let output = render(template, "{}", &mut Still::default()).expect("certificates");
    let names = ["ca.pem", "rsa.pem", "rsa.key", "ec.pem", "ec.key", "ed.pem", "ed.key"];
    let parts: Vec<&str> = output.split('|').collect();
    assert_eq!(parts.len(), names.len());
    for (name, part) in names.iter().zip(parts) {
        write(folder, name, part);
    }
    let run = |arguments: &[&str]| {
        let (good, text) = openssl(arguments, folder).expect("openssl was there before");
        assert!(good, "openssl {}: {text}", arguments.join(" "));
        text
    };
    for leaf in ["rsa.pem", "ec.pem"] {
        run(&["verify", "-x509_strict", "-CAfile", "ca.pem", leaf]);
    }
    for key in ["rsa.key", "ec.key", "ed.key"] {
        run(&["pkey", "-check", "-noout", "-in", key]);
        let certificate = key.replace(".key", ".pem");
        assert_eq!(
            run(&["pkey", "-pubout", "-in", key]),
            run(&["x509", "-pubkey", "-noout", "-in", &certificate])
        );
    }
    let authority = run(&["x509", "-noout", "-text", "-in", "ca.pem"]);
    for expected in [
        "CN = the ca",
        "CN=the ca",
        "CA:TRUE",
        "Digital Signature, Key Encipherment, Certificate Sign",
        "Public-Key: (2048 bit)",
        "sha256WithRSAEncryption",
    ] {
        let found = authority.contains(expected);
        assert!(found || expected.starts_with("CN"), "`{expected}` is in\n{authority}");
    }
    let leaf = run(&["x509", "-noout", "-text", "-in", "rsa.pem"]);
    for expected in [
        "DNS:a.example.com, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "CA:FALSE",
        "*.example.com",
    ] {
        assert!(leaf.contains(expected), "`{expected}` is in\n{leaf}");
    }
}
