//! What all activities share (repetition, quantities, job options), and the sub-processes.

use super::element::{self, Source};
use super::fields::{Fields, Problems};
use super::{flow, task};
use crate::{
    Activity, ActivityKind, Backoff, Element, ElementKind, JobOptions, MultiInstance, Repetition, SubProcess,
    SubProcessKind, duration,
};

pub(super) const SUB_PROCESSES: [&str; 4] = ["subProcess", "eventSubProcess", "transaction", "adHocSubProcess"];

/// Of a multi-instance ad-hoc sub-process.
pub(crate) const MULTI_INSTANCE_COMPLETION: &str = "multiInstanceCompletionCondition";

/// The activity, when the element's type names one.
pub(super) fn activity(source: &mut Source<'_>, problems: &mut Problems) -> Option<Activity> {
    let kind = match sub_process(source, problems) {
        Some(kind) => kind,
        None => task::task(source, problems)?,
    };
    Some(options(kind, source, problems))
}

pub(super) fn options(kind: ActivityKind, source: &mut Source<'_>, problems: &mut Problems) -> Activity {
    let properties = &mut source.properties;
    let count = "a whole number";
    Activity {
        is_for_compensation: properties.flag("isForCompensation", problems).unwrap_or(false),
        repetition: repetition(properties, completion_key(&kind), problems),
        start_quantity: properties.number("startQuantity", count, problems).unwrap_or(1),
        completion_quantity: properties.number("completionQuantity", count, problems).unwrap_or(1),
        job: job(properties, problems),
        result_variable: properties.plain_text("resultVariable", problems),
        kind,
    }
}

/// The key of the condition that ends a repetition. The `completionCondition` of an ad-hoc sub-process is its own (BPMN 2.0,
/// 10.3.7), so that of its repetition (10.3.8) has another name.
fn completion_key(kind: &ActivityKind) -> &'static str {
    match kind {
        ActivityKind::SubProcess(SubProcess { kind: SubProcessKind::AdHoc { .. }, .. }) => MULTI_INSTANCE_COMPLETION,
        _ => "completionCondition",
    }
}

fn repetition(
    properties: &mut Fields<'_>,
    completion_key: &'static str,
    problems: &mut Problems,
) -> Option<Repetition> {
    let declared = properties.flag("isMultiInstance", problems);
    let multi = MultiInstance {
        is_sequential: properties.flag("isSequential", problems).unwrap_or(false),
        cardinality: properties.text("loopCardinality", problems),
        input_collection: properties.text("inputCollection", problems),
        input_element: properties.plain_text("inputElement", problems),
        output_collection: properties.plain_text("outputCollection", problems),
        output_element: properties.text("outputElement", problems),
        completion_condition: properties.text(completion_key, problems),
        behavior: properties.plain_text("behavior", problems),
    };
    for key in ["oneBehaviorEventRef", "noneBehaviorEventRef", "complexBehavior"] {
        properties.entry(key);
    }
    let standard = standard_loop(properties, problems);
    let counted = multi.cardinality.is_some() || multi.input_collection.is_some();
    let is_multi = declared.unwrap_or(counted);
    if is_multi && standard.is_some() {
        let message = "an activity is either a standard loop or multi-instance, not both";
        problems.push(properties.error("LOOP_AND_MULTI_INSTANCE", properties.location, message));
    }
    if is_multi && !counted {
        let message = "a multi-instance activity needs `loopCardinality` or `inputCollection`";
        problems.push(properties.error("MISSING_PROPERTY", properties.location, message));
    }
    if is_multi { Some(Repetition::MultiInstance(multi)) } else { standard }
}

fn standard_loop(properties: &mut Fields<'_>, problems: &mut Problems) -> Option<Repetition> {
    let condition = properties.text("loopCondition", problems);
    let test_before = properties.flag("testBefore", problems);
    let maximum = properties.number("loopMaximum", "a whole number", problems);
    (condition.is_some() || maximum.is_some()).then_some(Repetition::StandardLoop {
        condition,
        test_before: test_before.unwrap_or(false),
        maximum,
    })
}

