//! Evaluation, of decisions as their readers give them.

use crate::{Compiled, DecisionErrorCode, Evaluated, compile};
use jiff::Timestamp;
use model::{Diagnostic, decision::ReadResult};
use serde_json::{Value as Json, json};

fn compiled(read: ReadResult) -> Result<Compiled, Vec<Diagnostic>> {
    match read.decisions {
        Some(decisions) => compile(&decisions),
        None => Err(read.diagnostics),
    }
}

fn yaml(text: &str) -> Compiled {
    compiled(model::decision::read_yaml("test.yaml", text)).unwrap()
}

fn dmn(text: &str) -> Compiled {
    let head = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">"#;
    compiled(model::decision::read_dmn("test.dmn", &format!("{head}{text}</definitions>"))).unwrap()
}

fn evaluate(decisions: &Compiled, id: &str, variables: Json) -> Result<Evaluated, (DecisionErrorCode, String)> {
    let Json::Object(variables) = variables else { panic!("variables are an object") };
    let evaluated = decisions.evaluate(id, &variables, Timestamp::UNIX_EPOCH);
    evaluated.map_err(|error| (error.code, error.to_string()))
}

#[track_caller]
fn gives(decisions: &Compiled, id: &str, variables: Json, expected: Json) {
    assert_eq!(evaluate(decisions, id, variables).map(|evaluated| evaluated.output), Ok(expected));
}

fn table(hit_policy: &str, rules: &str) -> Compiled {
    yaml(&format!(
        "decision: {{id: d, hitPolicy: {hit_policy}, inputs: [x], outputs: [{{name: o, values: ['\"high\"', '\"low\"']}}], rules: {rules}}}"
    ))
}

const OVERLAPPING: &str =
    r#"[{when: "> 1", then: '"low"'}, {when: "> 2", then: '"high"'}, {when: "> 2", then: '"low"'}]"#;

#[test]
fn every_hit_policy_has_its_way_with_several_matches() {
    for (policy, x, expected) in [
        ("unique", 2, json!("low")),
        ("first", 3, json!("low")),
        ("priority", 3, json!("high")),
        ("output order", 3, json!(["high", "low", "low"])),
        ("rule order", 3, json!(["low", "high", "low"])),
        ("collect", 3, json!(["low", "high", "low"])),
        ("collect count", 3, json!(3)),
        ("any", 2, json!("low")),
        ("unique", 0, json!(null)),
        ("collect", 0, json!([])),
        ("collect count", 0, json!(0)),
    ] {
        gives(&table(policy, OVERLAPPING), "d", json!({"x": x}), expected);
    }
    for (policy, text) in [
        ("unique", "decision `d`: rules 1, 2, 3 match, and only one may"),
        ("any", "decision `d`: rules 1, 2 match, and do not agree"),
    ] {
        let ambiguous = evaluate(&table(policy, OVERLAPPING), "d", json!({"x": 3}));
        assert_eq!(ambiguous, Err((DecisionErrorCode::AmbiguousRules, text.to_owned())));
    }
}

#[test]
fn numbers_are_aggregated() {
    let rules = "[{when: '>= 1', then: 10}, {when: '>= 2', then: 5.5}, {when: '>= 3', then: x}]";
    for (policy, expected) in [("sum", json!(18.5)), ("min", json!(3)), ("max", json!(10)), ("count", json!(3))] {
        let text = format!("decision: {{id: d, hitPolicy: collect {policy}, inputs: [x], rules: {rules}}}");
        gives(&yaml(&text), "d", json!({"x": 3}), expected);
    }
}

const DISH: &str = r#"
decision:
  id: guests allowed
  expression: = if season = "Winter" then 8 else 20
---
decision:
  id: dish
  requires: [guests allowed]
  inputs:
    - {expression: season, label: the season, type: string, values: ['"Winter"', '"Summer"']}
    - {expression: guests, type: number}
  outputs: [{name: dish, default: '"Stew"'}, {name: for all, type: boolean, default: "false"}]
  hitPolicy: first
  rules:
    - {when: ['"Winter"', "<= guests allowed"], then: ['"Roast"', "guests < 5"]}
    - {when: {season: '"Summer"', guests: "[1..10]"}, then: {dish: '"Salad"', for all: "true"}}
"#;

#[test]
fn a_decision_sees_what_it_requires_and_says_what_it_saw() {
    let decisions = yaml(DISH);
    assert_eq!(decisions.ids().collect::<Vec<_>>(), ["guests allowed", "dish"]);
    let evaluated = evaluate(&decisions, "dish", json!({"season": "Winter", "guests": 6})).unwrap();
    assert_eq!(evaluated.output, json!({"dish": "Roast", "for all": false}));
    assert_eq!(
        serde_json::to_value(&evaluated.trace).unwrap(),
        json!([
            {"decision": "guests allowed", "output": 8},
            {"decision": "dish", "inputs": {"the season": "Winter", "guests": 6}, "rules": [1],
             "output": {"dish": "Roast", "for all": false}},
        ])
    );
    gives(&decisions, "dish", json!({"season": "Summer", "guests": 7}), json!({"dish": "Salad", "for all": true}));
    gives(&decisions, "dish", json!({"season": "Winter", "guests": 9}), json!({"dish": "Stew", "for all": false}));
}

