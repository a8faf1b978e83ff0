//! The OpenAPI document, made of the table that the router uses.
//!
//! Spec: OpenAPI 3.1.

use serde_json::{Map, Value, json};

use crate::endpoint::{Access, BodyKind, Content, Endpoint, Parameter, Refusal, Success};
use crate::{endpoints, schema};

/// The document.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints::all() {
        let path = paths
            .entry(endpoint.path)
            .or_insert_with(|| json!({"parameters": places(endpoint.path)}));
        let method = endpoint.method.as_str().to_ascii_lowercase();
        path[method] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "OCPI token authorization: the operator's API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Plain JSON. What is refused is answered with a problem document \
                            (RFC 9457) that says what was wrong and what to do. Fields and query \
                            parameters that are not known are refused by their name. HEAD is \
                            answered as GET is, without the body.",
        },
        "security": [{"admin_token": []}],
        "paths": paths,
        "components": {
            "schemas": schema::components(),
            "securitySchemes": {
                "admin_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`admin_token` of the configuration.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let queries = endpoint.query.iter().map(|it| parameter(it, "query"));
    let headers = endpoint.headers.iter().map(|it| parameter(it, "header"));
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": queries.chain(headers).collect::<Vec<_>>(),
        "responses": responses(endpoint),
    });
    if endpoint.access == Access::Open {
        operation["security"] = json!([]);
    }
    if let Some(body) = &endpoint.body {
        operation["requestBody"] = request_body(body);
    }
    operation
}

/// The parameters of a path.
fn places(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let place = |name: &str| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": match name {
                "country_code" => schema::country_code(),
                "party_id" => schema::party_id(),
                "uid" => schema::token::uid(),
                "reference" => schema::authorization::reference(),
                "id" => schema::platform::id(),
                _ => schema::text(),
            },
        })
    };
    names.map(place).collect()
}

fn parameter(parameter: &Parameter, place: &str) -> Value {
    json!({
        "name": parameter.name,
        "in": place,
        "description": parameter.description,
        "schema": (parameter.schema)(),
    })
}

fn request_body(body: &BodyKind) -> Value {
    let media = match body {
        BodyKind::Json(name) | BodyKind::MergePatch(name) => json!({"schema": schema::named(name)}),
        BodyKind::Lines(name) => lines(name),
    };
    let content_types = body.content_types().iter();
    let content: Map<String, Value> = content_types
        .map(|content_type| ((*content_type).to_owned(), media.clone()))
        .collect();
    json!({"required": true, "content": content})
}

/// JSON lines: OpenAPI 3.1 has no word for what each line is.
fn lines(name: &str) -> Value {
    json!({
        "schema": {"type": "string", "description": format!("One {name} a line.")},
        "x-line-schema": schema::named(name),
    })
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    for success in endpoint.successes {
        responses.insert(success.status.to_string(), succeeded(success));
    }
    for refusal in endpoint.refusals() {
        responses.insert(refusal.status.to_string(), refused(refusal));
    }
    responses.into()
}

fn succeeded(success: &Success) -> Value {
    let mut response = json!({"description": success.when});
    match success.content {
        Content::None => {}
        Content::Json(name) => {
            response["content"]["application/json"]["schema"] = schema::named(name);
        }
        Content::Lines(name) => response["content"]["application/jsonl"] = lines(name),
        Content::Text(content_type) => {
            response["content"][content_type]["schema"] = schema::text();
        }
    }
    for header in success.headers {
        response["headers"][header.name] = json!({
            "description": header.description,
            "schema": (header.schema)(),
        });
    }
    response
}

fn refused(refusal: Refusal) -> Value {
    let mut response = json!({
        "description": refusal.when,
        "content": {"application/problem+json": {"schema": schema::named("Problem")}},
    });
    let header = match refusal.status {
        401 => (
            "WWW-Authenticate",
            json!({"type": "string", "const": "Bearer"}),
        ),
        503 => (
            "Retry-After",
            json!({"type": "integer", "description": "Seconds."}),
        ),
        _ => return response,
    };
    response["headers"][header.0]["schema"] = header.1;
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::SchemaOf;

    /// Every value below `value` with its path.
    fn walk(value: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
        look(path, value);
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    walk(value, &format!("{path}/{name}"), look);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(value, &format!("{path}/{index}"), look);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn the_document_is_one_of_openapi_3_1() {
        let schema = include_str!("../tests/openapi-3.1.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let document = document();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn every_reference_leads_to_a_schema_and_every_schema_is_used() {
        let document = document();
        let mut used = BTreeSet::new();
        walk(&document, "", &mut |path, value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(target).is_some(), "{path}: {reference}");
                used.insert(reference.rsplit('/').next().unwrap().to_owned());
            }
        });
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let known: BTreeSet<String> = schemas.keys().cloned().collect();
        assert_eq!(used, known);
    }

    #[test]
    fn the_document_holds_the_table_and_nothing_else() {
        let document = document();
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method != "parameters" {
                    let id = operation["operationId"].as_str().unwrap();
                    documented.insert((path.as_str(), method.to_ascii_uppercase(), id));
                }
            }
        }
        let table: Vec<_> = endpoints::all().collect();
        let served: BTreeSet<_> = table
            .iter()
            .map(|endpoint| (endpoint.path, endpoint.method.to_string(), endpoint.id))
            .collect();
        assert_eq!(documented, served);
        let ids: BTreeSet<_> = table.iter().map(|endpoint| endpoint.id).collect();
        assert_eq!(
            ids.len(),
            table.len(),
            "each name and each pair stands once"
        );
        assert_eq!(served.len(), table.len());
    }

    #[test]
    fn no_status_of_an_endpoint_is_said_twice() {
        for endpoint in endpoints::all() {
            let successes = endpoint.successes.iter().map(|success| success.status);
            let refusals = endpoint
                .refusals()
                .into_iter()
                .map(|refusal| refusal.status);
            let mut statuses: Vec<u16> = successes.chain(refusals).collect();
            let count = statuses.len();
            statuses.sort_unstable();
            statuses.dedup();
            assert_eq!(statuses.len(), count, "{}", endpoint.id);
        }
    }

    #[test]
    fn all_below_the_api_needs_the_token_and_only_that() {
        for endpoint in endpoints::all() {
            let is_api = endpoint.path.starts_with("/admin/v1/");
            assert_eq!(
                endpoint.access == Access::AdminToken,
                is_api,
                "{}",
                endpoint.id
            );
        }
    }

    #[test]
    fn every_place_of_a_path_is_described() {
        let any: SchemaOf = schema::text;
        for endpoint in endpoints::all() {
            for place in places(endpoint.path) {
                assert_ne!(place["schema"], any(), "{}: {place}", endpoint.id);
            }
        }
    }
}
