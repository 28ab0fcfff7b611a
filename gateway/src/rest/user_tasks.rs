//! User tasks: who has what to do, and doing it.

use crate::{
    auth::Caller,
    json::{self, Body, Id, Params},
    problem::Problem,
    rest::{idempotency_key, instances::Committed},
    state::App,
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Those that this person may do.
    user: Option<String>,
    /// Groups of that person, separated by commas.
    groups: Option<String>,
    instance_id: Option<String>,
    /// open (when absent), completed or canceled.
    state: Option<String>,
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserTaskList {
    tasks: Vec<UserTask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserTask {
    id: String,
    instance_id: String,
    process_id: String,
    process_name: String,
    element_id: String,
    #[serde(flatten)]
    task: Task,
    /// open, completed or canceled.
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<String>,
    created_at: String,
}

/// What the definition says of it, its expressions evaluated.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    name: String,
    /// Done outside of any system: nothing to fill in.
    is_manual: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    candidate_groups: Vec<String>,
    candidate_users: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<String>,
    form_fields: Vec<FormField>,
    /// A job asks in the midst of its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<Question>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The key of the element instance whose job asks: with the instance's id the id of the job.
    element_instance_key: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormField {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// text, multiline, number, boolean, date, select, file or json.
    #[serde(rename = "type")]
    pub kind: String,
    pub required: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserTaskDetail {
    task: UserTask,
    /// What the task sees.
    variables: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimRequest {
    /// Empty releases the task.
    user: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteRequest {
    /// The values of the form.
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
    /// Who did it; the API key when absent.
    by: Option<String>,
}

/// User tasks, oldest due first.
#[utoipa::path(get, path = "/api/v1/user-tasks", params(ListParams), responses((status = 200, body = UserTaskList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<ListParams>,
) -> Result<Json<UserTaskList>, Problem> {
    let groups = params.groups.unwrap_or_default();
    let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
    let wire = proto::ListUserTasksRequest {
        tenant: caller.tenant.to_string(),
        user: params.user,
        groups: groups.map(str::to_owned).collect(),
        instance_id: params.instance_id,
        state: params.state,
        limit: super::page_size(params.limit),
        cursor: params.cursor,
    };
    let reply: proto::ListUserTasksReply = app.engine.call("list_user_tasks", &wire).await?;
    let tasks = reply.tasks.into_iter().map(Into::into).collect();
    Ok(Json(UserTaskList { tasks, next_cursor: reply.next_cursor }))
}

/// A user task and what it sees.
#[utoipa::path(get, path = "/api/v1/user-tasks/{id}", params(("id" = String, Path)),
    responses((status = 200, body = UserTaskDetail)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<UserTaskDetail>, Problem> {
    let wire = proto::GetUserTaskRequest { tenant: caller.tenant.to_string(), id };
    let reply: proto::GetUserTaskReply = app.engine.call("get_user_task", &wire).await?;
    let task = reply.task.unwrap_or_default().into();
    Ok(Json(UserTaskDetail { task, variables: json::value(&reply.variables) }))
}

/// Takes a task for a person, or releases it.
#[utoipa::path(post, path = "/api/v1/user-tasks/{id}/claim", params(("id" = String, Path)),
    request_body = ClaimRequest, responses((status = 204)))]
pub async fn claim(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Body(request): Body<ClaimRequest>,
) -> Result<StatusCode, Problem> {
    let wire = proto::ClaimUserTaskRequest {
        tenant: caller.tenant.to_string(),
        id,
        user: request.user,
        by: caller.by.to_string(),
    };
    app.engine.call::<proto::Empty>("claim_user_task", &wire).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Completes a task. Values are checked against the form; a task that is done already answers `CONFLICT`.
#[utoipa::path(post, path = "/api/v1/user-tasks/{id}/complete",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = CompleteRequest, responses((status = 200, body = Committed)))]
pub async fn complete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Id(id): Id,
    Body(request): Body<CompleteRequest>,
) -> Result<Json<Committed>, Problem> {
    let wire = proto::CompleteUserTaskRequest {
        tenant: caller.tenant.to_string(),
        id,
        variables: json::object_bytes(&request.variables),
        by: request.by.unwrap_or_else(|| caller.by.to_string()),
        command_id: idempotency_key(&headers)?,
    };
    let reply: proto::CommandReply = app.engine.call("complete_user_task", &wire).await?;
    Ok(Json(reply.into()))
}

impl From<proto::UserTaskInfo> for UserTask {
    fn from(wire: proto::UserTaskInfo) -> Self {
        Self {
            id: wire.id,
            instance_id: wire.instance_id,
            process_id: wire.process_id,
            process_name: wire.process_name,
            element_id: wire.element_id,
            task: wire.task.unwrap_or_default().into(),
            state: wire.state,
            claimed_by: wire.claimed_by,
            created_at: json::time(wire.created_at),
        }
    }
}

impl From<proto::UserTask> for Task {
    fn from(wire: proto::UserTask) -> Self {
        Self {
            name: wire.name,
            is_manual: wire.is_manual,
            assignee: wire.assignee,
            candidate_groups: wire.candidate_groups,
            candidate_users: wire.candidate_users,
            priority: wire.priority,
            due_date: wire.due.map(json::time),
            form_fields: wire.form_fields.into_iter().map(Into::into).collect(),
            question: wire
                .question
                .map(|asked| Question { element_instance_key: asked.element_instance, text: asked.text }),
        }
    }
}

impl From<proto::FormField> for FormField {
    fn from(wire: proto::FormField) -> Self {
        Self { name: wire.name, label: wire.label, kind: wire.r#type, required: wire.required, options: wire.options }
    }
}
