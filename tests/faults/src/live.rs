//! Who follows an instance live, through whatever happens to gateways: connects again and goes on after the last event that
//! was told completely. In the end every event must have been told once and in order, as one hears who asks afterwards.

use crate::client::Client;
use futures::StreamExt;
use serde_json::Value;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(300);

/// A message that an event makes: its number, which of the event's messages, what it is.
pub type Told = (u64, u64, String);

/// All that was told of an instance, and how often the stream broke.
#[derive(Default)]
pub struct Transcript {
    pub instance: String,
    pub told: Vec<Told>,
    pub breaks: u32,
    pub is_whole: bool,
}

/// Until the instance has ended.
pub async fn follow(client: &Client, instance: &str) -> Transcript {
    let mut transcript = Transcript { instance: instance.to_owned(), ..Transcript::default() };
    let deadline = Instant::now() + PATIENCE;
    let mut last = 0;
    while Instant::now() < deadline {
        last = listen(client, &mut transcript, last, deadline).await;
        // what was told of an event that was not told completely comes again
        transcript.told.retain(|(seq, ..)| *seq <= last);
        transcript.is_whole = transcript.told.last().is_some_and(|(_, _, kind)| kind == "workflow.completed");
        if transcript.is_whole {
            break;
        }
        transcript.breaks += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    transcript
}

/// One connection, as long as it holds. The last event that was told completely.
async fn listen(client: &Client, transcript: &mut Transcript, mut last: u64, deadline: Instant) -> u64 {
    let answer = match client.events(&transcript.instance, last).send().await {
        Ok(answer) if answer.status().is_success() => answer,
        _ => return last,
    };
    let (mut bytes, mut text) = (answer.bytes_stream(), String::new());
    let left = deadline.saturating_duration_since(Instant::now());
    let reading = async {
        while let Some(Ok(piece)) = bytes.next().await {
            text.push_str(&String::from_utf8_lossy(&piece));
            while let Some((frame, rest)) = text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                text = rest;
                transcript.told.extend(message(&frame));
                last = id(&frame).unwrap_or(last);
            }
        }
    };
    let _ = tokio::time::timeout(left, reading).await;
    last
}

fn message(frame: &str) -> Option<Told> {
    let data = frame.lines().find_map(|line| line.strip_prefix("data:"))?;
    let message: Value = serde_json::from_str(data.trim()).ok()?;
    let sub = message["sub"].as_u64().unwrap_or_default();
    Some((message["seq"].as_u64()?, sub, message["type"].as_str()?.to_owned()))
}

fn id(frame: &str) -> Option<u64> {
    frame.lines().find_map(|line| line.strip_prefix("id:"))?.trim().parse().ok()
}

/// I15, against what one is told who asks afterwards.
pub async fn check(client: &Client, transcripts: &[Transcript]) -> Vec<String> {
    let mut wrong = Vec::new();
    for transcript in transcripts {
        let afterwards = follow(client, &transcript.instance).await;
        if !transcript.is_whole {
            wrong.push(format!("I15: instance {} was never followed to its end", transcript.instance));
        } else if transcript.told != afterwards.told {
            let place = transcript.told.iter().zip(&afterwards.told).position(|(told, wanted)| told != wanted);
            let place = place.unwrap_or(transcript.told.len().min(afterwards.told.len()));
            let (told, wanted) = (transcript.told.get(place), afterwards.told.get(place));
            let text = format!("I15: who followed was told {told:?} where {wanted:?} should have come");
            wrong.push(format!("{text} (instance {})", transcript.instance));
        }
        let gap = afterwards.told.iter().zip(afterwards.told.iter().skip(1)).find(|(a, b)| b.0 > a.0 + 1);
        if let Some((before, after)) = gap {
            wrong.push(format!("I15: after {before:?} comes {after:?} (instance {})", transcript.instance));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read() {
        let frame = "id: 7\ndata: {\"seq\": 7, \"sub\": 1, \"subs\": 2, \"type\": \"gateway.evaluating\"}";
        assert_eq!(message(frame), Some((7, 1, "gateway.evaluating".to_owned())));
        assert_eq!(id(frame), Some(7));
        assert_eq!((message(": alive"), id(": alive")), (None, None));
    }
}
