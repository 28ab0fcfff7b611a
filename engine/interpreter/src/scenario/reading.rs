//! From text to a [`Scenario`]: what is wrong is said with its line and column, and with the key that was probably meant.
//!
//! What may be written in two ways (`hold` or `{complete: …}`) is read by what stands there, not by trying one after the
//! other: so an error keeps its place.

use super::file::{Scenario, Step};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location};
use std::fmt;
use std::marker::PhantomData;

/// Bytes of a scenario file.
pub const LONGEST_FILE: usize = 1024 * 1024;
/// How often one `advance` may be repeated.
const MOST_TIMES: u32 = 100_000;

/// Reads a scenario file; the error is for a person.
pub fn read(text: &str) -> Result<Scenario, String> {
    if text.len() > LONGEST_FILE {
        return Err(format!("it has {} bytes; at most {LONGEST_FILE} are read", text.len()));
    }
    // YAML 1.2: `n`, `no` and `off` are names, not truth values.
    let options = serde_saphyr::options! { strict_booleans: true };
    let scenario: Scenario = serde_saphyr::from_str_with_options(text, options).map_err(|error| explain(&error))?;
    for (index, step) in scenario.steps.iter().enumerate() {
        check_step(step).map_err(|why| format!("steps[{index}]: {why}"))?;
    }
    match (&scenario.process, &scenario.definitions) {
        (Some(_), None) | (None, Some(_)) => Ok(scenario),
        (Some(_), Some(_)) => Err("`process` and `definitions` exclude each other".to_owned()),
        (None, None) => Err("either `process` or `definitions` is needed".to_owned()),
    }
}

fn check_step(step: &Step) -> Result<(), String> {
    if step.actions() != 1 {
        return Err(format!("a step has exactly one action, and this one has {}", step.actions()));
    }
    match step.times {
        Some(_) if step.advance.is_none() => Err("`times` belongs to `advance`".to_owned()),
        Some(times) if times > MOST_TIMES => Err(format!("times: {times} is more than {MOST_TIMES}")),
        _ => Ok(()),
    }
}

fn explain(error: &Error) -> String {
    match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, location } => {
            unknown("is not a key here", field, expected, location)
        }
        Error::SerdeUnknownVariant { variant, expected, location } => {
            unknown("is not a word here", variant, expected, location)
        }
        other => other.to_string(),
    }
}

fn unknown(what: &str, name: &str, expected: &[&str], location: &Location) -> String {
    let meant = model::near_miss::did_you_mean(name, expected.iter().copied());
    let known = format!("known: {}", expected.join(", "));
    let hint = meant.unwrap_or(known);
    format!("line {}, column {}: `{name}` {what} ({hint})", location.line(), location.column())
}

/// A word, or a map.
pub enum Either<T, M> {
    Text(T),
    Map(M),
}

impl<'de, T: Deserialize<'de>, M: Deserialize<'de>> Deserialize<'de> for Either<T, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherVisitor(PhantomData))
    }
}

struct EitherVisitor<T, M>(PhantomData<(T, M)>);

impl<'de, T: Deserialize<'de>, M: Deserialize<'de>> Visitor<'de> for EitherVisitor<T, M> {
    type Value = Either<T, M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a map")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.to_owned().into_deserializer()).map(Either::Text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(Either::Map)
    }
}

/// A map, a list of maps, or nothing.
#[derive(Debug)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or a list of maps")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(OneOrMany::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        match read(text) {
            Ok(_) => panic!("it was read"),
            Err(message) => message,
        }
    }

    #[test]
    fn unknown_keys_are_errors_with_their_place_and_the_near_miss() {
        let steps = |step: &str| format!("process: a.yaml\nsteps:\n  - {step}\n");
        let checks = [
            ("proces: a.yaml\n".to_owned(), "line 1, column 1: `proces` is not a key here (did you mean `process`?)"),
            (
                steps("complet: {element: a}"),
                "line 3, column 5: `complet` is not a key here (did you mean `complete`?)",
            ),
            (steps("cancel: {x: 1}"), "line 3, column 14: `x` is not a key here"),
            (
                "process: a\nexpect: {enterd: {}}\n".to_owned(),
                "line 2, column 10: `enterd` is not a key here (did you mean `entered`?)",
            ),
            (
                "process: a\nexpect: {state: complete}\n".to_owned(),
                "`complete` is not a word here (did you mean `completed`?)",
            ),
            (
                "process: a\nstart: {variable: {}}\n".to_owned(),
                "line 2, column 9: `variable` is not a key here (did you mean `variables`?)",
            ),
            (
                "process: a\nstart: [{variable: {}}]\n".to_owned(),
                "`variable` is not a key here (did you mean `variables`?)",
            ),
            (
                "process: a\nworkers: {b: {fail: {time: 2}}}\n".to_owned(),
                "line 2, column 22: `time` is not a key here (did you mean `times`?)",
            ),
            ("process: a\nworkers: {b: hld}\n".to_owned(), "`hld` is not a word here (did you mean `hold`?)"),
            ("process: a\nexpect: {deployment: refused}\n".to_owned(), "`refused` is not a word here"),
            (
                "process: a\nexpect: {deployment: {rejects: []}}\n".to_owned(),
                "`rejects` is not a key here (did you mean `rejected`?)",
            ),
        ];
        for (text, expected) in checks {
            let message = refused(&text);
            assert!(message.contains(expected), "{text}\n{message}");
        }
    }

    #[test]
    fn a_step_has_one_action_and_times_only_with_advance() {
        let step = |step: &str| refused(&format!("process: a\nsteps: [{step}]\n"));
        assert!(step("{}").contains("steps[0]: a step has exactly one action"));
        assert!(step("{trigger: a, cancel: {}}").contains("this one has 2"));
        assert!(step("{trigger: a, times: 2}").contains("`times` belongs to `advance`"));
        assert!(step("{advance: PT1S, times: 4000000000}").contains("more than 100000"));
    }

    #[test]
    fn hostile_files_are_refused_soon() {
        assert!(refused(&" ".repeat(LONGEST_FILE + 1)).contains("at most"));
        let nested = format!("process: a\nstart: {{variables: {{x: {}{}}}}}\n", "[".repeat(20_000), "]".repeat(20_000));
        assert!(!refused(&nested).is_empty());
        let laughs = "process: a\nstart:\n  variables:\n    a: &a [x,x,x,x,x,x,x,x,x]\n    b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n    e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n    f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n    g: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        assert!(!refused(laughs).is_empty());
    }
}
