//! Tests the script that deletes old Elasticsearch indices in a shell, with a fake server.

use std::fs;

use super::{file, folder, run, write};

#[test]
fn retention_deletes_only_what_is_old() {
    let folder = folder("retention");
    let path = folder.display().to_string();
    write(&folder.join("retention.sh"), file("elastic", "retention-files", "retention.sh"));
    let indices = "kubernetes-2000.01.01\\nkubernetes-2999.01.01\\nkubernetes-odd\\n";
    write(
        &folder.join("curl"),
        &format!(
            "#!/bin/sh\ncase \"$*\" in *DELETE*) echo \"$*\" >> '{path}/deleted' ;; *) printf '{indices}' ;; esac\n"
        ),
    );
    let _ = run("chmod", &["+x", &format!("{path}/curl")]);
    let script = format!(
        "PATH='{path}':$PATH KEEP_DAYS=7 JANITOR_USER=janitor JANITOR_PASSWORD=x ELASTICSEARCH_URL=http://search exec bash '{path}/retention.sh'"
    );
    let Some(output) = run("bash", &["-c", &script]) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let deleted = fs::read_to_string(folder.join("deleted")).expect("something is old");
    assert_eq!(
        deleted,
        "--silent --show-error --fail --user janitor:x --request DELETE http://search/kubernetes-2000.01.01\n"
    );
}
