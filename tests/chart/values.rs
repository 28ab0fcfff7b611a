//! What the values say is in the manifests.

use crate::rendering::{helm, named, rendered};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[test]
fn renders_every_service() {
    let objects = rendered(&["-f", "ci/minimal.yaml"]);
    for name in ["engine", "gateway", "worker-service", "worker-script", "worker-send", "worker-agent"] {
        let deployment = named(&objects, "Deployment", &format!("r-{name}"));
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        let container = &pod["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/healthz/ready", "{name}");
        assert!(!container["args"].as_array().expect("arguments").is_empty(), "{name}");
    }
}

#[test]
fn a_worker_of_ones_own_is_one_entry() {
    let objects = rendered(&["-f", "ci/full.yaml"]);
    let container = &named(&objects, "Deployment", "r-worker-charge-card")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "example/charge-card:1");
    assert_eq!(named(&objects, "Deployment", "r-worker-agent")["spec"]["replicas"], 3);
}

#[test]
fn no_secret_stands_in_a_manifest() {
    let objects = rendered(&["-f", "ci/minimal.yaml"]);
    let engine = &named(&objects, "Deployment", "r-engine")["spec"]["template"]["spec"]["containers"][0];
    let variables = engine["env"].as_array().expect("environment");
    let url = variables.iter().find(|variable| variable["name"] == "BATON_DATABASE_URL").expect("the database's URL");
    assert_eq!(url["valueFrom"]["secretKeyRef"]["name"], "baton-database");
    assert!(url["value"].is_null());
}

#[test]
fn the_database_is_trusted_by_an_authority_of_ones_own() {
    let objects = rendered(&["-f", "ci/full.yaml"]);
    let pod = &named(&objects, "Deployment", "r-engine")["spec"]["template"]["spec"];
    for container in [&pod["initContainers"][0], &pod["containers"][0]] {
        let variables = container["env"].as_array().expect("environment");
        let authority = variable(variables, "BATON_DATABASE_CA").expect("the authority");
        assert_eq!(authority["value"], "/etc/baton/database/ca.crt");
        let mounts = container["volumeMounts"].as_array().expect("mounts");
        assert!(mounts.iter().any(|mount| mount["mountPath"] == "/etc/baton/database"));
    }
    assert!(pod["volumes"].as_array().expect("volumes").iter().any(|volume| volume["name"] == "database"));
}

/// Of the only container.
fn variables(objects: &[Value], deployment: &str) -> Vec<Value> {
    let container = &named(objects, "Deployment", deployment)["spec"]["template"]["spec"]["containers"][0];
    container["env"].as_array().expect("environment").clone()
}

fn variable<'a>(variables: &'a [Value], name: &str) -> Option<&'a Value> {
    variables.iter().find(|variable| variable["name"] == name)
}

#[test]
fn every_program_gets_into_nats_by_what_a_secret_holds() {
    let objects = rendered(&["-f", "ci/full.yaml"]);
    for name in ["r-engine", "r-gateway", "r-worker-send", "r-worker-charge-card"] {
        let variables = variables(&objects, name);
        let password = variable(&variables, "BATON_NATS_PASSWORD").expect("the password");
        let reference = &password["valueFrom"]["secretKeyRef"];
        assert_eq!((&reference["name"], &reference["key"]), (&"baton-nats".into(), &"password".into()), "{name}");
        let paths = ["CA", "CERT", "KEY"].map(|file| variable(&variables, &format!("BATON_NATS_{file}")).cloned());
        let paths = paths.map(|variable| variable.expect("a path")["value"].clone());
        assert_eq!(paths, ["ca.crt", "tls.crt", "tls.key"].map(|file| Value::from(format!("/etc/baton/nats/{file}"))));
        assert!(variable(&variables, "BATON_NATS_CREDS").is_none(), "what is not said is not set");
        let pod = &named(&objects, "Deployment", name)["spec"]["template"]["spec"];
        let mounts = pod["containers"][0]["volumeMounts"].as_array().expect("mounts");
        assert!(
            mounts.iter().any(|mount| mount["name"] == "nats" && mount["mountPath"] == "/etc/baton/nats"),
            "{name}"
        );
        let volumes = pod["volumes"].as_array().expect("volumes");
        assert!(volumes.iter().any(|volume| volume["secret"]["secretName"] == "baton-nats"), "{name}");
    }
    let plain = variables(&rendered(&["-f", "ci/minimal.yaml"]), "r-engine");
    assert!(plain.iter().all(|variable| !variable["name"].as_str().unwrap_or_default().starts_with("BATON_NATS_P")));
}

