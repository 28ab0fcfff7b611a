//! One operation of a document: its parameters checked and put where they belong.

use jsonschema::Draft;
use reqwest::Url;
use serde_json::{Map, Value, json};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// Of references that lead to references.
const DEEPEST: usize = 16;

pub struct Operation<'d> {
    document: &'d Value,
    path: &'d str,
    method: &'d str,
    item: &'d Value,
    operation: &'d Value,
}

/// Where it goes.
#[derive(Debug)]
pub struct Call {
    pub url: String,
    pub method: String,
    pub headers: Map<String, Value>,
}

impl<'d> Operation<'d> {
    pub fn find(document: &'d Value, id: &str) -> Result<Self, String> {
        let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
        let mut all = paths.flat_map(|(path, item)| {
            let item = resolved(document, item);
            METHODS.iter().filter_map(move |method| Some((path, item, *method, item.get(*method)?)))
        });
        let (path, item, method, operation) = all
            .find(|(.., operation)| operation.get("operationId").is_some_and(|found| found == id))
            .ok_or_else(|| format!("the document has no operation `{id}`"))?;
        Ok(Operation { document, path, method, item, operation })
    }

    /// Fails with everything that does not fit.
    pub fn call(
        &self,
        address: &str,
        server: Option<&str>,
        given: &Map<String, Value>,
        body: Option<&Value>,
    ) -> Result<Call, String> {
        let parameters = self.parameters();
        let mut wrong: Vec<String> = given
            .keys()
            .filter(|name| !parameters.iter().any(|parameter| parameter["name"] == name.as_str()))
            .map(|name| format!("there is no parameter `{name}`"))
            .collect();
        let (mut path, mut query, mut headers) = (self.path.to_owned(), Vec::new(), Map::new());
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let Some(value) = given.get(name).filter(|value| !value.is_null()) else {
                if parameter["required"] == true {
                    wrong.push(format!("the parameter `{name}` is missing"));
                }
                continue;
            };
            let value = self.typed(parameter, value);
            wrong.extend(self.faults(&parameter["schema"], &value).map(|fault| format!("`{name}`: {fault}")));
            match parameter["in"].as_str().unwrap_or_default() {
                // a segment of dots alone is a way up, also when it is encoded
                "path" if plain(&value).bytes().all(|byte| byte == b'.') => {
                    wrong.push(format!("`{name}`: nothing, or dots alone, cannot stand in a path"));
                }
                "path" => path = path.replace(&format!("{{{name}}}"), &encoded(&plain(&value))),
                "query" => query.extend(query_pairs(parameter, name, &value)),
                "header" => drop(headers.insert(name.to_owned(), Value::String(plain(&value)))),
                place => wrong.push(format!("`{name}`: parameters in `{place}` are not sent")),
            }
        }
        wrong.extend(self.body_faults(body));
        if !wrong.is_empty() {
            return Err(format!("the call does not fit the document: {}", wrong.join("; ")));
        }
        Ok(Call { url: self.url(address, server, &path, &query)?, method: self.method.to_owned(), headers })
    }

    /// The path's, and the operation's own, which replace those of the same name and place.
    fn parameters(&self) -> Vec<&'d Value> {
        let list = |of: &'d Value| of.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let mut parameters: Vec<&Value> = Vec::new();
        for parameter in list(self.item).chain(list(self.operation)) {
            let parameter = resolved(self.document, parameter);
            parameters.retain(|other| other["name"] != parameter["name"] || other["in"] != parameter["in"]);
            parameters.push(parameter);
        }
        parameters
    }

    /// Holes of a definition render to texts: one that is to be a number or a boolean is read as it.
    fn typed(&self, parameter: &Value, value: &Value) -> Value {
        let kind = &resolved(self.document, &parameter["schema"])["type"];
        match value {
            Value::String(text) if ["integer", "number", "boolean"].iter().any(|plain| kind == plain) => {
                serde_json::from_str(text.trim()).unwrap_or_else(|_| value.clone())
            }
            _ => value.clone(),
        }
    }

    fn body_faults(&self, body: Option<&Value>) -> Vec<String> {
        let Some(described) = self.operation.get("requestBody") else {
            return body.map(|_| "the operation has no body".to_owned()).into_iter().collect();
        };
        let described = resolved(self.document, described);
        match (body, &described["content"]["application/json"]["schema"]) {
            (None, _) if described["required"] == true => vec!["the body is missing".to_owned()],
            (None, _) | (Some(_), Value::Null) => Vec::new(),
            (Some(body), schema) => self.faults(schema, body).map(|fault| format!("the body: {fault}")).collect(),
        }
    }

    /// A schema refers to the document's components, so it is looked at together with them.
    fn faults(&self, schema: &Value, value: &Value) -> std::vec::IntoIter<String> {
        if schema.is_null() {
            return Vec::new().into_iter();
        }
        let is_old = self.document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0"));
        let mut whole = match (is_old, schema.as_object()) {
            (_, Some(fields)) => fields.clone(),
            (_, None) => return Vec::new().into_iter(),
        };
        whole.insert("components".to_owned(), self.document.get("components").cloned().unwrap_or(json!({})));
        let mut whole = Value::Object(whole);
        if is_old {
            with_null(&mut whole, 0);
        }
        let draft = if is_old { Draft::Draft4 } else { Draft::Draft202012 };
        let faults = match jsonschema::options().with_draft(draft).build(&whole) {
            Ok(validator) => validator.iter_errors(value).take(5).map(|fault| fault.to_string()).collect(),
            Err(error) => vec![format!("its schema cannot be used: {error}")],
        };
        faults.into_iter()
    }

    fn url(
        &self,
        address: &str,
        server: Option<&str>,
        path: &str,
        query: &[(String, String)],
    ) -> Result<String, String> {
        let servers = |of: &'d Value| of.get("servers").and_then(|servers| servers.get(0));
        let described = servers(self.operation).or_else(|| servers(self.item)).or_else(|| servers(self.document));
        let server = match (server, described) {
            (Some(server), _) => server.to_owned(),
            (None, Some(described)) => filled(described),
            (None, None) => "/".to_owned(),
        };
        let base = Url::parse(address).and_then(|address| address.join(&server));
        let base = base.map_err(|_| format!("the server `{server}` is not a URL"))?;
        let joined = format!("{}{path}", base.as_str().trim_end_matches('/'));
        let mut url = Url::parse(&joined).map_err(|_| format!("`{joined}` is not a URL"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url.to_string())
    }
}

