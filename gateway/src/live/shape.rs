//! What the messages need of a definition: its name, and the ways out of its gateways.

use super::message::Path;
use crate::{engine::Engine, problem::Problem};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Definitions that are remembered.
const REMEMBERED: usize = 1_000;

#[derive(Debug, Default, PartialEq)]
pub struct Shape {
    name: String,
    gateways: HashMap<String, Vec<Path>>,
}

impl Shape {
    pub fn name_or(&self, process_id: &str) -> String {
        if self.name.is_empty() { process_id.to_owned() } else { self.name.clone() }
    }

    pub fn is_gateway(&self, element_id: &str) -> bool {
        self.gateways.contains_key(element_id)
    }

    pub fn paths(&self, gateway: &str) -> Vec<Path> {
        self.gateways.get(gateway).cloned().unwrap_or_default()
    }

    fn read(reply: &proto::GetProcessReply) -> Self {
        let name = reply.process.as_ref().map(|process| process.name.clone()).unwrap_or_default();
        let gateways = reply.elements.iter().filter(|element| element.r#type.ends_with("Gateway"));
        let mut gateways: HashMap<_, _> = gateways.map(|element| (element.id.clone(), Vec::new())).collect();
        for (source, path) in flows(&reply.bpmn_xml) {
            if let Some(paths) = gateways.get_mut(&source) {
                paths.push(path);
            }
        }
        Self { name, gateways }
    }
}

/// The sequence flows of a BPMN file, with their sources. The engine wrote it, so what is not understood is skipped.
fn flows(xml: &str) -> Vec<(String, Path)> {
    let mut reader = Reader::from_str(xml);
    let mut flows: Vec<(String, Path)> = Vec::new();
    let mut in_condition = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.local_name().as_ref() == "sequenceFlow" => flows.extend(flow(&tag)),
            Ok(Event::Empty(tag)) if tag.local_name().as_ref() == "sequenceFlow" => flows.extend(flow(&tag)),
            Ok(Event::Start(tag)) => in_condition = tag.local_name().as_ref() == "conditionExpression",
            Ok(Event::End(_)) => in_condition = false,
            Ok(Event::Text(text)) if in_condition => add_condition(&mut flows, &text),
            Ok(Event::CData(text)) if in_condition => add_condition(&mut flows, &text),
            Ok(Event::GeneralRef(entity)) if in_condition => {
                let text = format!("&{};", &*entity);
                add_condition(&mut flows, &quick_xml::escape::unescape(&text).unwrap_or_default());
            }
            Ok(Event::Eof) | Err(_) => return flows,
            Ok(_) => {}
        }
    }
}

fn flow(tag: &BytesStart<'_>) -> Option<(String, Path)> {
    let attribute = |name: &str| Some(tag.try_get_attribute(name).ok().flatten()?.value.into_owned());
    let path = Path { flow_id: attribute("id")?, target: attribute("targetRef")?, condition: None };
    Some((attribute("sourceRef")?, path))
}

fn add_condition(flows: &mut [(String, Path)], text: &str) {
    if let Some((_, path)) = flows.last_mut() {
        path.condition.get_or_insert_default().push_str(text);
    }
}

type Key = (String, String, u32);

/// Definitions by tenant, process and version; a version never changes.
#[derive(Clone)]
pub struct Shapes {
    engine: Engine,
    known: Arc<Mutex<HashMap<Key, Arc<Shape>>>>,
}

impl Shapes {
    pub fn new(engine: Engine) -> Self {
        Self { engine, known: Arc::default() }
    }

    /// A problem when the engine cannot tell now: who follows asks again, and is told the same as everybody.
    pub async fn of(&self, batch: &proto::EventBatch) -> Result<Arc<Shape>, Problem> {
        let key = (batch.tenant.clone(), batch.process_id.clone(), batch.process_version);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(shape) = known {
            return Ok(shape);
        }
        let request = proto::GetProcessRequest {
            tenant: key.0.clone(),
            process_id: key.1.clone(),
            version: key.2,
            definition_key: String::new(),
        };
        let reply: proto::GetProcessReply = self.engine.call("get_process", &request).await?;
        let shape = Arc::new(Shape::read(&reply));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, Arc::clone(&shape));
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ways_out_of_gateways() {
        let element = |id: &str, kind: &str| proto::ElementInfo {
            id: id.into(),
            r#type: kind.into(),
            ..proto::ElementInfo::default()
        };
        let reply = proto::GetProcessReply {
            process: Some(proto::ProcessSummary { name: "Orders".into(), ..Default::default() }),
            elements: vec![element("check", "exclusiveGateway"), element("pay", "serviceTask")],
            bpmn_xml: r#"<bpmn:definitions xmlns:bpmn="x"><bpmn:process>
                <bpmn:sequenceFlow id="f1" sourceRef="check" targetRef="pay">
                  <bpmn:conditionExpression>amount &lt; 10</bpmn:conditionExpression>
                </bpmn:sequenceFlow>
                <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="end"/>
                <bpmn:sequenceFlow id="f3" sourceRef="pay" targetRef="end"/>
              </bpmn:process></bpmn:definitions>"#
                .into(),
            ..Default::default()
        };
        let shape = Shape::read(&reply);
        assert_eq!(shape.name_or("p"), "Orders");
        assert!(shape.is_gateway("check") && !shape.is_gateway("pay"));
        let path = |flow: &str, target: &str, condition: Option<&str>| Path {
            flow_id: flow.into(),
            target: target.into(),
            condition: condition.map(Into::into),
        };
        assert_eq!(shape.paths("check"), [path("f1", "pay", Some("amount < 10")), path("f2", "end", None)]);
        assert_eq!(flows("<not xml"), []);
    }
}
