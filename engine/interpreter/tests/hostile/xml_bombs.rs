//! Every trick of XML, and XML that is small and wants to be large.

use crate::random::Random;
use std::fmt::Write;

const HEAD: &str = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" targetNamespace=\"urn:x\">";

pub fn make(random: &mut Random) -> Vec<u8> {
    let size = 1 << random.between(2, 13);
    let process = |inner: String| {
        format!("{HEAD}<process id=\"p\" isExecutable=\"true\"><startEvent id=\"s\"/>{inner}</process></definitions>")
    };
    let text = match random.below(24) {
        0 => format!("<!DOCTYPE d [{}]><d>&a{};</d>", entities(size.min(50)), size.min(50) - 1),
        1 => format!("<!DOCTYPE d SYSTEM \"{}\"><d/>", ["file:///etc/passwd", "http://127.0.0.1:1/x", "\\\\x\\y"][random.below(3) as usize]),
        2 => format!("<!DOCTYPE d [<!ENTITY % a SYSTEM \"file:///dev/zero\"> %a;{}]><d/>", "<!ELEMENT a (b|c)*>".repeat(size)),
        3 => "<a>".repeat(size * 8),
        4 => format!("{HEAD}{}", "<process>".repeat(size)),
        5 => format!("<definitions{}/>", (0..size * 4).fold(String::new(), |mut all, n| { let _ = write!(all, " a{n}='1'"); all })),
        6 => format!("{HEAD}{}</definitions>", (0..size).fold(String::new(), |mut all, n| { let _ = write!(all, "<x:y xmlns:x=\"urn:{n}\"/>"); all })),
        7 => (0..size.min(60)).fold(String::from(HEAD), |mut all, n| { let _ = write!(all, "<a{n} xmlns:n{n}=\"urn:{n}\">"); all }),
        8 => format!("{HEAD}<!--{}--></definitions>", "-".repeat(size * 64)),
        9 => format!("{HEAD}<![CDATA[{}]]></definitions>", "]]".repeat(size * 64)),
        10 => format!("{HEAD}{}</definitions>", "<?p i?>".repeat(size * 8)),
        11 => process(format!("<task id=\"t\" name=\"{}\"/>", ["&#0;", "&#xD800;", "&#x110000;", "&#9999999999999;", "&lt;", "&#", "&amp;", "&x;", "&#x1F600;"][random.below(9) as usize].repeat(size))),
        12 => process(ladder(size.min(1500), ["inclusiveGateway", "complexGateway", "parallelGateway", "exclusiveGateway", "task"][random.below(5) as usize], random)),
        13 => process(nested(random.between(1, 60) as usize, ["subProcess", "transaction", "adHocSubProcess"][random.below(3) as usize])),
        14 => process(format!("<boundaryEvent id=\"b\" attachedToRef=\"b\"/><boundaryEvent id=\"c\" attachedToRef=\"d\"/><boundaryEvent id=\"d\" attachedToRef=\"c\"/><sequenceFlow id=\"f\" sourceRef=\"f\" targetRef=\"f\"/>{}", "<dataObjectReference id=\"o\" dataObjectRef=\"o\"/>".repeat(size.min(500)))),
        15 => process(format!("<callActivity id=\"c\" calledElement=\"p\"/><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"c\"/>{}", "<group id=\"g\"/>".repeat(size.min(2000)))),
        16 => process(timer(random)),
        17 => process(lanes(size.min(3000))),
        18 => process(format!("<documentation>{}</documentation>", "é😀\u{2028}".repeat(size * 8))),
        19 => return wide(random, &process("<task id=\"t\"/>".repeat(size.min(200)))),
        20 => format!("<?xml version=\"1.1\" encoding=\"{}\" standalone=\"maybe\"?>{}", ["UTF-7", "EBCDIC", "utf-16", "ISO-8859-1", "x"][random.below(5) as usize], process(String::new())),
        21 => process(events(size.min(2000))),
        22 => process(format!("<extensionElements>{}</extensionElements>", format!("<y:z xmlns:y=\"urn:y\" k=\"{}\"/>", "v".repeat(random.below(300) as usize)).repeat(size))),
        _ => (0..size).fold(format!("{HEAD}<message id=\"m\" itemRef=\"m\"/><itemDefinition id=\"i\" structureRef=\"i\"/>"), |mut all, n| {
            let _ = write!(all, "<process id=\"p{n}\" isExecutable=\"true\"><callActivity id=\"c{n}\" calledElement=\"p{}\"/></process>", (n + 1) % size);
            all
        }) + "</definitions>",
    };
    text.into_bytes()
}

fn entities(count: usize) -> String {
    (0..count).fold(String::new(), |mut all, n| {
        let inner = if n == 0 { "ha".to_owned() } else { format!("&a{};", n - 1).repeat(10) };
        let _ = write!(all, "<!ENTITY a{n} \"{inner}\">");
        all
    })
}

fn ladder(count: usize, kind: &str, random: &mut Random) -> String {
    let back = random.percent(50);
    let mut text = String::from("<sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"t0\"/>");
    for n in 0..count {
        let to = if back && n % 3 == 2 { n / 2 } else { (n + 1) % count };
        let _ = write!(
            text,
            "<{kind} id=\"t{n}\"/><sequenceFlow id=\"f{n}\" sourceRef=\"t{n}\" targetRef=\"t{to}\"/><sequenceFlow id=\"g{n}\" sourceRef=\"t{n}\" targetRef=\"t{}\"/>",
            (n + 1) % count
        );
    }
    text
}

fn nested(depth: usize, kind: &str) -> String {
    let open = (0..depth).fold(String::new(), |mut all, n| {
        let _ = write!(all, "<{kind} id=\"d{n}\"><task id=\"dt{n}\"/>");
        all
    });
    open + &format!("</{kind}>").repeat(depth)
}

fn timer(random: &mut Random) -> String {
    let value = ["R9999999999999/PT0S", "PT9999999999999999999S", "* * *", "&#10;", "", "${x}", "P1000000000Y"]
        [random.below(7) as usize];
    let kind = ["timeDuration", "timeDate", "timeCycle"][random.below(3) as usize];
    format!(
        "<intermediateCatchEvent id=\"c\"><timerEventDefinition><{kind} xsi:type=\"tFormalExpression\">{value}</{kind}></timerEventDefinition></intermediateCatchEvent><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"c\"/>"
    )
}

/// Lanes in lanes, each with everything.
fn lanes(count: usize) -> String {
    let refs = "<flowNodeRef>s</flowNodeRef>".repeat(count);
    format!(
        "<laneSet id=\"ls\"><lane id=\"l\">{refs}<childLaneSet id=\"cs\"><lane id=\"l\">{refs}</lane></childLaneSet></lane></laneSet>"
    )
}

fn events(count: usize) -> String {
    let definitions = "<signalEventDefinition signalRef=\"x\"/><terminateEventDefinition/>".repeat(count);
    format!("<endEvent id=\"e\">{definitions}</endEvent><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/>")
}

/// UTF-16 in both orders, whole and cut.
fn wide(random: &mut Random, text: &str) -> Vec<u8> {
    let is_little = random.percent(50);
    let mut bytes: Vec<u8> = if is_little { vec![0xFF, 0xFE] } else { vec![0xFE, 0xFF] };
    bytes.extend(text.encode_utf16().flat_map(|unit| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }));
    if random.percent(40) {
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] = 0xD8;
        bytes.truncate(bytes.len() - random.below(2) as usize);
    }
    bytes
}
