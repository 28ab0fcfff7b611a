//! A process as it is drawn: elements and flows in scopes, and its YAML.
//!
//! Beside the tree's own elements a drawing may have gateways that only pass tokens on; they have no origin, and nobody
//! counts them.

use crate::block::Id;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// The event that begins the process, if that is no start event.
    pub begins_with: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Node {
    pub id: String,
    pub origin: Option<Id>,
    pub type_name: &'static str,
    pub properties: Map<String, Value>,
    pub attached_to: Option<String>,
    pub inside: Option<Scope>,
    /// What to set, and to what, before an incident without a matching flow is resolved.
    pub repair: Option<(String, Value)>,
    /// Its result says which of so many ways to go.
    pub says: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct Edge {
    /// Its place among the flows of its scope.
    pub order: u32,
    pub from: String,
    pub to: String,
    /// To a compensation handler.
    pub is_association: bool,
    pub name: Option<String>,
    pub properties: Map<String, Value>,
}

impl Node {
    pub fn new(id: String, origin: Option<Id>, type_name: &'static str) -> Node {
        Node {
            id,
            origin,
            type_name,
            properties: Map::new(),
            attached_to: None,
            inside: None,
            repair: None,
            says: None,
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Node {
        self.properties.insert(name.to_owned(), value.into());
        self
    }

    fn json(&self) -> Value {
        let mut json = json!({"id": self.id, "type": self.type_name});
        if let Some(host) = &self.attached_to {
            json["attachedToRef"] = json!(host);
        }
        if !self.properties.is_empty() {
            json["properties"] = Value::Object(self.properties.clone());
        }
        if let Some(inside) = &self.inside {
            json["childElements"] = inside.nodes.iter().map(Node::json).collect();
            json["childConnections"] = inside.edges.iter().map(Edge::json).collect();
        }
        json
    }
}

impl Edge {
    fn json(&self) -> Value {
        let mut json = json!({"from": self.from, "to": self.to});
        if let Some(name) = &self.name {
            json["name"] = json!(name);
        }
        if self.is_association {
            json["type"] = json!("association");
        }
        if !self.properties.is_empty() {
            json["properties"] = Value::Object(self.properties.clone());
        }
        json
    }
}

impl Scope {
    pub fn yaml(&self) -> String {
        let line = |json: Value| format!("    - {json}\n");
        let nodes: String = self.nodes.iter().map(|node| line(node.json())).collect();
        let edges: String = self.edges.iter().map(|edge| line(edge.json())).collect();
        format!("process:\n  id: generated\n  elements:\n{nodes}  connections:\n{edges}")
    }

    /// Every node, those of sub-processes too.
    pub fn all_nodes(&self) -> Vec<&Node> {
        let mut all = Vec::new();
        for node in &self.nodes {
            all.push(node);
            all.extend(node.inside.iter().flat_map(Scope::all_nodes));
        }
        all
    }

    /// Whether something in it waits for a condition or asks for a flag.
    pub fn asks_for_flags(&self) -> bool {
        let is_flag = |name: &String| name.starts_with("f_");
        let waits = |node: &Node| {
            let definitions = node.properties.get("eventDefinitions").and_then(Value::as_array);
            let is_part = definitions.into_iter().flatten().any(|it| it["type"] == "conditional");
            is_part || node.type_name.starts_with("conditional")
        };
        let names = self.edges.iter().filter_map(|edge| edge.name.as_ref());
        names.into_iter().any(is_flag)
            || self.nodes.iter().any(|node| waits(node) || node.inside.as_ref().is_some_and(Scope::asks_for_flags))
    }

    /// Changes this scope and those inside it.
    pub fn for_each(&mut self, change: &mut dyn FnMut(&mut Scope)) {
        change(self);
        for inside in self.nodes.iter_mut().filter_map(|node| node.inside.as_mut()) {
            inside.for_each(change);
        }
    }
}
