//! Which user task a link means: the one that was open at its element when the mail's job was created, else the next one
//! there. The history says which that is, whatever has happened since; in a loop, last round's link is not good for this
//! round's task.

use crate::{problem::Problem, state::App};
use proto::{ApprovalLink, Event, UserTaskInfo, event::Kind};

const PAGE: u32 = 1000;

pub enum Target {
    Open(Box<UserTaskInfo>),
    /// By this link or by anybody, or it was taken back.
    Answered,
    NotYet,
}

pub async fn find(app: &App, link: &ApprovalLink) -> Result<Target, Problem> {
    let unknown = || Problem::not_found("The link's instance is not there");
    let (instance, job) = link.job_id.rsplit_once(':').ok_or_else(unknown)?;
    let mut search = Search::new(&link.element_id, job.parse().map_err(|_| unknown())?);
    let mut from_seq = 1;
    let key = loop {
        let (tenant, instance_id) = (link.tenant.clone(), instance.to_owned());
        let wire = proto::GetHistoryRequest { tenant, instance_id, from_seq, limit: PAGE };
        let reply: proto::GetHistoryReply = app.engine.call("get_history", &wire).await?;
        if let Some(key) = reply.batches.iter().flat_map(|batch| &batch.events).find_map(|event| search.sees(event)) {
            break key;
        }
        match reply.batches.last() {
            Some(last) if reply.more => from_seq = last.first_seq + last.events.len() as u64,
            _ => return Ok(Target::NotYet),
        }
    };
    let wire = proto::GetUserTaskRequest { tenant: link.tenant.clone(), id: format!("{instance}:{key}") };
    let reply: proto::GetUserTaskReply = app.engine.call("get_user_task", &wire).await?;
    Ok(match reply.task {
        Some(task) if task.state == "open" => Target::Open(Box::new(task)),
        _ => Target::Answered,
    })
}

struct Search<'l> {
    element: &'l str,
    job: u64,
    is_sent: bool,
    /// Tasks at the element, until the mail is.
    open: Vec<u64>,
}

impl<'l> Search<'l> {
    fn new(element: &'l str, job: u64) -> Self {
        Search { element, job, is_sent: false, open: Vec::new() }
    }

    /// The task's key, when this event decides it.
    fn sees(&mut self, event: &Event) -> Option<u64> {
        match &event.kind {
            Some(Kind::JobCreated(_)) if event.key == self.job => {
                self.is_sent = true;
                return self.open.last().copied();
            }
            Some(Kind::UserTaskCreated(_)) if event.element_id == self.element => {
                if self.is_sent {
                    return Some(event.key);
                }
                self.open.push(event.key);
            }
            Some(Kind::UserTaskCompleted(_) | Kind::UserTaskCanceled(_)) => self.open.retain(|key| *key != event.key),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+2` a task begins, `-2` it ends, `7` the mail's job.
    fn target(history: &[i64]) -> Option<u64> {
        let mut search = Search::new("approve", 7);
        history.iter().find_map(|step| {
            let kind = match step {
                7 => Kind::JobCreated(proto::JobCreated::default()),
                step if *step < 0 => Kind::UserTaskCompleted(proto::UserTaskCompleted::default()),
                _ => Kind::UserTaskCreated(proto::UserTask::default()),
            };
            let (key, element_id) = (step.unsigned_abs(), "approve".to_owned());
            search.sees(&Event { key, element_id, kind: Some(kind), ..Default::default() })
        })
    }

    #[test]
    fn a_link_is_good_for_one_task() {
        assert_eq!(target(&[7, 8, -8, 9]), Some(8), "the mail, then its task");
        assert_eq!(target(&[5, 7, -5, 9]), Some(5), "beside the task");
        assert_eq!(target(&[5, -5, 7, 8]), Some(8), "the last round is over");
        assert_eq!(target(&[5, -5, 7]), None, "not yet");
        let mut search = Search::new("approve", 7);
        let other = Kind::UserTaskCreated(proto::UserTask::default());
        assert_eq!(search.sees(&Event { element_id: "other".into(), kind: Some(other), ..Default::default() }), None);
    }
}
