//! `backup`: scheduled copies of a database or volume.

mod copy;

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Image, Name, Schedule, Url};
use aqueduct_render::{
    Component, Context, CustomResource as _, Error, Horizon, Link, Offer, PodGroup, Site, Target, object,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::constant;
use crate::cron_job::cron_job;
use crate::custom::ExternalSecret;
use crate::etcd::Storage;
use crate::workload::{
    DatabaseField, DatabaseTable, PodOptions, Resources, SecretField, Variable, VolumeField, Workload,
    companions, pod_template, secret_store,
};

use copy::{Owner, mount_source, take_copy};

/// Scheduled copies of a database or volume: a CronJob.
///
/// `of` is the component to copy: an `etcd`, a `postgres` in any mode, a `redis`, or with `volume`, any component
/// with a persistent volume. The copies are kept on a separate volume, in a bucket, or both. The pod's first
/// container takes the copy with the component's own image; the second stores it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Backup {
    /// The component to copy.
    pub of: Target,
    /// The persistent volume to copy, if it is not a database.
    pub volume: Option<Name>,
    /// When copies are taken, as a cron schedule in UTC.
    pub schedule: Schedule,
    /// The volume that keeps copies.
    pub storage: Option<Storage>,
    /// The bucket that keeps copies.
    pub bucket: Option<Bucket>,
    /// How many days copies are kept on the volume (default: 14).
    pub keep_days: Option<u16>,
    /// CPU and memory of each container.
    pub resources: Resources,
    /// The image that stores copies.
    #[serde(default = "store_image")]
    pub image: Image,
}

/// A bucket in S3-compatible object storage.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The name of the bucket.
    pub name: String,
    /// The URL of the storage, such as `https://fra1.digitaloceanspaces.com`.
    pub endpoint: Url,
    /// The entry in the environment's secret store with `access-key` and `secret-key`.
    pub remote: String,
}

/// The keys of the bucket's Secret, named as the storing program expects, each with its property.
const BUCKET_KEYS: [(&str, &str); 2] = [
    ("RCLONE_CONFIG_STORE_ACCESS_KEY_ID", "access-key"),
    ("RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY", "secret-key"),
];

fn store_image() -> Image {
    constant("rclone/rclone:1.68.2")
}

impl Backup {
    fn bucket_secret(&self, site: &Site<'_>) -> String {
        format!("{}-bucket", site.name())
    }

    /// The script that stores the copy. All names are variables, which avoids nested quoting. A file gets its final
    /// name only once it is complete.
    fn script(&self) -> String {
        let mut lines = vec!["set -eu".to_owned(), "stamp=$(date -u +%Y%m%d-%H%M%S)".to_owned()];
        if self.volume.is_some() {
            if self.storage.is_some() {
                lines.push("tar -C /data -czf /archive/.incoming .".to_owned());
                lines.push("mv /archive/.incoming \"/archive/$COPY_NAME-$stamp.tar.gz\"".to_owned());
            }
            if self.bucket.is_some() {
                lines.push("rclone sync /data \"store:$BUCKET/$COPY_NAME\"".to_owned());
            }
        } else {
            if self.bucket.is_some() {
                lines.push(
                    "rclone copyto /work/copy \"store:$BUCKET/$COPY_NAME/$COPY_NAME-$stamp.$COPY_ENDING\""
                        .to_owned(),
                );
            }
            if self.storage.is_some() {
                lines.push("cp /work/copy /archive/.incoming".to_owned());
                lines.push("mv /archive/.incoming \"/archive/$COPY_NAME-$stamp.$COPY_ENDING\"".to_owned());
            }
        }
        if self.storage.is_some() {
            lines.push("find /archive -type f -mtime \"+$KEEP_DAYS\" -delete".to_owned());
        }
        lines.join("\n")
    }
}

