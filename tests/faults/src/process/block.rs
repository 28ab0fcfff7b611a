//! What processes are made of: how each kind of block is drawn, and what it adds to the end.

use super::{
    ALARM, CALLED, CALLED_ALARM, CALLED_FOREVER, CALLED_JUDGE, Expected, FOREVER, JUDGED, drawing::Drawing, further,
};
use crate::{
    dice::Dice,
    outcome::{DECLINED, JUDGE, SHAKY, STEADY, STUCK, declines},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// A job.
    Steady,
    /// A job whose first attempts fail.
    Shaky,
    /// A job that may end in a BPMN error, which another job handles.
    Judge,
    /// Jobs beside each other, and the join.
    Parallel,
    /// One of two jobs.
    Exclusive,
    /// One or two of three jobs.
    Inclusive,
    Timer,
    Message,
    /// A user task.
    Person,
    Call,
    /// A job that is undone.
    Undone,
    /// A job for each of three, at once.
    Many,
    /// A job for each of two, in a row.
    InARow,
    /// A timer against a message that nobody sends.
    Race,
    /// A job in a sub-process with a timer that is never due.
    Nested,
    /// A user task that nobody does, and a timer that ends it.
    Late,
    /// A message that the instance sends to itself.
    Talk,
    /// A called process that may end in a BPMN error, which a job handles here.
    CallJudge,
    /// A called process that would wait for ever, and a timer that ends the call.
    CallForever,
    /// A called process that escalates to this one, and goes on.
    CallAlarm,
    /// A signal that is thrown by one branch and caught by the other, and by whoever else waits for it.
    Signal,
    /// A deployed decision.
    Decision,
    /// A script, done by Baton's own worker.
    Script,
    /// An agentic task, answered by the scripted stand-in.
    Agent,
    /// A job whose first attempt fails for good: an operator resolves the incident.
    Stuck,
}

const MANY: u32 = 3;
const ROW: u32 = 2;

impl Block {
    /// What needs the engine and [our workers](crate::worker) alone.
    pub const ALL: [Block; 20] = [
        Block::Steady,
        Block::Shaky,
        Block::Judge,
        Block::Parallel,
        Block::Exclusive,
        Block::Inclusive,
        Block::Timer,
        Block::Message,
        Block::Person,
        Block::Call,
        Block::Undone,
        Block::Many,
        Block::InARow,
        Block::Race,
        Block::Nested,
        Block::Late,
        Block::Talk,
        Block::CallJudge,
        Block::CallForever,
        Block::CallAlarm,
    ];

    /// What needs the whole system.
    pub const FURTHER: [Block; 5] = [Block::Signal, Block::Decision, Block::Script, Block::Agent, Block::Stuck];

    pub fn random(dice: &mut Dice, of: &[Block]) -> Block {
        dice.pick(of).copied().unwrap_or(Block::Steady)
    }

    /// Of a process that is made of it alone.
    pub fn id(self) -> String {
        format!("faults-only-{}", format!("{self:?}").to_lowercase())
    }

