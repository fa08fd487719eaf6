//! Packed charts: a gzipped tar read into memory. Anything that could reach outside the chart is refused.

use std::io::Read;

use aqueduct_manifest::format_smolstr;
use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::file::File;
use crate::Error;

/// The most bytes that an unpacked chart may have, including the packed charts in it.
pub(super) const CHART_LIMIT: u64 = 100 * 1024 * 1024;
/// The most bytes that one file may have.
pub(super) const FILE_LIMIT: u64 = 5 * 1024 * 1024;

/// Reads the files of a packed chart. Their names are relative to its only folder.
///
/// `budget` is the number of bytes that may still be unpacked; it shrinks as files are read.
pub(super) fn read(bytes: &[u8], budget: &mut u64) -> Result<Vec<File>, Error> {
    let fail = |cause: std::io::Error| Error::new(cause.to_string());
    let mut files = Vec::new();
    // Headers and padding come on top of the contents; this also ends a stream that has nothing else.
    let unpacked = MultiGzDecoder::new(bytes).take(budget.saturating_mul(2).saturating_add(1 << 20));
    let mut archive = Archive::new(unpacked);
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let full_name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader | EntryType::XHeader => continue,
            _ if full_name.ends_with('/') => continue,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Symlink | EntryType::Link => {
                return Err(Error::new(format!("chart illegally contains a link: {full_name:?}")));
            }
            _ => return Err(Error::new(format!("chart illegally contains a device: {full_name:?}"))),
        }
        let name = inner_name(&full_name)?;
        let size = entry.size();
        if size > *budget {
            return Err(too_large());
        }
        if size > FILE_LIMIT {
            return Err(Error::new(format!(
                "decompressed chart file {full_name:?} is larger than the maximum file size {FILE_LIMIT}"
            )));
        }
        let mut contents = Vec::new();
        entry.by_ref().take(FILE_LIMIT).read_to_end(&mut contents).map_err(fail)?;
        if (contents.len() as u64) < size {
            return Err(Error::new("unexpected EOF"));
        }
        *budget = budget.checked_sub(contents.len() as u64).ok_or_else(too_large)?;
        files.push(File::new(name, contents.into()));
    }
    if files.is_empty() {
        return Err(Error::new("no files in chart archive"));
    }
    Ok(files)
}

/// Returns whether the bytes begin like a gzipped file.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

fn too_large() -> Error {
    Error::new(format!("decompressed chart is larger than the maximum size {CHART_LIMIT}"))
}

/// Returns the name without its first folder, or refuses it.
fn inner_name(full_name: &str) -> Result<String, Error> {
    let delimiter = if full_name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = full_name.split_once(delimiter).unwrap_or((full_name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(Error::new("chart illegally contains absolute paths"));
    }
    let name = clean(&rest);
    if name == "." {
        return Err(Error::new(format!(
            "chart illegally contains content outside the base directory: {full_name:?}"
        )));
    }
    if name.starts_with("..") {
        return Err(Error::new("chart illegally references parent directory"));
    }
    let mut start = name.bytes();
    if start.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && start.next() == Some(b':')
        && start.next() == Some(b'/')
    {
        return Err(Error::new("chart contains illegally named files"));
    }
    if first == "Chart.yaml" {
        return Err(Error::new("chart yaml not in base directory"));
    }
    Ok(name)
}

/// Does what Go's `path.Clean` does to a relative path.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Returns Helm's error for a file that is not a packed chart.
pub(super) fn not_packed(path: &str, bytes: &[u8]) -> Error {
    if path.ends_with(".yaml") || path.ends_with(".yml") {
        return Error::new(format!("file '{path}' seems to be a YAML file, but expected a gzipped archive"));
    }
    let kind = match std::str::from_utf8(bytes.get(..512).unwrap_or(bytes)) {
        Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace() && c != '\u{1b}') => {
            format_smolstr!("text/plain; charset=utf-8")
        }
        _ => format_smolstr!("application/octet-stream"),
    };
    Error::new(format!("file '{path}' does not appear to be a gzipped archive; got '{kind}'"))
}
