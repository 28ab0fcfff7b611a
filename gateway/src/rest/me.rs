//! Who the caller is.

use crate::{auth::Caller, state::App};
use axum::{Extension, Json, extract::State};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    tenant: String,
    /// admin, operator, user or viewer.
    role: &'static str,
    /// A development server: there is a folder of caught mails.
    dev: bool,
}

/// Tenant and role of the API key.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Json<Me> {
    let dev = app.config.dev_mail_dir.is_some();
    Json(Me { tenant: caller.tenant.to_string(), role: caller.role.name(), dev })
}