#[test]
fn each_worker_has_what_its_tasks_need_and_no_more() {
    let objects = rendered(&["-f", "ci/full.yaml"]);
    let (send, service) = (variables(&objects, "r-worker-send"), variables(&objects, "r-worker-service"));
    let (agent, gateway) = (variables(&objects, "r-worker-agent"), variables(&objects, "r-gateway"));
    for name in ["BATON_PUBLIC_URL", "BATON_LINK_KEY", "BATON_SMTP_URL", "BATON_MAIL_FROM"] {
        assert!(variable(&send, name).is_some(), "{name}");
        assert!(variable(&service, name).is_none() && variable(&agent, name).is_none(), "{name}");
    }
    let key = |variables: &[Value]| variable(variables, "BATON_LINK_KEY").cloned();
    assert_eq!(key(&send), key(&gateway), "links are signed and checked with the same");
    let value = |variables: &[Value], name: &str| variable(variables, name).map(|variable| variable["value"].clone());
    assert_eq!(value(&service, "BATON_EGRESS_ALLOW"), Some("billing.internal:8080,10.0.0.7".into()));
    assert_eq!(value(&service, "BATON_SECRETS_DIR"), Some("/etc/baton/secrets".into()));
    assert!(value(&send, "BATON_SECRETS_DIR").is_none());
    assert_eq!(value(&send, "BATON_SMTP_CA"), Some("/etc/baton/authorities/ca.crt".into()));
    assert!(value(&service, "BATON_SQL_CA").is_none());
    let pod = &named(&objects, "Deployment", "r-worker-service")["spec"]["template"]["spec"];
    let mounts = pod["containers"][0]["volumeMounts"].as_array().expect("mounts");
    let acme = mounts.iter().find(|mount| mount["mountPath"] == "/etc/baton/secrets/acme").expect("a tenant's secrets");
    let volumes = pod["volumes"].as_array().expect("volumes");
    let volume = volumes.iter().find(|volume| volume["name"] == acme["name"]).expect("the volume of the mount");
    assert_eq!(volume["secret"]["secretName"], "acme-services");

    assert_eq!(value(&agent, "BATON_LLM_PRICES"), Some("/etc/baton/files/prices.json".into()));
    assert_eq!(value(&agent, "BATON_MCP_CONFIG"), Some("/etc/baton/files/mcp.json".into()));
    let files = &named(&objects, "ConfigMap", "r-worker-agent")["data"];
    let prices: Value = serde_json::from_str(files["prices.json"].as_str().expect("prices")).expect("they are JSON");
    assert_eq!(prices["anthropic/claude-sonnet-4-5"]["output"], 15);
    assert!(files["mcp.json"].as_str().is_some_and(|text| text.contains("notes.example.com")));
}

#[test]
fn a_misspelt_or_missing_value_is_refused() {
    for (arguments, word) in [
        (vec!["-f", "ci/minimal.yaml", "--set", "engin.replicas=3"], "engin"),
        (vec!["-f", "ci/minimal.yaml", "--set", "nats.keys.pasword=x"], "pasword"),
        (vec!["-f", "ci/minimal.yaml", "--set", "workers.send.mails=true"], "mails"),
        (vec!["-f", "ci/minimal.yaml", "--set", "workers.service.secrets.a/b=x"], "a/b"),
        (vec!["--set", "apiKeys.existingSecret=keys"], "database"),
    ] {
        let refused = helm(&[&["template", "r", "."], arguments.as_slice()].concat()).expect_err("it must be refused");
        assert!(refused.contains(word), "{refused}");
    }
}

/// Settings by the names that programs read them by.
#[test]
fn what_is_set_is_read_by_some_program() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    for folder in ["engine/src", "gateway/src", "workers/src", "deploy/baton/src", "deploy/telemetry/src"] {
        collect(&root.join(folder), &mut sources);
    }
    let compose = std::fs::read_to_string(root.join("deploy/compose/compose.yaml")).expect("the compose file");
    let set_there = compose.lines().filter_map(|line| line.trim().split_once(": ").map(|(name, _)| name.to_owned()));
    let mut set: Vec<String> = set_there.collect();
    for object in rendered(&["-f", "ci/full.yaml"]) {
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        let variables = containers.iter().filter_map(|container| container["env"].as_array()).flatten();
        set.extend(variables.filter_map(|variable| variable["name"].as_str().map(str::to_owned)));
    }
    set.retain(|name| name.starts_with("BATON_"));
    assert!(set.len() > 30, "{set:?}");
    let unread: Vec<_> = set.iter().filter(|name| !sources.contains(&format!("\"{name}\""))).collect();
    assert!(unread.is_empty(), "{unread:?}");
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).expect("sources").flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), sources);
        } else {
            sources.push_str(&std::fs::read_to_string(entry.path()).unwrap_or_default());
        }
    }
}
