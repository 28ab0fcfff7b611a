//! The protocol's side: tools are listed and called; what goes wrong in a tool is a result that the model reads, never
//! an error of the session.

use super::{
    root::Root,
    tool::{Tool, ToolError, cut},
    tools,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A call that takes longer is answered with an error; sizes bound what it goes on doing.
const LONGEST_CALL: Duration = Duration::from_secs(45);
/// No result is longer, as JSON.
const LONGEST_RESULT: usize = 512 * 1024;

#[derive(Clone)]
pub struct Server {
    root: Root,
    tools: Arc<Vec<Tool>>,
}

impl Server {
    pub fn new(root: Root) -> Self {
        Server { root, tools: Arc::new(tools::all()) }
    }

    async fn called(&self, name: &str, arguments: rmcp::model::JsonObject) -> Result<Value, ToolError> {
        let place = self.tools.iter().position(|tool| tool.definition.name == name);
        let place = place.ok_or_else(|| ToolError(format!("there is no tool `{name}`; tools/list names them")))?;
        let (root, tools) = (self.root.clone(), self.tools.clone());
        let work = tokio::task::spawn_blocking(move || match tools.get(place) {
            Some(tool) => tool.call(&root, arguments),
            None => Err(ToolError("the tool is gone".into())),
        });
        let result = match tokio::time::timeout(LONGEST_CALL, work).await {
            Ok(Ok(result)) => result?,
            Ok(Err(_)) => return Err(ToolError(format!("{name} failed on these arguments; try others"))),
            Err(_) => return Err(ToolError(format!("{name} took longer than {LONGEST_CALL:?}; ask for less"))),
        };
        let length = result.to_string().len();
        if length > LONGEST_RESULT {
            return Err(ToolError(format!("the result has {length} bytes; ask for less at once")));
        }
        Ok(result)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("baton-mcp", env!("CARGO_PKG_VERSION")))
            .with_instructions("Tools over the files of one folder; paths are relative to it.")
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.iter().map(|tool| tool.definition.clone()).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let called = self.called(&request.name, request.arguments.unwrap_or_default()).await;
        Ok(CallToolResponse::Complete(match called {
            Ok(result) => CallToolResult::structured(result),
            Err(error) => CallToolResult::error(vec![ContentBlock::text(cut(&error.0, 4096))]),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;
    use rmcp::ServiceExt;
    use serde_json::json;

    #[tokio::test]
    async fn a_client_lists_and_calls_the_ten_tools() {
        let scratch = Scratch::new().with("a.log", "2026-01-01T00:00:00Z ERROR boom\n");
        let (near, far) = tokio::io::duplex(64 * 1024);
        let server = Server::new(scratch.root.clone());
        let serving = tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
        let client = ().serve(near).await.unwrap();
        let tools = client.list_all_tools().await.unwrap();
        assert_eq!(tools.len(), 10);
        for tool in &tools {
            assert!(tool.output_schema.is_some() && tool.annotations.is_some(), "{}", tool.name);
            jsonschema::validator_for(&Value::Object((*tool.input_schema).clone())).unwrap();
            assert!(!serde_json::to_string(tool).unwrap().contains("\"uint"), "{}", tool.name);
        }
        let call = |name: &'static str, arguments: Value| {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments))
        };
        let read = call("filesystem-read", json!({"path": "a.log"})).await.unwrap();
        assert_eq!(read.structured_content.unwrap()["lines"], 1);
        for (name, arguments) in [
            ("filesystem-read", json!({"path": "../a.log"})),
            ("filesystem-read", json!({})),
            ("no-such-tool", json!({})),
        ] {
            assert_eq!(call(name, arguments).await.unwrap().is_error, Some(true), "{name}");
        }
        client.cancel().await.unwrap();
        serving.abort();
    }
}
