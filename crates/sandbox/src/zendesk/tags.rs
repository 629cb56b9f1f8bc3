/// Stores a tag as the vendor does: lower case, spaces separate tags, and a tag with any
/// character outside `[a-z0-9_:/-]` vanishes without a word. Adds each tag once.
pub(super) fn add(tags: &mut Vec<String>, sent: &[String]) {
    for tag in sent.iter().flat_map(|text| text.split_whitespace()) {
        let tag = tag.to_lowercase();
        if tag.chars().all(is_allowed) && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
}

pub(super) fn stored(sent: &[String]) -> Vec<String> {
    let mut tags = Vec::new();
    add(&mut tags, sent);
    tags
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':' | '/' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_lowers_and_drops() {
        let sent = ["UJET", "voice inbound", "queue(1)", "a/b:c-d", "ujet"].map(str::to_owned);
        assert_eq!(stored(&sent), ["ujet", "voice", "inbound", "a/b:c-d"]);
    }
}
