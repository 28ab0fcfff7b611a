//! Files: first stored, then named in variables by what the upload answers.

use crate::{auth::Caller, json, problem::Problem, state::App};
use axum::{
    Extension, Json,
    body::Body,
    extract::{FromRequest, Multipart, Path, Request, State, multipart::Field},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use object_store::{ObjectStoreExt, WriteMultipart, path::Path as StorePath};
use proto::file::Owner;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file's size at most, in bytes.
pub const MAX_FILE: usize = 64 * 1024 * 1024;
/// What the multipart framing may add.
pub const MAX_UPLOAD: usize = MAX_FILE + 64 * 1024;

/// A stored file, in the form that variables name it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// Its path in the store.
    uri: String,
    name: String,
    /// In bytes.
    size: u64,
    content_type: String,
    /// Lower-case hexadecimal.
    sha256: String,
}

/// Stores the field `file` of a form, 64 MiB at most.
#[utoipa::path(post, path = "/api/v1/files", request_body(content_type = "multipart/form-data", content = Object),
    responses((status = 201, body = StoredFile)))]
pub async fn upload(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<StoredFile>), Problem> {
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|_| Problem::media_type("multipart/form-data"))?;
    while let Some(field) = form.next_field().await.map_err(broken_form)? {
        if field.name() == Some("file") {
            let stored = store(&app, &caller.tenant, field).await?;
            tracing::info!(tenant = &*caller.tenant, uri = stored.uri, size = stored.size, "stored a file");
            return Ok((StatusCode::CREATED, Json(stored)));
        }
    }
    Err(Problem::invalid("The form has no field `file`"))
}

async fn store(app: &App, tenant: &str, mut field: Field<'_>) -> Result<StoredFile, Problem> {
    let name = safe_name(field.file_name().unwrap_or_default());
    let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
    let uri = proto::file::upload(tenant, &Uuid::new_v4().to_string(), &name);
    let upload = app.store.put_multipart(&StorePath::from(uri.as_str())).await.map_err(store_failed)?;
    let mut writer = WriteMultipart::new(upload);
    let mut digest = Sha256::new();
    let mut size = 0;
    let failed = loop {
        match field.chunk().await {
            Ok(Some(chunk)) => {
                size += chunk.len();
                if size > MAX_FILE {
                    break Some(Problem::too_large("A file has 64 MiB at most"));
                }
                digest.update(&chunk);
                writer.put(chunk);
                if let Err(error) = writer.wait_for_capacity(4).await {
                    break Some(store_failed(error));
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(broken_form(error)),
        }
    };
    if let Some(problem) = failed {
        let _ = writer.abort().await;
        return Err(problem);
    }
    writer.finish().await.map_err(store_failed)?;
    let sha256 = json::hexadecimal(&digest.finalize());
    Ok(StoredFile { uri, name, size: size as u64, content_type, sha256 })
}

fn broken_form(error: axum::extract::multipart::MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("A file has 64 MiB at most"),
        _ => Problem::invalid(error.body_text()),
    }
}

fn store_failed(error: object_store::Error) -> Problem {
    match error {
        object_store::Error::NotFound { .. } => no_such_file(),
        error => {
            tracing::error!(%error, "the object store failed");
            Problem::unavailable("The file store cannot be reached; try again")
        }
    }
}

fn no_such_file() -> Problem {
    Problem::not_found("There is no such file")
}

/// What is another's looks as if it were not there.
async fn check_owner(app: &App, caller: &Caller, path: &str) -> Result<(), Problem> {
    match proto::file::owner(path) {
        Owner::Tenant(tenant) if tenant == proto::file::tenant(&caller.tenant) => Ok(()),
        Owner::Tenant(_) | Owner::Unknown => Err(no_such_file()),
        Owner::Instance(instance) => {
            let request = proto::GetInstanceRequest {
                tenant: caller.tenant.to_string(),
                instance_id: instance.to_owned(),
                min_version: None,
            };
            let own = app.engine.call::<proto::GetInstanceReply>("get_instance", &request).await;
            own.map(|_| ()).map_err(|problem| if problem.status == 404 { no_such_file() } else { problem })
        }
    }
}

/// The last part of a name, of letters, digits, space and `.-_`, with neither a dot in front nor more than 120 bytes:
/// what every store and file system takes as it is.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' });
    let name: String = kept.collect();
    let name = name.trim_matches([' ', '.']);
    let start = name.len().saturating_sub(120);
    let name = name.get(start..).unwrap_or_default().trim_start_matches([' ', '.']);
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// A file, always as an attachment: a browser never shows it as a page of ours. One's own: what one's tenant has uploaded,
/// and what belongs to an instance of one's tenant.
#[utoipa::path(get, path = "/api/v1/files/{*uri}", params(("uri" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn download(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(uri): Path<String>,
) -> Result<Response, Problem> {
    let path = StorePath::parse(&uri).map_err(|_| no_such_file())?;
    check_owner(&app, &caller, path.as_ref()).await?;
    let found = app.store.get(&path).await.map_err(store_failed)?;
    let name = safe_name(path.filename().unwrap_or_default());
    let disposition =
        HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).map_err(|_| Problem::internal())?;
    let size = found.meta.size;
    let mut response = Body::from_stream(found.into_stream()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe() {
        for (name, safe) in [
            ("invoice 7.pdf", "invoice 7.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\docs\\a b.txt", "a b.txt"),
            ("..", "file"),
            ("", "file"),
            (".bashrc", "bashrc"),
            ("Rechnung für Öl\".pdf", "Rechnung f_r _l_.pdf"),
            ("a\r\nX: y", "a__X_ y"),
        ] {
            assert_eq!(safe_name(name), safe, "{name}");
        }
        assert_eq!(safe_name(&"x".repeat(500)).len(), 120);
    }
}
