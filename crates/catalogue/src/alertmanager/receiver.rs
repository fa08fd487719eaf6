//! Receivers of alerts.

use aqueduct_manifest::{Map, Value};
use aqueduct_model::types::{Hostname, Port, Url};
use schemars::JsonSchema;
use serde::Deserialize;

use super::SECRETS;
use crate::values::{list, map};

/// A receiver of alerts, with one or more ways to notify it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Receiver {
    /// A Slack channel.
    pub slack: Option<Slack>,
    /// A PagerDuty service.
    pub pagerduty: Option<Pagerduty>,
    /// An email address.
    pub email: Option<Email>,
    /// A URL that accepts alerts as JSON, without credentials, such as one in the cluster.
    pub webhook: Option<Url>,
}

/// A Slack channel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The channel, such as `#alerts`.
    pub channel: String,
    /// The property of the secret with the URL of the incoming webhook.
    pub secret: String,
}

/// A PagerDuty service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pagerduty {
    /// The property of the secret with the integration key.
    pub secret: String,
}

/// An email address, and the mail server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The recipient.
    pub to: String,
    /// The sender.
    pub from: String,
    /// The mail server.
    pub server: Hostname,
    /// The port of the mail server (default: 587).
    pub port: Option<Port>,
    /// The user who logs in to the mail server.
    pub user: String,
    /// The property of the secret with the user's password.
    pub secret: String,
}

impl Receiver {
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let slack = self.slack.as_ref().map(|slack| slack.secret.as_str());
        let pagerduty = self.pagerduty.as_ref().map(|pagerduty| pagerduty.secret.as_str());
        let email = self.email.as_ref().map(|email| email.secret.as_str());
        slack.into_iter().chain(pagerduty).chain(email)
    }

    pub(super) fn value(&self, name: &str) -> Value {
        let file = |secret: &str| Value::from(format!("{SECRETS}/{secret}"));
        let mut receiver = Map::new();
        receiver.insert("name", name);
        if let Some(slack) = &self.slack {
            let config = map([
                ("api_url_file", file(&slack.secret)),
                ("channel", slack.channel.as_str().into()),
                ("send_resolved", true.into()),
                ("title", "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }}".into()),
                ("text", "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ end }}".into()),
            ]);
            receiver.insert("slack_configs", list([config]));
        }
        if let Some(pagerduty) = &self.pagerduty {
            let config = map([
                ("routing_key_file", file(&pagerduty.secret)),
                (
                    "description",
                    "{{ .CommonLabels.alertname }}: {{ (index .Alerts 0).Annotations.summary }}".into(),
                ),
                (
                    "severity",
                    "{{ if eq .CommonLabels.severity \"critical\" }}critical{{ else }}warning{{ end }}"
                        .into(),
                ),
            ]);
            receiver.insert("pagerduty_configs", list([config]));
        }
        if let Some(email) = &self.email {
            let port = email.port.as_ref().map_or(587, |port| port.get());
            let config = map([
                ("to", email.to.as_str().into()),
                ("from", email.from.as_str().into()),
                ("smarthost", format!("{}:{port}", email.server).into()),
                ("auth_username", email.user.as_str().into()),
                ("auth_password_file", file(&email.secret)),
                ("send_resolved", true.into()),
            ]);
            receiver.insert("email_configs", list([config]));
        }
        if let Some(url) = &self.webhook {
            receiver.insert(
                "webhook_configs",
                list([map([("url", url.to_string().into()), ("send_resolved", true.into())])]),
            );
        }
        receiver.into()
    }

    /// The ports outside the cluster on which the receiver is reached.
    pub(super) fn ports(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        if self.slack.is_some() || self.pagerduty.is_some() || self.webhook.is_some() {
            ports.push(443);
        }
        ports.extend(self.email.as_ref().map(|email| email.port.as_ref().map_or(587, |port| port.get())));
        ports
    }
}
