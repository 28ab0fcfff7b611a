//! The calls of tools that a model wants: what the record has of them is taken as it stands, the rest is done, where the task's
//! policy wants it only with a person's consent.

use super::{
    failure::Code,
    person::{self, Said, Stage},
    policy::{Policy, Verdict},
    provider::{Message, ToolCall},
    run::Run,
    tools::{Answer, Tool},
    transcript::{About, Entry, now},
};
use serde_json::{Value, json};
use worker_sdk::JobFailure;

/// How often the same call with the same arguments is carried out.
const SAME_CALL: u32 = 3;
/// How many calls of one reply are carried out.
const CALLS_AT_ONCE: usize = 32;

/// What the record says of a call.
enum Recorded {
    Result(Answer),
    /// The intent is there, with these arguments, and the result is not.
    Begun(Value),
    Asked(About, String),
    Said(About, Said),
    Nothing,
}

impl Run<'_> {
    pub async fn use_tool(&mut self, call: &ToolCall, place: usize, share: f64) -> Result<(), JobFailure> {
        self.calls += 1;
        let refused = self.is_refused(call, place);
        let answer = match self.recorded(&call.id) {
            Recorded::Result(answer) => answer,
            recorded => {
                self.job.progress(share, format!("using {}", call.name));
                self.job.tool_called(&call.id, &call.name, &call.arguments);
                let answer = self.settle(call, recorded, refused).await?;
                let (id, tool, result) = (call.id.clone(), call.name.clone(), answer.text.clone());
                self.transcript.append(Entry::ToolResult { id, tool, result, is_error: answer.is_error }).await?;
                self.job.tool_answered(&call.id, &call.name, &json!(answer.text), answer.is_error);
                answer
            }
        };
        self.is_tainted |= self.tools.iter().any(|tool| tool.spec.name == call.name && tool.is_untrusted);
        let (call_id, content) = (call.id.clone(), answer.text);
        self.request.messages.push(Message::Tool { call_id, content, is_error: answer.is_error });
        Ok(())
    }

    /// What the record says of the call that comes next in it: the last of it counts.
    fn recorded(&mut self, call_id: &str) -> Recorded {
        let mut recorded = Recorded::Nothing;
        let mut asked = About::Approval;
        while let Some(entry) = self.replay() {
            match entry {
                Entry::ToolResult { id, result, is_error, .. } if id == call_id => {
                    return Recorded::Result(Answer { text: result, is_error });
                }
                Entry::ToolCall { id, arguments, .. } if id == call_id => recorded = Recorded::Begun(arguments),
                Entry::PersonAsked { question, call, about } if call == call_id => {
                    asked = about;
                    recorded = Recorded::Asked(about, question);
                }
                Entry::PersonAnswered { call, values, by, expires, .. } if call == call_id => {
                    recorded = Recorded::Said(asked, Said::new(values, by, expires));
                }
                _ => {}
            }
        }
        recorded
    }

    /// Why a call is not carried out, in words for the model. Counts what is replayed, too.
    fn is_refused(&mut self, call: &ToolCall, place: usize) -> Option<String> {
        let times = self.seen.entry(format!("{} {}", call.name, call.arguments)).or_insert(0);
        *times += 1;
        if *times > SAME_CALL && !self.budget.limits_same_calls() {
            return Some(format!("this very call has been made {SAME_CALL} times; do something else"));
        }
        let is_crowded = place >= CALLS_AT_ONCE;
        is_crowded.then(|| format!("only {CALLS_AT_ONCE} calls at once are carried out; ask for the rest again"))
    }

    /// Whatever is still to be done for the answer.
    async fn settle(
        &mut self,
        call: &ToolCall,
        recorded: Recorded,
        refused: Option<String>,
    ) -> Result<Answer, JobFailure> {
        if self.task.asks_person() && call.name == person::ASK_PERSON && refused.is_none() {
            return self.ask_person(call, recorded).await;
        }
        let tool = self.tools.iter().find(|tool| tool.spec.name == call.name).cloned();
        match (tool, refused) {
            (Some(tool), None) => self.attempt(&tool, call, recorded).await,
            (None, _) => {
                let names: Vec<&str> = self.request.tools.iter().map(|tool| tool.name.as_str()).collect();
                let told = format!("there is no tool `{}`; there are: {}", call.name, names.join(", "));
                self.decline(call, &recorded, told).await
            }
            (Some(_), Some(reason)) => self.decline(call, &recorded, reason).await,
        }
    }

    async fn decline(&mut self, call: &ToolCall, recorded: &Recorded, text: String) -> Result<Answer, JobFailure> {
        if matches!(recorded, Recorded::Nothing) {
            self.intend(call, &call.arguments).await?;
        }
        Ok(Answer { text, is_error: true })
    }

    async fn intend(&mut self, call: &ToolCall, arguments: &Value) -> Result<(), JobFailure> {
        let (id, tool, arguments) = (call.id.clone(), call.name.clone(), arguments.clone());
        self.transcript.append(Entry::ToolCall { id, tool, arguments }).await
    }

    async fn attempt(&mut self, tool: &Tool, call: &ToolCall, recorded: Recorded) -> Result<Answer, JobFailure> {
        let approval = match recorded {
            Recorded::Result(answer) => return Ok(answer),
            Recorded::Begun(arguments) if tool.is_repeatable => return Ok(self.call(tool, call, &arguments).await),
            Recorded::Begun(arguments) if self.task.asks_for_outcomes() => {
                return self.find_out(tool, call, Stage::New, &arguments).await;
            }
            Recorded::Begun(_) => return Ok(unknown()),
            Recorded::Asked(About::Outcome, question) => {
                return self.find_out(tool, call, Stage::Asked(question), &call.arguments).await;
            }
            Recorded::Said(About::Outcome, said) => return self.as_found_out(tool, call, &said).await,
            Recorded::Asked(_, question) => Some(self.ask_for_approval(call, Stage::Asked(question)).await?),
            Recorded::Said(_, said) => Some(said),
            Recorded::Nothing if self.needs_approval(tool, call) => {
                self.budget_allows(call)?;
                Some(self.ask_for_approval(call, Stage::New).await?)
            }
            Recorded::Nothing => None,
        };
        let arguments = match approval.map(|said| person::approved(&said, call)) {
            None => call.arguments.clone(),
            Some(Ok(arguments)) => arguments,
            Some(Err(text)) => return Ok(Answer { text, is_error: true }),
        };
        self.budget_allows(call)?;
        self.intend(call, &arguments).await?;
        Ok(self.call(tool, call, &arguments).await)
    }

    fn needs_approval(&self, tool: &Tool, call: &ToolCall) -> bool {
        let policy = Policy::of(&self.task.custom);
        let verdict = policy.verdict(&tool.alias, tool.is_repeatable, &call.arguments, self.job.variables());
        verdict != Verdict::Allow || self.is_held_by_taint(tool)
    }

    /// What an untrusted tool has said may be behind a call. One that changes nothing is made all the same, unless it carries its
    /// arguments to a server that is not trusted.
    fn is_held_by_taint(&self, tool: &Tool) -> bool {
        self.is_tainted && !tool.is_read_only && self.task.approves_when_tainted()
    }

    fn budget_allows(&self, call: &ToolCall) -> Result<(), JobFailure> {
        let times = self.seen.get(&format!("{} {}", call.name, call.arguments)).copied().unwrap_or(1);
        self.budget.before_same_call(times.saturating_sub(1))?;
        self.budget.before_tool_call(&self.transcript.spent, now())
    }

    async fn call(&self, tool: &Tool, call: &ToolCall, arguments: &Value) -> Answer {
        let answer = self.servers.call(tool, arguments).await;
        self.metrics.used_tool(answer.is_error);
        if *arguments == call.arguments {
            return answer;
        }
        let text =
            format!("A person has changed the arguments of this call to {arguments}. Its result:\n{}", answer.text);
        Answer { text, ..answer }
    }

    async fn ask_for_approval(&mut self, call: &ToolCall, stage: Stage) -> Result<Said, JobFailure> {
        let task = self.task;
        let is_tainted = self.is_tainted;
        let build = |id| person::approval(id, task, call, is_tainted);
        person::ask(self.transcript, &self.job, call, About::Approval, stage, build).await
    }

    /// Asks what became of a call that was begun before a worker died.
    async fn find_out(
        &mut self,
        tool: &Tool,
        call: &ToolCall,
        stage: Stage,
        arguments: &Value,
    ) -> Result<Answer, JobFailure> {
        let task = self.task;
        let build = |id| person::outcome(id, task, call, arguments);
        let said = person::ask(self.transcript, &self.job, call, About::Outcome, stage, build).await?;
        self.as_found_out(tool, call, &said).await
    }

    async fn as_found_out(&mut self, tool: &Tool, call: &ToolCall, said: &Said) -> Result<Answer, JobFailure> {
        match said.text("decision") {
            person::HAPPENED => {
                let text = format!("A person has made sure that this call took effect. {}", said.text("comments"));
                Ok(Answer { text: text.trim().to_owned(), is_error: false })
            }
            person::AGAIN => {
                let begun = self.transcript.begun_with(&call.id).unwrap_or_else(|| call.arguments.clone());
                self.budget_allows(call)?;
                self.intend(call, &begun).await?;
                Ok(self.call(tool, call, &begun).await)
            }
            "" => Ok(unknown()),
            _ => {
                let message = format!("a person has given up the call of `{}`: {}", call.name, said.text("comments"));
                Err(Code::UnknownOutcome.bug(message))
            }
        }
    }

    async fn ask_person(&mut self, call: &ToolCall, recorded: Recorded) -> Result<Answer, JobFailure> {
        let said = match recorded {
            Recorded::Said(_, said) => said,
            recorded => {
                let stage = match recorded {
                    Recorded::Asked(_, question) => Stage::Asked(question),
                    _ => Stage::New,
                };
                let task = self.task;
                let build = |id| person::question(id, task, call);
                person::ask(self.transcript, &self.job, call, About::Question, stage, build).await?
            }
        };
        Ok(match person::answer(&said) {
            Ok(text) => Answer { text, is_error: false },
            Err(text) => Answer { text, is_error: true },
        })
    }
}

fn unknown() -> Answer {
    let text = "this call was begun before the worker was restarted; whether it took effect is unknown";
    Answer { text: text.to_owned(), is_error: true }
}
