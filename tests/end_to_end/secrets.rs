//! Canaries: a hundred random secrets go through calls that succeed, fail, are refused, cannot connect and are cut off by a
//! crash. Afterwards none is anywhere but in its own file and at the service that it was meant for.

use crate::running::{Api, Baton};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{any, post},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

const CANARIES: usize = 100;
/// Ways in which a process may use a secret.
const WAYS: [&str; 9] = ["echo", "down", "refused", "slow", "away", "signed", "basic", "sql", "mail"];

struct Canary {
    name: String,
    value: String,
}

/// What the outside has seen: the secrets that have arrived, and everything that was exported as traces.
#[derive(Default)]
struct Seen {
    arrived: BTreeSet<String>,
    exported: Vec<u8>,
}

type Shared = Arc<Mutex<Seen>>;

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_nowhere_but_where_they_are_used() {
    let canaries = canaries();
    let folder = std::env::temp_dir().join(format!("baton-canaries-{}", canaries[0].value));
    std::fs::create_dir_all(folder.join("dev")).expect("a folder for the secrets");
    let (service, seen) = outside().await;
    for canary in &canaries {
        let is_url = ["sql", "mail"].iter().any(|way| canary.name.starts_with(way));
        let scheme = if canary.name.starts_with("sql") { "postgres" } else { "smtp" };
        let url = format!("{scheme}://u:{}@127.0.0.1:1/x", canary.value);
        let content = if is_url { &url } else { &canary.value };
        std::fs::write(folder.join("dev").join(&canary.name), content).expect("a secret is written");
    }
    let secrets = folder.display().to_string();
    let environment = [
        ("BATON_SECRETS_DIR", secrets.as_str()),
        ("BATON_EGRESS_ALLOW", "loopback"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", service.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("RUST_LOG", "debug"),
    ];
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &environment);
    let api = baton.api();
    let mut told = String::new();
    for canary in &canaries {
        let deployed = api.deploy(&process(canary, &service)).await;
        assert_eq!(deployed.0, 201, "{}", deployed.1);
    }
    let mut instances = Vec::new();
    for canary in &canaries {
        instances.push((canary, api.start(&canary.name, json!({})).await));
    }
    let way_of = |canary: &Canary| WAYS.iter().find(|way| canary.name.starts_with(**way)).copied().unwrap_or_default();
    // slow ones are in the middle of their call
    wait_until(|| arrived(&seen, canaries.iter().filter(|canary| way_of(canary) == "slow"))).await;
    baton.kill("worker-service");
    baton.kill("worker-send");
    for (canary, instance) in &instances {
        let is_done = |found: &Value| match way_of(canary) {
            "echo" | "signed" | "basic" | "slow" => found["instance"]["state"] == "completed",
            _ => found["incidents"].as_array().is_some_and(|incidents| !incidents.is_empty()),
        };
        told.push_str(&api.instance_where(instance, is_done).await.to_string());
        told.push_str(&api.get(&format!("/instances/{instance}/history")).await.to_string());
    }
    told.push_str(&rest(&api).await);
    let sent = canaries.iter().filter(|canary| ["echo", "down", "refused", "slow", "basic"].contains(&way_of(canary)));
    assert!(arrived(&seen, sent), "the secrets have not been used");
    assert!(told.contains("[secret]"), "an echo is hidden where it would be shown");
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut found = hits(&canaries, "answers of the API", told.as_bytes());
    found.extend(hits(&canaries, "traces", &seen.lock().expect("no test thread died with it").exported));
    found.extend(hits(&canaries, "command lines", &command_lines()));
    found.extend(hits(&canaries, "the database", &dump(&baton.data).await));
    let mut files = 0;
    each_file(&baton.data, &mut |path, content| {
        files += 1;
        found.extend(hits(&canaries, &path.display().to_string(), content));
    });
    assert!(files > 100, "only {files} files of servers and logs were looked at");
    drop(baton);
    std::fs::remove_dir_all(folder).expect("the secrets are removed");
    assert!(found.is_empty(), "{found:#?}");
}

fn canaries() -> Vec<Canary> {
    let random = |n: usize| {
        let mut bytes = [0u8; 16];
        use std::io::Read;
        std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("random bytes");
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + &format!("{n:03}")
    };
    let name = |n: usize| format!("{}-{n}", WAYS[n % WAYS.len()]);
    (0..CANARIES).map(|n| Canary { name: name(n), value: format!("canary{}", random(n)) }).collect()
}

