//! Who says how many replicas there are, and who may take one away.

use crate::rendering::{find, helm, named, rendered};

#[test]
fn whatever_is_scaled_says_no_replicas_of_its_own() {
    let objects = rendered(&["-f", "ci/scaled.yaml"]);
    for name in ["r-engine", "r-gateway", "r-worker-service", "r-worker-send", "r-worker-agent"] {
        let deployment = named(&objects, "Deployment", name);
        assert!(deployment["spec"]["replicas"].is_null(), "{name}: Helm and the autoscaler would take turns");
        let scaled = ["HorizontalPodAutoscaler", "ScaledObject"].map(|kind| find(&objects, kind, name).is_some());
        assert_eq!(scaled.iter().filter(|there| **there).count(), 1, "{name}");
    }
    let script = named(&objects, "Deployment", "r-worker-script");
    assert_eq!(script["spec"]["replicas"], 1);
    assert!(find(&objects, "ScaledObject", "r-worker-script").is_none());
}

#[test]
fn agents_scale_with_their_jobs_down_to_none() {
    let objects = rendered(&["-f", "ci/scaled.yaml"]);
    let agent = &named(&objects, "ScaledObject", "r-worker-agent")["spec"];
    assert_eq!((&agent["minReplicaCount"], &agent["maxReplicaCount"]), (&0.into(), &50.into()));
    let trigger = &agent["triggers"][0]["metadata"];
    assert_eq!((&trigger["stream"], &trigger["consumer"]), (&"JOBS".into(), &"worker-agent".into()));
    assert_eq!(trigger["lagThreshold"], "2");
    assert_eq!(trigger["natsServerMonitoringEndpoint"], "nats-headless.nats.svc.cluster.local:8222");
    let send = &named(&objects, "ScaledObject", "r-worker-send")["spec"]["triggers"];
    assert_eq!(send.as_array().map(Vec::len), Some(2), "a consumer for each of its job types");
}

#[test]
fn a_worker_without_job_types_cannot_scale_by_them() {
    let arguments = ["template", "r", ".", "-f", "ci/scaled.yaml", "--set", "workers.mine.autoscaling.type=keda"];
    let refused = helm(&arguments).expect_err("it must be refused");
    assert!(refused.contains("jobTypes are needed"), "{refused}");
}

#[test]
fn only_what_has_more_than_one_replica_has_a_budget_for_disruptions() {
    let objects = rendered(&["-f", "ci/scaled.yaml"]);
    let has = |name: &str| find(&objects, "PodDisruptionBudget", name).is_some();
    assert!(has("r-engine") && has("r-gateway") && has("r-worker-service"));
    assert!(!has("r-worker-send") && !has("r-worker-agent") && !has("r-worker-script"), "a node could not be drained");
}

#[test]
fn a_worker_may_be_switched_off() {
    let objects = rendered(&["-f", "ci/minimal.yaml", "--set", "workers.agent.replicas=0,workers.send.links=false"]);
    assert_eq!(named(&objects, "Deployment", "r-worker-agent")["spec"]["replicas"], 0);
}

#[test]
fn the_database_is_migrated_by_the_engine_by_a_job_or_by_nobody() {
    let init = |objects: &[serde_json::Value]| {
        named(objects, "Deployment", "r-engine")["spec"]["template"]["spec"]["initContainers"].clone()
    };
    let usual = rendered(&["-f", "ci/minimal.yaml"]);
    assert_eq!(init(&usual)[0]["args"][0], "migrate");
    let job = rendered(&["-f", "ci/scaled.yaml"]);
    assert!(init(&job).is_null());
    let container = &named(&job, "Job", "r-migrate-1")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["args"][0], "migrate");
    let nobody = rendered(&["-f", "ci/minimal.yaml", "--set", "migrations.mode=none"]);
    assert!(init(&nobody).is_null() && nobody.iter().all(|object| object["kind"] != "Job"));
}
