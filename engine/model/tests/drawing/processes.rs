//! One process of each kind that is hard to draw. A line is an element (`id type [key=value …]`) or a flow
//! (`from > to [name]`); two spaces in front put it into the sub-process above it.

use std::fmt::Write;

pub const ALL: [(&str, &str); 12] = [
    ("a single line", "a startEvent\nb task\nc endEvent\na > b\nb > c"),
    (
        "lanes",
        "pool crew: top, middle, empty, bottom
a startEvent laneId=top
b userTask laneId=top name='Ask for something'
c serviceTask laneId=bottom
d exclusiveGateway laneId=middle name='Is it good enough?'
e task laneId=bottom
f endEvent laneId=top name='Was good'
g endEvent laneId=middle name='Was not'
a > b\nb > c\nc > d\nd > e again\nd > f good\nd > g bad\ne > c",
    ),
    (
        "nested sub-processes",
        "a startEvent
s subProcess name=Outer
  b startEvent
  t transaction name=Inner
    c startEvent
    d task
    e endEvent
    c > d
    d > e
  f boundaryTimer attachedToRef=t name='Too late'
  g task
  h endEvent
  i endEvent
  b > t
  t > h
  f > g
  g > i
z endEvent
a > s\ns > z",
    ),
    (
        "several boundary events on one activity",
        "a startEvent
b task
c boundaryTimer attachedToRef=b name='After two hours'
d boundaryMessage attachedToRef=b name='Called off'
e boundaryError attachedToRef=b name='Went wrong'
f boundarySignal attachedToRef=b
g task
h task
i task
j task
k endEvent
a > b\nb > k\nc > g\nd > h\ne > i\nf > j\ng > k\nh > k\ni > k",
    ),
    (
        "loops back",
        "a startEvent
b task
c exclusiveGateway name='First?'
d task
e exclusiveGateway name='Second?'
f task
g exclusiveGateway name='Third?'
h endEvent
a > b\nb > c\nc > d on\nc > b back\nd > e\ne > f on\ne > b back\ne > d retry\nf > g\ng > h done\ng > b again\ng > d 'and again'\ng > f 'once more'",
    ),
    (
        "a wide parallel split",
        "a startEvent
b parallelGateway name=Everything
c1 task\nc2 task\nc3 task\nc4 task\nc5 task\nc6 task\nc7 task\nc8 task\nc9 task
d parallelGateway name='All done'
e endEvent
a > b
b > c1 one\nb > c2 two\nb > c3 three\nb > c4 four\nb > c5 five\nb > c6 six\nb > c7 seven\nb > c8 eight\nb > c9 nine
c1 > d\nc2 > d\nc3 > d\nc4 > d\nc5 > d\nc6 > d\nc7 > d\nc8 > d\nc9 > d
d > e",
    ),
    (
        "several ends and ways past",
        "a startEvent name='Something was asked for'
b exclusiveGateway name='Which of the ways is it?'
c task
d endEvent name='Ended in the middle'
e task
f task
g exclusiveGateway
h endEvent name=Good
i endEvent name='Not good'
a > b\nb > c short\nb > g 'straight to the end'\nb > d never\nc > e\ne > f\nf > g\ng > h\ng > i otherwise\nb > h\nc > g",
    ),
    (
        "parts that hang together with nothing",
        "a startEvent
b task
c endEvent
s eventSubProcess name='When it is over'
  x timerStart
  y task
  z endEvent
  x > y
  y > z
t eventSubProcess name='When it is late'
  x2 timerStart
  z2 endEvent
  x2 > z2
d task
n textAnnotation name='A few words about it'
e startEvent name='Another start'
f endEvent
a > b\nb > c\ne > f",
    ),
    (
        "pools",
        "pool here: one, two
pool there:
a startEvent laneId=one
b sendTask laneId=two
c receiveTask laneId=one
d endEvent laneId=one
a > b\nb > c\nc > d",
    ),
    (
        "an activity that is its own loop, and ways in both directions",
        "a startEvent\nb task\nc task\nd endEvent\na > b\nb > b\nb > c\nc > b\nc > d",
    ),
    (
        "an ad-hoc sub-process without flows",
        "a startEvent
s adHocSubProcess name='In any order'
  t1 task name=One
  t2 task name=Two
  t3 task name=Three
  t4 task name=Four
z endEvent
a > s\ns > z",
    ),
    (
        "many joins",
        "a startEvent
b exclusiveGateway
c task\nd task\ne task\nf task
x1 exclusiveGateway name=Left\nx2 exclusiveGateway name=Right
g task\nh task
z endEvent
a > b\nb > c\nb > d\nb > e\nb > f
c > x1 a\nc > x2 b\nd > x1\nd > x2\ne > x1 e\ne > x2\nf > x1\nf > x2 f
x1 > g\nx2 > h\nx1 > h over\nx2 > g over\ng > z\nh > z\ng > b back\nh > b 'back too'",
    ),
];

