//! Every statement of the engine, by the name of its file. The tests prepare and explain them all.

/// One file of `queries/`.
#[derive(Debug)]
pub struct Statement {
    /// `<table>/<verb>`
    pub name: &'static str,
    pub sql: &'static str,
}

macro_rules! statements {
    ($($constant:ident = $path:literal,)*) => {
        $(pub const $constant: &Statement =
            &Statement { name: $path, sql: include_str!(concat!("../queries/", $path, ".sql")) };)*
        pub const ALL: &[&Statement] = &[$($constant),*];
    };
}

statements! {
    COMMAND_CLAIM = "command/claim",
    COMMAND_DELETE = "command/delete",
    COMMAND_INSERT = "command/insert",
    COMMAND_ID_FIND = "command_id/find",
    COMMAND_ID_INSERT = "command_id/insert",
    COMMAND_ID_PURGE = "command_id/purge",
    DEFINITION_GET = "definition/get",
    DEFINITION_INSERT = "definition/insert",
    DEFINITION_INSERT_MEMBER = "definition/insert_member",
    DEFINITION_LATEST = "definition/latest",
    DEFINITION_LATEST_KEY = "definition/latest_key",
    DEFINITION_LIST = "definition/list",
    DEFINITION_LOCK = "definition/lock",
    DEFINITION_MEMBER_KEY = "definition/member_key",
    DEFINITION_VERSION_KEY = "definition/version_key",
    HISTORY_ENSURE_PARTITIONS = "history/ensure_partitions",
    HISTORY_FIND = "history/find",
    HISTORY_INSERT = "history/insert",
    HISTORY_LIST = "history/list",
    HISTORY_OLD_PARTITIONS = "history/old_partitions",
    INCIDENT_DELETE = "incident/delete",
    INCIDENT_INSERT = "incident/insert",
    INCIDENT_LIST = "incident/list",
    INSTANCE_CHILDREN = "instance/children",
    INSTANCE_GET = "instance/get",
    INSTANCE_INSERT = "instance/insert",
    INSTANCE_LIST = "instance/list",
    INSTANCE_LOAD = "instance/load",
    INSTANCE_UPDATE = "instance/update",
    INSTANCE_VERSION = "instance/version",
    JOB_COUNT = "job/count",
    JOB_DELETE = "job/delete",
    JOB_HEARTBEAT = "job/heartbeat",
    JOB_INSERT = "job/insert",
    JOB_REPUBLISH = "job/republish",
    JOB_TYPES = "job/types",
    JOB_UNANSWERED = "job/unanswered",
    JOB_UNPUBLISHED = "job/unpublished",
    MESSAGE_EXPIRE = "message/expire",
    MESSAGE_INSERT = "message/insert",
    MESSAGE_TAKE = "message/take",
    MESSAGE_START_DELETE = "message_start/delete",
    MESSAGE_START_FIND = "message_start/find",
    MESSAGE_START_INSERT = "message_start/insert",
    MESSAGE_SUBSCRIPTION_CLOSE = "message_subscription/close",
    MESSAGE_SUBSCRIPTION_LOCK = "message_subscription/lock",
    MESSAGE_SUBSCRIPTION_OPEN = "message_subscription/open",
    MESSAGE_SUBSCRIPTION_TAKE = "message_subscription/take",
    MESSAGE_SUBSCRIPTION_TAKE_ONE = "message_subscription/take_one",
    SESSION_CLOCK = "session/clock",
    SIGNAL_START_DELETE = "signal_start/delete",
    SIGNAL_START_FIND = "signal_start/find",
    SIGNAL_START_INSERT = "signal_start/insert",
    SIGNAL_SUBSCRIPTION_CLOSE = "signal_subscription/close",
    SIGNAL_SUBSCRIPTION_LISTENERS = "signal_subscription/listeners",
    SIGNAL_SUBSCRIPTION_OPEN = "signal_subscription/open",
    TIMER_CLAIM = "timer/claim",
    TIMER_DELETE = "timer/delete",
    TIMER_FIRE = "timer/fire",
    TIMER_INSERT = "timer/insert",
    TIMER_NEXT = "timer/next",
    TIMER_START_DELETE = "timer_start/delete",
    TIMER_START_DELETE_ONE = "timer_start/delete_one",
    TIMER_START_INSERT = "timer_start/insert",
    TIMER_START_LOCK_DUE = "timer_start/lock_due",
    TIMER_START_SET_NEXT = "timer_start/set_next",
    USER_TASK_CLAIM = "user_task/claim",
    USER_TASK_CLOSE = "user_task/close",
    USER_TASK_GET = "user_task/get",
    USER_TASK_INSERT = "user_task/insert",
    USER_TASK_LIST = "user_task/list",
    VARIABLE_DELETE_SCOPES = "variable/delete_scopes",
    VARIABLE_LOAD = "variable/load",
    VARIABLE_UPSERT = "variable/upsert",
}
