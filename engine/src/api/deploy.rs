//! Deploying: all files or none, and every problem in all of them at once.

use super::{
    Failure,
    deploy_check::{Checked, Deployment, check},
    deploy_decisions,
};
use crate::{audit::Note, convert, decisions::Decision, definitions::Definition, timer_starts, world::World};
use interpreter::Timestamp;
use proto::{DeployReply, DeployRequest, DeployedDecision, DeployedProcess};
use store::{Session, definition, message_start, signal, start_occurrence, timer_start};
use uuid::Uuid;

const MAX_FILES: usize = 200;

pub async fn deploy(world: &World, request: DeployRequest) -> Result<DeployReply, Failure> {
    let tenant = super::tenant(&request.tenant)?.to_owned();
    if request.files.is_empty() || request.files.len() > MAX_FILES {
        return Err(Failure::invalid(format!("a deployment has 1 to {MAX_FILES} files")));
    }
    let dry_run = request.dry_run;
    // reading may take a while, and must not hold up others
    let checked = tokio::task::spawn_blocking(move || check(request.files)).await;
    let mut deployment = checked.map_err(|error| Failure::Internal(error.to_string()))??;
    let mut session = world.store.session().await?;
    warn_of_unknown_decisions(&session, &tenant, &mut deployment).await?;
    if dry_run {
        return Ok(dry(deployment));
    }
    let warnings = std::mem::take(&mut deployment.warnings);
    let processes: Vec<&str> = deployment.processes.iter().map(|checked| checked.model.id.as_str()).collect();
    let (note, subject) = (Note::new(&request.by, "deploy", &processes), processes.join(", "));
    session.begin().await?;
    let written = match write(&session, &tenant, deployment).await {
        Ok(written) => note.done(&tenant, &subject).insert(&session).await.map(|()| written).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match written {
        Ok((processes, decisions)) => {
            session.commit().await?;
            let processes = processes.into_iter().map(|(deployed, definition)| {
                definition.into_iter().for_each(|definition| drop(world.definitions.remember(definition)));
                deployed
            });
            let decisions = decisions.into_iter().map(|(deployed, decision)| {
                decision.into_iter().for_each(|decision| drop(world.decisions.remember(decision)));
                deployed
            });
            Ok(DeployReply { processes: processes.collect(), decisions: decisions.collect(), warnings })
        }
        Err(failure) => {
            session.rollback().await?;
            Err(failure)
        }
    }
}

/// What would be deployed.
fn dry(deployment: Deployment) -> DeployReply {
    let processes = deployment.processes.iter().map(|checked| DeployedProcess {
        process_id: checked.model.id.clone(),
        name: checked.model.name.clone().unwrap_or_default(),
        ..DeployedProcess::default()
    });
    let decisions = deployment.decisions.iter().flat_map(deploy_decisions::Checked::deployed);
    DeployReply { processes: processes.collect(), decisions: decisions.collect(), warnings: deployment.warnings }
}

/// A task can wait for a decision that comes later; who deploys is told.
async fn warn_of_unknown_decisions(
    session: &Session,
    tenant: &str,
    deployment: &mut Deployment,
) -> Result<(), Failure> {
    for checked in &deployment.processes {
        for asked in deploy_decisions::asked(&checked.model) {
            if !asked.is_among(&deployment.decisions) && !asked.is_deployed(session, tenant).await? {
                let mut warning = asked.warning();
                warning.file.clone_from(&checked.file_name);
                deployment.warnings.push(convert::diagnostic(&warning, &checked.source));
            }
        }
    }
    Ok(())
}

type WrittenProcesses = Vec<(DeployedProcess, Option<Definition>)>;
type WrittenDecisions = Vec<(DeployedDecision, Option<Decision>)>;

/// What was deployed, and the definition where it is a new version.
async fn write(
    session: &Session,
    tenant: &str,
    checked: Deployment,
) -> Result<(WrittenProcesses, WrittenDecisions), Failure> {
    definition::lock(session, tenant).await?;
    let deployment = Uuid::now_v7();
    let now = session.clock().await?;
    let mut decisions = Vec::new();
    for checked in checked.decisions {
        decisions.extend(checked.write(session, tenant, deployment, now).await?);
    }
    let processes = write_processes(session, tenant, deployment, now, checked.processes).await?;
    Ok((processes, decisions))
}

async fn write_processes(
    session: &Session,
    tenant: &str,
    deployment: Uuid,
    now: store::Time,
    checked: Vec<Checked>,
) -> Result<WrittenProcesses, Failure> {
    let mut written = Vec::new();
    for checked in checked {
        let latest = definition::latest(session, tenant, &checked.model.id).await?;
        let digest = digest(&checked.source);
        let (row, is_new) = match latest {
            Some(latest) if latest.digest == digest => (latest, false),
            latest => {
                let row = definition::Definition {
                    key: Uuid::now_v7(),
                    tenant: tenant.to_owned(),
                    process_id: checked.model.id.clone(),
                    version: latest.map_or(0, |latest| latest.version) + 1,
                    name: checked.model.name.clone().unwrap_or_default(),
                    is_executable: checked.model.is_executable,
                    deployment,
                    file_name: checked.file_name.clone(),
                    source: checked.source.clone(),
                    digest,
                    deployed_at: now,
                };
                definition::insert(session, &row).await?;
                (row, true)
            }
        };
        definition::insert_member(session, tenant, deployment, &row.process_id, row.key).await?;
        let deployed = DeployedProcess {
            process_id: row.process_id.clone(),
            version: row.version as u32,
            definition_key: row.key.to_string(),
            name: row.name.clone(),
            is_new,
        };
        let new = is_new.then(|| Definition::new(&row, checked.model, checked.process));
        if let Some(definition) = &new {
            let starts = definition.message_starts();
            message_start::replace(session, tenant, &row.process_id, row.key, &starts).await?;
            let signals = definition.signal_starts();
            signal::replace_starts(session, tenant, &row.process_id, row.key, &signals).await?;
            let timers = timer_starts::of(definition, Timestamp(now.as_millisecond()));
            let timers = timers.map_err(|why| Failure::invalid(format!("{}: {why}", checked.file_name)))?;
            start_occurrence::keep_only(session, tenant, &row.process_id, &definition.together_starts()).await?;
            timer_start::replace(session, tenant, &row.process_id, &timers).await?;
        }
        written.push((deployed, new));
    }
    Ok(written)
}

/// Two UUIDs over the text: not against forgery (a tenant deploys its own), only to see whether a file has changed.
pub fn digest(source: &str) -> Vec<u8> {
    let first = Uuid::new_v5(&Uuid::NAMESPACE_OID, source.as_bytes());
    let second = Uuid::new_v5(&Uuid::NAMESPACE_URL, source.as_bytes());
    [first.into_bytes(), second.into_bytes()].concat()
}
