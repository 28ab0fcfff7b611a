//! `GET /agui/threads/{thread_id}/events`: a run that begins again for who comes late, or comes back.

use super::{
    interrupt::Who,
    opening::{self, From},
    run::Run,
    stream::{self, Events},
};
use crate::{
    auth::Caller,
    json::{Id, Params},
    problem::Problem,
    state::App,
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use std::{net::SocketAddr, sync::Arc};
use uuid::Uuid;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JoinParams {
    /// What the run is called; a new name when absent.
    run_id: Option<String>,
    /// Everything that has happened is told, not only where it has led.
    #[serde(default)]
    history: bool,
    /// For whom the client acts, and what groups that person is in, separated by commas.
    user: Option<String>,
    groups: Option<String>,
}

pub async fn events(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Id(thread_id): Id,
    Params(params): Params<JoinParams>,
) -> Result<Response, Problem> {
    let permit = app.connections.open(address.map(|Extension(info)| info.0.ip()))?;
    let from = match headers.get("last-event-id") {
        Some(id) => From::After(sequence_number(id.to_str().unwrap_or_default())?),
        None if params.history => From::Beginning,
        None => From::Now,
    };
    let events = join(&app, &caller, thread_id, params, &from).await?;
    Ok(stream::respond(events, permit))
}

fn sequence_number(text: &str) -> Result<u64, Problem> {
    text.trim().parse().map_err(|_| Problem::invalid("`Last-Event-ID` is a sequence number"))
}

/// The thread from where it is told.
pub async fn join(
    app: &Arc<App>,
    caller: &Caller,
    thread_id: String,
    params: JoinParams,
    from: &From<'_>,
) -> Result<Events, Problem> {
    let found = opening::find(app, caller, None, &thread_id).await?;
    let found = found.ok_or_else(|| Problem::not_found("There is no such thread"))?;
    let groups = params.groups.unwrap_or_default();
    let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty()).map(str::to_owned).collect();
    let who = Who::new(caller, params.user, groups);
    let run_id = params.run_id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut run = Run::new(thread_id, run_id, who, Vec::new());
    let (feed, rest) = opening::open(app, caller, &found.instance_id, &mut run, from).await?;
    Ok(Events::new(app, run, feed, rest))
}
