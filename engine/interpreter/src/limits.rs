//! The bounds of one instance. Each ends in an incident or a rejection that says so.

/// Elements activated by one step before the rest of its tokens wait for the next one.
pub const ACTIVATIONS_PER_STEP: u32 = 100;
/// Steps in a row that put work off, with nothing from outside between them, before loops are stopped.
pub const STEPS_WITHOUT_REST: u32 = 100;
/// Element instances of one instance, over its life.
pub const ELEMENTS_PER_INSTANCE: u64 = 200_000;
/// Bytes that one command or one activity may write to variables.
pub const BYTES_PER_WRITE: u64 = 256 * 1024;
/// Bytes of all variables of an instance together.
pub const BYTES_PER_INSTANCE: u64 = 2 * 1024 * 1024;
/// What a job may carry of answers that people have given it: how many, and their bytes.
pub const ANSWERS_OF_A_JOB: usize = 32;
pub const BYTES_OF_ANSWERS: usize = 256 * 1024;
/// Fields of the form with which a job asks a person.
pub const FIELDS_OF_A_QUESTION: usize = 50;
/// How many calls deep a process may run.
pub const CALL_DEPTH: u32 = 32;
/// How long a message that a process throws waits for its receiver, which may be busy with a person's task or a worker's
/// retries when it is thrown.
pub const THROWN_MESSAGE_LIFE_MS: i64 = 60 * 60 * 1000;
