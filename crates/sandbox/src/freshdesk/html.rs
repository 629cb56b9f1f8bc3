/// Rich text as the vendor keeps it: in a block of its own.
pub(super) fn block(html: &str) -> String {
    match html.starts_with("<div") || html.starts_with("<p>") {
        true => html.to_owned(),
        false => format!("<div>{html}</div>"),
    }
}

/// The text of rich text, line by line.
pub(super) fn lines(html: &str) -> Vec<String> {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        if ends_line(tag) {
            text.push('\n');
        }
        rest = after;
    }
    text.push_str(rest);
    text.split('\n').map(unescaped).collect()
}

/// The text of rich text, as the vendor answers it beside the rich one.
pub(super) fn plain(html: &str) -> String {
    lines(html).join("\n").trim().to_owned()
}

fn ends_line(tag: &str) -> bool {
    let name = tag.trim_end_matches(['/', ' ']);
    matches!(name, "br" | "/div" | "/p" | "/li")
}

fn unescaped(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_lines_apart_and_decodes_once() {
        let html = block("a &lt;b&gt; &amp;amp;<br> c<br /><i>d</i>");
        assert_eq!(lines(&html), ["a <b> &amp;", " c", "d", ""]);
        assert_eq!(plain(&html), "a <b> &amp;\n c\nd");
    }

    #[test]
    fn blocks_stay_as_they_are() {
        assert_eq!(block("<div>a</div>"), "<div>a</div>");
        assert_eq!(plain("<div>a</div><div>b</div>"), "a\nb");
    }
}
