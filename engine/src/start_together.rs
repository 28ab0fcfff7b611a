//! Start events of processes that wait for several things together: what has come is written down, in the transaction that
//! takes it, until the rest is there (see [`interpreter::start_together`]).
//!
//! Of a signal or a timer, the last one counts; messages wait one behind the other. Whoever brings something holds the lock
//! of the start event until the commit, so two things that come at the same time always meet.

use crate::{
    convert,
    definitions::{Definition, DefinitionError},
    messages::correlation_hash,
    world::World,
};
use interpreter::{
    Variables,
    start_together::{self, Together},
};
use std::sync::Arc;
use store::{
    Session, message_subscription,
    start_occurrence::{self, Occurrence, StartEvent},
};
use uuid::Uuid;

/// What may wait for one start event under one key, and is looked through when something comes.
const MOST_WAITING: i64 = 1_000;

/// Something that a start event waits for has come.
pub struct Came<'a> {
    /// None: it cannot be read, as its instances will say.
    pub definition: Option<&'a Definition>,
    pub element_id: &'a str,
    pub part: String,
    pub correlation_key: Option<&'a str>,
    pub variables: &'a Variables,
}

/// The definition of a start event, unless this program cannot read it.
pub async fn definition(world: &World, key: Uuid) -> Result<Option<Arc<Definition>>, store::Error> {
    match world.definitions.get(key).await {
        Ok(definition) => Ok(Some(definition)),
        Err(DefinitionError::Store(error)) => Err(error),
        Err(DefinitionError::Unknown(_) | DefinitionError::Unreadable(..)) => Ok(None),
    }
}

/// What an instance begins with now; none: other things have to come first.
pub async fn come(session: &Session, came: Came<'_>) -> Result<Option<Variables>, store::Error> {
    let found =
        came.definition.and_then(|definition| Some((definition, definition.process.together(came.element_id)?)));
    let Some((Definition { tenant, process_id, .. }, together)) = found else {
        return Ok(Some(came.variables.clone()));
    };
    let event = StartEvent { tenant, process_id, element_id: came.element_id };
    message_subscription::lock(session, &[correlation_hash(tenant, process_id, came.element_id)]).await?;
    let mut waiting = start_occurrence::list(session, event, came.correlation_key, MOST_WAITING).await?;
    if came.correlation_key.is_none() {
        let same = waiting.extract_if(.., |other| other.correlation_key.is_none() && other.part == came.part);
        let outdated: Vec<Uuid> = same.map(|other| other.id).collect();
        start_occurrence::delete(session, event, &outdated).await?;
    }
    let occurrence = Occurrence {
        id: Uuid::now_v7(),
        part: came.part,
        correlation_key: came.correlation_key.map(str::to_owned),
        variables: convert::variables_json(came.variables).to_vec(),
    };
    start_occurrence::insert(session, event, &occurrence).await?;
    waiting.push(occurrence);
    take(session, event, together, &waiting).await
}

async fn take(
    session: &Session,
    event: StartEvent<'_>,
    together: &Together,
    waiting: &[Occurrence],
) -> Result<Option<Variables>, store::Error> {
    let came: Vec<start_together::Occurrence> = waiting.iter().map(read).collect();
    let Some(places) = together.complete(&came) else { return Ok(None) };
    let taken: Vec<Uuid> = places.iter().filter_map(|place| waiting.get(*place)).map(|it| it.id).collect();
    start_occurrence::delete(session, event, &taken).await?;
    Ok(Some(start_together::content(&came, &places)))
}

fn read(occurrence: &Occurrence) -> start_together::Occurrence {
    let Occurrence { part, correlation_key, variables, .. } = occurrence;
    let variables = convert::parse_variables(variables).unwrap_or_default(); // we wrote them
    start_together::Occurrence { part: part.clone(), correlation_key: correlation_key.clone(), variables }
}
