//! `helm template`: from the user's options to Helm's output.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_helm::template::Host;
use aqueduct_helm::value::Map;
use aqueduct_helm::{
    Capabilities, Chart, Engine, Error, HookEvent, KubeVersion, Pattern, Prepared, Release, ReleaseError,
    RenderedRelease, check_installable, documents, reason,
};

use super::values::{ReadFile, ValueOptions};

/// The hint that Helm adds to an error in a chart that it could load.
const DEBUG_HINT: &str = "\n\nUse --debug flag to render out invalid YAML";

/// The options of `helm template`.
#[derive(Clone, Debug, Default)]
pub struct TemplateOptions {
    /// The release name; `None` to generate it, or for the default `release-name`.
    pub name: Option<String>,
    /// The chart: a folder or a packaged chart.
    pub chart: PathBuf,
    /// The namespace.
    pub namespace: String,
    /// The values.
    pub values: ValueOptions,
    /// `--generate-name`.
    pub generate_name: bool,
    /// `--name-template`.
    pub name_template: Option<String>,
    /// `--include-crds`.
    pub include_crds: bool,
    /// `--skip-tests`.
    pub skip_tests: bool,
    /// `--no-hooks`.
    pub no_hooks: bool,
    /// `--is-upgrade`.
    pub is_upgrade: bool,
    /// `--show-only`.
    pub show_only: Vec<String>,
    /// `--kube-version`.
    pub kube_version: Option<String>,
    /// `--api-versions`.
    pub api_versions: Vec<String>,
    /// `--skip-schema-validation`.
    pub skip_schema_validation: bool,
    /// `--output-dir`: the caller writes [`TemplateOutput::files`].
    pub output_dir: Option<PathBuf>,
    /// `--release-name`: the folder in `output_dir` has the name of the release.
    pub use_release_name: bool,
    /// `--debug`: prints rendered documents even if they are not valid YAML.
    pub debug: bool,
}

/// The output of `helm template`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateOutput {
    /// The text for standard output.
    pub stdout: Vec<u8>,
    /// The files to write in `output_dir`, in order.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// A failure of `helm template`, with the output that it prints nonetheless.
#[derive(Clone, Debug)]
pub struct TemplateError {
    /// The error, as Helm prints it after `Error: `.
    pub error: Error,
    /// The text for standard output: with `debug`, the documents that are not valid YAML.
    pub stdout: Vec<u8>,
}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        Self { error, stdout: Vec::new() }
    }
}

/// Does what `helm template` does, without a cluster or the network.
///
/// # Errors
/// Returns Helm's error for a chart, values or templates that fail.
pub fn template(
    options: &TemplateOptions,
    read_file: ReadFile<'_>,
    host: &mut dyn Host,
) -> Result<TemplateOutput, TemplateError> {
    template_with(options, || options.values.merge(read_file), host)
}

/// Does what [`template`] does, with values from the caller instead of the options.
pub(crate) fn template_with(
    options: &TemplateOptions,
    values: impl FnOnce() -> Result<Map, Error>,
    host: &mut dyn Host,
) -> Result<TemplateOutput, TemplateError> {
    template_keeping(options, values, host, &mut None)
}

/// Does what [`template`] does, and hands the chart to the caller.
pub(super) fn template_keeping(
    options: &TemplateOptions,
    values: impl FnOnce() -> Result<Map, Error>,
    host: &mut dyn Host,
    kept: &mut Option<Arc<Chart>>,
) -> Result<TemplateOutput, TemplateError> {
    let mut capabilities = Capabilities::default();
    if let Some(version) = &options.kube_version {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|error| error.context(format!("invalid kube version '{version}'")))?;
    }
    capabilities.api_versions.extend(options.api_versions.iter().map(Into::into));
    let name = release_name(options, host)?;
    let path = locate(&options.chart)?;
    let values = values()?;
    let chart = kept.insert(Arc::new(Chart::read(&path)?));
    check_installable(chart)?;
    check_release_name(&name)?;
    let prepared = Prepared::new(chart, &values)?;
    if !options.skip_schema_validation {
        prepared.validate()?;
    }
    let mut release = Release::new(name, options.namespace.as_str());
    release.is_upgrade = options.is_upgrade;
    match prepared.render(&Engine::new(), &release, &capabilities, host) {
        Ok(rendered) => Ok(print(options, &release, &rendered)?),
        Err(ReleaseError { error, .. }) if !options.debug => Err(error.followed_by(DEBUG_HINT).into()),
        Err(ReleaseError { error, files }) => {
            let mut stdout = Vec::new();
            for (path, file) in files.iter().filter(|(_, file)| !is_blank(file.text.as_bytes())) {
                write_document(&mut stdout, path, file.text.as_bytes());
            }
            stdout = trimmed(&stdout).to_vec();
            stdout.push(b'\n');
            if !options.show_only.is_empty() {
                stdout = show_only(&String::from_utf8_lossy(&stdout), &options.show_only).unwrap_or_default();
            }
            Err(TemplateError { error, stdout })
        }
    }
}

/// Returns the release name, generated from a template or the chart's name on request.
fn release_name(options: &TemplateOptions, host: &mut dyn Host) -> Result<String, Error> {
    if let Some(name) = &options.name {
        if options.generate_name {
            return Err(Error::new("cannot set --generate-name and also specify a name"));
        }
        if options.name_template.is_some() {
            return Err(Error::new("cannot set --name-template and also specify a name"));
        }
        return Ok(name.clone());
    }
    match &options.name_template {
        Some(template) => aqueduct_helm::release_name(template, host),
        None => Ok("release-name".to_owned()),
    }
}

