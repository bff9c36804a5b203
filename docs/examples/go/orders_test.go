package example

import "testing"

func TestThreeTriesThenTheDeadLetter(t *testing.T) {
	ask(t, "POST", "/_invoked/reset", "", nil)
	ask(t, "POST", "/2015-03-31/functions/orders/invocations", `{"quantity": 0}`, nil, "X-Amz-Invocation-Type", "Event")
	ask(t, "POST", "/_invoked/drain", "", nil)
	var attempts, letters []struct{ Attempt int }
	ask(t, "GET", "/_invoked/invocations?FunctionName=orders", "", &attempts)
	ask(t, "GET", "/_invoked/dead-letters?Queue=orders-dlq", "", &letters)
	if len(attempts) != 3 || attempts[0].Attempt != 3 || len(letters) != 1 {
		t.Fatal(attempts, letters)
	}
}
