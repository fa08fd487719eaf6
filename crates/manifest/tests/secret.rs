//! Which values are secrets, and which only look like them.

use std::fmt::Write as _;

use aqueduct_manifest::secret::{arguments, held, value};
use proptest::prelude::*;

/// Joins parts, so that no scanner mistakes the fake secrets in this file for real ones.
fn joined(parts: &[&str]) -> String {
    parts.concat()
}

/// Secrets, each with its name.
fn secrets() -> Vec<(&'static str, String)> {
    let plain = [
        ("POSTGRES_PASSWORD", "hunter2"),
        ("adminPassword", "hunter2"),
        ("admin-password", "hunter2"),
        ("spring.datasource.password", "hunter2"),
        ("DJANGO_SECRET_KEY", "x9"),
        ("API_TOKEN", "abc"),
        ("apiKey", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("OAUTH_CLIENT_SECRET", "abc"),
        ("SMTP_PASS", "hunter2"),
        ("DB_PWD", "hunter2"),
        ("PASSWORD2", "hunter2"),
        ("secretKey", "aB3dE5gH7jK9mN1pQ3sT"),
        ("ENCRYPTION_SEED", "f8a1c93be07d4426b15c"),
        ("token", "aB3dE5gH7jK9mN1pQ3sT5vX7"),
        ("x", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3iJ5lM7"),
        ("URL", "postgres://me:hunter2@db/x"),
        ("URL", "redis://:hunter2@cache:6379/0"),
        ("DSN", "me:hunter2@tcp(db:3306)/x"),
        ("connection", "Server=db;User Id=sa;Password=hunter2;"),
        ("connection", "host=db user=me password=hunter2 dbname=x"),
        ("app.conf", "# password = no\nuser = me\npassword = hunter2\n"),
        ("app.yaml", "database:\n  password: \"hunter2\"\n"),
        ("app.json", "{\"database\": {\"password\": \"hunter2\"}}"),
        ("redis.conf", "port 6379\nrequirepass hunter2\n"),
        ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2"),
        ("command", "psql --db-password=hunter2 -c 1"),
        ("headers", "Authorization: Basic aHVudGVyMjpodW50ZXIy"),
        ("config.json", "{\"auths\": {\"ghcr.io\": {\"auth\": \"c2hvcDpodW50ZXIy\"}}}"),
    ];
    let mut secrets: Vec<(&str, String)> = plain.map(|(name, value)| (name, value.to_owned())).to_vec();
    let forms: [&[&str]; 15] = [
        &["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE"],
        &["{\"private_key\": \"-----BEGIN ", "PRIVATE KEY-----\\nMIIE\"}"],
        &["AGE-SECRET-", "KEY-1QQQQQQQQQQQQQQQQQQQQQQQQ"],
        &["AKIA", "ABCDEFGHIJKLMNOP"],
        &["gh", "p_0123456789abcdefghij"],
        &["glpat", "-0123456789abcdefghij"],
        &["AIza", "0123456789abcdefghijklmnopqrstuvwxy"],
        &["xoxb", "-0123456789-abcdef"],
        &["xoxb", "-0123456789"],
        &["sk_live", "_0123456789abcdefghij"],
        &["SG.", "0123456789abcdefgh.0123456789abcdefgh"],
        &["npm", "_0123456789abcdefghijklmnopqrstuvwxyz"],
        &["hvs", ".0123456789abcdefghij"],
        &["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJzaG9wIn0.", "c2lnbmF0dXJlLW9mLWl0"],
        &["https://hooks.slack.com/", "services/T01234567/B01234567/0123456789abcdefghij"],
    ];
    secrets.extend(forms.iter().map(|parts| ("text", joined(parts))));
    secrets
}

/// Values that are not secrets.
const HARMLESS: &[(&str, &str)] = &[
    ("GOVERNANCE_TOKEN", "0x368B5BBA6D6B2C7E3D0e0A5F8A0D6E1c2B3F4a04"),
    ("token", "0x368B5BBA6D6B2C7E3D0e0A5F8A0D6E1c2B3F4a04"),
    ("PASSWORD_FILE", "/run/secret"),
    ("passwordPolicy", "strict"),
    ("POSTGRES_PASSWORD", "$(OTHER)"),
    ("POSTGRES_PASSWORD", "${OTHER}"),
    ("POSTGRES_PASSWORD", "{{ .Values.password }}"),
    ("POSTGRES_PASSWORD", "<password>"),
    ("POSTGRES_PASSWORD", "changeme"),
    ("POSTGRES_PASSWORD", "xxxx"),
    ("POSTGRES_PASSWORD", "vault:secret/data/shop#password"),
    ("POSTGRES_PASSWORD", "ENC[AES256_GCM,data:p673w==,type:str]"),
    ("passwordKey", "postgres-password"),
    ("adminPassword", ""),
    ("requirePassword", "true"),
    ("existingSecret", "shop-login"),
    ("existingSecretAdminPassword", "harbor-admin"),
    ("existingSecretSecretKey", "harbor-key"),
    ("secretName", "shop-login"),
    ("secretKey", "redis-password"),
    ("secret", "shop-login"),
    ("privateKeySecretRef", "letsencrypt-account"),
    ("tokenTtl", "3600"),
    ("compass", "north"),
    ("checksum/secret", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("ETCD_AUTH_TOKEN", "jwt,priv-key=/certs/jwt.pem,ttl=10m"),
    ("c.NotebookApp.password", "sha1:aae8550c0a44:9507d45e087d5ee481a5ce9f4f16f37a0867318c"),
    ("key", "prod/shop/database-login"),
    ("secretKey", "AWS_SECRET_ACCESS_KEY"),
    ("token", "registration-token-of-the-agents-2024"),
    ("key", "node-role.kubernetes.io/control-plane"),
    ("topologyKey", "kubernetes.io/hostname"),
    ("URL", "https://example.com:8080/a@b"),
    ("URL", "postgres://me:$(PASSWORD)@db/x"),
    ("URL", "postgres://user:password@host/x"),
    ("arguments", "--password=$(PASSWORD)"),
    ("arguments", "--password-file=/run/secret"),
    ("command", "login --password=\"$PASSWORD\""),
    ("script", "password=$(cat /run/secret)\nif [ \"$password\" == \"\" ]; then exit 1; fi\n"),
    ("script", "# password: hunter2 is the one of the example\n"),
    ("text", "Enter the password: it is shown once."),
    ("expr", "sum(rate(tokens_total{token=\"a\"}[5m]))"),
    ("uid", "a8f5f167-f44f-4964-b6c9-98a7d5a3e0f1"),
    ("checksum/config", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("image", "ghcr.io/shop/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("image", "passwords:1.31.0"),
    ("argument", "--image=ghcr.io/example/passwords:1.31.0"),
    ("caBundle", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"),
];

#[test]
fn secrets_are_found_and_told_without_their_value() {
    let mut text = String::new();
    for (name, secret) in secrets() {
        let what = value(name, &secret);
        let what = what.unwrap_or_else(|| "NOTHING".to_owned());
        assert!(!what.contains("hunter2"), "{what} repeats the secret");
        let _ = writeln!(text, "{name}: {what}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_only_looks_like_a_secret_is_left_alone() {
    for (name, harmless) in HARMLESS {
        assert_eq!(value(name, harmless), None, "{name} = {harmless}");
    }
}

#[test]
fn an_argument_may_be_the_value_of_the_one_before() {
    assert_eq!(
        arguments(["--user", "me", "--password", "hunter2"]).as_deref(),
        Some("the value of `password`")
    );
    assert_eq!(arguments(["--password", "--verbose"]), None);
    assert_eq!(arguments(["--password-file", "hunter2"]), None);
}

#[test]
fn a_value_alone_in_a_secret_is_one() {
    for (name, harmless) in [
        ("password", ""),
        ("password", "<password>"),
        ("password", "${PASSWORD}"),
        ("password", "changeme"),
        ("password", "ENC[AES256_GCM,data:x]"),
        ("use-tls", "true"),
        ("smtp-port", "587"),
        ("username", "shop"),
        ("url", "https://database.example.com"),
        ("ca.crt", "-----BEGIN CERTIFICATE-----\nMIIE\n"),
        ("promtail.yaml", "server:\n  port: 9080\nclients: []\n"),
    ] {
        assert_eq!(held(name, harmless), None, "{name} = {harmless}");
    }
    for (name, secret) in [
        ("password", "hunter2"),
        ("login", "two words"),
        ("pin", "123456"),
        ("url", "postgres://shop:hunter2@database/shop"),
        ("settings.py", "DEBUG = False\nSECRET_KEY = 'hunter2'\n"),
        (".dockerconfigjson", "{\"auths\": {\"ghcr.io\": {\"auth\": \"c2hvcDpodW50ZXIy\"}}}"),
    ] {
        assert!(held(name, secret).is_some(), "{name} = {secret}");
    }
}

/// Twenty thousand names without a value, and one line of as many letters.
#[test]
fn long_texts_are_read_once() {
    assert_eq!(value("text", &"password ".repeat(20_000)), None);
    assert_eq!(value("text", &"password=".repeat(20_000)), None);
    assert_eq!(value("text", &"a:b@c://".repeat(20_000)), None);
}

proptest! {
    #[test]
    fn no_text_is_too_odd(name in ".{0,20}", text in ".{0,200}") {
        let _ = value(&name, &text);
        let _ = arguments([name.as_str(), &text]);
    }

    #[test]
    fn no_answer_repeats_the_secret(secret in "[a-z]{3}[0-9]{3}[A-Z]{12}") {
        for text in [format!("password: {secret}"), format!("x://me:{secret}@y"), format!("{{\"token\":\"{secret}\"}}")] {
            prop_assert!(!value("DB_PASSWORD", &text).unwrap_or_default().contains(&secret));
        }
    }
}
