mod invoked;

use invoked::{server, Server};
use rstest::rstest;
use serde_json::json;

#[rstest]
fn three_tries_then_the_dead_letter(server: Server) {
    let event = [("X-Amz-Invocation-Type", "Event")];
    server.post(
        "/2015-03-31/functions/orders/invocations",
        json!({"quantity": 0}),
        &event,
    );
    server.post("/_invoked/drain", json!({}), &[]);
    let attempts = server.get("/_invoked/invocations?FunctionName=orders");
    let letters = server.get("/_invoked/dead-letters?Queue=orders-dlq");
    assert_eq!(
        (
            attempts[0]["Attempt"].as_u64(),
            letters.as_array().unwrap().len()
        ),
        (Some(3), 1)
    );
}

#[rstest]
fn the_next_test_sees_nothing_of_it(server: Server) {
    assert_eq!(server.get("/_invoked/invocations"), json!([]));
}
