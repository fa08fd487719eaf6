//! `review`: what the changes since a revision do.

use insta::assert_snapshot;

use crate::Platform;
use crate::remotes::{git, has_git};

/// Makes a platform of one commit, in a repository of which it is all.
fn repository() -> Option<Platform> {
    has_git().then(|| {
        let platform = Platform::new();
        git(&platform.root(), &["init", "--quiet", "--initial-branch=main"]);
        git(&platform.root(), &["add", "--all"]);
        git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
        platform
    })
}

/// What is not committed counts, and neither it nor the index is touched.
#[test]
fn of_a_change() {
    let Some(platform) = repository() else { return };
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 4");
    platform.replace("tenants/shop/web.toml", "tls = false", "tls = false\npath = \"/shop\"");
    let before = platform.files();
    let mut seen = String::new();
    for options in [
        "",
        "--environment prod --format markdown",
        "--tenant shop --base HEAD --environment dev --format json",
    ] {
        seen.push_str(&platform.run(&format!("review {options}")));
    }
    assert_eq!(platform.files(), before);
    assert_snapshot!(seen);
}

/// The base is where the branches have parted: what the main branch did since is not undone.
#[test]
fn of_a_branch() {
    let Some(platform) = repository() else { return };
    git(&platform.root(), &["switch", "--quiet", "--create", "branch"]);
    git(&platform.root(), &["switch", "--quiet", "main"]);
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 5");
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    git(&platform.root(), &["switch", "--quiet", "branch"]);
    let nothing = platform.run("review --quiet") + &platform.run("review --format markdown");
    platform.remove("tenants/shop/web.toml");
    assert_snapshot!(nothing + &platform.run("review"));
}

/// Of the base only what the platform reads is written; that includes what its files name elsewhere in the repository.
#[test]
fn of_files_elsewhere() {
    let Some(platform) = repository() else { return };
    let settings = |value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: raw}}\ndata: {{value: {value}}}\n")
    };
    platform.write("tenants/shop/raw.toml", "kind = \"manifests\"\npath = \"/elsewhere/raw.yaml\"\n");
    platform.write("elsewhere/raw.yaml", &settings("old"));
    platform.write("unrelated/notes.txt", "notes\n");
    git(&platform.root(), &["add", "--all"]);
    git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
    platform.write("elsewhere/raw.yaml", &settings("new"));
    assert_snapshot!(platform.run("review --base HEAD --environment dev"));
}

/// What Argo CD replaces is judged as a replace: defaults that a manifest leaves out do not stay.
#[test]
fn of_what_is_replaced() {
    let Some(platform) = repository() else { return };
    let raw = "kind = \"manifests\"\npath = \"raw.yaml\"\n";
    let replaced = format!("{raw}[delivery]\nsync-options = [\"Replace=true\"]\n");
    let deployment = |more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: raw}}\nspec:\n  selector: {{matchLabels: {{app: raw}}}}\n{more}  \
             template:\n    metadata: {{labels: {{app: raw}}}}\n    spec: {{containers: [{{name: raw, image: 'raw:1'}}]}}\n"
        )
    };
    platform.write("tenants/shop/raw.toml", &replaced);
    platform.write("tenants/shop/raw.yaml", &deployment(""));
    git(&platform.root(), &["add", "--all"]);
    git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
    platform.write("tenants/shop/raw.yaml", &deployment("  strategy: {type: Recreate}\n"));
    let seen = platform.run("review --base HEAD --environment dev");
    platform.write("tenants/shop/raw.toml", raw);
    assert_snapshot!(seen + &platform.run("review --base HEAD --environment dev"));
}

