//! The AWS SDK for Rust (aws-sdk-lambda) behind lines of JSON: see line_adapter.py.

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::operation::invoke_async::InvokeAsyncError;
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::operation::invoke_with_response_stream::InvokeWithResponseStreamError;
use aws_sdk_lambda::types::{InvocationType, InvokeWithResponseStreamResponseEvent, LogType};
use aws_sdk_lambda::Client;
use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

fn retries() -> RetryConfig {
    match std::env::var("RETRY_MODE").unwrap().as_str() {
        "standard" => RetryConfig::standard(),
        "adaptive" => RetryConfig::adaptive(),
        _ => RetryConfig::standard().with_max_attempts(std::env::var("ATTEMPTS").unwrap().parse().unwrap()),
    }
}

fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .retry_config(retries())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).map(|value| value.as_str().unwrap().to_string())
}

fn blob(members: &Map<String, Value>, name: &str) -> Option<Blob> {
    text(members, name).map(|value| Blob::new(BASE64_STANDARD.decode(value).unwrap()))
}

/// The members `Type` and `Reason` of an exception's body, as its type has them.
fn members_of(error: &InvokeError) -> (Option<&str>, Option<&str>) {
    match error {
        InvokeError::InvalidParameterValueException(e) => (e.r#type(), None),
        InvokeError::InvalidRequestContentException(e) => (e.r#type(), None),
        InvokeError::RequestTooLargeException(e) => (e.r#type(), None),
        InvokeError::ResourceNotFoundException(e) => (e.r#type(), None),
        InvokeError::ServiceException(e) => (e.r#type(), None),
        InvokeError::TooManyRequestsException(e) => (e.r#type(), e.reason().map(|reason| reason.as_str())),
        _ => (None, None),
    }
}

/// A modelled error must have come as its own type.
fn is_its_type(error: &InvokeError) -> bool {
    match error.code() {
        Some("InvalidParameterValueException") => error.is_invalid_parameter_value_exception(),
        Some("InvalidRequestContentException") => error.is_invalid_request_content_exception(),
        Some("ResourceNotFoundException") => error.is_resource_not_found_exception(),
        Some("ServiceException") => error.is_service_exception(),
        Some("TooManyRequestsException") => error.is_too_many_requests_exception(),
        _ => true,
    }
}

fn refusal<E: ProvideErrorMetadata + RequestId>(status: u16, error: &E, kind: Option<&str>, reason: Option<&str>) -> Value {
    json!({
        "error": error.code(), "error_status": status, "message": error.message(), "type": kind, "reason": reason,
        "request_id": error.request_id(),
    })
}

async fn invoke(client: &Client, members: &Map<String, Value>) -> Value {
    let context = members.get("ClientContext").map(|value| BASE64_STANDARD.encode(value.to_string()));
    let sent = client
        .invoke()
        .set_function_name(text(members, "FunctionName"))
        .set_invocation_type(text(members, "InvocationType").map(|name| InvocationType::from(name.as_str())))
        .set_log_type(text(members, "LogType").map(|name| LogType::from(name.as_str())))
        .set_client_context(context)
        .set_qualifier(text(members, "Qualifier"))
        .set_payload(blob(members, "Payload"))
        .send()
        .await;
    match sent {
        Ok(answer) => {
            let log = answer.log_result().map(|log| String::from_utf8(BASE64_STANDARD.decode(log).unwrap()).unwrap());
            json!({
                "status": answer.status_code(),
                "payload": BASE64_STANDARD.encode(answer.payload().map(|blob| blob.as_ref()).unwrap_or_default()),
                "version": answer.executed_version(), "function_error": answer.function_error(), "log": log,
                "request_id": answer.request_id(),
            })
        }
        Err(SdkError::ServiceError(error)) if is_its_type(error.err()) => {
            let (kind, reason) = members_of(error.err());
            refusal(error.raw().status().as_u16(), error.err(), kind, reason)
        }
        Err(error) => json!({"error": format!("unexpected {error:?}")}),
    }
}

#[allow(deprecated)]
async fn invoke_async(client: &Client, members: &Map<String, Value>) -> Value {
    let sent = client
        .invoke_async()
        .set_function_name(text(members, "FunctionName"))
        .set_invoke_args(blob(members, "InvokeArgs").map(|blob| blob.into_inner().into()))
        .send()
        .await;
    match sent {
        Ok(answer) => json!({"status": answer.status(), "payload": "", "request_id": answer.request_id()}),
        Err(SdkError::ServiceError(error)) => {
            let kind = match error.err() {
                InvokeAsyncError::ResourceNotFoundException(e) => e.r#type(),
                _ => None,
            };
            refusal(error.raw().status().as_u16(), error.err(), kind, None)
        }
        Err(error) => json!({"error": format!("unexpected {error:?}")}),
    }
}

async fn invoke_stream(client: &Client, members: &Map<String, Value>) -> Value {
    let sent = client
        .invoke_with_response_stream()
        .set_function_name(text(members, "FunctionName"))
        .set_qualifier(text(members, "Qualifier"))
        .set_payload(blob(members, "Payload"))
        .send()
        .await;
    let mut answer = match sent {
        Ok(answer) => answer,
        Err(SdkError::ServiceError(error)) => {
            let kind = match error.err() {
                InvokeWithResponseStreamError::ResourceNotFoundException(e) => e.r#type(),
                _ => None,
            };
            return refusal(error.raw().status().as_u16(), error.err(), kind, None);
        }
        Err(error) => return json!({"error": format!("unexpected {error:?}")}),
    };
    let mut payload = Vec::new();
    let (mut error_code, mut error_details) = (None, None);
    loop {
        match answer.event_stream.recv().await {
            Ok(Some(InvokeWithResponseStreamResponseEvent::PayloadChunk(chunk))) => {
                payload.extend_from_slice(chunk.payload().map(|blob| blob.as_ref()).unwrap_or_default());
            }
            Ok(Some(InvokeWithResponseStreamResponseEvent::InvokeComplete(end))) => {
                error_code = end.error_code().map(str::to_string);
                error_details = end.error_details().map(str::to_string);
            }
            Ok(None) => break,
            other => return json!({"error": format!("unexpected {other:?}")}),
        }
    }
    json!({
        "status": answer.status_code(), "payload": BASE64_STANDARD.encode(payload), "version": answer.executed_version(),
        "function_error": error_code, "error_details": error_details, "request_id": answer.request_id(),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (answers, mut to_write) = mpsc::unbounded_channel::<Value>();
    let writer = tokio::spawn(async move {
        let mut output = tokio::io::stdout();
        while let Some(answer) = to_write.recv().await {
            output.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
            output.flush().await.unwrap();
        }
    });
    let mut clients: HashMap<String, Client> = HashMap::new();
    let mut running: HashMap<u64, JoinHandle<()>> = HashMap::new();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let request: Value = serde_json::from_str(&line).unwrap();
        let id = request["id"].as_u64().unwrap();
        if request.get("abort").is_some() {
            if let Some(task) = running.remove(&id) {
                task.abort(); // the future is dropped, and its connection with it
                let _ = task.await;
            }
            answers.send(json!({"id": id, "outcome": {"error": "aborted"}})).unwrap();
            continue;
        }
        let endpoint = request["endpoint"].as_str().unwrap().to_string();
        let client = clients.entry(endpoint.clone()).or_insert_with(|| client_of(&endpoint)).clone();
        let answers = answers.clone();
        running.retain(|_, task| !task.is_finished());
        running.insert(id, tokio::spawn(async move {
            let members = request["members"].as_object().unwrap();
            let outcome = match request["name"].as_str().unwrap() {
                "Invoke" => invoke(&client, members).await,
                "InvokeWithResponseStream" => invoke_stream(&client, members).await,
                _ => invoke_async(&client, members).await,
            };
            answers.send(json!({"id": id, "outcome": outcome})).unwrap();
        }));
    }
    drop(answers);
    drop(clients);
    for (_, task) in running {
        task.abort();
    }
    writer.await.unwrap();
}