/// Follows `$ref`s within the document.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let mut value = value;
    for _ in 0..DEEPEST {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|target| document.pointer(target)) {
            Some(found) => value = found,
            None => break,
        }
    }
    value
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type.
fn with_null(schema: &mut Value, depth: usize) {
    match schema {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&json!(true))
                && let Some(kind) = fields.get("type").filter(|kind| kind.is_string()).cloned()
            {
                fields.insert("type".to_owned(), json!([kind, "null"]));
            }
            if depth < 64 {
                fields.values_mut().for_each(|value| with_null(value, depth + 1));
            }
        }
        Value::Array(values) if depth < 64 => values.iter_mut().for_each(|value| with_null(value, depth + 1)),
        _ => {}
    }
}

/// The server's URL with the defaults of its variables.
fn filled(server: &Value) -> String {
    let mut url = server["url"].as_str().unwrap_or("/").to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        url = url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default());
    }
    url
}

/// Style `form`: a list is repeated unless `explode` is false.
fn query_pairs(parameter: &Value, name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(values) if parameter["explode"] != false => {
            values.iter().map(|value| (name.to_owned(), plain(value))).collect()
        }
        value => vec![(name.to_owned(), plain(value))],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// One segment of a path: nothing in it leads elsewhere.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.');
    let encode = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
