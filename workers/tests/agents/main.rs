//! Agents with real parts: processes as tool servers, a model over HTTP, transcripts in NATS.

mod answers;
mod cassettes;
mod kills;
mod model;
mod parts;
mod people;
mod restarts;
mod servers;
mod trust;
