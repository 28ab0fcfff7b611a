//! An engine in this process over real servers, asked as the gateway and workers ask it.
#![allow(dead_code)]

use anyhow::Context;
use async_nats::jetstream::{self, AckKind, consumer::pull};
use futures::StreamExt;
use prost::Message;
use proto::{api_reply::Reply, job_result::Result as Of, job_result_reply::Status, *};
use std::time::{Duration, Instant};
use test_harness::Servers;
use tokio_util::sync::CancellationToken;

pub const TENANT: &str = "acme";

pub struct Engine {
    pub database: String,
    pub client: async_nats::Client,
    shutdown: CancellationToken,
}

impl Engine {
    /// One replica, with NATS and a database of its own.
    pub async fn start(servers: &Servers) -> anyhow::Result<Engine> {
        Engine::start_on(servers, servers.database().await).await
    }

    /// One replica, with this database.
    pub async fn start_on(servers: &Servers, database: String) -> anyhow::Result<Engine> {
        std::mem::forget(telemetry::init("engine")); // logs of all engines of this process: BATON_LOG says which
        let engine = Engine::elsewhere(servers, database).await?;
        engine.add_replica(servers);
        engine.ready().await?;
        Ok(engine)
    }

    /// Its replicas are other processes.
    pub async fn elsewhere(servers: &Servers, database: String) -> anyhow::Result<Engine> {
        let client = async_nats::ConnectOptions::new().connect(servers.nats_url()).await?;
        Ok(Engine { client, shutdown: CancellationToken::new(), database })
    }

    pub fn add_replica(&self, servers: &Servers) {
        #[derive(clap::Parser)]
        struct Program {
            #[command(flatten)]
            config: engine::Config,
        }
        let arguments = ["engine", "--database-url", &self.database, "--nats-url", &servers.nats_url()];
        let program =
            <Program as clap::Parser>::parse_from(arguments.into_iter().chain(["--http-addr", "127.0.0.1:0"]));
        tokio::spawn(engine::run(program.config, self.shutdown.clone()));
    }

    /// All replicas are gone at once, and another comes.
    pub async fn replace(&mut self, servers: &Servers) -> anyhow::Result<()> {
        self.stop();
        self.add_replica(servers);
        self.ready().await
    }

    /// No replica is there any more.
    pub fn stop(&mut self) {
        self.shutdown.cancel();
        self.shutdown = CancellationToken::new();
    }

    pub async fn ready(&self) -> anyhow::Result<()> {
        eventually("the engine answers", || async {
            let status: StatusReply = self.call("status", &StatusRequest {}).await.ok()?;
            (status.postgres_ok && status.nats_ok).then_some(())
        })
        .await
    }

    /// Calls a method; a problem is an error that begins with its code.
    pub async fn call<R: Message + Default>(&self, method: &str, request: &impl Message) -> anyhow::Result<R> {
        let reply = self.client.request(subject::api(method), request.encode_to_vec().into()).await?;
        match ApiReply::decode(reply.payload)?.reply.context("an empty reply")? {
            Reply::Ok(bytes) => Ok(R::decode(bytes)?),
            Reply::Problem(problem) => anyhow::bail!("{}: {} {:?}", problem.code, problem.message, problem.diagnostics),
        }
    }

    pub async fn deploy(&self, content: &str) -> anyhow::Result<DeployReply> {
        let files = vec![File { name: "test.yaml".to_owned(), content: content.to_owned().into() }];
        self.call("deploy", &DeployRequest { tenant: TENANT.to_owned(), files, dry_run: false, by: "me".to_owned() })
            .await
    }

    pub async fn begin(&self, process_id: &str, variables: &str) -> anyhow::Result<StartInstanceReply> {
        let request = StartInstanceRequest {
            tenant: TENANT.to_owned(),
            process_id: process_id.to_owned(),
            variables: variables.to_owned().into(),
            ..Default::default()
        };
        self.start_instance(&request).await
    }