    /// `id` begins the ids of its elements.
    pub fn draw(self, id: &str, process: &str, drawing: &mut Drawing) {
        let [a, b, c, join] = ["a", "b", "c", "join"].map(|part| format!("{id}{part}"));
        match self {
            Block::Steady => drawing.then(id, &job(STEADY)),
            Block::Shaky => drawing.then(id, &job(SHAKY)),
            Block::Judge => judge(id, drawing),
            Block::Parallel => {
                drawing.then(&format!("{id}fork"), "type: parallelGateway");
                branches(id, &[(&a, None), (&b, None), (&c, None)], "parallelGateway", drawing);
            }
            Block::Exclusive => {
                drawing.then(&format!("{id}fork"), "type: exclusiveGateway");
                branches(id, &[(&a, Some("coin >= 2")), (&b, Some(""))], "exclusiveGateway", drawing);
            }
            Block::Inclusive => {
                drawing.then(&format!("{id}fork"), "type: inclusiveGateway");
                let ways = [(&a, Some("coin >= 1")), (&b, Some("coin >= 2")), (&c, Some(""))];
                branches(id, &ways, "inclusiveGateway", drawing);
            }
            Block::Timer => drawing.then(id, &timer("PT0.3S")),
            Block::Message => drawing.then(id, &message(&message_name(process, id))),
            Block::Person => drawing.then(id, "type: userTask, properties: {candidateGroups: [people]}"),
            Block::Call => drawing.then(id, &call(CALLED)),
            Block::Undone => undone(id, drawing),
            Block::Many => drawing.then(id, &repeated(MANY, false)),
            Block::InARow => drawing.then(id, &repeated(ROW, true)),
            Block::Race => {
                drawing.then(id, "type: eventBasedGateway");
                drawing.element(&a, &timer("PT0.2S"));
                drawing.element(&b, &message("faults-nobody-sends-this"));
                drawing.element(&join, "type: exclusiveGateway");
                [&a, &b].into_iter().for_each(|event| {
                    drawing.connect(id, event);
                    drawing.connect(event, &join);
                });
                drawing.go_on_from(&join);
            }
            Block::Nested => {
                let inner = format!(
                    "childElements: [{{id: {id}in, type: startEvent}}, {{id: {a}, {}}}, {{id: {id}out, type: endEvent}}], \
                     childConnections: [{{from: {id}in, to: {a}}}, {{from: {a}, to: {id}out}}]",
                    job(STEADY)
                );
                drawing.then(id, &format!("type: subProcess, {inner}"));
                boundary_timer(id, "PT5H", drawing);
            }
            Block::Late => {
                drawing.then(id, "type: userTask, properties: {candidateGroups: [nobody]}");
                boundary_timer(id, "PT0.5S", drawing);
            }
            Block::Talk => {
                let said = message(&message_name(process, id));
                drawing.then(&a, &said.replace("CatchEvent", "ThrowEvent"));
                drawing.then(id, &said);
            }
            Block::CallJudge => {
                drawing.then(id, &call(CALLED_JUDGE));
                caught(id, drawing);
            }
            Block::CallForever => {
                drawing.then(id, &call(CALLED_FOREVER));
                boundary_timer(id, "PT0.1S", drawing);
            }
            Block::CallAlarm => {
                drawing.then(id, &call(CALLED_ALARM));
                let event = format!("{{escalationCode: {ALARM}, cancelActivity: false}}");
                drawing
                    .element(&b, &format!("type: escalationBoundaryEvent, attachedToRef: {id}, properties: {event}"));
                drawing.element(&a, &job(STEADY));
                drawing.element(&c, "type: endEvent");
                drawing.connect(&b, &a);
                drawing.connect(&a, &c);
            }
            Block::Signal => further::signal(id, drawing),
            Block::Decision => drawing.then(id, &further::decision(id)),
            Block::Script => drawing.then(id, &further::script(id)),
            Block::Agent => drawing.then(id, &further::agent(id)),
            Block::Stuck => drawing.then(id, &job(STUCK)),
        }
    }

    pub fn expect(self, id: &str, process: &str, seed: u64, expected: &mut Expected) {
        let [a, b, c] = ["a", "b", "c"].map(|part| format!("{id}{part}"));
        let coin = coin(seed);
        match self {
            Block::Steady => expected.job(STEADY, seed, id),
            Block::Shaky => expected.job(SHAKY, seed, id),
            Block::Judge if declines(seed, id) => expected.job(STEADY, seed, &a),
            Block::Judge => expected.job(JUDGE, seed, id),
            Block::Parallel => [a, b, c].iter().for_each(|branch| expected.job(STEADY, seed, branch)),
            Block::Exclusive => expected.job(STEADY, seed, if coin >= 2 { &a } else { &b }),
            Block::Inclusive => {
                let taken = [(a, coin >= 1), (b, coin >= 2), (c, coin == 0)];
                taken.iter().filter(|(_, taken)| *taken).for_each(|(branch, _)| expected.job(STEADY, seed, branch));
            }
            Block::Timer => expected.happens("timerFired", id, 1),
            Block::Message => {
                expected.happens("messageReceived", id, 1);
                expected.messages.push(message_name(process, id));
            }
            Block::Person => expected.happens("userTaskCompleted", id, 1),
            Block::Call => {
                expected.happens("childEnded", id, 1);
                expected.calls += 1;
            }
            Block::Undone => {
                expected.job(STEADY, seed, id);
                expected.job(STEADY, seed, &a);
            }
            Block::Many => (0..MANY).for_each(|_| expected.job(STEADY, seed, id)),
            Block::InARow => (0..ROW).for_each(|_| expected.job(STEADY, seed, id)),
            Block::Race | Block::Late => expected.happens("timerFired", id, 1),
            Block::Nested => expected.job(STEADY, seed, &a),
            Block::Talk => expected.happens("messageReceived", id, 1),
            Block::CallJudge => {
                expected.calls += 1;
                expected.happens("childEnded", id, 1);
                if declines(seed, JUDGED) {
                    expected.job(STEADY, seed, &a);
                }
            }
            Block::CallForever => {
                expected.calls += 1;
                expected.happens("timerFired", id, 1);
                expected.happens("childEnded", id, 1);
            }
            Block::CallAlarm => {
                expected.calls += 1;
                expected.happens("childEnded", id, 1);
                expected.job(STEADY, seed, &a);
            }
            Block::Signal => {
                expected.job(STEADY, seed, &a);
                expected.happens("signalReceived", id, 1);
            }
            Block::Decision => expected.variable(&format!("d_{id}"), further::decided(coin).into()),
            Block::Script => {
                expected.happens("jobCompleted", id, 1);
                expected.variable(&format!("s_{id}"), further::computed(seed).into());
            }
            Block::Agent => {
                expected.happens("jobCompleted", id, 1);
                expected.variable("provider", "scripted".into());
            }
            Block::Stuck => expected.job(STUCK, seed, id),
        }
    }
}

