//! The OpenAPI document: what the handlers say, and what holds for all of them.

use crate::problem::Problem;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, InfoBuilder, OpenApi, RefOr, ResponseBuilder,
        path::Operation,
        schema::Ref,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

/// The whole document.
pub fn openapi() -> OpenApi {
    let (_, mut document) = super::routes().merge(super::file_routes()).split_for_parts();
    document.info = InfoBuilder::new()
        .title("Baton")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Runs BPMN processes. Errors are `application/problem+json`; times are ISO 8601."))
        .build();
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let diagnostic = crate::problem::Diagnostic::name().into_owned();
    components.schemas.insert(diagnostic, crate::problem::Diagnostic::schema());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    components.security_schemes.insert("apiKey".to_owned(), SecurityScheme::Http(bearer).into());
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("apiKey", [])]);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        operations.into_iter().flatten().for_each(complete);
    }
    document
}

/// Any operation can fail with a problem.
fn complete(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name(Problem::name())))).build();
    let problem = ResponseBuilder::new().description("A problem").content("application/problem+json", content).build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
}
