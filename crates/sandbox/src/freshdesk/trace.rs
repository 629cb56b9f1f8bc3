use serde_json::{Value, json};

use super::html;

/// The distinct session keys of a sessions field: a word is a key, `@` and a source, and perhaps `#joined`. What else
/// stands there is not Casewire's.
pub(super) fn sessions(field: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    for word in field.split_whitespace() {
        let Some((key, _)) = word.split_once('@') else {
            continue;
        };
        if key.contains('/') && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The notes in the body of a private note: lines up to a marker line, with an empty one between notes.
pub(super) fn notes(body: &str) -> Vec<Value> {
    let mut notes = Vec::new();
    let mut text: Vec<String> = Vec::new();
    for line in html::lines(body) {
        if let Some((session, kind)) = marker(&line) {
            let lines = match (notes.is_empty(), text.as_slice()) {
                (false, [first, rest @ ..]) if first.is_empty() => rest,
                (_, all) => all,
            };
            notes.push(json!({ "session": session, "kind": kind, "text": lines.join("\n") }));
            text.clear();
        } else {
            text.push(line);
        }
    }
    notes
}

/// Reads `[casewire call/987@3f2a9c linked]` into the session's key and the note's kind; an id after the kind
/// (`late:9f31`) is left out.
fn marker(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim().strip_prefix("[casewire ")?.strip_suffix(']')?;
    let (session, kind) = inner.split_once(' ')?;
    let key = session.split_once('@')?.0;
    Some((key, kind.split(':').next().unwrap_or(kind)))
}

/// The ticket that a description says it follows up.
pub(super) fn follow_up_of(description: &str) -> Option<String> {
    let lines = html::lines(description);
    let mut numbers = lines
        .iter()
        .filter_map(|line| line.strip_prefix("Follow-up of ticket #"));
    let number: u64 = numbers.next()?.parse().ok()?;
    Some(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_sessions_of_a_field() {
        let field =
            "see 4711 call/987@3f2a9c call/988@3f2a9c#joined call/987@3f2a9c mail@example.com";
        assert_eq!(sessions(field), ["call/987", "call/988"]);
    }

    #[test]
    fn notes_keep_their_texts_exactly() {
        let body = "<div> a &lt;b&gt;<br><br>c <br>[casewire call/1@3f linked]<br><br><br>d<br>[casewire chat/2@3f late:9f31]</div>";
        let expected = [
            json!({ "session": "call/1", "kind": "linked", "text": " a <b>\n\nc " }),
            json!({ "session": "chat/2", "kind": "late", "text": "\nd" }),
        ];
        assert_eq!(notes(body), expected);
        assert_eq!(notes("<div>by a person</div>"), [Value::Null; 0]);
    }

    #[test]
    fn follow_ups_name_their_ticket() {
        let html = "<div>Call</div><div>Follow-up of ticket #14</div>";
        assert_eq!(follow_up_of(html).as_deref(), Some("14"));
        assert_eq!(follow_up_of("<div>Call about ticket #14</div>"), None);
    }
}
