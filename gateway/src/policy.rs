//! What a role may do: one function for every surface. A route that names no action is refused to everyone, so that a
//! new one cannot be forgotten open.

use axum::http::Method;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything of the tenant.
    Admin,
    /// Runs instances and repairs them; deploys nothing.
    Operator,
    /// Starts instances and does user tasks.
    User,
    /// Looks.
    Viewer,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Admin, Role::Operator, Role::User, Role::Viewer];

    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Operator => "operator",
            Role::User => "user",
            Role::Viewer => "viewer",
        }
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    SeeOneself,
    Deploy,
    ReadProcesses,
    EvaluateDecision,
    StartInstance,
    ReadInstances,
    ChangeInstance,
    PublishMessage,
    ReadUserTasks,
    DoUserTask,
    ReadIncidents,
    ResolveIncident,
    UploadFile,
    ReadFile,
    ReadMail,
    /// Processes and types of jobs.
    Suspend,
    ReadAudit,
}

/// Whether the role may do it, within its own tenant.
pub fn allow(role: Role, action: Action) -> bool {
    match action {
        Action::SeeOneself
        | Action::ReadProcesses
        | Action::ReadInstances
        | Action::ReadUserTasks
        | Action::ReadIncidents
        | Action::ReadFile => true,
        Action::EvaluateDecision | Action::StartInstance | Action::DoUserTask | Action::UploadFile => {
            role != Role::Viewer
        }
        Action::ChangeInstance
        | Action::PublishMessage
        | Action::ResolveIncident
        | Action::ReadMail
        | Action::Suspend
        | Action::ReadAudit => matches!(role, Role::Admin | Role::Operator),
        Action::Deploy => role == Role::Admin,
    }
}

/// What a request wants, by its method and the path as routed. `None` is refused.
pub fn action(method: &Method, route: &str) -> Option<Action> {
    let route = route.strip_prefix("/api/v1/").or_else(|| route.strip_prefix('/'))?;
    // HEAD is answered by the handlers of GET.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    Some(match (method, route) {
        ("GET", "me" | "openapi.json") => Action::SeeOneself,
        // What is asked for there is decided call by call.
        ("GET" | "POST" | "DELETE", "mcp") => Action::SeeOneself,
        ("POST", "deployments" | "preview" | "scenarios") => Action::Deploy,
        ("GET", "processes" | "processes/{id}" | "decisions" | "decisions/{id}") => Action::ReadProcesses,
        ("POST", "decisions/{id}/evaluate") => Action::EvaluateDecision,
        ("POST", "instances" | "agui/{process_id}") => Action::StartInstance,
        ("GET", "instances" | "instances/{id}" | "instances/{id}/history") => Action::ReadInstances,
        ("GET", "agui/threads/{thread_id}/events" | "agui/threads/{thread_id}/ws") => Action::ReadInstances,
        ("GET", "agui/{process_id}/capabilities") => Action::ReadProcesses,
        ("GET", "instances/{id}/events" | "ws" | "agents/{job_id}/transcript") => Action::ReadInstances,
        ("POST", "instances/{id}/cancel") | ("PUT", "instances/{id}/variables") => Action::ChangeInstance,
        ("POST", "instances/{id}/suspend" | "instances/{id}/resume") => Action::ChangeInstance,
        ("POST", "instances/{id}/retry" | "instances/{id}/modify" | "instances/{id}/migrate") => Action::ChangeInstance,
        ("POST", "processes/{id}/suspend" | "processes/{id}/resume") => Action::Suspend,
        ("POST", "job-types/{id}/suspend" | "job-types/{id}/resume") => Action::Suspend,
        ("POST", "batches") => Action::ChangeInstance,
        ("POST", "batches/{id}/pause" | "batches/{id}/resume" | "batches/{id}/cancel") => Action::ChangeInstance,
        ("GET", "batches" | "batches/{id}" | "statistics") => Action::ReadInstances,
        ("GET", "suspensions") => Action::ReadProcesses,
        ("GET", "audit") => Action::ReadAudit,
        ("POST", "messages" | "signals") => Action::PublishMessage,
        ("GET", "user-tasks" | "user-tasks/{id}") => Action::ReadUserTasks,
        ("POST", "user-tasks/{id}/claim" | "user-tasks/{id}/complete") => Action::DoUserTask,
        ("GET", "approval/{link}") => Action::ReadUserTasks,
        ("POST", "approval/{link}") => Action::DoUserTask,
        ("GET", "incidents") => Action::ReadIncidents,
        ("POST", "incidents/{id}/resolve") => Action::ResolveIncident,
        ("POST", "files") => Action::UploadFile,
        ("GET", "files/{*uri}") => Action::ReadFile,
        ("GET", "mail") => Action::ReadMail,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row per action: admin, operator, user, viewer.
    const MATRIX: [(Action, [bool; 4]); 17] = [
        (Action::SeeOneself, [true, true, true, true]),
        (Action::Deploy, [true, false, false, false]),
        (Action::ReadProcesses, [true, true, true, true]),
        (Action::EvaluateDecision, [true, true, true, false]),
        (Action::StartInstance, [true, true, true, false]),
        (Action::ReadInstances, [true, true, true, true]),
        (Action::ChangeInstance, [true, true, false, false]),
        (Action::PublishMessage, [true, true, false, false]),
        (Action::ReadUserTasks, [true, true, true, true]),
        (Action::DoUserTask, [true, true, true, false]),
        (Action::ReadIncidents, [true, true, true, true]),
        (Action::ResolveIncident, [true, true, false, false]),
        (Action::UploadFile, [true, true, true, false]),
        (Action::ReadFile, [true, true, true, true]),
        (Action::ReadMail, [true, true, false, false]),
        (Action::Suspend, [true, true, false, false]),
        (Action::ReadAudit, [true, true, false, false]),
    ];

    #[test]
    fn the_matrix_of_roles_and_actions() {
        for (action, allowed) in MATRIX {
            for (role, expected) in Role::ALL.into_iter().zip(allowed) {
                assert_eq!(allow(role, action), expected, "{} {action:?}", role.name());
            }
        }
    }

    #[test]
    fn every_documented_route_names_its_action() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let method: Method = method.to_uppercase().parse().unwrap();
                assert!(action(&method, path).is_some(), "{method} {path}");
            }
        }
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        assert_eq!(action(&Method::DELETE, "/api/v1/instances/{id}"), None);
        assert_eq!(action(&Method::GET, "/api/v1/anything"), None);
        assert_eq!(action(&Method::GET, "api/v1/me"), None);
    }
}
