//! JavaScript: an interpreter without any access to the machine, in a process that has none either.

use super::super::runner::{Input, Output};
use anyhow::Context as _;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Runtime, context::EvalOptions};
use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

const PRELUDE: &str = include_str!("prelude.js");
/// Of the script; the process's own stack is 8 MiB.
const STACK: usize = 1024 * 1024;

pub fn run() -> anyhow::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let input: Input = serde_json::from_slice(&input).context("the input cannot be read")?;
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(usize::try_from(input.memory)? / 2);
    runtime.set_max_stack_size(STACK);
    let deadline = Instant::now() + Duration::from_secs(input.cpu);
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() > deadline)));
    let output = Context::full(&runtime)?.with(|context| execute(&context, &input, deadline));
    std::io::stdout().write_all(&serde_json::to_vec(&output?)?)?;
    Ok(())
}

fn execute<'js>(context: &Ctx<'js>, input: &Input, deadline: Instant) -> anyhow::Result<Output> {
    let print = Function::new(context.clone(), |line: String| eprintln!("{line}"))?;
    let prelude: Function<'js> = context.eval(PRELUDE)?;
    let collect: Function<'js> = prelude.call((serde_json::to_string(&input.variables)?, print))?;
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("script".to_owned());
    let ran = context.eval_with_options::<(), _>(input.script.as_str(), options).catch(context);
    if let Err(error) = ran {
        return Ok(failure(error, input, deadline));
    }
    while context.execute_pending_job() {}
    let result = context.eval::<rquickjs::Value<'js>, _>("typeof result === 'undefined' ? undefined : result")?;
    let collected = collect.call::<_, String>((result, input.result.clone().unwrap_or_default()));
    match collected.catch(context) {
        Ok(variables) => Ok(Output::Variables(serde_json::from_str(&variables)?)),
        Err(error) => Ok(failure(error, input, deadline)),
    }
}

fn failure(error: CaughtError<'_>, input: &Input, deadline: Instant) -> Output {
    if Instant::now() > deadline {
        return Output::Failure("the script was ended: it used too much processor time".to_owned());
    }
    let CaughtError::Exception(exception) = error else {
        return Output::Failure(format!("Error: {}", error.to_string().trim()));
    };
    let property = |name: &str| exception.as_object().get::<_, Option<String>>(name).ok().flatten();
    let (name, message) = (property("name").unwrap_or_else(|| "Error".into()), exception.message().unwrap_or_default());
    if name == "BpmnError" {
        return Output::Error { code: property("code").unwrap_or_default(), message };
    }
    let line = exception.stack().as_deref().and_then(line_of);
    let source = line.and_then(|line| input.script.lines().nth(line.checked_sub(1)?)).map(str::trim);
    Output::Failure(match (line, source) {
        (Some(line), Some(source)) => format!("{name}: {message} (line {line}: `{source}`)"),
        _ => format!("{name}: {message}"),
    })
}

/// The first place in the script, out of `    at f (script:3:7)`.
fn line_of(stack: &str) -> Option<usize> {
    let place = stack.lines().find_map(|frame| frame.split_once("script:"))?.1;
    place.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
