//! A review as a single HTML page that needs no network, to be stored with build artifacts or sent around.

use aqueduct_manifest::json;

use crate::compare::Review;
use crate::print;

/// The page, with placeholders for the title, the style, the data, the text and the script.
const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Returns the review as a page. It contains the JSON of [`json`](print::json), which its script displays. Without
/// scripts, the page shows the text.
pub fn html(review: &Review, title: &str) -> String {
    // In JSON, `<` occurs only in strings, where it can be escaped. Therefore no string can end the element around
    // it.
    let data = json::write_raw(&print::json::value(review)).replace('<', "\\u003c");
    let parts = [
        ("{title}", escaped(title)),
        ("{style}", STYLE.to_owned()),
        ("{data}", data),
        ("{text}", escaped(&print::text(review))),
        ("{script}", SCRIPT.to_owned()),
    ];
    // A single pass over the page, so that inserted text is never searched.
    let mut page = String::new();
    let mut rest = PAGE;
    for (name, text) in parts {
        let (before, after) = rest.split_once(name).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(&text);
        rest = after;
    }
    page + rest
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
