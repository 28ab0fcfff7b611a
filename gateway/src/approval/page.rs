//! The pages behind a link, whole in themselves: no script, nothing loaded, every value escaped.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{ApprovalLink, UserTaskInfo};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color:#1c2430}\
    h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#1f5fbf;color:#fff}\
    p{overflow-wrap:anywhere}";

pub struct Page {
    status: StatusCode,
    title: String,
    /// HTML.
    body: String,
}

impl Page {
    pub fn new(status: StatusCode, title: &str, text: impl AsRef<str>) -> Page {
        Page { status, title: title.to_owned(), body: format!("<p>{}</p>", escaped(text.as_ref())) }
    }
}

/// The form goes where the page came from, so the link is not in it again.
pub fn question(link: &ApprovalLink, task: &UserTaskInfo) -> Page {
    let named = |name: &str, id: &str| escaped(if name.is_empty() { id } else { name });
    let name = task.task.as_ref().map_or("", |task| task.name.as_str());
    let until = jiff::Timestamp::from_millisecond(link.expires_at).map(|until| until.to_string()).unwrap_or_default();
    let body = format!(
        "<p>{}</p><p>Your answer: <strong>{}</strong></p>\
         <form method=\"post\"><button type=\"submit\">Confirm</button></form><p><small>Good until {}</small></p>",
        named(&task.process_name, &task.process_id),
        escaped(&link.answer),
        escaped(&until),
    );
    Page {
        status: StatusCode::OK,
        title: if name.is_empty() { task.element_id.clone() } else { name.to_owned() },
        body,
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let (title, body) = (escaped(&self.title), self.body);
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
             <style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
        );
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
        (self.status, headers, html).into_response()
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text() {
        let task = proto::UserTask { name: "<script>".into(), ..Default::default() };
        let task = UserTaskInfo { task: Some(task), process_name: "a\"b'c".into(), ..Default::default() };
        let page = question(&ApprovalLink { answer: "<b>&".into(), ..Default::default() }, &task);
        assert!(page.body.contains("a&quot;b&#39;c") && page.body.contains("&lt;b&gt;&amp;"), "{}", page.body);
    }
}
