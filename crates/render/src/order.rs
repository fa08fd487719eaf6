//! Waves on the objects of a tenant that is one Application, so that every change follows the order of the
//! components, not only their creation.

use aqueduct_manifest::Object;

use crate::data::HOOK;

const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The number of waves between two components.
const STEP: i64 = 100;
/// How many waves the hooks before and after a component are away from its objects.
const PHASE: i64 = 33;
/// The most waves by which an object's own wave moves it within its component and phase.
const ROOM: i64 = 16;

/// Gives the objects of a component their waves among those of the whole tenant.
///
/// The hooks before and after a sync would run before and after all components, so they become hooks during the sync,
/// in waves of their component.
pub(crate) fn number(objects: &mut [Object], wave: usize) {
    let base = i64::try_from(wave).unwrap_or(i64::MAX / STEP) * STEP;
    for object in objects {
        let own = own_wave(object).clamp(-ROOM, ROOM);
        let phase = phase(object);
        let wave = base + own + phase.unwrap_or_default() * PHASE;
        let annotations = object.metadata_mut().map_entry("annotations");
        if phase.is_some() {
            annotations.insert(HOOK, "Sync");
        }
        annotations.insert(WAVE, wave.to_string());
    }
}

/// Returns an object's own wave; the weight of a Helm hook counts as one.
fn own_wave(object: &Object) -> i64 {
    let number = |key: &str| object.annotation(key)?.trim().parse().ok();
    number(WAVE).or_else(|| number("helm.sh/hook-weight")).unwrap_or_default()
}

/// Returns -1 for a hook before and 1 for a hook after a sync; `None` for anything else.
fn phase(object: &Object) -> Option<i64> {
    let (argocd, helm) = (object.annotation(HOOK), object.annotation("helm.sh/hook"));
    let before = |hook: &str| matches!(hook, "PreSync" | "pre-install" | "pre-upgrade");
    let after = |hook: &str| matches!(hook, "PostSync" | "post-install" | "post-upgrade");
    let hooks = || argocd.or(helm).into_iter().flat_map(|hooks| hooks.split(',')).map(str::trim);
    if hooks().next().is_none() {
        None
    } else if hooks().all(before) {
        Some(-1)
    } else {
        hooks().all(after).then_some(1)
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Object, yaml};

    use super::{HOOK, WAVE, number};

    #[test]
    fn hooks_stay_with_their_component() {
        let cases = [
            ("", "200", None),
            ("argocd.argoproj.io/sync-wave: \"-1\"", "199", None),
            ("argocd.argoproj.io/sync-wave: \"500\"", "216", None),
            ("argocd.argoproj.io/hook: PreSync", "167", Some("Sync")),
            ("argocd.argoproj.io/hook: PostSync, argocd.argoproj.io/sync-wave: \"2\"", "235", Some("Sync")),
            ("argocd.argoproj.io/hook: SyncFail", "200", Some("SyncFail")),
            ("argocd.argoproj.io/hook: \"PreSync,PostSync\"", "200", Some("PreSync,PostSync")),
            ("helm.sh/hook: \"pre-install,pre-upgrade\", helm.sh/hook-weight: \"-5\"", "162", Some("Sync")),
        ];
        for (annotations, wave, hook) in cases {
            let text = format!("{{kind: Job, metadata: {{annotations: {{{annotations}}}}}}}");
            let map = yaml::read(&text).expect("the example is YAML").as_map().cloned().unwrap_or_default();
            let mut objects = [Object::new(map)];
            number(&mut objects, 2);
            let found = (objects[0].annotation(WAVE), objects[0].annotation(HOOK));
            assert_eq!(found, (Some(wave), hook), "{annotations}");
        }
    }
}
