//! The files of expected requests and documented answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use url::form_urlencoded;
use wiremock::{Request, ResponseTemplate};

/// The files of one vendor.
pub(crate) struct Golden {
    /// The name of their folder.
    pub(crate) vendor: &'static str,
    /// The headers that the vendor looks at.
    pub(crate) headers: &'static [&'static str],
    /// Secrets, and what stands for them in files.
    pub(crate) secrets: &'static [(&'static str, &'static str)],
    /// Makes a request legible, and the same on each day.
    pub(crate) tidy: fn(&mut Value),
    /// The sources of the tests, which name the files.
    pub(crate) tests: &'static [&'static str],
}

impl Golden {
    fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("golden")
            .join(self.vendor)
    }

    fn read(&self, file: &str) -> Value {
        let path = self.folder().join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; UPDATE_GOLDEN=1 writes requests",
                path.display()
            )
        });
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// All expected requests by operation.
    pub(crate) fn requests(&self) -> BTreeMap<String, Value> {
        let operations = self.operations(".request.json").into_iter();
        let requests = operations.map(|operation| {
            let request = self.read(&format!("{operation}.request.json"));
            (operation, request)
        });
        requests.collect()
    }

    fn operations(&self, ending: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.folder()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter_map(|name| Some(name.strip_suffix(ending)?.to_owned()))
            .collect()
    }

    /// The documented answer to `operation`: status, headers and body.
    pub(crate) fn answer(&self, operation: &str) -> ResponseTemplate {
        let file = self.read(&format!("{operation}.response.json"));
        let status = file["status"].as_u64().unwrap();
        let status = ResponseTemplate::new(u16::try_from(status).unwrap());
        let answer = match file.get("body") {
            Some(body) => status.set_body_json(body),
            None => status,
        };
        let headers = file.get("headers").and_then(Value::as_object);
        let headers = headers.into_iter().flatten();
        headers.fold(answer, |answer, (name, value)| {
            answer.append_header(name.as_str(), value.as_str().unwrap())
        })
    }

    /// The body of the documented answer to `operation`, to be changed.
    pub(crate) fn answer_body(&self, operation: &str) -> Value {
        self.read(&format!("{operation}.response.json"))["body"].take()
    }

    /// Fails when `request` is not what the file of `operation` says.
    pub(crate) fn assert_request(&self, operation: &str, request: &Request) {
        let file = format!("{operation}.request.json");
        let sent = self.as_json(request);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let text = serde_json::to_string_pretty(&sent).unwrap() + "\n";
            // Another test may read the file at the same time.
            let written = tempfile::NamedTempFile::new_in(self.folder()).unwrap();
            std::fs::write(written.path(), text).unwrap();
            written.persist(self.folder().join(&file)).unwrap();
        }
        let expected = self.read(&file);
        assert_eq!(
            sent, expected,
            "{file}\n sent: {sent:#}\n expected: {expected:#}\nif the request is right, UPDATE_GOLDEN=1 writes it"
        );
    }

    fn as_json(&self, request: &Request) -> Value {
        let headers = self.headers.iter().filter_map(|name| {
            let value = request.headers.get(*name)?.to_str().unwrap();
            Some(((*name).to_owned(), Value::String(value.to_owned())))
        });
        let mut json = json!({
            "method": request.method.as_str(),
            "path": request.url.path(),
            "query": pairs(request.url.query().unwrap_or_default()),
            "headers": headers.collect::<Map<_, _>>(),
            "body": body(request),
        });
        (self.tidy)(&mut json);
        let mut text = json.to_string();
        for (secret, name) in self.secrets {
            text = text.replace(secret, name);
        }
        serde_json::from_str(&text).unwrap()
    }

    /// Fails when there is a file that no test names.
    pub(crate) fn assert_every_file_is_used(&self) {
        let tests = self.tests.concat();
        for ending in [".request.json", ".response.json"] {
            for operation in self.operations(ending) {
                let is_used = tests.contains(&format!("\"{operation}\""));
                assert!(is_used, "{operation}{ending} is left over");
            }
        }
    }
}

/// A query or a form as an object.
pub(crate) fn pairs(text: &str) -> Map<String, Value> {
    let mut pairs = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let before = pairs.insert(name.to_string(), Value::String(value.into_owned()));
        assert_eq!(before, None, "the parameter {name} stands there twice");
    }
    pairs
}

fn body(request: &Request) -> Value {
    if request.body.is_empty() {
        return Value::Null;
    }
    let content_type = request.headers.get("content-type");
    match content_type.is_some_and(|of_body| of_body == "application/x-www-form-urlencoded") {
        true => Value::Object(pairs(std::str::from_utf8(&request.body).unwrap())),
        false => serde_json::from_slice(&request.body).unwrap(),
    }
}
