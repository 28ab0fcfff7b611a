//! For those who write processes: how a file looks and what is wrong with it, and what it does in a simulated world. Nothing
//! of either is kept.

use super::{Failure, deploy_check::check, tenant};
use crate::core;
use interpreter::scenario::{Plan, Report, Verdict};
use proto::{File, PlayScenarioReply, PlayScenarioRequest, PreviewReply, PreviewRequest};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::sync::Semaphore;

/// A scenario may take a second or two of a core.
static PLAYS: Semaphore = Semaphore::const_new(2);
const MAX_SCENARIO: usize = 1024 * 1024;

pub async fn preview(request: PreviewRequest) -> Result<PreviewReply, Failure> {
    tenant(&request.tenant)?;
    let file = request.file.ok_or_else(|| Failure::invalid("`file` is missing"))?;
    in_background(move || look(file)).await?
}

fn look(file: File) -> Result<PreviewReply, Failure> {
    let (name, content) = (file.name.clone(), file.content.clone());
    let diagnostics = match check(vec![file]) {
        Ok(deployment) => deployment.warnings,
        Err(Failure::Deployment(diagnostics)) => diagnostics,
        Err(other) => return Err(other),
    };
    let text = model::bpmn::decode(&content).ok();
    let read = text.filter(|text| !model::decision::is_dmn(text)).and_then(|text| core::read(&name, &text).ok());
    let drawn = read.map(|(definitions, _)| definitions).filter(|definitions| !definitions.processes.is_empty());
    let (bpmn_xml, yaml) = drawn.map_or_else(Default::default, |definitions| {
        (model::bpmn::write_all(&definitions), model::yaml::write(&definitions))
    });
    Ok(PreviewReply { diagnostics, bpmn_xml, yaml })
}

pub async fn play(request: PlayScenarioRequest) -> Result<PlayScenarioReply, Failure> {
    tenant(&request.tenant)?;
    let size: usize = request.files.iter().map(|file| file.content.len()).sum::<usize>() + request.scenario.len();
    if size > MAX_SCENARIO {
        return Err(Failure::LimitExceeded(format!("a scenario and its files have {MAX_SCENARIO} bytes at most")));
    }
    let _turn = PLAYS.acquire().await.map_err(|_| Failure::Unavailable)?;
    let report = in_background(move || simulate(&request)).await?;
    Ok(PlayScenarioReply { report: report.to_string().into() })
}

fn simulate(request: &PlayScenarioRequest) -> Value {
    let texts =
        request.files.iter().filter_map(|file| Some((file.name.as_str(), model::bpmn::decode(&file.content).ok()?)));
    let texts: HashMap<&str, String> = texts.collect();
    let load = |name: &str| texts.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    match Plan::read("scenario", &request.scenario, &load) {
        Ok(plan) => {
            let (report, standing) = plan.simulate();
            let mut told = told(&report);
            told["standing"] = json!(standing);
            told
        }
        Err(message) => json!({"verdict": "malformed", "reasons": [message], "log": []}),
    }
}

fn told(report: &Report) -> Value {
    let (verdict, reasons) = match &report.verdict {
        Verdict::Passed => ("passed", Vec::new()),
        Verdict::Failed(all) => ("failed", all.iter().map(ToString::to_string).collect()),
        Verdict::Refused(all) => ("refused", all.iter().map(|problem| problem.message.clone()).collect()),
        Verdict::Skipped(all) => ("skipped", all.clone()),
        Verdict::Malformed(message) => ("malformed", vec![message.clone()]),
    };
    json!({"name": report.name, "verdict": verdict, "reasons": reasons, "log": report.log})
}

/// Reading and playing may take a while, and must not hold up others.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal(error.to_string()))
}
