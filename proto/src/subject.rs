//! Names on the bus: subjects, streams and consumers. Both ends take them from here.
//!
//! Tenants, process ids and job types come from people's files, so each becomes one subject token: letters, digits,
//! `-` and `_` stay, every other byte becomes `%` and two hexadecimal digits (`%` is legal in subjects and consumers).

/// Queue group of the engine's replicas, on `api.*` and `results.*`.
pub const ENGINE_GROUP: &str = "engine";
/// Work queue of jobs: `jobs.<tenant>.<type>`.
pub const JOBS_STREAM: &str = "JOBS";
/// Transcripts of agents: `agents.<job>`.
pub const AGENTS_STREAM: &str = "AGENTS";
/// How many `results.<partition>` subjects there are.
pub const RESULT_PARTITIONS: u32 = 64;

/// One subject token for any text.
pub fn token(text: &str) -> String {
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            token.push(char::from(byte));
        } else {
            token.push_str(&format!("%{byte:02X}"));
        }
    }
    if token.is_empty() { "%".to_owned() } else { token }
}

pub fn job(tenant: &str, job_type: &str) -> String {
    format!("jobs.{}.{}", token(tenant), token(job_type))
}

/// All jobs of one type, of every tenant: the filter of its consumer.
pub fn jobs_of_type(job_type: &str) -> String {
    format!("jobs.*.{}", token(job_type))
}

/// The durable consumer of one job type.
pub fn consumer(job_type: &str) -> String {
    format!("worker-{}", token(job_type))
}

/// Where the result of a job of this instance goes.
pub fn result(instance_id: &str) -> String {
    let hash = instance_id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("results.{}", hash % RESULT_PARTITIONS)
}

pub fn api(method: &str) -> String {
    format!("api.{method}")
}

pub fn events(tenant: &str, process_id: &str, instance_id: &str) -> String {
    format!("events.{}.{}.{instance_id}", token(tenant), token(process_id))
}

pub fn live(tenant: &str, instance_id: &str) -> String {
    format!("live.{}.{instance_id}", token(tenant))
}

pub fn agent(job_id: &str) -> String {
    format!("agents.{}", token(job_id))
}

pub fn cancel(job_type: &str) -> String {
    format!("cancel.{}", token(job_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_one_token() {
        assert_eq!(token("file-storage"), "file-storage");
        assert_eq!(token("a.b *>"), "a%2Eb%20%2A%3E");
        assert_eq!(token(""), "%");
    }
}
