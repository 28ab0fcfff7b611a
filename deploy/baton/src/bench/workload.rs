//! What is run: the process, and how much there is to do in each of its instances.

use super::{Args, TOPIC};
use serde_json::{Value, json};

pub const PROCESS: &str = "bench";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Workload {
    /// Service tasks in a row.
    Tasks,
    /// A parallel gateway with a service task on each branch, and the join.
    Parallel,
    /// A parallel multi-instance service task.
    MultiInstance,
    /// Timers of 50 ms in a row.
    Timers,
    /// Message events in a row; each message is published when somebody waits for it.
    Messages,
    /// User tasks in a row, completed as soon as they are there.
    UserTasks,
    /// One of each after the other.
    Mix,
}

impl Workload {
    pub const MIXED: usize = 5;

    /// What is completed in one instance: jobs, user tasks, messages and timers.
    pub fn completions(self, args: &Args) -> usize {
        match self {
            Workload::Mix => Workload::MIXED,
            _ => args.tasks,
        }
    }

    /// As YAML.
    pub fn process(self, args: &Args) -> String {
        let mut drawing = Drawing::default();
        match self {
            Workload::Tasks => (0..args.tasks).for_each(|_| drawing.then(SERVICE)),
            Workload::Timers => (0..args.tasks).for_each(|_| drawing.then(TIMER)),
            Workload::Messages => (0..args.tasks).for_each(|_| drawing.then(MESSAGE)),
            Workload::UserTasks => (0..args.tasks).for_each(|_| drawing.then(USER)),
            Workload::Parallel => drawing.then_parallel(args.tasks),
            Workload::MultiInstance => drawing.then(&many(args.tasks)),
            Workload::Mix => {
                [SERVICE, USER, MESSAGE, TIMER].into_iter().for_each(|it| drawing.then(it));
                drawing.then(&many(1));
            }
        }
        drawing.finish(args.elements)
    }

    /// Of the instance with this number.
    pub fn variables(self, args: &Args, number: usize) -> Value {
        let mut variables = json!({"orderId": number, "customer": "c-123", "amount": 12.5});
        // in portions that one command may write
        for portion in 0..args.variable_kib.div_ceil(PORTION_KIB) {
            let kib = PORTION_KIB.min(args.variable_kib - portion * PORTION_KIB);
            variables[format!("untouched{portion}")] = Value::String("x".repeat(kib * 1024));
        }
        variables
    }
}

const PORTION_KIB: usize = 200;
const SERVICE: &str = "type: serviceTask, properties: {implementation: External, topic: bench}";
const TIMER: &str = "type: timerIntermediateCatchEvent, properties: {timerDuration: PT0.05S}";
const MESSAGE: &str =
    "type: messageIntermediateCatchEvent, properties: {messageRef: bench, correlationKey: \"${orderId}\"}";
const USER: &str = "type: userTask, properties: {candidateGroups: [bench]}";

fn many(count: usize) -> String {
    format!(
        "type: serviceTask, properties: {{implementation: External, topic: {TOPIC}, isMultiInstance: true, \
         loopCardinality: {count}}}"
    )
}

/// A process, from its start on.
struct Drawing {
    elements: String,
    connections: String,
    last: String,
    count: usize,
}

impl Default for Drawing {
    fn default() -> Self {
        let elements = "    - {id: start, type: startEvent}\n    - {id: end, type: endEvent}\n".to_owned();
        Drawing { elements, connections: String::new(), last: "start".to_owned(), count: 0 }
    }
}

impl Drawing {
    fn element(&mut self, what: &str) -> String {
        self.count += 1;
        let id = format!("e{}", self.count);
        self.elements += &format!("    - {{id: {id}, {what}}}\n");
        id
    }

    fn connect(&mut self, from: &str, to: &str) {
        self.connections += &format!("    - {{from: {from}, to: {to}}}\n");
    }

    fn then(&mut self, what: &str) {
        let id = self.element(what);
        let last = std::mem::replace(&mut self.last, id.clone());
        self.connect(&last, &id);
    }

    fn then_parallel(&mut self, branches: usize) {
        self.then("type: parallelGateway");
        let (fork, join) = (self.last.clone(), self.element("type: parallelGateway"));
        for _ in 0..branches {
            let branch = self.element(SERVICE);
            self.connect(&fork, &branch);
            self.connect(&branch, &join);
        }
        self.last = join;
    }

    /// Filled up to so many elements with what no instance comes to.
    fn finish(mut self, elements: usize) -> String {
        if let Some(more) = elements.checked_sub(self.count + 4) {
            self.then("type: exclusiveGateway");
            let fork = self.last.clone();
            let children: Vec<String> = (0..more).map(|n| format!("{{id: u{n}, type: task}}")).collect();
            let never = self.element(&format!("type: subProcess, childElements: [{}]", children.join(", ")));
            self.connections +=
                &format!("    - {{from: {fork}, to: {never}, properties: {{condition: \"${{false}}\"}}}}\n");
            self.connections += &format!("    - {{from: {fork}, to: end, properties: {{isDefault: true}}}}\n");
        } else {
            let last = self.last.clone();
            self.connect(&last, "end");
        }
        let (elements, connections) = (self.elements, self.connections);
        format!("process:\n  id: {PROCESS}\n  elements:\n{elements}  connections:\n{connections}")
    }
}
