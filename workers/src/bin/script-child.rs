//! The program inside the script sandbox on its own, as tests start it; `baton script-child` is the same.

fn main() -> std::process::ExitCode {
    workers::script::child::main()
}
