//! Deployed decisions: asked for by business rule tasks, over real Postgres and NATS.

mod common;

use common::{Engine, TENANT, eventually};
use proto::{event::Kind, *};
use serde_json::{Value, json};
use test_harness::Servers;

const ASKING: &str = r#"
process:
  id: asking
  elements:
    - {id: start, type: startEvent}
    - {id: rate, type: businessRuleTask, properties: {decisionRef: risk, resultVariable: risk}}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: rate}
    - {from: rate, to: end}
"#;

const RISK: &str = r##"<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com/d">
  <inputData id="a" name="amount"><variable name="amount" typeRef="number"/></inputData>
  <decision id="risk" name="Risk">
    <variable name="Risk" typeRef="string"/>
    <informationRequirement><requiredInput href="#a"/></informationRequirement>
    <decisionTable>
      <input><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
      <output name="risk" typeRef="string"/>
      <rule><inputEntry><text>&lt; 100</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
      <rule><inputEntry><text>&gt;= 100</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"##;

async fn deploy(engine: &Engine, files: &[(&str, &str)], dry_run: bool) -> anyhow::Result<DeployReply> {
    let file =
        |(name, content): &(&str, &str)| File { name: (*name).to_owned(), content: content.as_bytes().to_vec().into() };
    let files = files.iter().map(file).collect();
    engine.call("deploy", &DeployRequest { tenant: TENANT.to_owned(), files, dry_run, by: "me".to_owned() }).await
}

async fn evaluate(engine: &Engine, variables: Value) -> anyhow::Result<EvaluateDecisionReply> {
    let request = EvaluateDecisionRequest {
        tenant: TENANT.to_owned(),
        decision_id: "risk".to_owned(),
        version: 0,
        variables: variables.to_string().into(),
    };
    engine.call("evaluate_decision", &request).await
}

/// What was decided in an instance, in the order of its history.
async fn made(engine: &Engine, id: &str) -> anyhow::Result<Vec<DecisionMade>> {
    let events = engine.history(id).await?.into_iter().flat_map(|batch| batch.events);
    let made = events.filter_map(|event| match event.kind {
        Some(Kind::DecisionMade(made)) => Some(made),
        _ => None,
    });
    Ok(made.collect())
}

#[tokio::test]
async fn a_dmn_file_is_deployed_and_its_decision_made_with_its_reasons() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    let dry = deploy(&engine, &[("risk.dmn", RISK), ("asking.yaml", ASKING)], true).await?;
    assert_eq!((dry.decisions[0].version, dry.processes.len(), dry.warnings.len()), (0, 1, 0));
    let deployed = deploy(&engine, &[("risk.dmn", RISK), ("asking.yaml", ASKING)], false).await?;
    assert_eq!((deployed.decisions[0].version, deployed.decisions[0].is_new), (1, true));
    let again = deploy(&engine, &[("risk.dmn", RISK)], false).await?;
    assert_eq!((again.decisions[0].version, again.decisions[0].is_new), (1, false));
    let started = engine.begin("asking", r#"{"amount": 250}"#).await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(engine.variables(&started.instance_id).await?["risk"], "high");
    let made = made(&engine, &started.instance_id).await?;
    assert_eq!((made.len(), made[0].version, &made[0].output[..]), (1, 1, &br#""high""#[..]));
    assert_eq!(serde_json::from_slice::<Value>(&made[0].trace)?[0]["rules"], json!([2]));
    assert_eq!(&evaluate(&engine, json!({"amount": 5})).await?.output[..], br#""low""#);
    let request = GetDecisionRequest { tenant: TENANT.to_owned(), decision_id: "risk".to_owned(), version: 1 };
    let found: GetDecisionReply = engine.call("get_decision", &request).await?;
    assert_eq!((found.source.as_str(), found.versions), (RISK, vec![1]));
    let other = GetDecisionRequest { tenant: "other".to_owned(), ..request };
    let unknown = engine.call::<GetDecisionReply>("get_decision", &other).await.unwrap_err();
    assert!(unknown.to_string().starts_with("NOT_FOUND"), "{unknown}");
    Ok(())
}

#[tokio::test]
async fn a_decision_can_come_after_the_instances_that_ask_for_it() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    let warned = engine.deploy(ASKING).await?.warnings;
    assert_eq!((warned[0].code.as_str(), warned[0].element_id.as_deref()), ("UNKNOWN_DECISION", Some("rate")));
    let started = engine.begin("asking", r#"{"amount": 5}"#).await?;
    let incident = eventually("it stops with an incident", || async {
        let found = engine.instance(&started.instance_id).await.ok()?;
        found.incidents.into_iter().next()
    })
    .await?;
    assert_eq!(incident.code, "UNKNOWN_DECISION");
    deploy(&engine, &[("risk.dmn", RISK)], false).await?;
    assert!(engine.deploy(ASKING).await?.warnings.is_empty());
    let resolve = ResolveIncidentRequest { tenant: TENANT.to_owned(), id: incident.id, ..Default::default() };
    let _: CommandReply = engine.call("resolve_incident", &resolve).await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(engine.variables(&started.instance_id).await?["risk"], "low");
    Ok(())
}

#[tokio::test]
async fn a_task_keeps_to_the_deployment_of_its_process_or_takes_the_latest() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    let bound = ASKING.replace("resultVariable: risk", "binding: deployment, resultVariable: risk");
    let file = |said: &str| format!("{bound}---\ndecision:\n  id: risk\n  expression: '\"{said}\"'\n");
    engine.deploy(&file("first")).await?;
    let first = engine.begin("asking", "{}").await?;
    let second = r#"decision: {id: risk, expression: '"second"'}"#;
    assert_eq!(deploy(&engine, &[("risk.yaml", second)], false).await?.decisions[0].version, 2);
    let still = engine.begin("asking", "{}").await?;
    engine.deploy(ASKING).await?;
    let latest = engine.begin("asking", "{}").await?;
    for (started, said) in [(first, "first"), (still, "first"), (latest, "second")] {
        engine.in_state(&started.instance_id, "completed").await?;
        assert_eq!(engine.variables(&started.instance_id).await?["risk"], said);
    }
    Ok(())
}

/// Takes long enough for its engine to die meanwhile.
const SLOW: &str = "decision: {id: risk, expression: 'count(for i in 1..20000 return i * i)'}";

#[tokio::test]
async fn what_an_engine_has_not_answered_another_answers_once() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let mut engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.deploy(&format!("{ASKING}---\n{SLOW}\n")).await?;
    let started = futures::future::try_join_all((0..6).map(|_| engine.begin("asking", "{}"))).await?;
    engine.replace(&servers).await?;
    for start in &started {
        engine.in_state(&start.instance_id, "completed").await?;
        assert_eq!(engine.variables(&start.instance_id).await?["risk"], 20000);
        assert_eq!(made(&engine, &start.instance_id).await?.len(), 1, "it is applied once");
    }
    Ok(())
}
