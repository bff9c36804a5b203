//! `#[fixture] server`: one `invoked` for the tests of a file, theirs alone by turns, and reset before each.

use rstest::fixture;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};

static TURN: Mutex<()> = Mutex::new(());

pub struct Server {
    pub endpoint: String, // for aws-sdk-lambda: aws_config::from_env().endpoint_url(&server.endpoint)
    _turn: MutexGuard<'static, ()>,
}

/// `run` serves for as long as its command does, and cat ends when this process, and so the pipe, does.
fn start() -> (String, Child) {
    let mut server = Command::new("invoked")
        .args(["run", "--clock", "manual", "invoked.json", "--"])
        .args([
            "sh",
            "-c",
            "echo \"$INVOKED_ENDPOINT\"; exec cat >/dev/null",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`invoked` is in PATH");
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(
        line.starts_with("http"),
        "invoked ended: {:?}",
        server.wait()
    );
    (line.trim().to_string(), server)
}

#[fixture]
pub fn server() -> Server {
    static STARTED: OnceLock<(String, Child)> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(|failed| failed.into_inner());
    let server = Server {
        endpoint: STARTED.get_or_init(start).0.clone(),
        _turn: turn,
    };
    server.post("/_invoked/reset", Value::Null, &[]);
    server
}

impl Server {
    pub fn post(&self, path: &str, body: Value, headers: &[(&str, &str)]) {
        let mut request = ureq::post(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send_json(body).unwrap();
    }

    pub fn get(&self, path: &str) -> Value {
        ureq::get(format!("{}{path}", self.endpoint))
            .call()
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap()
    }
}
