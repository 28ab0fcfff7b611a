//! The inner walls, put up by the child itself before it looks at a script: resource limits, Landlock, seccomp.

use super::{super::sandbox::NETWORK_FILES, setting};
use anyhow::Context;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

const OPEN_FILES: u64 = 64;
/// Room for this program itself, beside what JavaScript may allocate by its own limit.
const OWN_MEMORY: u64 = 4 * 1024 * 1024 * 1024;

/// `becomes_another`: an interpreter will take this process over, so the memory limit is exactly the script's.
pub fn put_up(becomes_another: bool) -> anyhow::Result<()> {
    let memory = setting("BATON_CHILD_MEMORY")?;
    limit(Resource::Core, 0)?;
    limit(Resource::Cpu, setting("BATON_CHILD_CPU")?)?;
    limit(Resource::Fsize, setting("BATON_CHILD_FILE")?)?;
    limit(Resource::Nofile, OPEN_FILES)?;
    // Without namespaces it would count everything that the user runs.
    if std::env::var_os("BATON_CHILD_UNSANDBOXED").is_none() {
        limit(Resource::Nproc, setting("BATON_CHILD_PROCESSES")?)?;
    }
    let has_network = super::setting("BATON_CHILD_NETWORK")? == 1;
    restrict_files(has_network).context("Landlock")?;
    restrict_calls(has_network).context("seccomp")?;
    limit(Resource::As, if becomes_another { memory } else { memory + OWN_MEMORY })
}

fn limit(resource: Resource, most: u64) -> anyhow::Result<()> {
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
        .with_context(|| format!("the limit {resource:?} cannot be set"))
}

/// Reading what an interpreter needs and writing to `/tmp`; no TCP unless it is granted. As much as the kernel knows how to enforce.
fn restrict_files(has_network: bool) -> anyhow::Result<()> {
    let abi = ABI::V5;
    let readable =
        ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/proc", "/dev", "/run/baton", "/work"];
    let mut rules =
        Ruleset::default().set_compatibility(CompatLevel::BestEffort).handle_access(AccessFs::from_all(abi))?;
    if !has_network {
        rules = rules.handle_access(AccessNet::from_all(abi))?;
    }
    let network: &[&str] = if has_network { &NETWORK_FILES } else { &[] };
    rules
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(network, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(["/tmp", "/dev/null", "/dev/shm"], AccessFs::from_all(abi)))?
        .restrict_self()?;
    Ok(())
}

/// Calls that are not listed do not exist (`ENOSYS`), so that libraries fall back to older ones.
fn restrict_calls(has_network: bool) -> anyhow::Result<()> {
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        super::calls::ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![without_namespaces()?]);
    if has_network {
        rules.extend(super::calls::NETWORK.iter().map(|call| (*call, Vec::new())));
        rules.insert(libc::SYS_socket, vec![of_family(libc::AF_INET)?, of_family(libc::AF_INET6)?]);
    }
    let absent = SeccompAction::Errno(u32::try_from(libc::ENOSYS)?);
    let filter = SeccompFilter::new(rules, absent, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

/// The internet's sockets: none of this machine's own, none of the kernel.
fn of_family(family: libc::c_int) -> anyhow::Result<SeccompRule> {
    let family = u64::try_from(family)?;
    let is = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)?;
    Ok(SeccompRule::new(vec![is])?)
}

/// Processes and threads may be made, namespaces may not.
fn without_namespaces() -> anyhow::Result<SeccompRule> {
    let flags = libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    let mask = u64::from(u32::from_ne_bytes(flags.to_ne_bytes()));
    let none = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(mask), 0)?;
    Ok(SeccompRule::new(vec![none])?)
}
