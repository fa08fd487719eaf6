//! What `.Capabilities` reports about the cluster and Helm.

use std::any::Any;

use aqueduct_manifest::SmolStr;

use crate::Error;
use crate::template::{Call, Function, FunctionError};
use crate::value::{Kind, List, ListType, Native, Type, Value};

/// The API versions that Helm assumes: those of the client library that it is built with.
const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// The Kubernetes version that Helm assumes.
const KUBE_VERSION: &str = "v1.37.0";
/// The version of Helm that this crate follows.
const HELM_VERSION: &str = "v4.3.2";
/// The version of Go that this version of Helm is built with.
const GO_VERSION: &str = "go1.27.0";
/// The version of the Kubernetes client that this version of Helm is built with.
const KUBE_CLIENT_VERSION: &str = "v1.37";

/// What a chart may rely on: the Kubernetes version, the API versions and the Helm version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// The API versions, such as `apps/v1` or `apps/v1/Deployment`.
    pub api_versions: Vec<SmolStr>,
    /// The version of Helm.
    pub helm_version: SmolStr,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            kube_version: KubeVersion {
                version: KUBE_VERSION.into(),
                normalized: KUBE_VERSION.into(),
                major: "1".into(),
                minor: "37".into(),
            },
            api_versions: API_VERSIONS.iter().map(|version| SmolStr::from(*version)).collect(),
            helm_version: HELM_VERSION.into(),
        }
    }
}

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// The whole version, such as `v1.33.4-gke.1245000`.
    pub version: SmolStr,
    /// The version without any suffix after the numbers, for comparisons.
    pub normalized: SmolStr,
    /// The major version.
    pub major: SmolStr,
    /// The minor version.
    pub minor: SmolStr,
}

impl KubeVersion {
    /// Reads a version such as `1.33` or `v1.33.4-gke.1245000`.
    ///
    /// # Errors
    /// Fails with the message of Kubernetes' own library if the text is not a version.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
        let rest = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut numbers: Vec<&str> = Vec::new();
        let mut remaining = rest;
        loop {
            let length = remaining.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                break;
            }
            let (number, after) = remaining.split_at(length);
            numbers.push(number);
            match after.strip_prefix('.') {
                Some(after) => remaining = after,
                None => break,
            }
        }
        let [major, minor, ..] = numbers.as_slice() else {
            let message = if numbers.is_empty() {
                format!("could not parse {text:?} as version")
            } else {
                format!("illegal version string {text:?}")
            };
            return Err(Error::new(message));
        };
        if major.starts_with('0') && *major != "0" {
            return Err(Error::new(format!("illegal zero-prefixed version component {major:?} in {text:?}")));
        }
        let parsed: Vec<u64> = numbers
            .iter()
            .map(|number| {
                number.parse().map_err(|_| {
                    Error::new(format!(
                        "illegal non-numeric version component {number:?} in {text:?}: strconv.ParseUint: \
                         parsing {number:?}: value out of range"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        let normalized: Vec<String> = parsed.iter().map(u64::to_string).collect();
        let plain = |number: &str| SmolStr::from(number.trim_start_matches('0')).to_owned();
        let or_zero = |number: SmolStr| if number.is_empty() { SmolStr::from("0") } else { number };
        Ok(Self {
            version: if text.starts_with('v') { text.into() } else { format!("v{text}").into() },
            normalized: format!("v{}", normalized.join(".")).into(),
            major: or_zero(plain(major)),
            minor: or_zero(plain(minor)),
        })
    }
}

impl Capabilities {
    /// Returns `.Capabilities`.
    pub(crate) fn to_value(&self) -> Value {
        Value::native(CapabilitiesValue {
            kube_version: Value::native(self.kube_version.clone()),
            api_versions: Value::List(List::typed(
                &VERSION_SET,
                self.api_versions.iter().map(|version| Value::from(version.as_str())).collect(),
            )),
            helm_version: Value::native(BuildInfo { version: self.helm_version.clone() }),
        })
    }
}

/// `*common.Capabilities`.
#[derive(Debug)]
struct CapabilitiesValue {
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

impl Native for CapabilitiesValue {
    fn type_name(&self) -> &'static str {
        "*common.Capabilities"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("KubeVersion", self.kube_version.clone()),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", self.helm_version.clone()),
        ]
    }
}

impl Native for KubeVersion {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", self.version.as_str().into()),
            ("Major", self.major.as_str().into()),
            ("Minor", self.minor.as_str().into()),
        ]
    }

    fn pointer_text(&self) -> Option<String> {
        Some(self.normalized.to_string())
    }

    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", self.version.as_str().into()),
            ("normalizedVersion", self.normalized.as_str().into()),
            ("Major", self.major.as_str().into()),
            ("Minor", self.minor.as_str().into()),
        ]
    }
}

pub(crate) const KUBE_VERSION_METHODS: &[Function] =
    &[Function::new("String", &[], string), Function::new("GitVersion", &[], git_version)];

fn kube_version(arguments: &[Value]) -> Option<&KubeVersion> {
    match arguments.first() {
        Some(Value::Native(native)) => native.as_any().downcast_ref(),
        _ => None,
    }
}

fn string(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    Ok(kube_version(arguments).map_or(Value::Nil, |version| version.normalized.as_str().into()))
}

fn git_version(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    Ok(kube_version(arguments).map_or(Value::Nil, |version| version.version.as_str().into()))
}

/// `version.BuildInfo`: how Helm was built.
#[derive(Debug)]
struct BuildInfo {
    version: SmolStr,
}

impl Native for BuildInfo {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", self.version.as_str().into()),
            ("GitCommit", "".into()),
            ("GitTreeState", "".into()),
            ("GoVersion", GO_VERSION.into()),
            ("KubeClientVersion", KUBE_CLIENT_VERSION.into()),
        ]
    }

    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("version", self.version.as_str().into()),
            ("go_version", GO_VERSION.into()),
            ("kube_client_version", KUBE_CLIENT_VERSION.into()),
        ]
    }
}

/// `common.VersionSet`.
static VERSION_SET: ListType = ListType { name: "common.VersionSet", element: Type::String };

pub(crate) const VERSION_SET_METHODS: &[Function] = &[Function::new("Has", &[Type::String], has)];

fn has(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let [Value::List(versions), Value::String(wanted)] = arguments else { return Ok(false.into()) };
    let found = versions.items().iter().any(|version| version.as_text() == Some(wanted));
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::KubeVersion;

    #[test]
    fn kube_versions() {
        for (text, expected) in [
            ("1.30", Ok(("v1.30", "v1.30", "1", "30"))),
            ("v1.33.4-gke.1245000", Ok(("v1.33.4-gke.1245000", "v1.33.4", "1", "33"))),
            ("1.28+", Ok(("v1.28+", "v1.28", "1", "28"))),
            ("1", Err("illegal version string \"1\"")),
            ("abc", Err("could not parse \"abc\" as version")),
            ("01.2", Err("illegal zero-prefixed version component \"01\" in \"01.2\"")),
        ] {
            let actual = KubeVersion::parse(text);
            let actual = actual
                .as_ref()
                .map(|version| (&*version.version, &*version.normalized, &*version.major, &*version.minor));
            assert_eq!(actual.map_err(ToString::to_string), expected.map_err(str::to_owned), "{text}");
        }
    }
}
