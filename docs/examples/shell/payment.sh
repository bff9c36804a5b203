#!/bin/sh
# A payment service that is mocked: invoked.json has its answers, and a test may set others while it runs.
#
#     invoked run -- ./payment.sh
set -eu

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# pay EVENT: prints the payment service's answer.
pay() {
    printf %s "$1" >"$answer.event"
    aws lambda invoke --endpoint-url "$INVOKED_ENDPOINT" --function-name payments --payload "fileb://$answer.event" "$answer" >/dev/null
    rm -f "$answer.event"
    cat "$answer"
}

# expect WANTED EVENT
expect() {
    got=$(pay "$2")
    if [ "$got" != "$1" ]; then
        echo "payments answered $got to $2, not $1" >&2
        exit 1
    fi
    echo "$2 -> $got"
}

expect '{"status":"paid"}' '{"amount": 12, "card": "good"}'
expect '{"status":"declined"}' '{"amount": 12, "card": "expired"}'
expect '{"errorType":"BadAmount","errorMessage":"nothing to pay"}' '{"amount": 0}'

# The service is slow today, for one call: the mock is replaced, and dropped again.
mock=$INVOKED_ENDPOINT/_invoked/functions/payments/mock
curl -sSf -o "$answer" -X PUT "$mock" -d '[{ "Payload": { "status": "pending" }, "DelayMs": 200 }]'
expect '{"status":"pending"}' '{"amount": 12}'
curl -sSf -o "$answer" -X DELETE "$mock"
expect '{"status":"paid"}' '{"amount": 12}'
