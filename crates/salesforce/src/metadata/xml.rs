//! Writes definitions as the XML that the Metadata API reads.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// `definition` as a document whose root is `kind`. A list becomes one element for each item.
pub(super) fn document(kind: &str, definition: &Map<String, Value>) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">"
    );
    push_members(&mut text, definition, 1);
    let _ = writeln!(text, "</{kind}>");
    text
}

fn push_members(text: &mut String, members: &Map<String, Value>, depth: usize) {
    for (name, value) in members {
        push(text, name, value, depth);
    }
}

fn push(text: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "    ".repeat(depth);
    match value {
        Value::Array(items) => {
            for item in items {
                push(text, name, item, depth);
            }
        }
        Value::Object(members) => {
            let _ = writeln!(text, "{indent}<{name}>");
            push_members(text, members, depth + 1);
            let _ = writeln!(text, "{indent}</{name}>");
        }
        Value::String(value) => {
            let _ = writeln!(text, "{indent}<{name}>{}</{name}>", escaped(value));
        }
        Value::Bool(_) | Value::Number(_) => {
            let _ = writeln!(text, "{indent}<{name}>{value}</{name}>");
        }
        Value::Null => {}
    }
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_can_not_become_markup() {
        let definition =
            json!({ "label": "R&D's \"<b>\"", "items": [{ "n": 1 }, { "n": 2 }], "none": null });
        assert_eq!(
            document("Thing", definition.as_object().unwrap()),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Thing xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
             <items>\n        <n>1</n>\n    </items>\n    <items>\n        <n>2</n>\n    </items>\n    \
             <label>R&amp;D&apos;s &quot;&lt;b&gt;&quot;</label>\n</Thing>\n"
        );
    }
}
