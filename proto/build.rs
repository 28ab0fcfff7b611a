//! Generates the message types from `baton/v1/*.proto`, without an installed protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["job", "history", "state", "api", "operations", "workbench", "link"]
        .map(|name| format!("baton/v1/{name}.proto"));
    for file in &files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(&files, ["."])?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
