//! Generated service accounts for accounts of a cloud provider.

use std::rc::Rc;

use aqueduct_manifest::{Map, SmolStr};

use super::Generate;
use crate::decode::{Decode, Fields};
use crate::error::{Error, Result};
use crate::resource::Resource;
use crate::schemas::Schemas;

/// The contents of an `IAMPolicyGenerator`.
#[derive(Default)]
pub(crate) struct Args {
    cloud: SmolStr,
    account: Names,
    service: Names,
}

#[derive(Default)]
struct Names {
    name: SmolStr,
    place: SmolStr,
}

impl Decode for Args {
    const NAME: &'static str = "IAMPolicyGeneratorArgs";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            cloud: fields.text("cloud")?,
            account: fields.optional("serviceAccount")?.unwrap_or_default(),
            service: fields.optional("kubernetesService")?.unwrap_or_default(),
        })
    }
}

impl Decode for Names {
    const NAME: &'static str = "ServiceAccount";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        let project = fields.text("projectId")?;
        let place = if project.is_empty() { fields.text("namespace")? } else { project };
        Ok(Self { name: fields.text("name")?, place })
    }
}

/// Generates the service account.
pub(crate) struct IamPolicyGenerator {
    pub(crate) schemas: Rc<Schemas>,
    pub(crate) args: Args,
}

impl Generate for IamPolicyGenerator {
    fn generate(&self) -> Result<Vec<Resource>> {
        let Args { cloud, account, service } = &self.args;
        if cloud != "gke" {
            return Err(Error::new(format!("cloud provider {cloud} not supported yet")));
        }
        let mut map = Map::new();
        map.insert("apiVersion", "v1");
        map.insert("kind", "ServiceAccount");
        let metadata = map.map_entry("metadata");
        metadata.insert("name", service.name.clone());
        if !service.place.is_empty() {
            metadata.insert("namespace", service.place.clone());
        }
        metadata.map_entry("annotations").insert(
            "iam.gke.io/gcp-service-account",
            format!("{}@{}.iam.gserviceaccount.com", account.name, account.place),
        );
        Ok(vec![Resource::new(map, &self.schemas)])
    }
}