/// As a file.
pub fn process(short: &str) -> String {
    let mut text = String::from("process:\n  id: p\n");
    let pools: Vec<&str> = short.lines().filter_map(|line| line.strip_prefix("pool ")).collect();
    if !pools.is_empty() {
        text.push_str("  pools:\n");
    }
    for pool in pools {
        let (id, lanes) = pool.split_once(':').unwrap();
        let lane = |lane: &str| format!("{{id: {0}, name: {0}}}", lane.trim());
        let lanes: Vec<String> = lanes.split(',').filter(|lane| !lane.trim().is_empty()).map(lane).collect();
        let _ = writeln!(text, "    - {{id: {id}, name: {id}, lanes: [{}]}}", lanes.join(", "));
    }
    let lines: Vec<&str> = short.lines().filter(|line| !line.starts_with("pool ")).collect();
    let mut flows = 0;
    scope(&lines, 0, ("elements", "connections"), 1, &mut flows, &mut text);
    text
}

fn scope(lines: &[&str], depth: usize, keys: (&str, &str), indent: usize, flows: &mut usize, text: &mut String) {
    let depth_of = |line: &str| (line.len() - line.trim_start().len()) / 2;
    let own = |line: &&&str| depth_of(line) == depth;
    let pad = "  ".repeat(indent);
    let _ = writeln!(text, "{pad}{}:", keys.0);
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| own(line) && !line.contains(" > ")) {
        element(line.trim(), &pad, text);
        let inside: Vec<&str> = lines[n + 1..].iter().copied().take_while(|line| depth_of(line) > depth).collect();
        if !inside.is_empty() {
            scope(&inside, depth + 1, ("childElements", "childConnections"), indent + 2, flows, text);
        }
    }
    let own_flows: Vec<&str> =
        lines.iter().filter(own).filter(|line| line.contains(" > ")).map(|line| line.trim()).collect();
    let _ = writeln!(text, "{pad}{}:{}", keys.1, if own_flows.is_empty() { " []" } else { "" });
    for flow in own_flows {
        let (from, rest) = flow.split_once(" > ").unwrap();
        let (to, name) = rest.split_once(' ').unwrap_or((rest, ""));
        *flows += 1;
        let name = if name.is_empty() { String::new() } else { format!(", name: {}", quoted(name)) };
        let _ = writeln!(text, "{pad}  - {{id: flow{flows}, from: {from}, to: {to}{name}}}");
    }
}

fn element(line: &str, pad: &str, text: &mut String) {
    let mut words = line.splitn(3, ' ');
    let (id, kind, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or(""));
    let (kind, properties) = match kind {
        "boundaryTimer" => ("timerBoundaryEvent", "timerDuration: PT1H"),
        "timerStart" => ("timerStartEvent", "timerDuration: PT1H"),
        "boundaryMessage" => ("messageBoundaryEvent", "messageRef: m"),
        "boundaryError" => ("errorBoundaryEvent", "errorCode: E"),
        "boundarySignal" => ("signalBoundaryEvent", "signalRef: s"),
        "serviceTask" => (kind, "implementation: External, topic: t"),
        kind => (kind, ""),
    };
    let _ = writeln!(text, "{pad}  - id: {id}\n{pad}    type: {kind}\n{pad}    properties: {{{properties}}}");
    if !rest.contains("name=") && kind.to_lowercase().ends_with("task") {
        let _ = writeln!(text, "{pad}    name: Do {id}");
    }
    let mut rest = rest.trim();
    while let Some((key, value)) = rest.split_once('=') {
        let (value, left) = match value.strip_prefix('\'') {
            Some(open) => open.split_once('\'').unwrap(),
            None => value.split_once(' ').unwrap_or((value, "")),
        };
        let _ = writeln!(text, "{pad}    {key}: {}", quoted(value));
        rest = left.trim();
    }
}

fn quoted(words: &str) -> String {
    format!("\"{}\"", words.trim_matches('\''))
}
