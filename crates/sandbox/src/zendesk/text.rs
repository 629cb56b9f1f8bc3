/// Removes HTML tags from a comment's plain body, as the vendor does; a bare `<` stays.
pub(super) fn strip_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        match tag_length(tag) {
            Some(length) => {
                plain.push_str(line_break(&tag[..length]));
                rest = &tag[length..];
            }
            None => {
                plain.push('<');
                rest = &tag[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The text of an HTML comment body.
pub(super) fn plain_of_html(html: &str) -> String {
    let text = strip_tags(html)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    text.trim().to_owned()
}

/// A plain comment as the vendor renders it: paragraphs at blank lines.
pub(super) fn html_of_plain(plain: &str) -> String {
    let escaped = plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let paragraphs: String = escaped
        .split("\n\n")
        .map(|paragraph| format!("<p dir=\"auto\">{}</p>", paragraph.replace('\n', "<br>\n")))
        .collect();
    format!("<div class=\"zd-comment\" dir=\"auto\">{paragraphs}</div>")
}

/// The length of the tag that `text` starts with, if it is one.
fn tag_length(text: &str) -> Option<usize> {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    text.find('>').map(|end| end + 1)
}

/// What a tag leaves behind in the text.
fn line_break(tag: &str) -> &'static str {
    let name = tag.trim_start_matches(['<', '/']);
    let name: String = name
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    match (name.to_ascii_lowercase().as_str(), tag.starts_with("</")) {
        ("br", _) | ("div" | "li", true) => "\n",
        ("p", true) => "\n\n",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_tags_but_no_bare_brackets() {
        assert_eq!(strip_tags("a < b <b>bold</b> 1<2"), "a < b bold 1<2");
        assert_eq!(strip_tags("open <never"), "open <never");
    }

    #[test]
    fn html_and_plain_text_agree() {
        let plain = "Call & <wait>\nsecond line\n\n[casewire call/1@ab linked]";
        assert_eq!(
            plain_of_html(&html_of_plain(plain)).replace("\n\n\n", "\n\n"),
            plain.replace("\nsecond", "\n\nsecond")
        );
    }
}