impl Component for Backup {
    const KIND: &'static str = "backup";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        let group = PodGroup {
            name: site.name().to_owned(),
            labels: site.selector(),
            egress: self.bucket.iter().map(|_| (None, vec![443])).collect(),
            ..PodGroup::default()
        };
        Offer { pod_groups: vec![group], ..Offer::default() }
    }

    fn links(&self) -> Vec<Link> {
        vec![Link { field: vec!["of".to_owned()], ..Link::new("database", &self.of) }]
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.storage.is_none() && self.bucket.is_none() {
            return Err(Error::field("", "a backup needs `storage`, `bucket` or both"));
        }
        if self.keep_days == Some(0) {
            return Err(Error::field("keep-days", "copies must be kept for at least 1 day: `0`"));
        }
        let Some(neighbour) = context.link("database") else { return Ok(Vec::new()) };
        let dump = if self.volume.is_some() { None } else { Some(self.dump(&neighbour)?) };
        let text = |text: &str| Variable::Text(text.to_owned());
        let mut variables = BTreeMap::from([
            ("COPY_NAME".to_owned(), text(neighbour.site.name())),
            ("KEEP_DAYS".to_owned(), Variable::Integer(self.keep_days.unwrap_or(14).into())),
        ]);
        variables.extend(dump.as_ref().map(|dump| ("COPY_ENDING".to_owned(), text(dump.ending))));
        let mut secrets = BTreeMap::new();
        if let Some(bucket) = &self.bucket {
            variables.extend([
                ("BUCKET".to_owned(), text(&bucket.name)),
                ("RCLONE_CONFIG_STORE_TYPE".to_owned(), text("s3")),
                (
                    "RCLONE_CONFIG_STORE_PROVIDER".to_owned(),
                    text(context.environment().cloud.object_storage.as_deref().unwrap_or("Other")),
                ),
                ("RCLONE_CONFIG_STORE_ENDPOINT".to_owned(), text(bucket.endpoint.as_ref())),
                ("RCLONE_CONFIG_STORE_NO_CHECK_BUCKET".to_owned(), text("true")),
            ]);
            secrets.insert(
                constant("bucket"),
                SecretField {
                    existing: Some(constant(&self.bucket_secret(context))),
                    remote: None,
                    component: None,
                    keys: BUCKET_KEYS.map(|(key, _)| key.to_owned()).to_vec(),
                    mount: None,
                },
            );
        }
        let mut volumes = BTreeMap::new();
        if let Some(storage) = &self.storage {
            volumes.insert(constant("archive"), storage.volume("/archive"));
        }
        if dump.is_some() {
            let work = VolumeField {
                size: self.storage.as_ref().map(|storage| storage.size.clone()),
                ..VolumeField::scratch("/work")
            };
            volumes.insert(constant("work"), work);
        }
        let login = dump.as_ref().map_or(&[][..], |dump| dump.login);
        let database = (!login.is_empty()).then(|| {
            let variables = login.iter().map(|(name, property)| ((*name).to_owned(), (*property).to_owned()));
            DatabaseField::Table(DatabaseTable { component: self.of.clone(), variables: variables.collect() })
        });
        let owner = match &self.volume {
            Some(_) => Owner::of(context, &neighbour)?,
            None => Owner::default(),
        };
        let workload = Workload {
            command: vec!["/bin/sh".to_owned(), "-c".to_owned(), self.script()],
            variables,
            secrets,
            database,
            volumes,
            security: owner.security.clone(),
            scheduling: owner.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        };
        let texts = BTreeMap::new();
        let mut objects = companions(context, &workload, &texts, false)?;
        if let Some(bucket) = &self.bucket {
            let keys = BUCKET_KEYS.map(|(key, property)| (key.to_owned(), property.to_owned()));
            let metadata = context.metadata(self.bucket_secret(context));
            let store = secret_store(context, &["bucket", "remote"])?;
            objects.push(ExternalSecret::new(metadata, store, &bucket.remote, keys).object()?);
        }
        let options = PodOptions { replicas: 1, claims_per_pod: false, runs_to_end: true, own_account: true };
        let mut template = pod_template(context, &workload, &texts, options)?;
        if let Some(spec) = &mut template.spec {
            if let (Some(dump), Some(main)) = (dump, spec.containers.first_mut()) {
                spec.init_containers = Some(vec![take_copy(main, dump)]);
            }
            if let Some(volume) = &self.volume {
                mount_source(spec, &neighbour, &owner, volume);
            }
        }
        objects.push(object(&cron_job(context, &self.schedule, template, None, None))?);
        Ok(objects)
    }
}
