//! The decisions of a deployment: checked with its files, versioned by their ids, and looked for where processes name them.

use super::{Failure, deploy::digest};
use crate::{core, decisions::Decision};
use model::{
    Activity, ActivityKind, Binding, BusinessRuleTask, Element, ElementKind, ProcessDefinition, decision::Decisions,
};
use proto::DeployedDecision;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{Session, Time, decision};
use uuid::Uuid;

/// The decisions of one file, fit to be made.
pub struct Checked {
    file_name: String,
    source: String,
    /// By id, with their names.
    decisions: BTreeMap<String, String>,
    compiled: Arc<::decision::Compiled>,
}

/// Reads and compiles the decisions of a file, if it has any; what is wrong goes to `found`.
pub fn check(
    file_name: &str,
    source: &str,
    owner: &mut HashMap<String, String>,
    found: &mut Vec<model::Diagnostic>,
) -> Option<Checked> {
    let (decisions, warnings) = match core::read_decisions(file_name, source) {
        Ok(read) => read?,
        Err(problems) => {
            found.extend(problems);
            return None;
        }
    };
    found.extend(warnings);
    let compiled = match ::decision::compile(&decisions) {
        Ok(compiled) => compiled,
        Err(problems) => {
            found.extend(problems);
            return None;
        }
    };
    let named = names(&decisions);
    let mut by_id = BTreeMap::new();
    for id in compiled.ids() {
        let (name, location) = named.get(id).cloned().unwrap_or_default();
        if let Some(other) = owner.insert(id.to_owned(), file_name.to_owned()) {
            let message = format!("decision `{id}` is in {other} too");
            found.push(model::Diagnostic::error("DUPLICATE_DECISION", location, message));
        }
        by_id.insert(id.to_owned(), name);
    }
    let (file_name, source) = (file_name.to_owned(), source.to_owned());
    Some(Checked { file_name, source, decisions: by_id, compiled: Arc::new(compiled) })
}

/// Name and place, by id.
fn names(decisions: &Decisions) -> HashMap<&str, (String, model::Location)> {
    let all = decisions.decisions.iter();
    all.map(|it| (it.id.as_str(), (it.name.clone().unwrap_or_default(), it.location))).collect()
}

impl Checked {
    pub fn has(&self, decision_id: &str) -> bool {
        self.decisions.contains_key(decision_id)
    }

    /// As a dry run answers.
    pub fn deployed(&self) -> impl Iterator<Item = DeployedDecision> + '_ {
        self.decisions.iter().map(|(id, name)| DeployedDecision {
            decision_id: id.clone(),
            name: name.clone(),
            ..DeployedDecision::default()
        })
    }

    /// Under the tenant's lock: what was deployed, and the decision where it is a new version.
    pub async fn write(
        self,
        session: &Session,
        tenant: &str,
        deployment: Uuid,
        now: Time,
    ) -> Result<Vec<(DeployedDecision, Option<Decision>)>, Failure> {
        let digest = digest(&self.source);
        let mut written = Vec::new();
        for (decision_id, name) in self.decisions {
            let latest = decision::latest(session, tenant, &decision_id).await?;
            let (row, is_new) = match latest {
                Some(latest) if latest.digest == digest => (latest, false),
                latest => {
                    let row = decision::Decision {
                        key: Uuid::now_v7(),
                        tenant: tenant.to_owned(),
                        decision_id,
                        version: latest.map_or(0, |latest| latest.version) + 1,
                        name,
                        deployment,
                        file_name: self.file_name.clone(),
                        source: self.source.clone(),
                        digest: digest.clone(),
                        deployed_at: now,
                    };
                    decision::insert(session, &row).await?;
                    (row, true)
                }
            };
            decision::insert_member(session, tenant, deployment, &row.decision_id, row.key).await?;
            let deployed = DeployedDecision {
                decision_id: row.decision_id.clone(),
                version: row.version as u32,
                decision_key: row.key.to_string(),
                name: row.name.clone(),
                is_new,
            };
            written.push((deployed, is_new.then(|| Decision { row, compiled: self.compiled.clone() })));
        }
        Ok(written)
    }
}

/// A decision that a process names plainly.
pub struct Asked<'m> {
    pub element: &'m Element,
    pub decision_id: &'m str,
    pub location: model::Location,
    binding: Binding,
}

/// Of all business rule tasks of a process, those in sub-processes too.
pub fn asked(process: &ProcessDefinition) -> Vec<Asked<'_>> {
    let mut found = Vec::new();
    look_in(&process.elements, &mut found);
    found
}

fn look_in<'m>(elements: &'m [Element], found: &mut Vec<Asked<'m>>) {
    for element in elements {
        let ElementKind::Activity(activity) = &element.kind else { continue };
        match &**activity {
            Activity { kind: ActivityKind::SubProcess(inner), .. } => look_in(&inner.elements, found),
            Activity {
                kind: ActivityKind::BusinessRuleTask(BusinessRuleTask::Decision { decision_ref, binding }),
                ..
            } => {
                let decision_id = decision_ref.value.trim();
                if !decision_id.contains("${") && !decision_id.starts_with('=') {
                    let (location, binding) = (decision_ref.location, *binding);
                    found.push(Asked { element, decision_id, location, binding });
                }
            }
            _ => {}
        }
    }
}

impl Asked<'_> {
    /// Whether it is deployed already, in the version that is meant.
    pub async fn is_deployed(&self, session: &Session, tenant: &str) -> Result<bool, Failure> {
        let key = match self.binding {
            Binding::Latest => decision::latest_key(session, tenant, self.decision_id).await?,
            Binding::Version(version) => {
                decision::version_key(session, tenant, self.decision_id, version as i32).await?
            }
            Binding::Deployment => None,
        };
        Ok(key.is_some())
    }

    /// Whether the deployment brings it.
    pub fn is_among(&self, decisions: &[Checked]) -> bool {
        !matches!(self.binding, Binding::Version(_)) && decisions.iter().any(|checked| checked.has(self.decision_id))
    }

    pub fn warning(&self) -> model::Diagnostic {
        let message = match self.binding {
            Binding::Latest => {
                format!("no decision `{}` is deployed, and none is in this deployment", self.decision_id)
            }
            Binding::Deployment => format!("no decision `{}` is in this deployment", self.decision_id),
            Binding::Version(version) => {
                format!("no decision `{}` of version {version} is deployed", self.decision_id)
            }
        };
        let hint = "deploy it before the task is reached: else it stops with an incident";
        model::Diagnostic::warning("UNKNOWN_DECISION", self.location, message).on(&self.element.id).hint(hint)
    }
}
