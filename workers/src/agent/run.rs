//! The loop: ask the model, call the tools that it wants, until it answers; then judge the answer.
//!
//! The loop is a function of the transcript: what stands there is taken as it stands, and only the rest is done. So a
//! worker that is killed repeats no finished call, and one that finds a tool call without a result repeats it only when
//! the tool says that this does no harm.

use super::{
    Agent,
    budget::{Budget, Prices},
    cassette::{Cassette, RecordedTool},
    checks::{self, Assessed, Check},
    failure::Code,
    metrics::Metrics,
    outcome, person,
    policy::Policy,
    provider::{ChatRequest, Delta, LlmProvider, Message, ProviderError, Reply, ToolSpec, Usage},
    task::Task,
    tools::{OfferError, Servers, Tool},
    transcript::{Entry, Transcript, now},
};
use serde_json::{Map, Value, json};
use std::{collections::HashMap, path::Path};
use worker_sdk::{Job, JobFailure, Variables};

/// How often a useless answer is sent back in a row.
const REPAIRS: u32 = 3;

pub async fn run(job: Job<Variables>, agent: &Agent) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    job.status("initializing", 0.0, "preparing the agent");
    let mut transcript = Transcript::open(&job).await?;
    if let Some(Entry::RunFinished { output }) = transcript.entries.last() {
        return Ok(output.clone());
    }
    let done = go_on(job, &task, agent, &mut transcript).await;
    if let Err(JobFailure::Bug { message }) = &done {
        let goes_on = Code::goes_on(message);
        transcript.append(Entry::RunFailed { error: message.clone(), goes_on }).await?;
    }
    done
}

/// From where the transcript ends.
async fn go_on(
    job: Job<Variables>,
    task: &Task,
    agent: &Agent,
    transcript: &mut Transcript,
) -> Result<Variables, JobFailure> {
    outcome::check_schema(task)?;
    let policy = Policy::of(&task.custom);
    let allowed: Vec<String> = task.tools().into_iter().filter(|tool| !policy.is_denied(tool)).collect();
    let tools = agent.servers.offer(&allowed, &task.pins()?).await.map_err(|error| match &error {
        OfferError::Unavailable(_) => Code::ToolsUnavailable.retryable(error),
        OfferError::Unknown(_) => Code::UnknownTool.bug(error),
        OfferError::Changed(_) => Code::ToolChanged.bug(error),
    })?;
    let request = ChatRequest {
        agent_type: task.agent_type.clone(),
        system: task.system(),
        messages: Vec::new(),
        tools: offered(&tools, task)?,
        temperature: task.temperature(),
        again: 0,
    };
    let run = Run {
        replayed: transcript.entries.len(),
        next: 0,
        provider: agent.provider(&task.model),
        agent,
        models: task.models(),
        model: 0,
        checks: task.checks()?,
        budget: Budget::of(&task.custom, &task.model, &agent.prices),
        prices: &agent.prices,
        recorder: agent.recorder.as_deref(),
        metrics: &agent.metrics,
        servers: &agent.servers,
        job,
        task,
        tools,
        request,
        transcript,
        usage: Usage::default(),
        calls: 0,
        seen: HashMap::new(),
        is_tainted: false,
    };
    run.converse().await
}

/// With the built-in tool that asks people, where the task wants it.
fn offered(tools: &[Tool], task: &Task) -> Result<Vec<ToolSpec>, JobFailure> {
    let mut offered: Vec<ToolSpec> = tools.iter().map(|tool| tool.spec.clone()).collect();
    if task.asks_person() {
        if offered.iter().any(|tool| tool.name == person::ASK_PERSON) {
            return Err(
                Code::InvalidTask.bug(format!("with custom.askPerson no tool can be called `{}`", person::ASK_PERSON))
            );
        }
        offered.push(person::tool());
    }
    Ok(offered)
}

pub(super) struct Run<'a> {
    pub job: Job<Variables>,
    pub task: &'a Task,
    pub budget: Budget<'a>,
    provider: Box<dyn LlmProvider>,
    agent: &'a Agent,
    /// The task's, and those that are asked when it is not sure enough; which of them is asked now.
    models: Vec<String>,
    model: usize,
    checks: Vec<Check>,
    prices: &'a Prices,
    recorder: Option<&'a Path>,
    pub metrics: &'a Metrics,
    pub servers: &'a Servers,
    pub tools: Vec<Tool>,
    pub request: ChatRequest,
    pub transcript: &'a mut Transcript,
    /// How many entries were there when the worker took the job up, and the next of them.
    replayed: usize,
    next: usize,
    usage: Usage,
    pub calls: u32,
    /// How often each call was asked for.
    pub seen: HashMap<String, u32>,
    /// The model has read what an untrusted tool says.
    pub is_tainted: bool,
}

