//! YAML of a process, from its start on.

pub struct Drawing {
    elements: String,
    connections: String,
    /// Where the next element is connected.
    last: String,
}

impl Default for Drawing {
    fn default() -> Self {
        let elements = "    - {id: start, type: startEvent}\n    - {id: end, type: endEvent}\n".to_owned();
        Drawing { elements, connections: String::new(), last: "start".to_owned() }
    }
}

impl Drawing {
    /// An element that nothing leads to yet; `what` is the rest of its map.
    pub fn element(&mut self, id: &str, what: &str) {
        self.elements += &format!("    - {{id: {id}, {what}}}\n");
    }

    pub fn connect(&mut self, from: &str, to: &str) {
        self.connections += &format!("    - {{from: {from}, to: {to}}}\n");
    }

    /// `condition`: an expression; none is the default flow.
    pub fn connect_if(&mut self, from: &str, to: &str, condition: Option<&str>) {
        let properties = match condition {
            Some(condition) => format!("condition: \"{condition}\""),
            None => "isDefault: true".to_owned(),
        };
        self.connections += &format!("    - {{from: {from}, to: {to}, properties: {{{properties}}}}}\n");
    }

    pub fn associate(&mut self, from: &str, to: &str) {
        self.connections += &format!("    - {{type: association, from: {from}, to: {to}}}\n");
    }

    /// The next element in the row.
    pub fn then(&mut self, id: &str, what: &str) {
        self.element(id, what);
        let last = std::mem::replace(&mut self.last, id.to_owned());
        self.connect(&last, id);
    }

    /// The row goes on from there.
    pub fn go_on_from(&mut self, id: &str) {
        self.last = id.to_owned();
    }

    pub fn finish(mut self, process: &str) -> String {
        let last = self.last.clone();
        self.connect(&last, "end");
        format!("process:\n  id: {process}\n  elements:\n{}  connections:\n{}", self.elements, self.connections)
    }
}