/// Decides the ways of an instance.
pub fn coin(seed: u64) -> u64 {
    crate::dice::mix(seed, 0xC01) % 4
}

fn call(process: &str) -> String {
    format!("type: callActivity, properties: {{calledElement: {process}}}")
}

fn message_name(process: &str, id: &str) -> String {
    format!("{process}-{id}")
}

pub(super) fn job(topic: &str) -> String {
    format!(
        "type: serviceTask, properties: {{implementation: External, topic: {topic}, retries: 5, retryBackoff: PT0.3S}}"
    )
}

fn repeated(count: u32, is_sequential: bool) -> String {
    format!(
        "type: serviceTask, properties: {{implementation: External, topic: {STEADY}, isMultiInstance: true, \
         isSequential: {is_sequential}, loopCardinality: {count}}}"
    )
}

fn timer(duration: &str) -> String {
    format!("type: timerIntermediateCatchEvent, properties: {{timerDuration: {duration}}}")
}

fn message(name: &str) -> String {
    format!("type: messageIntermediateCatchEvent, properties: {{messageRef: {name}, correlationKey: \"${{order}}\"}}")
}

/// From the fork that was drawn last: an empty condition is the default flow.
fn branches(id: &str, ways: &[(&String, Option<&str>)], join_type: &str, drawing: &mut Drawing) {
    let (fork, join) = (format!("{id}fork"), format!("{id}join"));
    drawing.element(&join, &format!("type: {join_type}"));
    for (branch, condition) in ways {
        drawing.element(branch, &job(STEADY));
        match condition {
            None => drawing.connect(&fork, branch),
            Some(condition) => {
                drawing.connect_if(&fork, branch, Some(*condition).filter(|condition| !condition.is_empty()));
            }
        }
        drawing.connect(branch, &join);
    }
    drawing.go_on_from(&join);
}

fn judge(id: &str, drawing: &mut Drawing) {
    drawing.then(id, &job(JUDGE));
    caught(id, drawing);
}

/// A boundary event that catches what the activity throws, and a job that handles it.
fn caught(id: &str, drawing: &mut Drawing) {
    let (handler, caught, join) = (format!("{id}a"), format!("{id}caught"), format!("{id}join"));
    let event = format!("type: errorBoundaryEvent, attachedToRef: {id}, properties: {{errorCode: {DECLINED}}}");
    drawing.element(&caught, &event);
    drawing.element(&handler, &job(STEADY));
    drawing.connect(&caught, &handler);
    drawing.then(&join, "type: exclusiveGateway");
    drawing.connect(&handler, &join);
}

/// The processes that are only called, beside [`CALLED`]: one that throws what its job throws, one that waits for ever, one that
/// escalates and goes on.
pub fn called() -> [(&'static str, Drawing); 3] {
    let [mut judge, mut forever, mut alarm] = [Drawing::default(), Drawing::default(), Drawing::default()];
    judge.then(JUDGED, &job(JUDGE));
    forever.then(FOREVER, &message("faults-nobody-sends-this"));
    alarm.then("m0", &format!("type: escalationIntermediateThrowEvent, properties: {{escalationCode: {ALARM}}}"));
    alarm.then("m1", &job(STEADY));
    [(CALLED_JUDGE, judge), (CALLED_FOREVER, forever), (CALLED_ALARM, alarm)]
}

fn undone(id: &str, drawing: &mut Drawing) {
    let (handler, when, regret) = (format!("{id}a"), format!("{id}when"), format!("{id}regret"));
    drawing.then(id, &job(STEADY));
    drawing.element(&when, &format!("type: compensationBoundaryEvent, attachedToRef: {id}"));
    drawing.element(&handler, &job(STEADY).replace("properties: {", "properties: {isForCompensation: true, "));
    drawing.associate(&when, &handler);
    drawing.then(&regret, &format!("type: compensationIntermediateThrowEvent, properties: {{activityRef: {id}}}"));
}

/// Interrupts, and goes on where the activity goes on.
fn boundary_timer(id: &str, duration: &str, drawing: &mut Drawing) {
    let (late, join) = (format!("{id}late"), format!("{id}join"));
    drawing.element(
        &late,
        &format!("type: timerBoundaryEvent, attachedToRef: {id}, properties: {{timerDuration: {duration}}}"),
    );
    drawing.then(&join, "type: exclusiveGateway");
    drawing.connect(&late, &join);
}
