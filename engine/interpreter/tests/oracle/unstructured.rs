//! Processes without structure: the same random ones, flattened, with flows and gateways changed at random.
//!
//! They have no tree to evaluate. The engine's end must be one that the token game ([`crate::explore`]) can reach, and the
//! ledger follows every step on the way.

use crate::campaign::{MODELS, Tally, models, on_all_cores};
use crate::draw::{Names, draw};
use crate::drawing::{Edge, Scope};
use crate::explore::{Game, Outcome};
use crate::generate::generate;
use crate::plan::is_calm;
use crate::random::Random;
use crate::world::{Happened, Options, TOO_MUCH, run};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[test]
fn an_unstructured_process_ends_as_the_token_game_can() {
    let tally = on_all_cores(models(), |seed, tally| {
        let outcome = one(seed, None);
        if let Err(why) = &outcome {
            tally.notes.push(why.clone());
        }
        *tally.open.entry(outcome.unwrap_or("differs")).or_default() += 1;
    });
    let Tally { open, notes, .. } = &tally;
    println!("unstructured: {open:?}");
    let seen: Vec<String> = open.iter().map(|(outcome, count)| format!("{outcome}={count}")).collect();
    println!("campaign: models={}; differ={}; {}", models(), notes.len(), seen.join("; "));
    assert!(notes.is_empty(), "{} differ:\n{}", notes.len(), notes[..notes.len().min(3)].join("\n"));
    let seen = |outcome: &str| open.get(outcome).is_some_and(|count| *count > 20);
    let all_seen = ["completed", "stuck", "terminated"].into_iter().all(seen);
    assert!(models() < MODELS || all_seen, "hardly any of some: {open:?}");
}

/// A game with other rules must be seen to differ: where parallel joins are said to pass tokens on.
#[test]
fn a_wrong_game_is_caught() {
    let wrong = (0..600).find(|seed| one(*seed, Some("exclusiveGateway")).is_err());
    println!("a game that ignores parallel joins is caught by the model {wrong:?}");
    assert!(wrong.is_some());
}

/// How the model of a seed came out; an error when it cannot come out like that. `instead` is what the game takes parallel
/// gateways for.
fn one(seed: u64, instead: Option<&'static str>) -> Result<&'static str, String> {
    let mut random = Random::new(seed ^ 0x7a11);
    let mut drawing = draw(&generate(seed), Names::Plain);
    flatten(&mut drawing);
    if drawing.nodes.len() > 22 || drawing.begins_with.is_some() {
        return Ok("too large");
    }
    change(&mut drawing, &mut random);
    choose_by_number(&mut drawing);
    let mut game = drawing.clone();
    for node in game.nodes.iter_mut().filter(|node| node.type_name == "parallelGateway") {
        node.type_name = instead.unwrap_or(node.type_name);
    }
    let Some(possible) = Game::of(&game).outcomes(0) else { return Ok("too large") };
    // Without trouble: every task is done, some time.
    let calm = (0..).map(|step| seed + step * 1_000_003).find(|seed| is_calm(*seed)).unwrap_or_default();
    let options = Options { most_commands: 150, number: Some(seed % 840), ..Options::default() };
    let happened = match run(&drawing, calm, options) {
        Ok(happened) if stops_a_loop(&happened) => return Ok("endless"),
        Ok(happened) => happened,
        Err(broken) if broken.starts_with(TOO_MUCH) => return Ok("endless"),
        Err(broken) => return Err(format!("seed {seed}: {broken}\n{}", drawing.yaml())),
    };
    judge(&happened, &possible).map_err(|why| format!("seed {seed}: {why}\n{}", drawing.yaml()))
}

/// Whether the engine stopped something that went round without waiting; else it goes on until there are too many commands.
fn stops_a_loop(happened: &Happened) -> bool {
    let is_stop = |event: &interpreter::Event| matches!(&event.kind, interpreter::EventKind::IncidentRaised { code, .. } if code == "ENDLESS_LOOP");
    happened.history.iter().any(is_stop)
}

fn judge(happened: &Happened, possible: &BTreeSet<Outcome>) -> Result<&'static str, String> {
    let (outcome, name) = match happened.state {
        "terminated" => (Outcome::Terminated, "terminated"),
        "completed" => (Outcome::Rests(Vec::new()), "completed"),
        _ => (Outcome::Rests(happened.waiting.clone()), "stuck"),
    };
    match possible.contains(&outcome) {
        true => Ok(name),
        false => Err(format!("ended with {outcome:?}; possible is {possible:?}")),
    }
}

