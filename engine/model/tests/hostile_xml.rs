//! XML that wants to do harm, and XML that was broken on the way: an answer with a place, and never a panic.

/// A small generator (xorshift), so that the same seed breaks the same files.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

const FILE: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:baton="urn:baton:bpmn" targetNamespace="urn:x">
  <b:message id="m" name="paid"/>
  <b:itemDefinition id="i" structureRef="xsd:string" isCollection="true"/>
  <b:collaboration id="c"><b:participant id="pool" processRef="p"/><b:messageFlow id="mf" sourceRef="t" targetRef="pool"/></b:collaboration>
  <b:process id="p" isExecutable="true" baton:idPrefix="p.">
    <b:laneSet id="ls"><b:lane id="l"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:laneSet>
    <b:startEvent id="s"><b:outgoing>f</b:outgoing><b:messageEventDefinition messageRef="m"/></b:startEvent>
    <b:serviceTask id="t" name="Größe &amp; &lt;Maß&gt;" camunda:type="external" camunda:topic="x">
      <b:extensionElements><baton:value of="properties.retries" is="3"/><camunda:inputOutput><camunda:inputParameter name="a">#{b}</camunda:inputParameter></camunda:inputOutput></b:extensionElements>
      <b:incoming>f</b:incoming>
      <b:ioSpecification><b:dataInput id="d" itemSubjectRef="i"/><b:inputSet><b:dataInputRefs>d</b:dataInputRefs></b:inputSet><b:outputSet/></b:ioSpecification>
      <b:multiInstanceLoopCharacteristics><b:loopCardinality xsi:type="b:tFormalExpression"><![CDATA[3]]></b:loopCardinality></b:multiInstanceLoopCharacteristics>
    </b:serviceTask>
    <b:subProcess id="sub" triggeredByEvent="false"><b:task id="inner"/></b:subProcess>
    <b:boundaryEvent id="be" attachedToRef="t"><b:timerEventDefinition><b:timeDuration>PT5S</b:timeDuration></b:timerEventDefinition></b:boundaryEvent>
    <b:sequenceFlow id="f" sourceRef="s" targetRef="t"><b:conditionExpression>${x > 1}</b:conditionExpression></b:sequenceFlow>
    <b:textAnnotation id="n"><b:text>why</b:text></b:textAnnotation>
  </b:process>
  <di:BPMNDiagram><di:BPMNPlane bpmnElement="c"><di:BPMNShape bpmnElement="t"><dc:Bounds x="1" y="2" width="3" height="4"/></di:BPMNShape></di:BPMNPlane></di:BPMNDiagram>
</b:definitions>
"##;

/// Reads bytes as a deployment would; what is refused is refused with a place.
fn survives(bytes: &[u8]) {
    let problems = match model::bpmn::decode(bytes) {
        Ok(text) => {
            let read = model::bpmn::read("f.bpmn", &text);
            if let Some(definitions) = &read.definitions {
                let written = model::bpmn::write_all(definitions);
                assert!(written.starts_with("<?xml"));
            }
            assert!(read.definitions.is_some() || read.diagnostics.iter().any(model::Diagnostic::is_error));
            read.diagnostics
        }
        Err(problem) => vec![*problem],
    };
    for problem in problems {
        assert!(problem.location.line > 0 && problem.location.column > 0, "{problem:?}");
    }
}

#[test]
fn broken_files_are_answered_with_a_place() {
    let pieces: [&[u8]; 18] = [
        b"<",
        b">",
        b"\"",
        b"&",
        b"&#0;",
        b"&#x10FFFF;",
        b"</b:process>",
        b"<b:process id=\"q\">",
        b"<!DOCTYPE x>",
        b"<![CDATA[",
        b"<!--",
        b"xmlns:b=\"\"",
        b"\xFF",
        b"\0",
        b"id=\"t\"",
        b"\xE2\x80\xA8",
        b" is=\"{\"",
        b"=\"-1e999\"",
    ];
    let mut random = Random(0x5eed);
    for _ in 0..500 {
        let mut bytes = FILE.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes.truncate(at),
                1 => {
                    let end = (at + random.below(40)).min(bytes.len());
                    bytes.drain(at..end);
                }
                2 => bytes[at] = (random.below(256)) as u8,
                _ => {
                    let piece = pieces[random.below(pieces.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        survives(&bytes);
    }
}

/// Attributes and texts take each other's values, so that references go astray and cycle.
#[test]
fn files_that_say_strange_things_are_answered_with_a_place() {
    let values: Vec<&str> = FILE.split('"').skip(1).step_by(2).collect();
    let mut random = Random(0xbad5eed);
    for _ in 0..300 {
        let mut parts: Vec<&str> = FILE.split('"').collect();
        for _ in 0..=random.below(4) {
            // The namespaces stay: without them nothing is read at all.
            let at = 15 + 2 * random.below((parts.len() - 16) / 2);
            parts[at] = values[random.below(values.len())];
        }
        survives(parts.join("\"").as_bytes());
    }
}

#[test]
fn what_would_cost_much_is_refused() {
    let code = |text: &str| {
        let read = model::bpmn::read("f", text);
        assert!(read.definitions.is_none());
        read.diagnostics.first().map(|problem| problem.code.clone()).unwrap_or_default()
    };
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><definitions>&b;</definitions>";
    assert_eq!(code(laughs), "DTD_NOT_ALLOWED");
    assert_eq!(code("<!DOCTYPE d SYSTEM \"file:///etc/passwd\"><definitions/>"), "DTD_NOT_ALLOWED");
    assert_eq!(code(&"<a>".repeat(300_000)), "NESTING_TOO_DEEP");
    let attributes: String = (0..50_000).map(|n| format!(" a{n}='1'")).collect();
    assert_eq!(code(&format!("<definitions{attributes}/>")), "TOO_MANY_ATTRIBUTES");
    assert_eq!(code(&format!("<definitions a='{}'/>", "x".repeat(2 << 20))), "FILE_TOO_LARGE");
    assert_eq!(code(&format!("<definitions>{}</definitions>", "<a/>".repeat(200_000))), "TOO_MANY_NODES");
}

/// A file of the largest size that is read takes a moment, not minutes.
#[test]
fn the_largest_file_is_read_in_time() {
    let head = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" targetNamespace=\"urn:x\"><process id=\"p\" isExecutable=\"true\"><startEvent id=\"s\"/><endEvent id=\"e\"/>";
    let mut body = String::new();
    for n in 0..6_000 {
        body.push_str(&format!(
            "<task id=\"t{n}\"/><sequenceFlow id=\"f{n}\" sourceRef=\"t{n}\" targetRef=\"t{}\"/>",
            n + 1
        ));
    }
    let text = format!("{head}{body}</process></definitions>");
    let begun = std::time::Instant::now();
    let read = model::bpmn::read("f", &text);
    assert!(!read.diagnostics.is_empty());
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
