//! What the small installs of servers render, and what they refuse.

use super::shop::{check, check_with, with_resources};

/// The cloud that these installs stand on.
const CLOUD: (&str, &str) = ("platform.toml", "cloud = \"digitalocean\"\n");

#[test]
fn ingress_nginx() {
    let controller = with_resources(
        "kind = \"ingress-nginx\"\nreplicas = 2\nload-balancer = { allow = [\"203.0.113.0/24\"] }\nconfiguration = { proxy-body-size = \"16m\" }\n",
    );
    insta::assert_snapshot!(check_with(&[("controller", &controller)], &[CLOUD]));
}

#[test]
fn redis_as_a_cache() {
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    insta::assert_snapshot!(check(&[("cache", &cache)]));
}

#[test]
fn keydb_with_a_volume_its_user_and_its_backup() {
    let store = with_resources(
        "kind = \"redis\"\nflavour = \"keydb\"\nremote = \"shop/store\"\nstorage = { size = \"5Gi\" }\n",
    );
    let user = with_resources("kind = \"worker\"\nimage = \"shop/web:1\"\ndatabase = \"store\"\n");
    let backup = with_resources(
        "kind = \"backup\"\nof = \"store\"\nschedule = \"0 2 * * *\"\nbucket = { name = \"copies\", endpoint = \"https://fra1.digitaloceanspaces.com\", remote = \"shop/spaces\" }\n",
    );
    insta::assert_snapshot!(check_with(&[("store", &store), ("web", &user), ("backup", &backup)], &[CLOUD]));
}

#[test]
fn a_volume_is_copied_by_its_owner_where_it_is() {
    let user = "security = { user = 1234 }\nscheduling = { tolerations = [{ key = \"disks\", value = \"fast\" }] }\n";
    let volume = "volumes = { images = { mount = \"/images\", size = \"1Gi\", persistent = true } }\n";
    let backup = |of: &str, volume: &str| {
        with_resources(&format!(
            "kind = \"backup\"\nof = \"{of}\"\nvolume = \"{volume}\"\nschedule = \"0 2 * * *\"\nstorage = {{ size = \"5Gi\" }}\n"
        ))
    };
    let image = "image = \"shop/images:1\"\nports = { http = 80 }\n";
    let service =
        with_resources(&format!("kind = \"service\"\n{image}{user}{volume}rollout = \"recreate\"\n"));
    let stateful = with_resources(&format!("kind = \"stateful\"\n{image}{volume}"));
    let store = with_resources("kind = \"redis\"\nremote = \"shop/store\"\nstorage = { size = \"5Gi\" }\n");
    let text = check(&[
        ("images", &service),
        ("images-backup", &backup("images", "images")),
        ("set", &stateful),
        ("set-backup", &backup("set", "images")),
        ("store", &store),
        ("store-backup", &backup("store", "data")),
    ]);
    let jobs: Vec<&str> = text.split("---\n").filter(|object| object.contains("kind: CronJob")).collect();
    let what =
        ["claimName:", "runAsUser:", "runAsGroup:", "- effect:", "- key:", "value: fast", "tar ", "mv "];
    let lines = jobs.iter().flat_map(|job| job.lines());
    let lines = lines.filter(|line| what.iter().any(|what| line.contains(what))).map(str::trim);
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    tar -C /data -czf /archive/.incoming .
    mv /archive/.incoming "/archive/$COPY_NAME-$stamp.tar.gz"
    runAsGroup: 1234
    runAsUser: 1234
    - key: disks
    value: fast
    claimName: images-backup-archive
    claimName: images-images
    tar -C /data -czf /archive/.incoming .
    mv /archive/.incoming "/archive/$COPY_NAME-$stamp.tar.gz"
    runAsGroup: 1000
    runAsUser: 1000
    claimName: set-backup-archive
    claimName: images-set-0
    tar -C /data -czf /archive/.incoming .
    mv /archive/.incoming "/archive/$COPY_NAME-$stamp.tar.gz"
    runAsGroup: 999
    runAsUser: 999
    claimName: store-backup-archive
    claimName: data-store-0
    "#);
}

#[test]
fn elasticsearch_kibana_and_fluent_bit() {
    let search = with_resources("kind = \"elasticsearch\"\nremote = \"shop/users\"\n");
    let kibana = with_resources(
        "kind = \"kibana\"\nelasticsearch = \"search:http\"\nremote = \"shop/kibana\"\ningress = { host = \"logs.example.com\", path = \"/kibana\" }\n",
    );
    let agent =
        with_resources("kind = \"fluent-bit\"\nto = \"search:http\"\nnamespaces = [\"shop\", \"till\"]\n");
    insta::assert_snapshot!(check(&[("agent", &agent), ("kibana", &kibana), ("search", &search)]));
}

