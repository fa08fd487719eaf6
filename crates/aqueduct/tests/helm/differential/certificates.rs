//! Certificates and keys as shown by OpenSSL, without the parts that differ each time.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// A chart that outputs all kinds of certificates and keys. A Go duration of a thousand years overflows.
pub(crate) const TEMPLATE: &str = r#"{{ $ca := genCA "the ca" 365000 }}
{{ $ec := genPrivateKey "ecdsa" }}
{{ $ed := genPrivateKey "ed25519" }}
{{ $leaf := genSignedCert "*.example.com" (list "10.0.0.1" "::1") (list "a.example.com") 365 $ca }}
{{ $curve := genSignedCertWithKey "" nil (list "b.example.com") 36500 $ca $ec }}
{{ $own := genSelfSignedCertWithKey "ü" nil nil 1 $ed }}
{{ $root := genCAWithKey "root" 1 $ec }}
v: {{ list $ca.Cert $ca.Key $leaf.Cert $curve.Cert $own.Cert $root.Cert $ec $ed | join "" | quote }}
"#;

/// Returns OpenSSL's output for each PEM block in a text; `None` without OpenSSL.
pub(crate) fn shown(text: &str) -> Option<String> {
    let mut out = String::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let label = block.lines().next().unwrap_or_default();
        let block = format!("-----BEGIN {block}");
        let commands: &[&[&str]] = match label {
            "CERTIFICATE-----" => &[&["x509", "-noout", "-text"]],
            _ => &[&["pkey", "-noout", "-text"], &["asn1parse"]],
        };
        out.push_str(&format!("{label}\n"));
        for command in commands {
            out.push_str(&openssl(command, &block)?);
        }
    }
    Some(out)
}

/// Runs OpenSSL and removes numbers, times and offsets.
fn openssl(arguments: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let mut text = String::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let bytes = line.trim();
        let is_number = !bytes.is_empty() && bytes.split(':').all(|pair| pair.is_empty() || is_byte(pair));
        let element = bytes.find("cons: ").or_else(|| bytes.find("prim: "));
        match element.and_then(|at| bytes.get(at..)) {
            Some(element) if element.contains("OBJECT") => text.push_str(element),
            Some(element) => text.push_str(element.split(" :").next()?.split('[').next()?.trim_end()),
            None if is_number => continue,
            None => text.push_str(line.split("Not ").next()?),
        }
        text.push('\n');
    }
    Some(text)
}

fn is_byte(pair: &str) -> bool {
    pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit())
}
