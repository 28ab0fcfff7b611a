//! The same process drawn otherwise: what happens must be the same.

use crate::draw::{Names, draw};
use crate::drawing::{Edge, Node, Scope};
use crate::generate::Model;
use crate::random::Random;
use serde_json::Map;

/// The plain drawing, read from YAML, written as XML, and read from that.
pub const THROUGH_XML: &str = "through XML";
const THROUGH_XML_AT: u64 = 2;

/// Another drawing of four models in nine, and how it differs.
pub fn vary(model: &Model, seed: u64) -> Option<(&'static str, Scope)> {
    let mut random = Random::new(seed ^ 0xd4a3);
    match seed % 9 {
        1 => Some(("renamed", draw(model, Names::Renamed(seed)))),
        4 => {
            let mut drawing = draw(model, Names::Plain);
            // In a sequential ad-hoc sub-process the order is the meaning; what has no flows stays.
            drawing.for_each(&mut |scope| match scope.edges.is_empty() {
                true => {}
                false => shuffle(scope, &mut random),
            });
            Some(("shuffled", drawing))
        }
        7 => {
            let mut drawing = draw(model, Names::Plain);
            drawing.for_each(&mut |scope| pass_through(scope, &mut random));
            Some(("with more gateways", drawing))
        }
        THROUGH_XML_AT => Some((THROUGH_XML, draw(model, Names::Plain))),
        _ => None,
    }
}

/// Elements and flows in another order; only a gateway's own flows keep theirs, which means something.
fn shuffle(scope: &mut Scope, random: &mut Random) {
    random.shuffle(&mut scope.nodes);
    let mut places: Vec<u64> = scope.edges.iter().map(|_| random.next()).collect();
    let froms: Vec<String> = scope.edges.iter().map(|edge| edge.from.clone()).collect();
    for from in &froms {
        let own: Vec<usize> = (0..froms.len()).filter(|number| froms[*number] == *from).collect();
        let mut sorted: Vec<u64> = own.iter().map(|number| places[*number]).collect();
        sorted.sort_unstable();
        own.iter().zip(sorted).for_each(|(number, place)| places[*number] = place);
    }
    let mut edges: Vec<(u64, Edge)> = places.into_iter().zip(std::mem::take(&mut scope.edges)).collect();
    edges.sort_by_key(|(place, _)| *place);
    scope.edges = edges.into_iter().map(|(_, edge)| edge).collect();
}

/// Gateways on the way that only pass tokens on.
fn pass_through(scope: &mut Scope, random: &mut Random) {
    let kinds = ["exclusiveGateway", "parallelGateway", "inclusiveGateway"];
    let mut added = Vec::new();
    for edge in &mut scope.edges {
        let from_race = scope.nodes.iter().any(|node| node.id == edge.from && node.type_name == "eventBasedGateway");
        if from_race || edge.is_association || random.percent(60) {
            continue;
        }
        let gateway = format!("{}_on_{}", edge.from, scope.nodes.len());
        let kind = kinds[random.below(3) as usize];
        scope.nodes.push(Node::new(gateway.clone(), None, kind));
        let to = std::mem::replace(&mut edge.to, gateway.clone());
        added.push(Edge {
            order: edge.order,
            from: gateway,
            to,
            is_association: false,
            name: None,
            properties: Map::new(),
        });
    }
    scope.edges.extend(added);
}