    /// While nothing new is let in it waits and tries again, as every client should.
    pub async fn start_instance(&self, request: &StartInstanceRequest) -> anyhow::Result<StartInstanceReply> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match self.call("start_instance", request).await {
                Err(error) if is_kept_out(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                answer => return answer,
            }
        }
    }

    pub async fn instance(&self, id: &str) -> anyhow::Result<GetInstanceReply> {
        let request = GetInstanceRequest { tenant: TENANT.to_owned(), instance_id: id.to_owned(), min_version: None };
        self.call("get_instance", &request).await
    }

    pub async fn variables(&self, id: &str) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.instance(id).await?.variables)?)
    }

    pub async fn set_variables(&self, id: &str, variables: String) -> anyhow::Result<CommandReply> {
        let request = SetVariablesRequest {
            tenant: TENANT.to_owned(),
            instance_id: id.to_owned(),
            variables: variables.into(),
            ..Default::default()
        };
        self.call("set_variables", &request).await
    }

    /// One operation, as JSON.
    pub async fn operate(&self, id: &str, operation: serde_json::Value) -> anyhow::Result<OperateReply> {
        let request = OperateRequest {
            tenant: TENANT.to_owned(),
            instance_id: id.to_owned(),
            operation: operation.to_string().into(),
            dry_run: false,
            by: "me".to_owned(),
        };
        self.call("operate", &request).await
    }

    /// What the audit log has, the oldest first.
    pub async fn audit(&self, instance: Option<&str>) -> anyhow::Result<Vec<AuditEntry>> {
        let request = ListAuditRequest {
            tenant: TENANT.to_owned(),
            instance_id: instance.map(str::to_owned),
            ..Default::default()
        };
        let reply: ListAuditReply = self.call("list_audit", &request).await?;
        Ok(reply.entries.into_iter().rev().collect())
    }

    pub async fn in_state(&self, id: &str, state: &str) -> anyhow::Result<()> {
        eventually(&format!("{id} is {state}"), || async {
            let found = self.instance(id).await.ok()?;
            (found.instance?.state == state).then_some(())
        })
        .await
    }

    pub async fn history(&self, id: &str) -> anyhow::Result<Vec<EventBatch>> {
        let request =
            GetHistoryRequest { tenant: TENANT.to_owned(), instance_id: id.to_owned(), from_seq: 1, limit: 500 };
        let reply: GetHistoryReply = self.call("get_history", &request).await?;
        Ok(reply.batches)
    }

    pub async fn publish(&self, name: &str, key: &str, ttl_ms: u64, id: Option<&str>) -> anyhow::Result<u32> {
        let request = PublishMessageRequest {
            tenant: TENANT.to_owned(),
            name: name.to_owned(),
            correlation_key: key.to_owned(),
            variables: r#"{"paid":true}"#.into(),
            ttl_ms,
            message_id: id.map(str::to_owned),
            by: String::new(),
        };
        let reply: PublishMessageReply = self.call("publish_message", &request).await?;
        Ok(reply.correlated)
    }

    pub async fn jobs(&self, job_type: &str) -> anyhow::Result<pull::Stream> {
        let request = RegisterWorkerRequest { job_type: job_type.to_owned(), ..Default::default() };
        let registered: RegisterWorkerReply = self.call("register_worker", &request).await?;
        let stream = jetstream::new(self.client.clone()).get_stream(registered.stream).await?;
        let consumer: jetstream::consumer::Consumer<pull::Config> =
            stream.get_consumer(&registered.consumer).await.map_err(anyhow::Error::from_boxed)?;
        Ok(consumer.messages().await?)
    }

    pub async fn report(&self, job: &Job, result: Of) -> anyhow::Result<Status> {
        Ok(self.report_together(vec![result_of(job, result)]).await?[0])
    }

    /// In one message.
    pub async fn report_together(&self, mut results: Vec<JobResult>) -> anyhow::Result<Vec<Status>> {
        let more = results.split_off(1);
        let first = JobResult { more, ..results.remove(0) };
        let subject = subject::result(&first.job_id);
        let reply = self.client.request(subject, first.encode_to_vec().into()).await?;
        let reply = JobResultReply::decode(reply.payload)?;
        Ok([&reply].into_iter().chain(&reply.more).map(JobResultReply::status).collect())
    }

    /// A worker that completes every job of a type, until the engine is dropped.
    pub async fn work(&self, job_type: &str, variables: &'static str) -> anyhow::Result<()> {
        let mut jobs = self.jobs(job_type).await?;
        let client = self.client.clone();
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            while let Some(message) = tokio::select! { next = jobs.next() => next, () = shutdown.cancelled() => None } {
                let Ok(message) = message else { continue };
                let Ok(job) = Job::decode(message.payload.clone()) else { continue };
                let client = client.clone();
                tokio::spawn(async move {
                    let bytes = bytes::Bytes::from(result_of(&job, completed(variables)).encode_to_vec());
                    let subject = subject::result(&job.instance_id);
                    for _ in 0..100 {
                        let reply = client.request(subject.clone(), bytes.clone()).await;
                        let status = reply.ok().and_then(|reply| JobResultReply::decode(reply.payload).ok());
                        if status.is_some_and(|status| status.status() != Status::Retry) {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    let _ = message.ack().await;
                });
            }
        });
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub fn completed(variables: &str) -> Of {
    Of::Completed(JobCompleted { variables: variables.to_owned().into() })
}

pub async fn next_job(jobs: &mut pull::Stream) -> anyhow::Result<Job> {
    let message = tokio::time::timeout(Duration::from_secs(60), jobs.next()).await?.context("no more jobs")??;
    message.ack_with(AckKind::Ack).await.map_err(anyhow::Error::from_boxed)?;
    Ok(Job::decode(message.payload.clone())?)
}

fn is_kept_out(error: &anyhow::Error) -> bool {
    error.to_string().starts_with("LIMIT_EXCEEDED: nothing new can be started now")
}

/// Asks until there is an answer, for a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> anyhow::Result<T> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        anyhow::ensure!(Instant::now() < deadline, "not in a minute: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// As its worker reports it.
pub fn result_of(job: &Job, result: Of) -> JobResult {
    JobResult {
        job_id: job.id.clone(),
        attempt: job.attempt,
        tenant: job.tenant.clone(),
        result: Some(result),
        worker: "test".to_owned(),
        more: Vec::new(),
        epoch: job.epoch.clone(),
    }
}
