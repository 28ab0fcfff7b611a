//! Questions of jobs: asked, answered, expired, cut off.

use crate::command::Question;
use crate::testing::*;
use crate::{CommandKind, Effect, Key, RejectionCode, Timestamp, why};
use model::{FieldType, FormField};
use serde_json::{Value, json};

const HOUR: u64 = 3_600_000;

fn question(id: &str) -> Box<Question> {
    let decision = FormField {
        name: "decision".to_owned(),
        label: None,
        field_type: FieldType::Select,
        required: true,
        options: vec!["approve".to_owned(), "reject".to_owned()],
    };
    Box::new(Question {
        id: id.to_owned(),
        title: "May it?".to_owned(),
        candidate_groups: vec!["boss".to_owned()],
        form_fields: vec![decision],
        data: variables(json!({"tool": "delete"})),
        expires_after_ms: Some(HOUR),
        ..Default::default()
    })
}

/// A job that has asked; and the key of the task.
fn asked() -> (Hand, Key) {
    let elements = vec![start("s"), service("work"), boundary("late", "work", true, after("P1D")), end("e"), end("f")];
    let mut hand = Hand::started(elements, &["s -> work -> e", "late -> f"], json!({}));
    hand.does(CommandKind::AskPerson { key: hand.key("work"), attempt: 1, question: question("q1") });
    let task = open_task(&hand);
    (hand, task)
}

fn open_task(hand: &Hand) -> Key {
    *hand.instance.questions.keys().next().expect("a question is open")
}

fn answers(hand: &Hand, task: Key, with: Value) -> Result<(), crate::Rejection> {
    let mut copy = Hand { effects: Vec::new(), history: hand.history.clone(), ..asked_again(hand) };
    copy.tries(CommandKind::CompleteUserTask { key: task, variables: variables(with), by: None }).map(drop)
}

fn asked_again(hand: &Hand) -> Hand {
    let (mut copy, _) = asked();
    copy.instance = hand.instance.clone();
    copy.now = hand.now;
    copy
}

fn say(task: Key, with: Value) -> CommandKind {
    CommandKind::CompleteUserTask { key: task, variables: variables(with), by: Some("ann".to_owned()) }
}

#[test]
fn the_attempt_is_over_and_the_answer_begins_the_next() {
    let (mut hand, task) = asked();
    let key = hand.key("work");
    let shown = hand.effects.iter().find_map(|effect| match effect {
        Effect::OpenUserTask { key, task } => Some((*key, task.clone())),
        _ => None,
    });
    let (shown_key, shown) = shown.unwrap();
    assert_eq!((shown_key, shown.question.unwrap().element_instance), (task, key));
    assert_eq!(shown.due, Some(Timestamp(hand.now.0 + HOUR as i64)));
    let sentence = why::of_element(&hand.process, &hand.instance, key).unwrap();
    assert!(sentence.starts_with("waits for a person's answer to “May it?” until "), "{sentence}");
    let stale = CommandKind::CompleteJob { key, attempt: 1, variables: variables(json!({})) };
    assert_eq!(hand.tries(stale).unwrap_err().code, RejectionCode::StaleAttempt);
    hand.does(say(task, json!({"decision": "approve"})));
    let payload = hand.payload("work");
    assert_eq!((payload.attempt, payload.retries_left), (2, 3), "none of the retries is used up");
    let [answer] = &payload.answers[..] else { panic!("one answer: {:?}", payload.answers) };
    assert_eq!((answer.question.as_str(), answer.by.as_deref()), ("q1", Some("ann")));
    assert_eq!(answer.values.as_ref().unwrap()["decision"], "approve");
    assert_eq!(answer.expires, shown.due);
    assert!(hand.instance.elements[&key].waits.timers.len() == 1, "only the boundary event's timer is left");
    hand.completes("work", json!({}));
    assert!(hand.is_completed());
}

#[test]
fn an_answer_must_fit_and_counts_once() {
    let (mut hand, task) = asked();
    assert_eq!(answers(&hand, task, json!({"decision": "perhaps"})).unwrap_err().code, RejectionCode::Invalid);
    hand.does(say(task, json!({"decision": "reject"})));
    assert_eq!(hand.tries(say(task, json!({"decision": "approve"}))).unwrap_err().code, RejectionCode::NotFound);
    let key = hand.key("work");
    hand.does(CommandKind::AskPerson { key, attempt: 2, question: question("q2") });
    assert_ne!(open_task(&hand), task, "a form of the first question does not answer the second");
    assert_eq!(hand.tries(say(task, json!({"decision": "approve"}))).unwrap_err().code, RejectionCode::NotFound);
    hand.does(say(open_task(&hand), json!({"decision": "approve"})));
    assert_eq!(hand.payload("work").answers.len(), 2);
}

#[test]
fn who_does_not_answer_in_time_is_not_waited_for() {
    let (mut hand, task) = asked();
    hand.now = Timestamp(hand.now.0 + HOUR as i64);
    assert_eq!(hand.tries(say(task, json!({"decision": "approve"}))).unwrap_err().code, RejectionCode::NotFound);
    hand.fires("work", "work");
    let payload = hand.payload("work");
    assert_eq!((payload.attempt, payload.answers[0].values.as_ref()), (2, None));
    assert!(hand.effects.contains(&Effect::CloseUserTask { key: task, completed: false }));
    assert!(hand.instance.questions.is_empty());
}

#[test]
fn an_interrupting_event_takes_the_question_away() {
    let (mut hand, task) = asked();
    hand.fires("work", "late");
    assert!(hand.is_completed() && hand.instance.questions.is_empty());
    assert!(hand.effects.contains(&Effect::CloseUserTask { key: task, completed: false }));
}

#[test]
fn it_waits_through_a_suspension_and_can_be_asked_in_one() {
    let (mut hand, task) = asked();
    hand.does(CommandKind::Suspend);
    assert_eq!(hand.tries(say(task, json!({"decision": "approve"}))).unwrap_err().code, RejectionCode::Suspended);
    hand.now = Timestamp(hand.now.0 + 2 * HOUR as i64);
    hand.does(CommandKind::Resume);
    hand.does(say(task, json!({"decision": "approve"})));
    let key = hand.key("work");
    hand.does(CommandKind::Suspend);
    hand.does(CommandKind::AskPerson { key, attempt: 2, question: question("q2") });
    assert!(hand.instance.questions.is_empty());
    hand.does(CommandKind::Resume);
    assert_eq!(hand.instance.questions.len(), 1);
}

#[test]
fn what_nobody_can_be_shown_is_an_incident() {
    let (mut hand, task) = asked();
    hand.does(say(task, json!({"decision": "approve"})));
    let key = hand.key("work");
    let nameless = Box::new(Question { title: String::new(), ..*question("q") });
    hand.does(CommandKind::AskPerson { key, attempt: 2, question: nameless });
    assert_eq!(hand.incident(), Some("QUESTION_INVALID"));
    hand.resolves("work", 1);
    assert_eq!(hand.payload("work").attempt, 3);
}

#[test]
fn only_so_many_answers_travel() {
    let (mut hand, _) = asked();
    for attempt in 2..40 {
        let task = open_task(&hand);
        hand.does(say(task, json!({"decision": "approve"})));
        let question = question(&format!("q{attempt}"));
        hand.does(CommandKind::AskPerson { key: hand.key("work"), attempt, question });
    }
    hand.does(say(open_task(&hand), json!({"decision": "approve"})));
    let answers = hand.payload("work").answers;
    assert_eq!((answers.len(), answers.last().unwrap().question.as_str()), (32, "q39"));
}
