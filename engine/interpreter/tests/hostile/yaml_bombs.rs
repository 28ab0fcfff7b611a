//! YAML that is small and wants to be large, deep, or long in the making.

use crate::random::Random;
use std::fmt::Write;

const HEAD: &str = "process:\n  id: p\n  elements:\n    - {id: s, type: startEvent}\n";

pub fn make(random: &mut Random) -> Vec<u8> {
    let size = 1 << random.between(2, 12);
    let text = match random.below(22) {
        0 => aliases(random, size),
        1 => large_alias(size * 200),
        2 => merges(size),
        3 => format!("process: {}", ["[", "{a: ", "- ", "? ", "!x ", "&a "][random.below(6) as usize].repeat(size)),
        4 => nested(
            random.between(1, 60) as usize,
            ["subProcess", "transaction", "adHocSubProcess", "eventSubProcess"][random.below(4) as usize],
        ),
        5 => expression(random, size),
        6 => chain(
            size.min(1500),
            [
                "task",
                "exclusiveGateway",
                "inclusiveGateway",
                "parallelGateway",
                "complexGateway",
                "scriptTask",
                "callActivity",
            ][random.below(7) as usize],
        ),
        7 => ladder(
            size.min(1200),
            ["inclusiveGateway", "complexGateway", "parallelGateway", "exclusiveGateway"][random.below(4) as usize],
        ),
        8 => dense(
            size.min(90),
            ["inclusiveGateway", "exclusiveGateway", "parallelGateway", "task"][random.below(4) as usize],
        ),
        9 => boundaries(size.min(1500)),
        10 => repeated(random),
        11 => timers(random),
        12 => long_text(random, size * 200),
        13 => rules(size.min(2000)),
        14 => map_of(size * 2),
        15 => mappings(size.min(2000)),
        16 => links(size.min(1500)),
        17 => loops(size.min(1500)),
        18 => strange_numbers(random),
        19 => documents(size),
        20 => block_scalars(random, size),
        _ => template(random, size),
    };
    text.into_bytes()
}

/// Each names the one before several times.
fn aliases(random: &mut Random, size: usize) -> String {
    let width = random.between(2, 9) as usize;
    let mut text = String::from("a0: &a0 [x]\n");
    for n in 1..size.min(40) {
        let each = vec![format!("*a{}", n - 1); width].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} [{each}]");
    }
    text + "process: *a1\n"
}

fn large_alias(size: usize) -> String {
    let mut text = format!("a: &a \"{}\"\nprocess:\n  id: p\n  elements:\n", "x".repeat(size.min(900_000)));
    (0..100).for_each(|n| {
        let _ = writeln!(text, "    - {{id: t{n}, type: task, name: *a}}");
    });
    text
}

fn merges(size: usize) -> String {
    let mut text = String::from("a0: &a0 {k: v}\n");
    for n in 1..size.min(95) {
        let _ = writeln!(text, "a{n}: &a{n} {{<<: *a{}, k{n}: v}}", n - 1);
    }
    text
}

fn nested(depth: usize, kind: &str) -> String {
    let mut text = String::from("process:\n  id: p\n  elements: [");
    (0..depth).for_each(|n| {
        let _ = write!(text, "{{id: s{n}, type: {kind}, childElements: [{{id: st{n}, type: startEvent}}, ");
    });
    text + "{id: t, type: task}" + &"]}".repeat(depth) + "]\n"
}

/// Conditions of every kind of growth.
fn expression(random: &mut Random, size: usize) -> String {
    let size = size * 4;
    let inner = match random.below(12) {
        0 => format!("{}1{}", "(".repeat(size), ")".repeat(size)),
        1 => "1+".repeat(size) + "1",
        2 => "!".repeat(size) + "a",
        3 => "-".repeat(size) + "1",
        4 => "a ? b : ".repeat(size) + "c",
        5 => "if(a,".repeat(size),
        6 => "a.".repeat(size) + "b",
        7 => "a[".repeat(size) + "0" + &"]".repeat(size),
        8 => "a && ".repeat(size) + "b",
        9 => format!("\"{}", "\\".repeat(size)),
        10 => "a;".repeat(size),
        _ => "f(".repeat(size) + &")".repeat(size),
    };
    let inner = inner.replace('\'', "''");
    format!(
        "{HEAD}    - {{id: x, type: exclusiveGateway}}\n    - {{id: e, type: endEvent}}\n  connections:\n    - {{from: s, to: x}}\n    - {{from: x, to: e, condition: '${{{inner}}}'}}\n    - {{from: x, to: e}}\n"
    )
}

