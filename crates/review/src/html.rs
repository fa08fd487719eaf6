//! A review as one page of HTML, which needs no network: it can lie beside the artefacts of a run, or be sent.

use aqueduct_manifest::json;

use crate::compare::Review;
use crate::print;

/// The page, with a place for the title, the style, the data and the script.
const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Returns the review as a page. The data in it is the JSON of [`json`](print::json), which the script of the page shows;
/// without scripts the page shows the text.
pub fn html(review: &Review, title: &str) -> String {
    // JSON has `<` in texts only, where it may be written as an escape. So no text can end the element that holds it.
    let data = json::write_raw(&print::json::value(review)).replace('<', "\\u003c");
    let parts = [
        ("{title}", escaped(title)),
        ("{style}", STYLE.to_owned()),
        ("{data}", data),
        ("{text}", escaped(&print::text(review))),
        ("{script}", SCRIPT.to_owned()),
    ];
    // One walk over the page: what was put in is not looked at again.
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
