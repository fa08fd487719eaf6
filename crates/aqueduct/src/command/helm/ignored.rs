//! The flags of `helm template` that have no effect here: those about clusters, registries and terminals.
//!
//! They are accepted, and their values are validated as Helm does, so that both programs report a typo in a script.

use aqueduct_helm::functions::parse_duration;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::parse_switch;

/// The switches. Those without a `-` between words, `one-output` and similar ones belong to Helm's logging library.
const SWITCHES: &[&str] = &[
    "add-dir-header",
    "alsologtostderr",
    "atomic",
    "create-namespace",
    "dependency-update",
    "devel",
    "disable-openapi-validation",
    "force",
    "force-conflicts",
    "force-replace",
    "hide-notes",
    "insecure-skip-tls-verify",
    "kube-insecure-skip-tls-verify",
    "legacy-stderr-threshold-behavior",
    "logtostderr",
    "one-output",
    "pass-credentials",
    "plain-http",
    "render-subchart-notes",
    "replace",
    "rollback-on-failure",
    "server-side",
    "skip-crds",
    "skip-headers",
    "skip-log-headers",
    "take-ownership",
    "wait-for-jobs",
];

/// The flags with a value.
const SETTINGS: &[(&str, Form)] = &[
    ("alsologtostderrthreshold", Form::Text),
    ("burst-limit", Form::Integer),
    ("ca-file", Form::Text),
    ("cert-file", Form::Text),
    ("color", Form::Color),
    ("colour", Form::Color),
    ("content-cache", Form::Text),
    ("description", Form::Text),
    ("dry-run", Form::DryRun),
    ("key-file", Form::Text),
    ("keyring", Form::Text),
    ("kube-apiserver", Form::Text),
    ("kube-as-group", Form::Text),
    ("kube-as-user", Form::Text),
    ("kube-ca-file", Form::Text),
    ("kube-context", Form::Text),
    ("kube-tls-server-name", Form::Text),
    ("kube-token", Form::Text),
    ("kubeconfig", Form::Text),
    ("labels", Form::Labels),
    ("log-backtrace-at", Form::Text),
    ("log-dir", Form::Text),
    ("log-file", Form::Text),
    ("log-file-max-size", Form::Integer),
    ("password", Form::Text),
    ("post-renderer-args", Form::Text),
    ("qps", Form::Float),
    ("registry-config", Form::Text),
    ("repository-cache", Form::Text),
    ("repository-config", Form::Text),
    ("stderrthreshold", Form::Text),
    ("timeout", Form::Duration),
    ("username", Form::Text),
    ("v", Form::Integer),
    ("version", Form::Text),
    ("vmodule", Form::Text),
    ("wait", Form::Wait),
];

/// The form of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Integer,
    Float,
    Duration,
    Labels,
    Color,
    Wait,
    DryRun,
}

/// The parsed flags: the first error about one of them, in Helm's words.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    wrong: Option<String>,
}

impl Ignored {
    /// Returns Helm's error for the first value that it would reject.
    pub(super) fn wrong(&self) -> Option<&str> {
        self.wrong.as_deref()
    }
}

impl Form {
    /// Returns the value of a flag that is given without one, if Helm allows that.
    fn missing(self) -> Option<&'static str> {
        match self {
            Self::Wait => Some("watcher"),
            Self::DryRun => Some("unset"),
            _ => None,
        }
    }

    /// Returns what is wrong with a value of a flag.
    fn refuse(self, flag: &str, value: &str) -> Option<String> {
        let number = |function: &str| format!("strconv.{function}: parsing {value:?}: invalid syntax");
        let reason = match self {
            Self::Text => None,
            Self::Integer => value.parse::<i64>().err().map(|_| number("ParseInt")),
            Self::Float => value.parse::<f32>().err().map(|_| number("ParseFloat")),
            Self::Duration => parse_duration(value).err(),
            Self::Labels => value
                .split(',')
                .find(|label| !label.contains('='))
                .map(|label| format!("{label} must be formatted as key=value")),
            Self::Color => {
                let known = ["never", "auto", "always"].contains(&value);
                return (!known)
                    .then(|| format!("invalid color mode {value:?}: must be one of: never, auto, always"));
            }
            Self::Wait => {
                let known = ["watcher", "hookOnly", "legacy", "true", "false"].contains(&value);
                let known_ones = "Valid inputs are watcher, hookOnly, and legacy";
                (!known).then(|| format!("invalid wait input {value:?}. {known_ones}"))
            }
            Self::DryRun => {
                if ["unset", "client"].contains(&value) || parse_switch(value) == Ok(true) {
                    return None;
                }
                if value == "server" {
                    return Some("`--dry-run=server` is not supported: it needs a cluster".to_owned());
                }
                let is_no = value == "none" || parse_switch(value).is_ok();
                let wanted =
                    if is_no { "\"server\" or \"client\"" } else { "\"none\", \"server\", or \"client\"" };
                return Some(format!("invalid dry-run value ({value:?}). Must be {wanted}"));
            }
        };
        let name = match flag {
            "labels" => "-l, --labels".to_owned(),
            "v" => "-v, --v".to_owned(),
            _ => format!("--{flag}"),
        };
        reason.map(|reason| format!("invalid argument {value:?} for {name:?} flag: {reason}"))
    }
}

impl Args for Ignored {
    fn augment_args(command: Command) -> Command {
        let switches = SWITCHES.iter().map(|name| {
            let switch = Arg::new(*name).long(*name).num_args(0..=1).require_equals(true);
            switch.default_missing_value("true").value_parser(parse_switch).action(ArgAction::Set)
        });
        let settings = SETTINGS.iter().map(|(name, form)| {
            let setting = Arg::new(*name).long(*name).action(ArgAction::Append);
            match form.missing() {
                Some(missing) => setting.num_args(0..=1).require_equals(true).default_missing_value(missing),
                None if *name == "labels" => setting.short('l').allow_hyphen_values(true),
                None if *name == "v" => setting.short('v').allow_hyphen_values(true),
                None => setting.allow_hyphen_values(true),
            }
        });
        command.args(switches.chain(settings).map(|flag| flag.hide(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Ignored {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let wrong = SETTINGS.iter().find_map(|(name, form)| {
            matches.get_many::<String>(name)?.find_map(|value| form.refuse(name, value))
        });
        let given = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let both = (given("force-conflicts") && given("force-replace")).then(|| {
            "if any flags in the group [force-replace force-conflicts] are set none of the others can be; \
             [force-conflicts force-replace] were all set"
                .to_owned()
        });
        Ok(Self { wrong: wrong.or(both) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