impl Run<'_> {
    async fn converse(mut self) -> Result<Variables, JobFailure> {
        self.begin().await?;
        let (mut repairs, mut retries) = (0, 0);
        for call in 1..=self.task.iterations() {
            let share = f64::from(call) / f64::from(call + 4);
            self.job.progress(share, format!("asking {}", self.provider.name()));
            let reply = self.ask_model(call).await?;
            if !reply.tool_calls.is_empty() {
                for (place, tool_call) in reply.tool_calls.iter().enumerate() {
                    self.use_tool(tool_call, place, share).await?;
                }
                continue;
            }
            match outcome::read(&reply.text, self.task) {
                Err(problem) if repairs < REPAIRS => {
                    repairs += 1;
                    self.say(format!("That cannot be used: {problem}. Answer again, with one JSON object only."))
                        .await?;
                }
                Err(problem) => {
                    return Err(Code::NoAnswer.bug(format!("no usable answer after {REPAIRS} repairs: {problem}")));
                }
                Ok(answer) => {
                    let assessed = self.assess(call, &answer).await?;
                    if assessed.confidence >= self.task.threshold() {
                        return self.finish(answer, assessed).await;
                    }
                    if retries < self.task.retries() {
                        retries += 1;
                        self.job.status("retry", share, "not sure enough; trying again");
                        self.say(self.look_again(&assessed)).await?;
                    } else if self.model + 1 < self.models.len() {
                        (repairs, retries) = (0, 0);
                        self.ask_the_next_model(share).await?;
                    } else {
                        return self.finish(answer, assessed).await;
                    }
                }
            }
        }
        let message = format!("no answer within {} model calls (custom.maxIterations)", self.task.iterations());
        Err(Code::TooManyCalls.bug(message))
    }

    fn look_again(&self, assessed: &Assessed) -> String {
        let threshold = self.task.threshold();
        if assessed.failed.is_empty() {
            return format!("Your confidence is below {threshold}. Look again with the tools, then answer again.");
        }
        format!(
            "Your answer cannot be taken: {}. Look again with the tools, then answer again.",
            assessed.failed.join("; ")
        )
    }

    async fn ask_the_next_model(&mut self, share: f64) -> Result<(), JobFailure> {
        self.model += 1;
        let model = self.models[self.model].clone();
        self.provider = self.agent.provider(&model);
        self.job.status("retry", share, format!("not sure enough; asking {model}"));
        self.say("The answer above is not sure enough. Look at all of it anew with the tools, then answer.".to_owned())
            .await
    }

    /// By its checks, and by asking as often as they want.
    async fn assess(&mut self, call: u32, answer: &Map<String, Value>) -> Result<Assessed, JobFailure> {
        let claimed = outcome::confidence(answer);
        let mut assessed = checks::assess(&self.checks, answer, &self.job.input, claimed);
        for check in self.checks.clone() {
            if let Check::Agreement { agreement, on } = check {
                let mut agreeing = 1;
                for again in 1..agreement {
                    let other = self.another_reply(call, again).await?;
                    let other = outcome::read(&other.text, self.task);
                    agreeing += u32::from(other.is_ok_and(|other| checks::agree(answer, &other, &on)));
                }
                if agreeing < agreement {
                    assessed
                        .failed
                        .push(format!("asked {agreement} times, {agreeing} answers agree on {}", on.join(", ")));
                }
                assessed.confidence = assessed.confidence.min(f64::from(agreeing) / f64::from(agreement));
            }
        }
        Ok(assessed)
    }

    /// What is answered when the same is asked once more. The conversation does not see it.
    async fn another_reply(&mut self, call: u32, again: u32) -> Result<Reply, JobFailure> {
        let answer = self.request.messages.pop();
        self.request.again = again;
        let reply = self.recorded_or_asked(call).await;
        self.request.again = 0;
        self.request.messages.extend(answer);
        reply
    }

    async fn begin(&mut self) -> Result<(), JobFailure> {
        if let Some(Entry::RunStarted { inputs, .. }) = self.replay() {
            self.request.messages.push(inputs);
            return Ok(());
        }
        let inputs = self.task.inputs(&self.job.input)?;
        self.request.messages.push(inputs.clone());
        let entry = Entry::RunStarted {
            model: self.task.model.clone(),
            provider: self.provider.name().to_owned(),
            scripted: self.provider.is_scripted(),
            tools: self.request.tools.iter().map(|tool| tool.name.clone()).collect(),
            inputs,
        };
        self.transcript.append(entry).await
    }

    /// The next entry of what was there already.
    pub fn replay(&mut self) -> Option<Entry> {
        if self.next >= self.replayed {
            return None;
        }
        self.next += 1;
        self.transcript.entries.get(self.next - 1).cloned()
    }

    async fn ask_model(&mut self, call: u32) -> Result<Reply, JobFailure> {
        let reply = self.recorded_or_asked(call).await?;
        let (text, tool_calls) = (reply.text.clone(), reply.tool_calls.clone());
        self.request.messages.push(Message::Assistant { text, tool_calls });
        Ok(reply)
    }

    async fn recorded_or_asked(&mut self, call: u32) -> Result<Reply, JobFailure> {
        let reply = match self.recorded_reply() {
            Some(reply) => reply,
            None => {
                self.budget.before_model_call(&self.transcript.spent, now())?;
                self.transcript.append(Entry::ModelCall { call }).await?;
                let reply = self.chat(call).await?;
                let model = (self.model > 0).then(|| self.models[self.model].clone());
                let is_aside = self.request.again > 0;
                self.transcript.append(Entry::ModelReply { call, reply: reply.clone(), model, is_aside }).await?;
                reply
            }
        };
        self.usage.add(reply.usage);
        Ok(reply)
    }

    /// A call without a reply is passed over: the model is asked again.
    fn recorded_reply(&mut self) -> Option<Reply> {
        while let Some(entry) = self.replay() {
            if let Entry::ModelReply { reply, .. } = entry {
                return Some(reply);
            }
        }
        None
    }

    async fn chat(&mut self, call: u32) -> Result<Reply, JobFailure> {
        let (job, again) = (self.job.clone(), self.request.again);
        let mut message = format!("{}-{}-{call}", self.job.id(), self.job.attempt());
        if again > 0 {
            message += &format!("-{again}");
        }
        let mut show = |delta: Delta| match delta {
            Delta::Text(text) => job.text(&message, text, false),
            Delta::Thinking(text) => job.thinking(&message, text, false),
        };
        let asked = self.provider.chat(&self.request, &mut show);
        let reply = tokio::select! {
            reply = asked => reply,
            () = self.job.cancellation().cancelled() => return Err(JobFailure::retryable("the job is no longer wanted")),
        };
        let model = &self.models[self.model];
        let cost = reply.as_ref().ok().and_then(|reply| self.prices.of(model, reply.usage));
        self.metrics.asked(model, &reply, cost);
        let reply = reply.map_err(|error| match error {
            ProviderError::Unavailable { message, retry_after } => {
                let failure = Code::ModelUnavailable.retryable(message);
                retry_after.map_or(failure.clone(), |wait| failure.after(wait))
            }
            ProviderError::Refused(message) => Code::ModelRefused.bug(message),
        })?;
        if !reply.thinking.is_empty() {
            self.job.thinking(&message, "", true);
        }
        self.job.text(&message, "", true);
        self.job.usage(&self.models[self.model], reply.usage.input_tokens, reply.usage.output_tokens);
        Ok(reply)
    }

    async fn say(&mut self, text: String) -> Result<(), JobFailure> {
        if !matches!(self.replay(), Some(Entry::Asked { .. })) {
            self.transcript.append(Entry::Asked { text: text.clone() }).await?;
        }
        self.request.messages.push(Message::User { text });
        Ok(())
    }

    async fn finish(&mut self, answer: Map<String, Value>, assessed: Assessed) -> Result<Variables, JobFailure> {
        let confidence = assessed.confidence;
        let mut output = Map::from_iter([
            ("confidence".to_owned(), json!(confidence)),
            ("toolCalls".to_owned(), json!(self.calls)),
            ("usage".to_owned(), json!(self.usage)),
            ("provider".to_owned(), json!(self.provider.name())),
            ("model".to_owned(), json!(self.models[self.model])),
        ]);
        if !self.checks.is_empty() {
            output.insert("failedChecks".to_owned(), json!(assessed.failed));
        }
        let mut result = answer;
        result.insert("confidence".to_owned(), json!(confidence));
        if self.provider.is_scripted() {
            result.insert("scripted".to_owned(), json!(true));
            output.insert("scripted".to_owned(), json!(true));
            tracing::info!(job = self.job.id(), "answered by the scripted stand-in, not by a language model");
        }
        output.insert("result".to_owned(), Value::Object(result));
        self.transcript.append(Entry::RunFinished { output: output.clone() }).await?;
        if let Some(folder) = self.recorder
            && let Err(error) = self.cassette(&output).save(folder, self.job.id())
        {
            tracing::warn!(job = self.job.id(), "the run cannot be recorded: {error:#}");
        }
        self.job.status("completed", 1.0, format!("done, confidence {confidence}"));
        Ok(output)
    }

    fn cassette(&self, output: &Variables) -> Cassette {
        let tools = self.tools.iter().map(|tool| RecordedTool {
            alias: tool.alias.clone(),
            name: tool.spec.name.clone(),
            description: tool.spec.description.clone(),
            schema: tool.spec.schema.clone(),
            is_read_only: tool.is_read_only,
        });
        Cassette {
            element: self.job.element_id().to_owned(),
            task: self.job.task_properties().clone(),
            variables: self.job.input.clone(),
            provider: self.provider.name().to_owned(),
            tools: tools.collect(),
            entries: self.transcript.entries.iter().filter(|entry| Cassette::keeps(entry)).cloned().collect(),
            output: output.clone(),
        }
    }
}