fn job(properties: &mut Fields<'_>, problems: &mut Problems) -> JobOptions {
    JobOptions {
        retries: properties.number("retries", "a whole number", problems),
        retry_backoff: backoff(properties, problems),
        timeout_ms: properties.milliseconds("jobTimeout", problems),
        priority: properties.number("jobPriority", "a whole number", problems),
    }
}

fn backoff(properties: &mut Fields<'_>, problems: &mut Problems) -> Option<Backoff> {
    let text = properties.text("retryBackoff", problems)?;
    let backoff = parse_backoff(text.value.trim());
    if backoff.is_none() {
        let message = format!("`retryBackoff`: `{}` is not a delay", text.value);
        let problem = properties.error("INVALID_BACKOFF", text.location, message);
        problems.push(problem.hint("write `PT1S`, or `exponential(PT1S, 2, PT1M)`"));
    }
    backoff
}

/// `PT1S`, or `exponential(PT1S, 2, PT1M)`: the first delay, the factor, the longest.
fn parse_backoff(text: &str) -> Option<Backoff> {
    let Some(arguments) = text.strip_prefix("exponential(") else {
        let fixed = duration::milliseconds(text)?;
        return Some(Backoff { initial_ms: fixed, factor: 1.0, maximum_ms: fixed });
    };
    let mut arguments = arguments.strip_suffix(')')?.split(',').map(str::trim);
    let initial_ms = duration::milliseconds(arguments.next()?)?;
    let factor: f64 = arguments.next()?.parse().ok()?;
    let maximum_ms = duration::milliseconds(arguments.next()?)?;
    let sound = factor.is_finite() && factor >= 1.0 && maximum_ms >= initial_ms && arguments.next().is_none();
    sound.then_some(Backoff { initial_ms, factor, maximum_ms })
}

fn sub_process(source: &mut Source<'_>, problems: &mut Problems) -> Option<ActivityKind> {
    let kind = match source.kind.value.as_str() {
        "subProcess" => SubProcessKind::Embedded,
        "eventSubProcess" => SubProcessKind::Event,
        "transaction" => SubProcessKind::Transaction,
        "adHocSubProcess" => ad_hoc(&mut source.properties, problems),
        _ => return None,
    };
    let mut elements = element::elements(source.fields.list("childElements", problems), problems);
    let flows = flow::flows(source.fields.list("childConnections", problems), problems);
    if kind == SubProcessKind::Event
        && let Some(interrupting) = source.properties.flag("isInterrupting", problems)
    {
        hand_down(interrupting, &mut elements);
    }
    Some(ActivityKind::SubProcess(SubProcess { kind, elements, flows }))
}

/// What an event sub-process says holds for those of its start events that say nothing.
fn hand_down(interrupting: bool, elements: &mut [Element]) {
    for element in elements {
        let says = element.properties.contains_key("isInterrupting");
        if let (ElementKind::StartEvent { is_interrupting, .. }, false) = (&mut element.kind, says) {
            *is_interrupting = interrupting;
        }
    }
}

fn ad_hoc(properties: &mut Fields<'_>, problems: &mut Problems) -> SubProcessKind {
    let ordering = properties.text("ordering", problems);
    if let Some(text) = &ordering
        && !["parallel", "sequential"].contains(&text.value.to_lowercase().as_str())
    {
        let message = format!("`ordering` must be Parallel or Sequential, not `{}`", text.value);
        problems.push(properties.error("INVALID_VALUE", text.location, message));
    }
    SubProcessKind::AdHoc {
        is_sequential: ordering.is_some_and(|text| text.value.eq_ignore_ascii_case("sequential")),
        completion_condition: properties.text("completionCondition", problems),
        cancel_remaining_instances: properties.flag("cancelRemainingInstances", problems).unwrap_or(true),
    }
}
