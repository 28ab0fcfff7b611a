//! The everyday commands against a running system, through a gateway: start, look, take part, put right.
//!
//! Each command is one request or a few; what it prints is a table for people or JSON for programs ([`output`]), and how it
//! ends is an exit code ([`exit`]).

pub mod exit;
mod list;
mod output;
mod people;
mod profile;
mod server;
mod show;
mod start;
mod tell;
mod variables;
mod watch;

pub use server::{Reached, Server};

use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub enum Remote {
    /// Start an instance of a process; with --wait, wait for its end.
    Start(start::Args),
    /// List instances, processes, incidents, tasks or decisions.
    List(list::Args),
    /// Show an instance: where it stands and why, its incidents and variables.
    Show(show::Args),
    /// Follow an instance live until it ends.
    Watch(watch::Args),
    /// Ask the REST API for anything: prints the JSON of `GET /api/v1<path>`.
    Get(show::GetArgs),
    /// List what waits for people.
    Tasks(people::TasksArgs),
    /// Claim a user task, or release it.
    Claim(people::ClaimArgs),
    /// Complete a user task.
    Complete(people::CompleteArgs),
    /// Publish a message.
    Message(tell::MessageArgs),
    /// Broadcast a signal.
    Signal(tell::SignalArgs),
    /// Cancel an instance.
    Cancel(tell::CancelArgs),
    /// Try again what has an incident or waits for its next attempt in an instance.
    Retry(tell::RetryArgs),
    /// Resolve an incident, with other variables where those were the cause.
    Resolve(tell::ResolveArgs),
    /// Keep addresses and keys of gateways under names.
    Profile(profile::Args),
}

pub async fn run(command: Remote) -> anyhow::Result<ExitCode> {
    match command {
        Remote::Start(args) => return start::run(args).await,
        Remote::Watch(args) => return watch::run(args).await,
        Remote::List(args) => list::run(args).await?,
        Remote::Show(args) => show::run(args).await?,
        Remote::Get(args) => show::get(args).await?,
        Remote::Tasks(args) => people::tasks(args).await?,
        Remote::Claim(args) => people::claim(args).await?,
        Remote::Complete(args) => people::complete(args).await?,
        Remote::Message(args) => tell::message(args).await?,
        Remote::Signal(args) => tell::signal(args).await?,
        Remote::Cancel(args) => tell::cancel(args).await?,
        Remote::Retry(args) => tell::retry(args).await?,
        Remote::Resolve(args) => tell::resolve(args).await?,
        Remote::Profile(args) => profile::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
