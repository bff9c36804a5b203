//! The function of runtime_cases.py, under lambda_runtime.

use bytes::Bytes;
use lambda_runtime::{service_fn, Error, LambdaEvent, StreamResponse};
use serde_json::{json, Value};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

static COUNT: AtomicUsize = AtomicUsize::new(0);

async fn wait_for(file: &str) {
    while !Path::new(file).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    let asked = event.payload;
    match asked["do"].as_str().unwrap_or_default() {
        "echo" => Ok(asked["value"].clone()),
        "context" => {
            let left = event.context.deadline().duration_since(SystemTime::now())?;
            Ok(json!({"id": event.context.request_id, "arn": event.context.invoked_function_arn, "remaining": left.as_millis() as u64}))
        }
        "fail" => Err("ouch".into()),
        "crash" => panic!("lost"),
        "exit" => std::process::exit(3),
        "sleep" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(Value::Null)
        }
        "large" => Ok("m".repeat(asked["bytes"].as_u64().unwrap() as usize - 2).into()),
        "meet" => {
            println!("waits");
            wait_for(asked["file"].as_str().unwrap()).await;
            Ok(json!({"pid": std::process::id(), "count": count}))
        }
        other => Err(format!("unknown: {other:?}").into()),
    }
}

type Pieces = ReceiverStream<Result<Bytes, Error>>;

/// Each text when the file is there; then an error if it is asked for.
async fn stream(event: LambdaEvent<Value>) -> Result<StreamResponse<Pieces>, Error> {
    let asked = event.payload;
    let (sender, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        for (i, text) in asked["texts"].as_array().into_iter().flatten().enumerate() {
            if let (true, Some(file)) = (i > 0, asked["file"].as_str()) {
                wait_for(file).await;
            }
            let _ = sender.send(Ok(text.as_str().unwrap().to_string().into())).await;
        }
        for _ in 0..asked["bytes"].as_u64().unwrap_or(0) >> 20 {
            let _ = sender.send(Ok(vec![b'm'; 1 << 20].into())).await;
        }
        if asked["do"] == "fail" {
            let _ = sender.send(Err("half-way".into())).await;
        }
    });
    Ok(StreamResponse::from(ReceiverStream::new(pieces)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var("MODE").unwrap_or_default().as_str() {
        "init-error" => {
            println!("can't begin");
            std::process::exit(4)
        }
        "stream" => lambda_runtime::run(service_fn(stream)).await,
        _ => lambda_runtime::run(service_fn(handler)).await,
    }
}