fn connections(pairs: impl Iterator<Item = (String, String)>) -> String {
    let mut text = String::from("  connections:\n");
    pairs.for_each(|(from, to)| {
        let _ = writeln!(text, "    - {{from: {from}, to: {to}}}");
    });
    text
}

fn elements(count: usize, kind: &str) -> String {
    let mut text = HEAD.to_owned();
    (0..count).for_each(|n| {
        let _ = writeln!(text, "    - {{id: t{n}, type: {kind}}}");
    });
    text
}

fn t(n: usize) -> String {
    format!("t{n}")
}

fn chain(count: usize, kind: &str) -> String {
    let pairs = (1..count).map(|n| (t(n - 1), t(n)));
    elements(count, kind) + &connections(std::iter::once(("s".to_owned(), t(0))).chain(pairs))
}

/// Each leads to the next by two flows: every one is a join.
fn ladder(count: usize, kind: &str) -> String {
    let pairs = (1..count).flat_map(|n| [(t(n - 1), t(n)), (t(n - 1), t(n))]);
    elements(count, kind) + &connections(std::iter::once(("s".to_owned(), t(0))).chain(pairs))
}

/// Each leads to all.
fn dense(count: usize, kind: &str) -> String {
    let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (t(from), t(to))));
    elements(count, kind) + &connections(std::iter::once(("s".to_owned(), t(0))).chain(pairs))
}

fn boundaries(count: usize) -> String {
    let mut text = HEAD.to_owned() + "    - {id: t, type: task}\n";
    (0..count).for_each(|n| {
        {
 let _ = writeln!(text, "    - {{id: b{n}, type: timerBoundaryEvent, attachedToRef: t, properties: {{timerDuration: PT1S, cancelActivity: false}}}}");
};
    });
    text + &connections((0..count).map(|n| (format!("b{n}"), "t".to_owned())))
}

fn repeated(random: &mut Random) -> String {
    let count =
        ["1000000000", "99999999999999999999", "-5", "1e300", "${n}", "0.5", "${10 ^ 400}"][random.below(7) as usize];
    let key = ["loopCardinality", "loopMaximum", "startQuantity", "completionQuantity", "retries", "inputCollection"]
        [random.below(6) as usize];
    format!(
        "{HEAD}    - {{id: t, type: task, properties: {{{key}: \"{count}\", isSequential: true, loopCondition: \"true\"}}}}\n"
    )
}

fn timers(random: &mut Random) -> String {
    let durations = [
        "PT0S",
        "PT99999999999999999999S",
        "P9999999999Y",
        "-PT1S",
        "PT1.99999999999999999999999999999S",
        "P",
        "PT",
        "PT1",
        "R",
        "R/",
        "R0/PT1S",
        "R99999999999999999999/PT0S",
        "R/PT0S",
        "*/0 * * * *",
        "0 0 31 2 *",
        "* * * * * * * *",
        "2026-02-30T00:00:00Z",
        "+275760-09-13T00:00:00Z",
        "${",
        "",
        " ",
    ];
    let value = durations[random.below(durations.len() as u64) as usize];
    let key = ["timerDuration", "timerDate", "timerCycle"][random.below(3) as usize];
    let many = value.repeat(1 + random.below(2000) as usize * usize::from(random.percent(20)));
    format!(
        "process:\n  id: p\n  elements:\n    - {{id: s, type: timerStartEvent, properties: {{{key}: \"{many}\"}}}}\n    - {{id: t, type: task}}\n  connections: [{{from: s, to: t}}]\n"
    )
}