/// Only what the game knows: tasks that are done some time, gateways, ends; and only what the start leads to.
fn flatten(drawing: &mut Scope) {
    for node in &mut drawing.nodes {
        node.type_name = match node.type_name {
            "startEvent" | "endEvent" | "terminateEndEvent" => node.type_name,
            "parallelGateway" | "exclusiveGateway" | "inclusiveGateway" => node.type_name,
            "eventBasedGateway" => "exclusiveGateway",
            name if name.ends_with("EndEvent") => "endEvent",
            _ => "serviceTask",
        };
        node.inside = None;
        node.attached_to = None;
        node.says = None;
        node.properties = Map::new();
    }
    drawing.edges.retain(|edge| !edge.is_association);
    let mut reached: BTreeSet<String> = drawing.nodes.iter().take(1).map(|node| node.id.clone()).collect();
    let mut before = 0;
    while reached.len() > before {
        before = reached.len();
        let ahead = drawing.edges.iter().filter(|edge| reached.contains(&edge.from)).map(|edge| edge.to.clone());
        reached.extend(ahead.collect::<Vec<_>>());
    }
    drawing.nodes.retain(|node| reached.contains(&node.id));
    drawing.edges.retain(|edge| reached.contains(&edge.from));
}

/// Some more flows, and some gateways of another kind.
fn change(drawing: &mut Scope, random: &mut Random) {
    let nodes = drawing.nodes.len() as u64;
    for _ in 0..random.below(3) {
        let (from, to) = (random.below(nodes) as usize, random.below(nodes) as usize);
        let (from, to) = (&drawing.nodes[from], &drawing.nodes[to]);
        if !from.type_name.to_lowercase().ends_with("endevent") && to.type_name != "startEvent" {
            let (from, to) = (from.id.clone(), to.id.clone());
            drawing.edges.push(Edge { order: 0, from, to, is_association: false, name: None, properties: Map::new() });
        }
    }
    for node in &mut drawing.nodes {
        if node.type_name.ends_with("Gateway") && random.percent(25) {
            let kinds = ["parallelGateway", "exclusiveGateway", "inclusiveGateway"];
            node.type_name = kinds[random.below(3) as usize];
        }
    }
}

/// Every task leaves a number under the same name, and every gateway that chooses asks for it.
fn choose_by_number(drawing: &mut Scope) {
    for node in &mut drawing.nodes {
        if node.type_name == "serviceTask" {
            node.properties.insert("resultVariable".to_owned(), json!("number"));
        }
    }
    for number in 0..drawing.edges.len() {
        let edge = &drawing.edges[number];
        let own: Vec<usize> = (0..drawing.edges.len()).filter(|it| drawing.edges[*it].from == edge.from).collect();
        let place = own.iter().position(|it| *it == number).unwrap_or_default();
        let source = drawing.nodes.iter().find(|node| node.id == edge.from).map_or("", |node| node.type_name);
        let condition: (&str, Value) = match source {
            "exclusiveGateway" | "inclusiveGateway" if place + 1 == own.len() => ("isDefault", json!(true)),
            "exclusiveGateway" => ("condition", json!(format!("number % {} == {place}", own.len()))),
            "inclusiveGateway" => ("condition", json!(format!("number % {} >= {}", 2 << place, 1 << place))),
            _ => continue,
        };
        drawing.edges[number].properties = Map::from_iter([(condition.0.to_owned(), condition.1)]);
    }
    drawing.edges.iter_mut().for_each(|edge| edge.name = None);
    for edge in &mut drawing.edges {
        let source = drawing.nodes.iter().find(|node| node.id == edge.from).map_or("", |node| node.type_name);
        if !matches!(source, "exclusiveGateway" | "inclusiveGateway") {
            edge.properties = Map::new();
        }
    }
}
