//! Objects with data: annotations set what happens to each when it is removed from the tree.

use aqueduct_manifest::{Object, Value};
use aqueduct_model::DataRemoval;

/// The annotation with Argo CD's sync options for one object.
pub(crate) const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// The annotation that makes an object a hook of Argo CD.
pub(crate) const HOOK: &str = "argocd.argoproj.io/hook";

/// The kinds with data, and those on which data depends, as group and kind, in order. StatefulSets count only if they
/// have claims.
const HOLDERS: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("acid.zalan.do", "postgresql"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "StatefulSet"),
    ("cassandra.datastax.com", "CassandraDatacenter"),
    ("ceph.rook.io", "CephBlockPool"),
    ("ceph.rook.io", "CephCluster"),
    ("ceph.rook.io", "CephFilesystem"),
    ("ceph.rook.io", "CephObjectStore"),
    ("clickhouse.altinity.com", "ClickHouseInstallation"),
    ("clickhouse.altinity.com", "ClickHouseKeeperInstallation"),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"),
    ("jetstream.nats.io", "KeyValue"),
    ("jetstream.nats.io", "ObjectStore"),
    ("jetstream.nats.io", "Stream"),
    ("k8s.mariadb.com", "MariaDB"),
    ("k8ssandra.io", "K8ssandraCluster"),
    ("kafka.strimzi.io", "Kafka"),
    ("kafka.strimzi.io", "KafkaNodePool"),
    ("kafka.strimzi.io", "KafkaTopic"),
    ("longhorn.io", "Volume"),
    ("minio.min.io", "Tenant"),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"),
    ("mysql.oracle.com", "InnoDBCluster"),
    ("objectbucket.io", "ObjectBucketClaim"),
    ("opensearch.opster.io", "OpenSearchCluster"),
    ("operator.victoriametrics.com", "VLSingle"),
    ("operator.victoriametrics.com", "VMCluster"),
    ("operator.victoriametrics.com", "VMSingle"),
    ("pgv2.percona.com", "PerconaPGCluster"),
    ("postgres-operator.crunchydata.com", "PostgresCluster"),
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Database"),
    ("ps.percona.com", "PerconaServerMySQL"),
    ("psmdb.percona.com", "PerconaServerMongoDB"),
    ("pxc.percona.com", "PerconaXtraDBCluster"),
    ("rabbitmq.com", "RabbitmqCluster"),
    ("redis.redis.opstreelabs.in", "Redis"),
    ("redis.redis.opstreelabs.in", "RedisCluster"),
    ("redis.redis.opstreelabs.in", "RedisReplication"),
    ("scylla.scylladb.com", "ScyllaCluster"),
];

/// Tells whether an object contains data, or data depends on it.
pub(crate) fn holds_data(object: &Object) -> bool {
    let kind = (object.group(), object.kind());
    let is_claimed = || {
        let claims = object.at(&["spec", "volumeClaimTemplates"]).and_then(Value::as_list);
        claims.is_some_and(|claims| claims.iter().next().is_some())
    };
    HOLDERS.binary_search(&kind).is_ok() && (kind != ("apps", "StatefulSet") || is_claimed())
}

/// Annotates an object with data with what happens when it is removed from the tree, unless it sets that itself.
/// Hooks are created and deleted by their own rules.
pub(crate) fn keep(object: &mut Object, removal: DataRemoval) {
    let word = match removal {
        DataRemoval::Confirm => "confirm",
        DataRemoval::Keep => "false",
        DataRemoval::Delete => return,
    };
    if !holds_data(object) || object.annotation(HOOK).is_some() {
        return;
    }
    let annotations = object.metadata_mut().map_entry("annotations");
    // Argo CD treats it like the options.
    if annotations.get("helm.sh/resource-policy").and_then(Value::as_str) == Some("keep") {
        return;
    }
    let written = annotations.get(SYNC_OPTIONS).and_then(Value::as_str).unwrap_or_default();
    let mut options: Vec<String> =
        written.split(',').map(str::trim).filter(|option| !option.is_empty()).map(str::to_owned).collect();
    for name in ["Prune", "Delete"] {
        if !options.iter().any(|option| option.split('=').next() == Some(name)) {
            options.push(format!("{name}={word}"));
        }
    }
    annotations.insert(SYNC_OPTIONS, options.join(","));
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Object, yaml};
    use aqueduct_model::DataRemoval;

    use super::{HOLDERS, SYNC_OPTIONS, keep};

    #[test]
    fn the_list_can_be_searched() {
        assert!(HOLDERS.is_sorted_by(|left, right| left < right));
    }

    /// Returns the options of an object after it was told what becomes of it.
    fn options(text: &str, removal: DataRemoval) -> Option<String> {
        let map = yaml::read(text).expect("the example is YAML").as_map().cloned().unwrap_or_default();
        let mut object = Object::new(map);
        keep(&mut object, removal);
        object.annotation(SYNC_OPTIONS).map(str::to_owned)
    }

    #[test]
    fn what_becomes_of_data() {
        use DataRemoval::{Confirm, Delete, Keep};
        let claim = |annotations: &str| {
            format!(
                "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: a, annotations: {{{annotations}}}}}}}"
            )
        };
        let set = |claims: &str| {
            format!("{{apiVersion: apps/v1, kind: StatefulSet, spec: {{volumeClaimTemplates: {claims}}}}}")
        };
        let options_key = format!("{SYNC_OPTIONS}: ");
        let cases = [
            (claim(""), Confirm, Some("Prune=confirm,Delete=confirm")),
            (claim(""), Keep, Some("Prune=false,Delete=false")),
            (claim(""), Delete, None),
            (
                claim(&format!("{options_key}\"Replace=true, Prune=false\"")),
                Confirm,
                Some("Replace=true,Prune=false,Delete=confirm"),
            ),
            (claim("helm.sh/resource-policy: keep"), Confirm, None),
            (claim("argocd.argoproj.io/hook: PreSync"), Confirm, None),
            (set("[{metadata: {name: data}}]"), Confirm, Some("Prune=confirm,Delete=confirm")),
            (set("[]"), Confirm, None),
            (
                "{apiVersion: postgresql.cnpg.io/v1, kind: Cluster}".to_owned(),
                Confirm,
                Some("Prune=confirm,Delete=confirm"),
            ),
            ("{apiVersion: v1, kind: Secret}".to_owned(), Confirm, None),
        ];
        for (text, removal, wanted) in cases {
            assert_eq!(options(&text, removal).as_deref(), wanted, "{text}");
        }
    }
}
