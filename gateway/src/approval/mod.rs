//! Links in mails that answer a user task: `GET /approval/{link}` asks, `POST` answers. Nobody signs in: the link itself is
//! signed, expires, and is good for one user task, which can be completed once.
//!
//! Whoever has the link may do what a task user may do with that one task, and is named in the audit trail by it. The link
//! is in no log: routes are recorded as they are declared.

mod link;
mod page;
mod target;

use crate::{
    auth::Caller,
    policy::{self, Role},
    problem::Problem,
    state::App,
};
use axum::{
    Router,
    extract::{MatchedPath, Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
pub use link::LinkKey;
use link::Refused;
use page::Page;
use proto::ApprovalLink;
use std::sync::Arc;
use target::Target;

pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/approval/{link}", get(ask).post(answer))
        .route_layer(from_fn_with_state(Arc::clone(app), authorize))
}

/// As for every other route: a caller, and what he may do.
async fn authorize(
    State(app): State<Arc<App>>,
    route: MatchedPath,
    Path(link): Path<String>,
    mut request: Request,
    next: Next,
) -> Response {
    let link = match link::open(app.config.link_key.as_ref(), &link) {
        Ok(link) => link,
        Err(refused) => return refused.page().into_response(),
    };
    let caller = Caller { tenant: link.tenant.as_str().into(), role: Role::User, by: by(&link).into() };
    let is_allowed =
        policy::action(request.method(), route.as_str()).is_some_and(|action| policy::allow(caller.role, action));
    if !is_allowed {
        return Page::new(StatusCode::METHOD_NOT_ALLOWED, "This is not possible", "").into_response();
    }
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::new(link));
    next.run(request).await
}

fn by(link: &ApprovalLink) -> String {
    let to: String = link.sent_to.chars().take(200).collect();
    if to.is_empty() { "mail".to_owned() } else { format!("mail:{to}") }
}

/// Shows what will be answered. Mail programs look at links, so looking changes nothing.
async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(link) = request.extensions().get::<Arc<ApprovalLink>>().cloned() else { return broken() };
    match target::find(&app, &link).await {
        Ok(Target::Open(task)) => page::question(&link, &task).into_response(),
        Ok(other) => not_open(&other).into_response(),
        Err(problem) => failed(&problem).into_response(),
    }
}

async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let extensions = request.extensions();
    let (Some(link), Some(caller)) = (extensions.get::<Arc<ApprovalLink>>().cloned(), extensions.get::<Caller>())
    else {
        return broken();
    };
    let by = caller.by.to_string();
    match complete(&app, &link, by).await {
        Ok(page) => page.into_response(),
        Err(problem) => failed(&problem).into_response(),
    }
}

/// Of two that come at once the engine takes one.
async fn complete(app: &App, link: &ApprovalLink, by: String) -> Result<Page, Problem> {
    let task = match target::find(app, link).await? {
        Target::Open(task) => task,
        other => return Ok(not_open(&other)),
    };
    let wire = proto::CompleteUserTaskRequest {
        tenant: link.tenant.clone(),
        id: task.id,
        variables: link.variables.clone(),
        by,
        command_id: None,
    };
    match app.engine.call::<proto::CommandReply>("complete_user_task", &wire).await {
        Ok(_) => Ok(Page::new(StatusCode::OK, "Thank you", format!("Your answer is recorded: {}.", link.answer))),
        Err(problem) if problem.status == StatusCode::CONFLICT.as_u16() => Ok(not_open(&Target::Answered)),
        Err(problem) => Err(problem),
    }
}

fn not_open(target: &Target) -> Page {
    match target {
        Target::Answered => Page::new(StatusCode::GONE, "Already answered", "This task is done; nothing was changed."),
        _ => Page::new(StatusCode::CONFLICT, "Not yet", "This task is not open yet. Try the link again later."),
    }
}

fn failed(problem: &Problem) -> Page {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::NOT_FOUND => Refused::Unknown.page(),
        status if status.is_client_error() => {
            Page::new(status, "This is not possible", "The task takes another answer.")
        }
        status => Page::new(status, "Please try again", "The answer could not be recorded just now."),
    }
}

fn broken() -> Response {
    Problem::internal().into_response()
}
