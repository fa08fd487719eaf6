//! The page of a review, clicked through in Chromium; skipped where that is not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is done on the page, each step with what it shows then.
const CLICKS: &str = r##"<script>
addEventListener("load", () => {
  const seen = [];
  const $ = (id) => document.getElementById(id);
  const shown = (what) => seen.push(`${what}: ${$("shown").textContent}`);
  const input = (id, value, event) => { $(id).value = value; $(id).dispatchEvent(new Event(event)); };
  const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent.replace(/\s+/g, " ").trim());
  seen.push(`title: ${texts("h1")}, ${texts("#sums")}`);
  seen.push(`consequences: ${texts("#consequences li").join(" | ")}`);
  seen.push(`hidden: ${["claims", "reachability", "rollouts"].filter((id) => $(id).hidden)}`);
  seen.push(`rollouts: ${texts("#rollouts li").join(" | ")}, ${document.querySelectorAll("#rollouts rect").length} blocks`);
  shown("at first");
  input("search", "NGINX:1.30", "input"); shown("search");
  input("search", "", "input");
  input("tenant", "b", "change"); shown("namespace b");
  input("tenant", "", "change");
  input("gravity", "restart", "change"); shown("restarts");
  document.querySelector("#list summary").click();
  setTimeout(() => {
    seen.push(`open: ${texts("#list .body").join(" | ")}`);
    input("gravity", "", "change");
    press("j"); press("j"); press("k");
    seen.push(`focus: ${document.activeElement.textContent.trim()}`);
    press("u");
    seen.push(`one column: ${document.body.classList.contains("unified")}`);
    press("/");
    seen.push(`focus: ${document.activeElement.id}`);
    $("expand").click();
    setTimeout(() => {
      seen.push(`opened: ${document.querySelectorAll("#list .body").length}`);
      seen.push(`scripts of texts: ${window.stolen === undefined ? "not run" : "run"}`);
      document.body.replaceChildren(Object.assign(document.createElement("pre"), { textContent: seen.join("\n") }));
    });
  });
});
</script>"##;

#[test]
fn clicks() {
    let Some(chromium) = chromium() else {
        println!("skipped: there is no Chromium on the PATH (Debian: `apt-get install chromium`)");
        return;
    };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    let side = |tag: &str, script: &str| {
        let deployment = |namespace: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  \
                 selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
                 spec: {{containers: [{{name: web, image: 'nginx:{tag}'}}]}}\n---\n"
            )
        };
        let settings = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: page, namespace: a}}\ndata: {{page: \"{script}\"}}\n"
        );
        [deployment("a"), deployment("b"), settings].concat()
    };
    write("old.yaml", &side("1.29", "nothing"));
    write(
        "new.yaml",
        &side("1.30", "</script><script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'>"),
    );
    let run = crate::program::run(folder.path(), &["diff", "old.yaml", "new.yaml", "--format", "html"]);
    assert_eq!(run.code, 1, "{run}");
    write("page.html", &run.stdout.replace("</body>", &format!("{CLICKS}</body>")));
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", folder.path().join("page.html").display()))
        .output()
        .expect("Chromium starts");
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = page.split("<body").nth(1).and_then(|body| body.split_once("<pre>"));
    let seen = seen.and_then(|(_, rest)| rest.split_once("</pre>")).map_or(page.as_str(), |(seen, _)| seen);
    insta::assert_snapshot!(seen);
}

/// Returns where Chromium is.
fn chromium() -> Option<PathBuf> {
    ["/usr/bin", "/usr/local/bin"]
        .iter()
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| Path::new(folder).join(name))
        })
        .find(|path| path.exists())
}
