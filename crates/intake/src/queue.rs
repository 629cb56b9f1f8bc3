//! Queue paths as the vendor writes them.

use std::sync::Arc;

use casewire_core::Queue;

use crate::absent::known;
use crate::shared::Shared;

/// The queue `leaf_id` whose path is told in names joined by `/`: `Support/Billing`.
///
/// The steps above the leaf have no ids there; each gets the path of names that leads to it.
pub(crate) fn from_names(shared: &mut Shared, leaf_id: &str, names: &str) -> Option<Arc<Queue>> {
    let names = names.trim_matches('/');
    let mut path: Vec<(&str, &str)> = Vec::new();
    for (slash, _) in names.match_indices('/') {
        let above = &names[..slash];
        let name = above.rsplit('/').next().unwrap_or(above);
        if let Some(name) = known(name) {
            path.push((above, name));
        }
    }
    let leaf_name = names.rsplit('/').next().and_then(known);
    path.push((leaf_id, leaf_name.unwrap_or(leaf_id)));
    shared.queue(&path)
}

/// The queue at the end of ids joined by `/`: `4/13`. Names, joined alike, go with the ids when there are as
/// many of them; otherwise they name the leaf.
pub(crate) fn from_ids(shared: &mut Shared, ids: &str, names: Option<&str>) -> Option<Arc<Queue>> {
    let ids: Vec<&str> = ids.split('/').filter_map(known).collect();
    let names = names.map(|names| names.trim_matches('/'));
    let each: Vec<&str> = names
        .map(|names| names.split('/').map(str::trim).collect())
        .unwrap_or_default();
    let mut path: Vec<(&str, &str)> = ids.iter().map(|id| (*id, *id)).collect();
    if each.len() == path.len() {
        for (step, name) in path.iter_mut().zip(each) {
            step.1 = known(name).unwrap_or(step.0);
        }
    } else if let (Some(leaf), Some(names)) = (path.last_mut(), names.and_then(known)) {
        leaf.1 = names;
    }
    shared.queue(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(queue: Option<Arc<Queue>>) -> Vec<(String, String)> {
        queue
            .iter()
            .flat_map(|queue| queue.path())
            .map(|step| (step.id.0.to_string(), step.name.to_string()))
            .collect()
    }

    fn own(path: &[(&str, &str)]) -> Vec<(String, String)> {
        path.iter()
            .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
            .collect()
    }

    #[test]
    fn steps_above_the_leaf_are_known_by_their_names() {
        let mut shared = Shared::new(&Arc::from("s"));
        for (leaf, names, path) in [
            ("13", "web_3", &[("13", "web_3")][..]),
            ("13", "/", &[("13", "13")]),
            ("13", "", &[("13", "13")]),
            (
                "50",
                "Main/Voice/Billing",
                &[("Main", "Main"), ("Main/Voice", "Voice"), ("50", "Billing")],
            ),
        ] {
            let queue = from_names(&mut shared, leaf, names);
            assert_eq!(steps(queue), own(path), "{names}");
        }
    }

    #[test]
    fn ids_and_names_go_together() {
        let mut shared = Shared::new(&Arc::from("s"));
        for (ids, names, path) in [
            (
                "7/26",
                Some("Test/Calls"),
                &[("7", "Test"), ("26", "Calls")][..],
            ),
            ("7/26", Some("Calls"), &[("7", "7"), ("26", "Calls")]),
            ("/7/26/", None, &[("7", "7"), ("26", "26")]),
            ("/", Some("x"), &[]),
        ] {
            assert_eq!(steps(from_ids(&mut shared, ids, names)), own(path), "{ids}");
        }
    }
}
