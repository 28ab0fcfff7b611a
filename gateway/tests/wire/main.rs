//! The gateway as a whole: a real bus, a real listener, and the engine's side played through the messages of the wire.

mod agui;
mod approval;
mod events;
mod files;
mod live;
mod mcp;
mod operations;
mod played;
mod reference;
mod rest;
mod running;
mod slow;
mod transcript;
mod workbench;