fn long_text(random: &mut Random, size: usize) -> String {
    let letter = ["x", "😀", "\u{202e}", " ", "\\n", "${a}", "é", "\u{1}", "&#0;"][random.below(9) as usize];
    let long = letter.repeat((size / letter.len()).max(1));
    let key = ["name", "id", "documentation", "script", "type", "condition"][random.below(6) as usize];
    format!(
        "process:\n  id: p\n  name: \"{long}\"\n  elements:\n    - {{id: t, type: scriptTask, {key}: \"{long}\", properties: {{scriptFormat: python, {key}: \"{long}\"}}}}\n"
    )
}

fn rules(count: usize) -> String {
    let mut text = HEAD.to_owned()
        + "    - id: d\n      type: businessRuleTask\n      properties:\n        custom:\n          rules:\n";
    (0..count).for_each(|n| {
        let _ = writeln!(text, "            - {{when: \"a > {n} && (b < {n} || c == {n})\", then: {{r: {n}}}}}");
    });
    text + "  connections: [{from: s, to: d}]\n"
}

fn map_of(count: usize) -> String {
    let mut text = HEAD.to_owned() + "    - id: d\n      type: task\n      custom:\n";
    (0..count).for_each(|n| {
        let _ = writeln!(text, "        key_with_a_long_common_beginning_{n}: 1");
    });
    text
}

fn mappings(count: usize) -> String {
    let mut text = HEAD.to_owned()
        + "    - id: d\n      type: scriptTask\n      properties:\n        scriptFormat: python\n        script: \"x = a\"\n        outputMappings:\n";
    (0..count).for_each(|n| {
        let _ = writeln!(text, "          - {{source: \"v{n} + v{}\", target: v{}}}", n + 1, n + 2);
    });
    text + "  connections: [{from: s, to: d}]\n"
}

/// Throwing links to nothing, to each other, to themselves.
fn links(count: usize) -> String {
    let mut text = HEAD.to_owned();
    (0..count).for_each(|n| {
        {
            let _ =
                writeln!(text, "    - {{id: c{n}, type: linkIntermediateCatchEvent, properties: {{linkName: l{n}}}}}");
        };
        {
            let _ = writeln!(
                text,
                "    - {{id: h{n}, type: linkIntermediateThrowEvent, properties: {{linkName: l{}}}}}",
                (n + 1) % count
            );
        };
    });
    text + &connections(
        (0..count).map(|n| (format!("c{n}"), format!("h{n}"))).chain([("s".to_owned(), "h0".to_owned())]),
    )
}

/// A ring in which each may also go back to the beginning.
fn loops(count: usize) -> String {
    let pairs = (0..count).flat_map(|n| [(t(n), t((n + 1) % count)), (t(n), t(0))]);
    elements(count, "exclusiveGateway") + &connections(pairs.chain([("s".to_owned(), t(0))]))
}

fn strange_numbers(random: &mut Random) -> String {
    let digits =
        ["9", "0", "1.", "1e", "-", "0x", "٣"][random.below(7) as usize].repeat(1 + random.below(100_000) as usize);
    format!(
        "{HEAD}    - {{id: t, type: serviceTask, properties: {{topic: x, retries: {digits}, timeout: {digits}}}, x: {digits}}}\n"
    )
}

fn documents(count: usize) -> String {
    (0..count).map(|n| format!("---\nprocess: {{id: p{n}, elements: [{{id: c, type: callActivity, properties: {{calledElement: p{}}}}}]}}\n", (n + 1) % count)).collect()
}

fn block_scalars(random: &mut Random, size: usize) -> String {
    let style = ["|", ">", "|+", ">-", "|9", "? |"][random.below(6) as usize];
    format!("process:\n  id: {style}\n{}", format!("{}\n", " ".repeat(1 + random.below(30) as usize)).repeat(size))
}

fn template(random: &mut Random, size: usize) -> String {
    let piece = ["${", "${a", "${a}", "}${", "$", "${'", "${\\\""][random.below(7) as usize].replace('\'', "''");
    format!(
        "{HEAD}    - {{id: t, type: sendTask, properties: {{taskType: Email, to: '{0}', subject: '{0}', messageBody: '{0}'}}}}\n",
        piece.repeat(size)
    )
}