/// Fluent Bit's form: sections at the margin, below them pairs of a key and a value, all indented alike.
#[test]
fn fluent_bit_has_its_form() {
    for (kind, fields) in
        [("elasticsearch", "remote = \"shop/users\"\n"), ("loki", "storage = { size = \"5Gi\" }\n")]
    {
        let sink = with_resources(&format!("kind = \"{kind}\"\n{fields}"));
        let agent = with_resources("kind = \"fluent-bit\"\nto = \"sink:http\"\n");
        let text = check(&[("agent", &agent), ("sink", &sink)]);
        let (_, after) = text.split_once("  fluent-bit.conf: |\n").unwrap_or_else(|| panic!("{text}"));
        let lines: Vec<&str> = after
            .lines()
            .map_while(|line| if line.is_empty() { Some("") } else { line.strip_prefix("    ") })
            .collect();
        assert_eq!(lines.iter().filter(|line| **line == "[OUTPUT]").count(), 1, "{lines:?}");
        for line in lines.iter().filter(|line| !line.is_empty() && !line.starts_with('[')) {
            let pair = line.strip_prefix("    ").and_then(|pair| pair.split_once(' '));
            assert!(pair.is_some_and(|(key, value)| !key.is_empty() && !value.trim().is_empty()), "{line}");
        }
    }
}

#[test]
fn elasticsearch_with_a_volume() {
    let search =
        with_resources("kind = \"elasticsearch\"\nremote = \"shop/users\"\nstorage = { size = \"50Gi\" }\n");
    let text = check(&[("search", &search)]);
    assert!(text.contains("volumeClaimTemplates:"), "{text}");
    assert!(text.contains("storage: 50Gi"), "{text}");
}

#[test]
fn fluent_bit_ships_to_nobody_that_takes_no_logs() {
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    let agent = with_resources("kind = \"fluent-bit\"\nto = \"cache\"\n");
    insta::assert_snapshot!(check(&[("agent", &agent), ("cache", &cache)]), @r"
    error: a component of kind `redis` takes no logs: `cache`: tenants/shop/agent.toml
      hint: name an `elasticsearch` or a `loki`
    ");
}

#[test]
fn kibana_needs_an_elasticsearch() {
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    let kibana = with_resources("kind = \"kibana\"\nelasticsearch = \"cache\"\nremote = \"shop/kibana\"\n");
    insta::assert_snapshot!(check(&[("cache", &cache), ("kibana", &kibana)]), @"error: `cache` is not an `elasticsearch`: tenants/shop/kibana.toml");
}

#[test]
fn redis_needs_a_password_and_knows_its_flavours() {
    let nameless = with_resources("kind = \"redis\"\n");
    let flavour = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\nflavour = \"valkey\"\n");
    insta::assert_snapshot!(check(&[("nameless", &nameless), ("flavour", &flavour)]), @r"
    error: `flavour` of redis must be one of `redis`, `keydb`, not `valkey`: tenants/shop/flavour.toml
    error: redis has no `remote`: tenants/shop/nameless.toml
    ");
}

#[test]
fn a_long_name_is_no_surprise() {
    let name = "a".repeat(63);
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    assert!(check(&[(&name, &cache)]).contains(&format!("name: {name}-login")));
}

#[test]
fn a_program_prepares_itself_and_ends_in_its_own_time() {
    let web = with_resources(
        r#"
kind = "service"
image = "shop/web:1"
ports = { http = 8080 }
metrics = { port = 9090 }
prepare = ["cp", "-r", "/defaults/.", "/settings"]
shutdown = { command = ["drain"], grace = "2m" }
volumes = { settings = { mount = "/settings" } }
load-balancer = {}
"#,
    );
    insta::assert_snapshot!(check_with(&[("web", &web)], &[CLOUD]));
}

/// A disruption budget fails, and an autoscaler miscounts, where a job's pods carry what they select by.
#[test]
fn the_pods_of_a_job_before_a_rollout_are_not_those_of_the_service() {
    let web = with_resources(
        "kind = \"service\"\nimage = \"shop/web:1\"\nports = { http = 80 }\nreplicas = 2\nbefore-rollout = { command = [\"migrate\"] }\n",
    );
    let text = check(&[("web", &web)]);
    let of = |kind: &str| {
        let found = text.split("---\n").find(|object| object.contains(&format!("\nkind: {kind}\n")));
        found.unwrap_or_else(|| panic!("there is no {kind}: {text}"))
    };
    assert!(of("PodDisruptionBudget").contains("\n      app.kubernetes.io/name: web\n"), "{text}");
    assert!(of("Job").contains("\n        app.kubernetes.io/name: web-before-rollout\n"), "{text}");
}
