//! User tasks and manual tasks.

use super::{Failure, cursor, instance_id, instances, limit, parse_variables, part, part_id, tenant};
use crate::{
    audit::Note,
    convert,
    request::{Action, Request},
    seeded::{Bug, is_sown},
    world::World,
};
use interpreter::{CommandKind, InstanceId, Key, Variables};
use prost::Message;
use proto::*;
use store::{Time, user_task};
use uuid::Uuid;

const STATES: [&str; 3] = ["open", "completed", "canceled"];

pub async fn list(world: &World, request: ListUserTasksRequest) -> Result<ListUserTasksReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty()).unwrap_or("open");
    let state = STATES.iter().position(|known| *known == state);
    let filter = user_task::Filter {
        state: state.ok_or_else(|| Failure::invalid("there is no such state"))? as i16,
        instance: request.instance_id.as_deref().filter(|id| !id.is_empty()).map(instance_id).transpose()?,
        user: request.user.as_deref().filter(|user| !user.is_empty()),
        groups: &request.groups,
    };
    let after = match cursor::<3>(request.cursor.as_deref())? {
        Some([due, id, key]) => (part::<Time>(&due)?, part(&id)?, part(&key)?),
        None => (store::EARLIEST, Uuid::nil(), i64::MIN),
    };
    let limit = limit(request.limit);
    let session = world.store.session().await?;
    let rows = user_task::list(&session, owner, &filter, after, limit).await?;
    drop(session);
    let is_full = rows.len() as i64 == limit;
    let next_cursor =
        rows.last().filter(|_| is_full).map(|last| format!("{}_{}_{}", last.due, last.instance, last.key));
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        tasks.push(info(world, row).await?);
    }
    Ok(ListUserTasksReply { tasks, next_cursor })
}

pub async fn get(world: &World, request: GetUserTaskRequest) -> Result<GetUserTaskReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let (instance, key) = part_id(&request.id)?;
    let session = world.store.session().await?;
    let row = user_task::get(&session, owner, instance, key as i64).await?;
    drop(session);
    let row = row.ok_or_else(no_task)?;
    let (slot, _) = world.look(owner, instance).await?.ok_or_else(no_task)?;
    let task = info(world, row).await?;
    let question = task.task.as_ref().and_then(|task| task.question.as_ref());
    let inner = question.map_or(Key(key), |question| Key(question.element_instance));
    let mut seen = Variables::new();
    let scopes: Vec<Key> = slot.instance.scopes_of(inner).chain([Key::ROOT]).collect();
    for scope in scopes.into_iter().rev() {
        let own = slot.instance.variables.get(&scope).into_iter().flatten();
        seen.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    }
    seen.extend(question.and_then(|question| convert::parse_variables(&question.data).ok()).unwrap_or_default());
    Ok(GetUserTaskReply { task: Some(task), variables: convert::variables_json(&seen) })
}

pub async fn claim(world: &World, request: ClaimUserTaskRequest) -> Result<Empty, Failure> {
    let owner = tenant(&request.tenant)?;
    let (instance, key) = part_id(&request.id)?;
    let mut session = world.store.session().await?;
    session.begin().await?;
    if user_task::claim(&session, owner, instance, key as i64, &request.user).await? {
        let note = Note::new(&request.by, "claimUserTask", &serde_json::json!({"task": key, "user": request.user}));
        note.done_to(owner, instance).insert(&session).await?;
        session.commit().await?;
        return Ok(Empty {});
    }
    session.rollback().await?;
    match user_task::get(&session, owner, instance, key as i64).await? {
        None => Err(no_task()),
        Some(task) if task.state != 0 => Err(Failure::Conflict("the task is not open any more".to_owned())),
        Some(_) => Err(Failure::Conflict("someone else has claimed the task".to_owned())),
    }
}

pub async fn complete(world: &World, request: CompleteUserTaskRequest) -> Result<CommandReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let (instance, key) = part_id(&request.id)?;
    let variables = parse_variables(world, &request.variables)?;
    let note = Note::new(&request.by, "completeUserTask", &serde_json::json!({"task": key, "variables": variables}));
    let by = Some(request.by).filter(|by| !by.is_empty());
    let kind = CommandKind::CompleteUserTask { key: Key(key), variables, by };
    let (mut command, answered) = Request::answered(owner, InstanceId(instance), Action::Step(kind));
    command.note = Some(note);
    command.command_id = request.command_id.filter(|id| !id.is_empty()).map(|id| format!("complete:{id}"));
    match instances::send(world, command, answered).await {
        Err(Failure::NotFound(_)) if is_sown(Bug::EverybodyWins) => Ok(CommandReply::default()),
        // a task that is there no more was done, by another or by the process
        Err(Failure::NotFound(_)) => {
            let session = world.store.session().await?;
            let done = user_task::get(&session, owner, instance, key as i64).await?;
            Err(done.map_or_else(no_task, |_| Failure::Conflict("the task is not open any more".to_owned())))
        }
        answer => Ok(instances::reply(answer?)),
    }
}

async fn info(world: &World, row: user_task::Stored) -> Result<UserTaskInfo, Failure> {
    let definition = world.definitions.get(row.definition).await?;
    let task = UserTask::decode(row.task.as_slice()).map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(UserTaskInfo {
        id: convert::id(row.instance, row.key as u64),
        instance_id: row.instance.to_string(),
        process_id: definition.process_id.clone(),
        element_id: definition.element(row.element as u32).map(|element| element.id.clone()).unwrap_or_default(),
        task: Some(task),
        state: STATES.get(row.state as usize).copied().unwrap_or_default().to_owned(),
        claimed_by: row.claimed_by,
        created_at: row.created_at.as_millisecond(),
        process_name: definition.name.clone(),
    })
}

fn no_task() -> Failure {
    Failure::not_found("there is no such task")
}
