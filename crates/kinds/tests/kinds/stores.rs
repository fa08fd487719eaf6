//! What data stores and their backups render, and what they reject.

use super::shop::{check, check_with, with_resources};

/// The cloud that stores the backups.
const CLOUD: (&str, &str) = ("platform.toml", "cloud = \"digitalocean\"\n");

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
fn elasticsearch_with_a_volume() {
    let search =
        with_resources("kind = \"elasticsearch\"\nremote = \"shop/users\"\nstorage = { size = \"50Gi\" }\n");
    let text = check(&[("search", &search)]);
    assert!(text.contains("volumeClaimTemplates:"), "{text}");
    assert!(text.contains("storage: 50Gi"), "{text}");
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
