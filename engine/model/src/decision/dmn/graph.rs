//! Definitions, and the elements of the decision requirements graph (DMN 1.5, chapter 6).

use super::super::{Decision, DecisionService, Decisions, InputData, KnowledgeModel, Requirements, check};
use super::source::Source;
use super::{boxed, items};
use crate::bpmn::read::source::Xml;

/// What stands in a file and has no effect on evaluation.
const WITHOUT_EFFECT: [&str; 9] = [
    "knowledgeSource",
    "textAnnotation",
    "association",
    "group",
    "elementCollection",
    "performanceIndicator",
    "organizationUnit",
    "artifact",
    "businessContextElement",
];
const ELEMENTS: [&str; 6] =
    ["import", "itemDefinition", "inputData", "decision", "businessKnowledgeModel", "decisionService"];

pub(super) fn definitions<'a>(root: Xml<'a>, source: &Source<'a>) -> Decisions {
    source.expect(root, &[&ELEMENTS[..], &WITHOUT_EFFECT[..]].concat());
    if let Some(many) =
        source.elements(root).filter(|node| !source.is(*node, "itemDefinition")).nth(check::MOST_ELEMENTS)
    {
        source.add(many, check::too_many(source.location(many)));
        return Decisions::default();
    }
    for import in source.children(root, "import") {
        let from = import.attribute("namespace").unwrap_or_default();
        let message = format!("nothing is imported from other models ({from})");
        source.refuse("IMPORT_NOT_SUPPORTED", import, message, "put what is needed into one file");
    }
    let mut decisions =
        Decisions { name: source.attribute(root, "name").map(|name| name.value), ..Decisions::default() };
    for node in source.elements(root) {
        match node.tag_name().name() {
            "itemDefinition" => decisions.items.push(items::item(node, source)),
            "inputData" => decisions.inputs.push(input(node, source)),
            "decision" => decisions.decisions.push(decision(node, source)),
            "businessKnowledgeModel" => decisions.knowledge_models.push(knowledge_model(node, source)),
            "decisionService" => decisions.services.push(service(node, source)),
            _ => {}
        }
    }
    decisions
}

fn input<'a>(node: Xml<'a>, source: &Source<'a>) -> InputData {
    source.expect(node, &["variable"]);
    InputData { id: source.id(node), variable: source.variable(node), location: source.location(node) }
}

fn decision<'a>(node: Xml<'a>, source: &Source<'a>) -> Decision {
    let known = [&DECISION_PARTS[..], &boxed::EXPRESSIONS[..]].concat();
    source.expect(node, &known);
    let logic = boxed::only_expression(node, source);
    let decision = Decision {
        id: source.id(node),
        name: source.attribute(node, "name").map(|name| name.value),
        variable: source.variable(node),
        requires: requirements(node, source),
        logic,
        location: source.location(node),
    };
    if decision.logic.is_none() {
        source.warning("DECISION_WITHOUT_LOGIC", node, "the decision says nothing; its result is null");
    }
    decision
}

const DECISION_PARTS: [&str; 12] = [
    "question",
    "allowedAnswers",
    "variable",
    "informationRequirement",
    "knowledgeRequirement",
    "authorityRequirement",
    "supportedObjective",
    "impactedPerformanceIndicator",
    "decisionMaker",
    "decisionOwner",
    "usingProcess",
    "usingTask",
];

fn requirements<'a>(node: Xml<'a>, source: &Source<'a>) -> Requirements {
    let mut requires = Requirements::default();
    for requirement in source.children(node, "informationRequirement") {
        source.expect(requirement, &["requiredInput", "requiredDecision"]);
        requires.inputs.extend(source.references(requirement, "requiredInput"));
        requires.decisions.extend(source.references(requirement, "requiredDecision"));
    }
    for requirement in source.children(node, "knowledgeRequirement") {
        source.expect(requirement, &["requiredKnowledge"]);
        requires.knowledge.extend(source.references(requirement, "requiredKnowledge"));
    }
    requires
}

fn knowledge_model<'a>(node: Xml<'a>, source: &Source<'a>) -> KnowledgeModel {
    source.expect(node, &["variable", "encapsulatedLogic", "knowledgeRequirement", "authorityRequirement"]);
    let logic = source.child(node, "encapsulatedLogic").map(|logic| boxed::function(logic, source));
    KnowledgeModel {
        id: source.id(node),
        variable: source.variable(node),
        requires: requirements(node, source),
        logic,
        location: source.location(node),
    }
}

fn service<'a>(node: Xml<'a>, source: &Source<'a>) -> DecisionService {
    source.expect(node, &["variable", "outputDecision", "encapsulatedDecision", "inputDecision", "inputData"]);
    let service = DecisionService {
        id: source.id(node),
        name: source.attribute(node, "name").map(|name| name.value),
        variable: source.variable(node),
        outputs: source.references(node, "outputDecision"),
        encapsulated: source.references(node, "encapsulatedDecision"),
        input_decisions: source.references(node, "inputDecision"),
        input_data: source.references(node, "inputData"),
        location: source.location(node),
    };
    if service.outputs.is_empty() {
        source.error("MISSING_ELEMENT", node, "a decision service needs an `outputDecision`");
    }
    service
}
