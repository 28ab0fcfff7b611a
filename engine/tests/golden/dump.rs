//! A golden dump: the rows of every table, and what JetStream has of the jobs, as text.

use anyhow::Context;
use async_nats::{HeaderMap, jetstream};
use futures::{SinkExt, StreamExt, TryStreamExt};
use std::{fmt::Write, pin::pin};
use tokio_postgres::{Client, NoTls};

#[derive(Default)]
pub struct Dump {
    /// The last migration of its schema.
    pub migration: i32,
    pub tables: Vec<Table>,
    /// As JSON.
    pub stream: String,
    pub consumers: Vec<String>,
    /// What was published and not acknowledged by a worker.
    pub jobs: Vec<Job>,
    /// What workers are about to report: subject and bytes.
    pub results: Vec<(String, Vec<u8>)>,
    /// How each instance ends, as JSON, in order.
    pub expected: Vec<String>,
}

pub struct Table {
    name: String,
    columns: String,
    /// In the text format of COPY.
    rows: String,
}

pub struct Job {
    subject: String,
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
}

/// Everything that is not a partition.
const TABLES: &str = "
    SELECT relname::text, (SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> 'migration' ORDER BY 1";

pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Dump {
    /// Of a database that no engine is at, and of its jobs.
    pub async fn take(database: &str, nats: &async_nats::Client) -> anyhow::Result<Dump> {
        let client = connect(database).await?;
        let mut dump = Dump {
            migration: client.query_one("SELECT max(number) FROM migration", &[]).await?.get(0),
            ..Dump::default()
        };
        for table in client.query(TABLES, &[]).await? {
            let (name, columns): (String, String) = (table.get(0), table.get(1));
            let copy = format!("COPY (SELECT {columns} FROM {name} ORDER BY {columns}) TO STDOUT");
            let rows: Vec<bytes::Bytes> = client.copy_out(&copy).await?.try_collect().await?;
            let rows = String::from_utf8(rows.concat())?;
            if !rows.is_empty() {
                dump.tables.push(Table { name, columns, rows });
            }
        }
        dump.take_jobs(nats).await?;
        Ok(dump)
    }

    async fn take_jobs(&mut self, nats: &async_nats::Client) -> anyhow::Result<()> {
        let mut stream = jetstream::new(nats.clone()).get_stream(proto::subject::JOBS_STREAM).await?;
        let info = stream.info().await?.clone();
        self.stream = serde_json::to_string(&info.config)?;
        let mut consumers = stream.consumers();
        while let Some(consumer) = consumers.next().await {
            self.consumers.push(serde_json::to_string(&consumer?.config)?);
        }
        self.consumers.sort();
        for sequence in info.state.first_sequence..=info.state.last_sequence {
            let Ok(message) = stream.get_raw_message(sequence).await else { continue };
            let headers = message.headers.iter().map(|(name, values)| {
                (name.to_string(), values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            });
            let (headers, payload) = (headers.collect(), message.payload.to_vec());
            self.jobs.push(Job { subject: message.subject.to_string(), headers, payload });
        }
        Ok(())
    }

    pub fn text(&self) -> String {
        let mut text = format!("migration {}\n", self.migration);
        for Table { name, columns, rows } in &self.tables {
            let _ = write!(text, "table {name} {columns}\n{rows}\\.\n");
        }
        let _ = writeln!(text, "stream {}", self.stream);
        for consumer in &self.consumers {
            let _ = writeln!(text, "consumer {consumer}");
        }
        for Job { subject, headers, payload } in &self.jobs {
            let _ = write!(text, "job {subject} {}", hex(payload));
            for (name, value) in headers {
                let _ = write!(text, " {name}={value}");
            }
            text.push('\n');
        }
        for (subject, payload) in &self.results {
            let _ = writeln!(text, "result {subject} {}", hex(payload));
        }
        for expected in &self.expected {
            let _ = writeln!(text, "expect {expected}");
        }
        text
    }

    pub fn parse(text: &str) -> anyhow::Result<Dump> {
        let mut dump = Dump::default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let (word, rest) = line.split_once(' ').context("a line without a word")?;
            let mut words = rest.split(' ');
            let mut word_of = || words.next().context("a word is missing");
            match word {
                "migration" => dump.migration = rest.parse()?,
                "table" => {
                    let (name, columns) = (word_of()?.to_owned(), word_of()?.to_owned());
                    let rows: Vec<&str> = lines.by_ref().take_while(|line| *line != "\\.").collect();
                    dump.tables.push(Table { name, columns, rows: rows.join("\n") + "\n" });
                }
                "stream" => dump.stream = rest.to_owned(),
                "consumer" => dump.consumers.push(rest.to_owned()),
                "job" => {
                    let (subject, payload) = (word_of()?.to_owned(), bytes_of(word_of()?)?);
                    let headers = words.filter_map(|header| header.split_once('='));
                    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                    dump.jobs.push(Job { subject, headers, payload });
                }
                "result" => dump.results.push((word_of()?.to_owned(), bytes_of(word_of()?)?)),
                "expect" => dump.expected.push(rest.to_owned()),
                _ => anyhow::bail!("a line of an unknown kind: {word}"),
            }
        }
        Ok(dump)
    }

    /// Into an empty database, which has the schema of the dump afterwards, and into JetStream.
    pub async fn load(&self, database: &str, nats: &async_nats::Client) -> anyhow::Result<()> {
        store::migrate::migrate_to(database, self.migration).await?;
        let client = connect(database).await?;
        client.batch_execute("SET session_replication_role = replica").await?;
        for Table { name, columns, rows } in &self.tables {
            let mut sink = pin!(client.copy_in(&format!("COPY {name} ({columns}) FROM STDIN")).await?);
            sink.send(bytes::Bytes::from(rows.clone())).await?;
            sink.close().await.with_context(|| format!("the rows of {name}"))?;
        }
        // what would be over by now, however old the dump is
        client.batch_execute("UPDATE message SET expires_at = now() + interval '1 day'").await?;
        let jetstream = jetstream::new(nats.clone());
        let stream = jetstream.create_stream(serde_json::from_str::<jetstream::stream::Config>(&self.stream)?).await?;
        for consumer in &self.consumers {
            let config: jetstream::consumer::Config = serde_json::from_str(consumer)?;
            stream.create_consumer(config).await?;
        }
        for Job { subject, headers, payload } in &self.jobs {
            let mut map = HeaderMap::new();
            headers.iter().for_each(|(name, value)| map.insert(name.as_str(), value.as_str()));
            jetstream.publish_with_headers(subject.clone(), map, payload.clone().into()).await?.await?;
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of(hex: &str) -> anyhow::Result<Vec<u8>> {
    let digits: Vec<u8> = hex.bytes().collect();
    digits.chunks(2).map(|two| Ok(u8::from_str_radix(std::str::from_utf8(two)?, 16)?)).collect()
}
