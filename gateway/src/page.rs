//! The page: the files of `gateway/ui`, inside the binary.

use crate::{http::no_such_route, json};
use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "ui/"]
#[exclude = "node_modules/*"]
#[exclude = "*.mjs"]
#[exclude = "package*.json"]
#[allow_missing = true]
struct Files;

/// Everything that is no route of the API. `/` is `index.html`.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let file = (method == Method::GET || method == Method::HEAD).then(|| Files::get(path)).flatten();
    let Some(file) = file else { return no_such_route(uri).await.into_response() };
    let tag = format!("\"{}\"", json::hexadecimal(&file.metadata.sha256_hash()));
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.data.into_owned().into_response(),
    };
    let headers = response.headers_mut();
    let mime = file.metadata.mimetype();
    let mime = if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    for (name, value) in [(header::CONTENT_TYPE, mime), (header::ETAG, tag)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}
