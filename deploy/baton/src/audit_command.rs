//! `baton audit`: the audit log for auditors, straight from Postgres.

use clap::{Args, Subcommand, ValueEnum};
use engine::audit_chain::{self, Sealed, hex};
use serde_json::{Value, json};
use std::{io::Write, process::ExitCode};

#[derive(Subcommand)]
pub enum Audit {
    /// Check that no row was changed, removed or slipped in; print the heads of the chains.
    Verify(Verify),
    /// Write all rows with their seals to standard output.
    Export(Export),
}

#[derive(Args)]
pub struct Verify {
    /// Postgres, as a URL.
    #[arg(long, env = "BATON_DATABASE_URL")]
    database_url: String,
    /// All, when absent.
    #[arg(long)]
    tenant: Option<String>,
    /// `NUMBER:HASH`, as an earlier run has printed it: it has to be in the chain still.
    #[arg(long, requires = "tenant")]
    head: Option<String>,
}

#[derive(Args)]
pub struct Export {
    /// Postgres, as a URL.
    #[arg(long, env = "BATON_DATABASE_URL")]
    database_url: String,
    #[arg(long)]
    tenant: String,
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON object a line.
    Jsonl,
    /// RFC 4180, with a line of names first.
    Csv,
}

const COLUMNS: [&str; 14] = [
    "tenant",
    "number",
    "at",
    "atMicroseconds",
    "id",
    "by",
    "operation",
    "instanceId",
    "subject",
    "arguments",
    "outcome",
    "message",
    "previous",
    "hash",
];

pub async fn run(audit: Audit) -> anyhow::Result<ExitCode> {
    match audit {
        Audit::Verify(args) => verify(&args).await,
        Audit::Export(args) => export(&args).await,
    }
}

async fn verify(args: &Verify) -> anyhow::Result<ExitCode> {
    let known = args.head.as_deref().map(known).transpose()?;
    let all = audit_chain::verify(&args.database_url, args.tenant.as_deref(), known).await?;
    for found in &all {
        for line in &found.wrong {
            println!("{}: {line}", found.tenant);
        }
        let (number, hash) = &found.head;
        let waiting = found.waiting;
        println!("{}: {} rows are sealed, {waiting} wait; the head is {number}:{hash}", found.tenant, found.rows);
    }
    Ok(if all.iter().all(|found| found.wrong.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn known(head: &str) -> anyhow::Result<(i64, &str)> {
    let parts = head.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash)));
    parts.ok_or_else(|| anyhow::anyhow!("`{head}` is not NUMBER:HASH"))
}

async fn export(args: &Export) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if let Format::Csv = args.format {
        writeln!(out, "{}\r", COLUMNS.join(","))?;
    }
    audit_chain::export(&args.database_url, &args.tenant, |sealed| {
        let fields = fields(&args.tenant, sealed);
        match args.format {
            Format::Jsonl => writeln!(out, "{}", line(&fields))?,
            Format::Csv => writeln!(out, "{}\r", fields.map(|field| quoted(&field)).join(","))?,
        }
        Ok(())
    })
    .await?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// In the order of the columns. Of a row that is gone its seal is left.
fn fields(tenant: &str, sealed: &Sealed) -> [String; 14] {
    let row = sealed.row.as_ref();
    let of = |field: fn(&engine::audit_chain::Stored) -> &String| row.map(field).cloned().unwrap_or_default();
    [
        tenant.to_owned(),
        sealed.number.to_string(),
        sealed.at.to_string(),
        sealed.at.as_microsecond().to_string(),
        sealed.id.to_string(),
        of(|row| &row.by),
        of(|row| &row.operation),
        row.and_then(|row| row.instance).map(|instance| instance.to_string()).unwrap_or_default(),
        of(|row| &row.subject),
        of(|row| &row.arguments),
        of(|row| &row.outcome),
        of(|row| &row.message),
        hex(&sealed.previous),
        hex(&sealed.hash),
    ]
}

/// All values are texts, but for the number: what the hash is over is to be taken as it is.
fn line(fields: &[String; 14]) -> Value {
    let value = |name: &str, field: &String| match name {
        "number" | "atMicroseconds" => field.parse::<i64>().map_or(Value::Null, Value::from),
        _ => json!(field),
    };
    COLUMNS.iter().zip(fields).map(|(name, field)| ((*name).to_owned(), value(name, field))).collect()
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        assert_eq!(known("12:ab").unwrap(), (12, "ab"));
        assert!(known("ab").is_err());
    }

    #[test]
    fn texts_are_quoted_for_csv_and_numbers_stay_numbers_in_json() {
        assert_eq!(quoted("say \"a, b\""), "\"say \"\"a, b\"\"\"");
        let mut fields = COLUMNS.map(str::to_owned);
        (fields[1], fields[3]) = ("7".to_owned(), "5".to_owned());
        let line = line(&fields);
        assert_eq!((&line["number"], &line["by"]), (&json!(7), &json!("by")));
    }
}