/// One task that uses the secret in the way that its name tells.
fn process(canary: &Canary, service: &str) -> String {
    let name = &canary.name;
    let way = name.split('-').next().unwrap_or_default();
    let header = json!({"X-Key": format!("secret://{name}"), "Authorization": format!("Bearer secret://{name}")});
    let address = format!("{service}/{way}");
    let custom = match way {
        "away" => json!({"endpoint": "http://127.0.0.1:1/", "headers": header}),
        "signed" => {
            json!({"endpoint": address, "method": "post", "body": "b", "signature": {"key": format!("secret://{name}")}})
        }
        "basic" => {
            json!({"endpoint": address, "auth": {"type": "basic", "username": "u", "password": format!("secret://{name}")}})
        }
        "sql" => json!({"sql": "select 1", "connection": format!("secret://{name}")}),
        "mail" => json!({"smtp": format!("secret://{name}")}),
        _ => json!({"endpoint": address, "headers": header}),
    };
    let properties = match way {
        "mail" => json!({"messageType": "Email", "to": "a@example.com", "subject": "s", "messageBody": "b",
            "retries": 2, "retryBackoff": "PT0.2S", "custom": custom}),
        _ => json!({"implementation": "Web Service", "retries": 2, "retryBackoff": "PT0.2S", "jobTimeout": "PT3S",
            "resultVariable": "answer", "custom": custom}),
    };
    let kind = if way == "mail" { "sendTask" } else { "serviceTask" };
    let process = json!({"process": {"id": name, "elements": [
        {"id": "start", "type": "startEvent"}, {"id": "use", "type": kind, "properties": properties},
        {"id": "end", "type": "endEvent"}],
        "connections": [{"id": "a", "from": "start", "to": "use"}, {"id": "b", "from": "use", "to": "end"}]}});
    process.to_string()
}

/// A service that repeats what it is sent, in every kind of answer, and takes traces.
async fn outside() -> (String, Shared) {
    let seen = Shared::default();
    let export = |State(seen): State<Shared>, body: Bytes| async move {
        seen.lock().expect("no test thread died with it").exported.extend_from_slice(&body);
    };
    let routes = Router::new().route("/v1/traces", post(export)).route("/{way}", any(answer)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, seen)
}

async fn answer(
    State(seen): State<Shared>,
    axum::extract::Path(way): axum::extract::Path<String>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let echo = format!("{} {} {}", text("x-key"), text("authorization"), text("baton-signature"));
    let again = !seen.lock().expect("no test thread died with it").arrived.insert(format!("{way} {echo}"));
    if way == "slow" && !again {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let status = match way.as_str() {
        "down" => StatusCode::SERVICE_UNAVAILABLE,
        "refused" => StatusCode::FORBIDDEN,
        _ => StatusCode::OK,
    };
    (status, [("x-echo", echo.clone())], echo)
}

fn arrived<'c>(seen: &Shared, canaries: impl Iterator<Item = &'c Canary>) -> bool {
    let all: String = seen.lock().expect("no test thread died with it").arrived.iter().cloned().collect();
    let came = |canary: &Canary| all.contains(&canary.value) || all.contains(&pair(&canary.value));
    canaries.into_iter().all(came)
}

/// As basic authentication sends it.
fn pair(value: &str) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let symbol = |bits: u32| char::from(SYMBOLS[(bits & 63) as usize]);
    let text = format!("u:{value}");
    // whole groups only: the end has padding
    let groups = text.as_bytes().chunks_exact(3);
    groups
        .flat_map(|group| {
            let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
            [18, 12, 6, 0].map(|shift| symbol(bits >> shift))
        })
        .collect()
}

fn hits(canaries: &[Canary], place: &str, content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content);
    let is_there = |canary: &&Canary| text.contains(&canary.value) || text.contains(&pair(&canary.value));
    let found = if text.contains("canary") || text.contains(&pair("canary")[..8]) { canaries } else { &[] };
    found.iter().filter(is_there).map(|canary| format!("{} in {place}", canary.name)).collect()
}

async fn rest(api: &Api) -> String {
    let mut told = String::new();
    for path in ["/incidents?limit=500", "/audit?limit=500", "/instances?limit=500", "/processes", "/mail"] {
        told.push_str(&api.get(path).await.to_string());
    }
    for body in [json!({"processId": "echo-0", "variables": []}), json!({"processId": "absent"})] {
        told.push_str(&api.post("/instances", body).await.1.to_string());
    }
    told
}

fn command_lines() -> Vec<u8> {
    let processes = std::fs::read_dir("/proc").expect("processes can be seen").flatten();
    processes.flat_map(|process| std::fs::read(process.path().join("cmdline")).unwrap_or_default()).collect()
}

/// Every row of the database as text, bytes too. Where what the processes have left behind is not in it, it has been read
/// wrongly.
async fn dump(data: &Path) -> Vec<u8> {
    let pid = std::fs::read_to_string(data.join("postgres/postmaster.pid")).expect("Postgres runs");
    let port = pid.lines().nth(3).expect("it says its port");
    let url = format!("postgres://baton@127.0.0.1:{port}/baton");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("Postgres is there");
    tokio::spawn(connection);
    client.batch_execute("SET bytea_output = 'escape'").await.expect("bytes can be shown as text");
    let tables = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables \
                  WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let mut text = String::new();
    for table in client.query(tables, &[]).await.expect("the tables can be listed") {
        let table: String = table.get(0);
        let rows = client.query(&format!("SELECT t::text FROM {table} t"), &[]).await;
        for row in rows.unwrap_or_else(|error| panic!("{table} cannot be read: {error}")) {
            text.push_str(row.get::<_, &str>(0));
            text.push('\n');
        }
    }
    for expected in ["secret://echo-0", "[secret]"] {
        assert!(text.contains(expected), "{expected} is not in {} bytes of the database", text.len());
    }
    text.into_bytes()
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => each_file(&path, look),
            Ok(kind) if kind.is_file() => look(&path, &std::fs::read(&path).unwrap_or_default()),
            _ => {}
        }
    }
}

async fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come to this within a minute");
}
