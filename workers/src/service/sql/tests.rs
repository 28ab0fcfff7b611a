//! Statements against a real Postgres.

use super::super::{Outside, call, egress};
use crate::secret::{Config, Secrets};
use serde_json::{Value, json};
use std::sync::Arc;
use test_harness::Servers;
use worker_sdk::{
    JobFailure, Variables,
    testing::{Outcome, TestJob},
};

async fn run(url: &str, custom: Value) -> Outcome {
    let config = Config { secrets_tenants: vec!["test".into()], ..Config::default() };
    let url = url.to_owned();
    let secrets = Secrets::new(&config).environment(move |name| (name == "BATON_SECRET_DB").then(|| url.clone()));
    let outside = Arc::new(Outside::new(&egress::Config::default(), secrets).unwrap());
    let mut custom = custom;
    custom["connection"] = json!("secret://db");
    let job = TestJob::new("web-service").task(json!({"custom": custom}));
    job.run(move |job| call(outside.clone(), job)).await
}

async fn rows(url: &str, sql: &str, parameters: Value) -> Value {
    let outcome = run(url, json!({"sql": sql, "parameters": parameters})).await;
    outcome.result.unwrap()["result"]["rows"].clone()
}

fn bug(result: Result<Variables, JobFailure>) -> String {
    match result {
        Err(JobFailure::Bug { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn values_go_there_and_back() {
    let url = Servers::shared().database().await;
    let sql = "select $1::int as i, $2::text as t, $3::numeric as n, $4::jsonb as j, $5::text[] as a, $6::bool as b, \
               $7::timestamptz as at, $8::uuid as u, null::date as none, $9::date as d";
    let id = "0190b2c4-7d3e-7c1a-9f00-0123456789ab";
    let given = json!([7, "it's", -12.5, {"k": [1, "x"]}, ["a\"b", null, "c,d"], true, "2026-01-02T03:04:05Z", id, "2026-02-03"]);
    let found = rows(&url, sql, given).await;
    let expected = json!([{"i": 7, "t": "it's", "n": -12.5, "j": {"k": [1, "x"]}, "a": ["a\"b", null, "c,d"], "b": true,
        "at": "2026-01-02T03:04:05Z", "u": id, "none": null, "d": "2026-02-03"}]);
    assert_eq!(found, expected);
    for number in ["0", "0.0001", "10000", "123456789.0123", "-0.5", "99990000", "100000001.10"] {
        let found = rows(&url, "select $1::numeric as n, ($1::numeric)::text as t", json!([number])).await;
        assert_eq!(found[0]["n"].as_f64().unwrap(), number.parse::<f64>().unwrap(), "{found}");
    }
    let large = rows(&url, "select 12345678901234567890.5::numeric as n", json!([])).await;
    assert_eq!(large[0]["n"], "12345678901234567890.5");
}

#[tokio::test]
async fn a_statement_changes_all_or_nothing() {
    let url = Servers::shared().database().await;
    let made = run(&url, json!({"sql": "create table t (id text primary key, n int)"})).await;
    assert_eq!(made.result.unwrap()["result"]["rows"], json!([]));
    let insert = "insert into t values (current_setting('baton.job_id'), $1) returning n";
    assert_eq!(rows(&url, insert, json!([1])).await, json!([{"n": 1}]));
    let update = run(&url, json!({"sql": "update t set n = n + 1"})).await;
    assert_eq!(update.result.unwrap()["result"]["rowCount"], 1);

    let many = json!({"sql": "insert into t select i::text, i from generate_series(1, 9) i returning n", "maxRows": 5});
    assert!(bug(run(&url, many).await.result).contains("more than 5 rows"));
    let hostile = json!(["x'; drop table t; --"]);
    assert_eq!(rows(&url, "select n from t where id = $1", hostile).await, json!([]));
    assert_eq!(rows(&url, "select count(*) as c, max(n) as n from t", json!([])).await, json!([{"c": 1, "n": 2}]));
    let read_only = run(&url, json!({"sql": "delete from t", "readOnly": true})).await;
    assert!(bug(read_only.result).contains("25006"));
}

#[tokio::test]
async fn failures_are_told_apart() {
    let url = Servers::shared().database().await;
    assert!(bug(run(&url, json!({"sql": "select nonsense"})).await.result).contains("42703"));
    assert!(bug(run(&url, json!({"sql": "select $1::int", "parameters": []})).await.result).contains("1 parameters"));
    assert!(bug(run(&url, json!({"sql": "select $1::int", "parameters": ["x"]})).await.result).contains("22P02"));
    assert!(bug(run(&url, json!({"sql": "select '1.1.1.1'::inet as i"})).await.result).contains("`i::text`"));
    assert!(bug(run(&url, json!({"sql": "select 1; select 2"})).await.result).contains("42601"));
    assert!(bug(run(&url, json!({"sql": "select pg_sleep(30)", "timeout": 100})).await.result).contains("57014"));
    let named = run(&url, json!({"sql": "select 1/0", "errors": {"22012": "DIVIDED"}})).await.result;
    assert!(matches!(named, Err(JobFailure::BpmnError { code, .. }) if code == "DIVIDED"));
    let away = run("postgres://u:hunter2hunter2@127.0.0.1:1/x", json!({"sql": "select 1"})).await.result.unwrap_err();
    assert!(matches!(&away, JobFailure::Retryable { message, .. } if !message.contains("hunter2")), "{away}");
    let wrong = run("postgres://h?nonsense=hunter2", json!({"sql": "select 1"})).await.result;
    assert!(!bug(wrong).contains("hunter2"));
    let job = TestJob::new("web-service").task(json!({"custom": {"sql": "select 1", "connection": url}}));
    let outside = Outside::new(&egress::Config::default(), Secrets::new(&Config::default())).unwrap();
    let outside = Arc::new(outside);
    assert!(bug(job.run(move |job| call(outside.clone(), job)).await.result).contains("is to be a secret"));
}