/// The committed output stands for the base; what cannot be read of it is no deletion of everything.
#[test]
fn against_the_output() {
    let Some(platform) = repository() else { return };
    let commit = |what: &str| {
        git(&platform.root(), &["add", "--all"]);
        git(&platform.root(), &["commit", "--quiet", "--message", what]);
    };
    let mut seen = platform.run("review --base HEAD --against output");
    platform.run("render");
    commit("output");
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 4");
    for options in ["", "--environment dev", "--tenant shop --format markdown"] {
        seen.push_str(&platform.run(&format!("review --base HEAD --against output {options}")));
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("certificate.json");
    let path = file.to_str().expect("the path is text");
    platform.run(&format!("review --base HEAD --against output --quiet --certificate {path}"));
    seen.push_str(&platform.run(&format!("review --verify {path}")));
    platform.write("output/prod/shop/web/deployment-web.yaml", "kind: [\n");
    commit("broken");
    seen.push_str(&platform.run("review --base HEAD --against output"));
    assert_snapshot!(seen.replace(path, "certificate.json"));
}

/// A side that does not render is no deletion of everything.
#[test]
fn that_is_not_possible() {
    let Some(platform) = repository() else { return };
    let seen = platform.run("review --base nowhere") + &platform.run("review --base=--all");
    platform.write("tenants/shop/web.toml", "kind = \"servise\"\n");
    let seen = seen + &platform.run("review");
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    git(&platform.root(), &["checkout", "--quiet", "HEAD~1", "--", "tenants"]);
    assert_snapshot!(seen + &platform.run("review --base HEAD"));
}

/// Claims of the platform and of the command line; a change cannot take away the claim that it breaks.
#[test]
fn with_claims() {
    let Some(platform) = repository() else { return };
    let claims = "\n[review.claims]\ndata-loss = false\n\n[review.claims.environments.prod]\nrestarts = false\n\
                  touched-kinds = [\"Ingress\"]\n";
    let settings = platform.text("platform.toml");
    platform.write("platform.toml", &format!("{settings}{claims}"));
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    platform.write("platform.toml", &settings);
    platform.replace("tenants/shop/web.toml", "tls = false", "tls = false\npath = \"/shop\"");
    let mut seen = platform.run("review --base HEAD --environment prod");
    platform.replace("tenants/shop/web.toml", "http = 8080", "http = 8081");
    let claimed = |claim: &str, more: &[&str]| {
        let words = [&["review", "--base", "HEAD", "--claim", claim], more].concat();
        crate::program::run(&platform.root(), &words).to_string()
    };
    seen.push_str(&claimed("only environments dev", &["--format", "markdown"]));
    seen.push_str(&claimed("cost at most 0 in dev", &["--format", "json", "--environment", "dev"]));
    for wrong in ["no reboots", "no restarts in qa", "cost at most a lot"] {
        seen.push_str(&claimed(wrong, &[]));
    }
    assert_snapshot!(seen);
}

/// A certificate is the same wherever the review is done again, and what was changed in it is found.
#[test]
fn with_a_certificate() {
    let Some(platform) = repository() else { return };
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 4");
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    let made = |file: &str| {
        let words = ["review", "--base", "HEAD~1", "--claim", "no data-loss", "--certificate", file];
        crate::program::run(&platform.root(), &words).to_string()
    };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("certificate.json");
    let path = file.to_str().expect("the path is text");
    let verified = || {
        let run = crate::program::run(&platform.root(), &["review", "--verify", path]);
        run.to_string().replace(path, "certificate.json")
    };
    let mut seen = made(path).replace(path, "certificate.json");
    let certificate = std::fs::read_to_string(&file).expect("it was written");
    seen.push_str(&certificate);
    // What is not committed plays no part any more.
    platform.replace("tenants/shop/web.toml", "replicas = 4", "replicas = 5");
    seen.push_str(&verified());
    for (old, new) in [
        ("\"holds\": true", "\"holds\": false"),
        ("\"1.33\"", "\"1.34\""),
        ("\"version\": 1", "\"version\": 2"),
    ] {
        std::fs::write(&file, certificate.replace(old, new)).expect("it can be written");
        seen.push_str(&verified());
    }
    std::fs::write(&file, "{}").expect("it can be written");
    seen.push_str(&verified());
    let hashes = regex::Regex::new("[0-9a-f]{40,64}").expect("the pattern is one");
    assert_snapshot!(hashes.replace_all(&seen, "<hash>"));
}

/// What a change cannot reach is not rendered, unless a certificate is to tell of it: the review is the same.
#[test]
fn of_parts_and_of_the_whole() {
    let Some(platform) = repository() else { return };
    let web = "kind = \"service\"\nimage = \"registry.example.com/web:1.0.0\"\nreplicas = 2\n[ports]\nhttp = 8080\n\
               [resources]\nrequests = { cpu = \"50m\", memory = \"64Mi\" }\nlimits = { cpu = \"50m\", memory = \"64Mi\" }\n";
    let policy = |message: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: few}}\nspec:\n  \
             matchConstraints: {{resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}}]}}\n  \
             validations: [{{expression: 'object.spec.replicas < 3', message: {message}}}]\n---\n\
             apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: few}}\n\
             spec: {{policyName: few, validationActions: [Warn]}}\n"
        )
    };
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] {
        platform.write(
            &format!("tenants/{name}/tenant.toml"),
            "isolation = { allow-from = [\"*\"], allow-to = [\"*\"] }\n",
        );
        platform.write(&format!("tenants/{name}/web.toml"), web);
    }
    platform.write("tenants/b/web.toml", &format!("{web}[links]\nnext = \"a/web\"\n"));
    platform.write("tenants/c/web.toml", &format!("{web}[links]\nnext = \"b/web\"\n"));
    platform.write(
        "tenants/d/notes.toml",
        "kind = \"config\"\n[files.\"x.txt\"]\nsource = \"/tenants/e/x.txt\"\n",
    );
    platform.write("tenants/e/x.txt", "old\n");
    platform.write("tenants/rules/tenant.toml", "system = true\n");
    platform.write("tenants/rules/rules.toml", "kind = \"manifests\"\npath = \"rules\"\n");
    platform.write("tenants/rules/rules/policy.yaml", &policy("few"));
    git(&platform.root(), &["add", "--all"]);
    git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let certificate = folder.path().join("certificate.json");
    let certificate = certificate.to_str().expect("the path is text");
    let mut seen = String::new();
    for (path, old, new) in [
        ("tenants/f/web.toml", "1.0.0", "2.0.0"),
        ("tenants/f/web.toml", "replicas = 2", "replicas = 5"),
        ("tenants/f/web.toml", "http = 8080", "http = 8081"),
        ("tenants/a/web.toml", "http = 8080", "http = 8081"),
        ("tenants/c/web.toml", "next = \"b/web\"", "next = \"d/web\""),
        ("tenants/g/tenant.toml", "isolation", "quota = { pods = 1 }\nisolation"),
        ("tenants/g/web.toml", "kind", "labels = { team = \"g\" }\nkind"),
        ("tenants/e/x.txt", "old", "new"),
        ("tenants/rules/rules/policy.yaml", "< 3", "< 2"),
        ("tenants/a/web.toml", "kind", "# kind"),
    ] {
        platform.replace(path, old, new);
        let part = platform.run("review --base HEAD --environment dev");
        let [some, all] = ["", &format!(" --certificate {certificate}")]
            .map(|more| platform.run(&format!("review --base HEAD --format json{more}")));
        assert_eq!(some, all.replace(&format!(" --certificate {certificate}"), ""), "{path}: {new}");
        seen.push_str(
            &part.replace("$ aqueduct review --base HEAD --environment dev", &format!("{path}: {new}")),
        );
        platform.replace(path, new, old);
    }
    assert_snapshot!(seen);
}