#[test]
fn what_an_input_may_not_be_is_an_error_that_names_it() {
    let error = |variables| evaluate(&yaml(DISH), "dish", variables).unwrap_err();
    let (code, text) = error(json!({"season": "Spring", "guests": 1}));
    assert_eq!(code, DecisionErrorCode::InvalidInput);
    assert_eq!(
        text,
        "decision `dish`: the input `the season` is Spring, which is none of its values (\"Winter\", \"Summer\")"
    );
    let (code, text) = error(json!({"season": "Winter", "guests": "many"}));
    assert_eq!(code, DecisionErrorCode::InvalidInput);
    assert_eq!(text, "decision `dish`: the input `guests` is a string, which is not of its type");
    assert_eq!(evaluate(&yaml(DISH), "dinner", json!({})).unwrap_err().0, DecisionErrorCode::UnknownDecision);
}

#[test]
fn problems_are_told_all_at_once_with_their_places() {
    let text =
        "decision:\n  id: d\n  inputs: [{expression: 'a b', type: mass}]\n  rules:\n    - {when: '< ', then: 'if'}\n";
    let problems = compiled(model::decision::read_yaml("test.yaml", text)).unwrap_err();
    let told: Vec<_> = problems.iter().map(|p| (p.code.as_str(), p.location.line, p.element_id.as_deref())).collect();
    let d = Some("d");
    assert_eq!(told, [("EXPRESSION_SYNTAX", 3, d), ("EXPRESSION_SYNTAX", 5, d), ("EXPRESSION_SYNTAX", 5, d)]);
}

#[test]
fn a_decision_takes_so_much_work_and_no_more() {
    let endless = yaml("decision: {id: d, expression: 'count(for i in 1..100000000 return i)'}");
    assert_eq!(evaluate(&endless, "d", json!({})).unwrap_err().0, DecisionErrorCode::TooMuchWork);
}

#[test]
fn knowledge_models_are_functions_and_may_call_themselves() {
    let decisions = dmn(r##"
        <decision id="d" name="D"><variable name="D" typeRef="number"/>
          <knowledgeRequirement id="r"><requiredKnowledge href="#f"/></knowledgeRequirement>
          <invocation><literalExpression><text>faculty of</text></literalExpression>
            <binding><parameter name="n"/><literalExpression><text>x + 1</text></literalExpression></binding>
          </invocation></decision>
        <businessKnowledgeModel id="f" name="faculty of"><variable name="faculty of"/>
          <encapsulatedLogic><formalParameter name="n" typeRef="number"/>
            <conditional><if><literalExpression><text>n &lt; 2</text></literalExpression></if>
              <then><literalExpression><text>1</text></literalExpression></then>
              <else><literalExpression><text>n * faculty of(n - 1)</text></literalExpression></else></conditional>
          </encapsulatedLogic></businessKnowledgeModel>"##);
    gives(&decisions, "d", json!({"x": 4}), json!(120));
    assert_eq!(evaluate(&decisions, "d", json!({"x": 1e9})).unwrap_err().0, DecisionErrorCode::TooMuchWork);
}

#[test]
fn boxed_expressions_and_types() {
    let decisions = dmn(r##"
        <itemDefinition name="tPerson"><itemComponent name="born"><typeRef>date</typeRef></itemComponent>
          <itemComponent name="full name"><typeRef>string</typeRef></itemComponent></itemDefinition>
        <itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>
        <inputData id="i" name="People"><variable name="People" typeRef="tPeople"/></inputData>
        <decision id="old" name="Old"><variable name="Old"/>
          <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
          <context>
            <contextEntry><variable name="Old ones"/><filter><in><literalExpression><text>People</text></literalExpression></in>
              <match><literalExpression><text>born.year &lt; 1990</text></literalExpression></match></filter></contextEntry>
            <contextEntry><variable name="Names"/><for iteratorVariable="one"><in><literalExpression><text>Old ones</text></literalExpression></in>
              <return><literalExpression><text>one.full name</text></literalExpression></return></for></contextEntry>
            <contextEntry><variable name="Some"/><some iteratorVariable="one"><in><literalExpression><text>Names</text></literalExpression></in>
              <satisfies><literalExpression><text>one = "Ada"</text></literalExpression></satisfies></some></contextEntry>
            <contextEntry><variable name="Twice"/><functionDefinition><formalParameter name="n"/>
              <literalExpression><text>n * count(People)</text></literalExpression></functionDefinition></contextEntry>
            <contextEntry><list><literalExpression><text>Names</text></literalExpression><literalExpression><text>Some</text></literalExpression>
              <literalExpression><text>Twice(10)</text></literalExpression></list></contextEntry>
          </context></decision>"##);
    let people = json!([{"born": "1980-05-01", "full name": "Ada"}, {"born": "2001-05-01", "full name": "Eve"}]);
    gives(&decisions, "old", json!({"People": people}), json!([["Ada"], true, 20]));
    let wrong = evaluate(&decisions, "old", json!({"People": [{"born": "soon"}]})).unwrap_err();
    assert_eq!(wrong.0, DecisionErrorCode::InvalidInput, "{}", wrong.1);
}