/// Checks a name as Helm does: a DNS name of at most 53 characters.
fn check_release_name(name: &str) -> Result<(), Error> {
    let fail = |reason: &str| {
        Err(Error::new(reason).context(format!("release name {name:?}")).context("release name check failed"))
    };
    if name.is_empty() {
        return fail("no name provided");
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        label.bytes().all(|byte| plain(byte) || byte == b'-')
            && label.bytes().next().is_some_and(plain)
            && label.bytes().next_back().is_some_and(plain)
    };
    if name.len() > 53 || !name.split('.').all(is_label) {
        return fail(
            "invalid release name, must match regex \
             ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be \
             longer than 53",
        );
    }
    Ok(())
}

/// Returns the path of a chart on disk, or the reason why there is none.
fn locate(chart: &Path) -> Result<PathBuf, Error> {
    let text = chart.to_string_lossy();
    let trimmed = text.trim();
    if Path::new(trimmed).exists() {
        return Ok(Path::new(trimmed).to_owned());
    }
    if Path::new(trimmed).is_absolute() || trimmed.starts_with('.') {
        return Err(Error::new(format!("path {trimmed:?} not found")));
    }
    if trimmed.contains("://") {
        return Err(Error::new(format!("{trimmed} is remote: vendor the chart first")));
    }
    match trimmed.split_once('/') {
        Some((repository, _)) => Err(Error::new(format!("repo {repository} not found"))),
        None => Err(Error::new(format!(
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: {trimmed}"
        ))),
    }
}

fn is_blank(bytes: &[u8]) -> bool {
    trimmed(bytes).is_empty()
}

/// Trims white space as Go defines it.
fn trimmed(bytes: &[u8]) -> &[u8] {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.trim().as_bytes();
    }
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let start = valid.len() - valid.trim_start().len();
    bytes.get(start..).unwrap_or_default().trim_ascii_end()
}

fn write_document(out: &mut Vec<u8>, source: &str, content: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(source.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(content);
    out.push(b'\n');
}

fn print(
    options: &TemplateOptions,
    release: &Release,
    rendered: &RenderedRelease,
) -> Result<TemplateOutput, Error> {
    let mut documents = Vec::new();
    let mut files = Output { folder: options.output_dir.as_deref(), release, options, files: Vec::new() };
    if options.include_crds {
        for crd in &rendered.crds {
            if !files.write(files.folder, &crd.source, &crd.content) {
                write_document(&mut documents, &crd.source, &crd.content);
            }
        }
    }
    let folder = files.release_folder();
    for manifest in &rendered.manifests {
        if !files.write(folder.as_deref(), &manifest.source, manifest.content.as_bytes()) {
            write_document(&mut documents, &manifest.source, manifest.content.as_bytes());
        }
    }
    let mut stdout = trimmed(&documents).to_vec();
    stdout.push(b'\n');
    if !options.no_hooks {
        for hook in &rendered.hooks {
            if options.skip_tests && hook.events.contains(&HookEvent::Test) {
                continue;
            }
            let manifest = &hook.manifest;
            if !files.write(folder.as_deref(), &manifest.source, manifest.content.as_bytes()) {
                write_document(&mut stdout, &manifest.source, manifest.content.as_bytes());
            }
        }
    }
    if !options.show_only.is_empty() {
        stdout = show_only(&String::from_utf8_lossy(&stdout), &options.show_only)?;
    }
    let announced =
        files.files.iter().flat_map(|(path, _)| format!("wrote {}\n", path.display()).into_bytes());
    drop(stdout.splice(..0, announced));
    Ok(TemplateOutput { stdout, files: files.files })
}

/// The files for `--output-dir`.
struct Output<'a> {
    folder: Option<&'a Path>,
    release: &'a Release,
    options: &'a TemplateOptions,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl<'a> Output<'a> {
    fn release_folder(&self) -> Option<PathBuf> {
        let folder = self.folder?;
        let named = self.options.use_release_name;
        Some(if named { folder.join(&*self.release.name) } else { folder.to_owned() })
    }

    /// Adds a document to its file, if documents go to files.
    fn write(&mut self, folder: Option<&Path>, source: &str, content: &[u8]) -> bool {
        let Some(folder) = folder else { return false };
        let mut document = Vec::new();
        write_document(&mut document, source, content);
        self.files.push((folder.join(source), document));
        true
    }
}

/// Selects the documents of some templates.
fn show_only(text: &str, wanted: &[String]) -> Result<Vec<u8>, Error> {
    let documents = documents(text);
    let mut picked = Vec::new();
    for template in wanted {
        let pattern = Pattern::path(template).ok();
        let mut found = false;
        for (_, document) in &documents {
            // The first comment in a document contains the chart name and the template.
            let source = document.lines().find_map(|line| {
                let path = line.split_once("# Source: ")?.1.split_once('/')?.1;
                (!path.is_empty()).then_some(path)
            });
            let matches =
                source.zip(pattern.as_ref()).is_some_and(|(source, pattern)| pattern.matches(source));
            if matches {
                found = true;
                picked.extend_from_slice(b"---\n");
                picked.extend_from_slice(document.as_bytes());
                picked.push(b'\n');
            }
        }
        if !found {
            return Err(Error::new(format!("could not find template {template} in chart")));
        }
    }
    Ok(picked)
}

/// Reads a file given as an option, with Helm's errors.
///
/// # Errors
/// Returns the reason why the file cannot be read, in Go's words.
pub fn read_file(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("open {path}: {}", reason(&error)))
}
