// The AWS SDK for Go v2 behind lines of JSON.
package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"invoked/tests/clients/lines"
)

func retryer() aws.Retryer {
	switch os.Getenv("RETRY_MODE") {
	case "standard":
		return retry.NewStandard()
	case "adaptive":
		return retry.NewAdaptiveMode()
	}
	return retry.NewStandard(func(options *retry.StandardOptions) {
		options.MaxAttempts = lines.Attempts()
		options.MaxBackoff = 100 * time.Millisecond
	})
}

func clientOf(endpoint string) *lambda.Client {
	return lambda.New(lambda.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
		Retryer: retryer(),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
			transport.MaxIdleConnsPerHost = 64
		}),
	})
}

// What the exception's own type says of it; the code of one that has no type of its own is all there is.
func refusal(err error) lines.Outcome {
	var status *awshttp.ResponseError
	var api smithy.APIError
	if errors.Is(err, context.Canceled) {
		return lines.Aborted()
	}
	if !errors.As(err, &status) || !errors.As(err, &api) {
		return lines.Failed(err)
	}
	code, message, statusCode := api.ErrorCode(), api.ErrorMessage(), status.HTTPStatusCode()
	outcome := lines.Outcome{Error: &code, Message: &message, ErrorStatus: &statusCode}
	if id := status.ServiceRequestID(); id != "" {
		outcome.RequestID = &id
	}
	switch typed := api.(type) {
	case *types.InvalidParameterValueException:
		outcome.Type = typed.Type
	case *types.InvalidRequestContentException:
		outcome.Type = typed.Type
	case *types.ResourceNotFoundException:
		outcome.Type = typed.Type
	case *types.RequestTooLargeException:
		outcome.Type = typed.Type
	case *types.ServiceException:
		outcome.Type = typed.Type
	case *types.TooManyRequestsException:
		reason := string(typed.Reason)
		outcome.Type, outcome.Reason = typed.Type, &reason
	case *smithy.GenericAPIError:
		if !isUnmodelled[code] {
			return lines.Failed(errors.New(code + " has come without its type"))
		}
	default:
		return lines.Failed(err)
	}
	return outcome
}

// What Invoke answers although the operation's model doesn't name it.
var isUnmodelled = map[string]bool{"ValidationException": true, "RequestEntityTooLargeException": true}

func perform(ctx context.Context, client *lambda.Client, name string, members lines.Members) lines.Outcome {
	if name == "InvokeAsync" {
		return invokeAsync(ctx, client, members)
	}
	if name == "InvokeWithResponseStream" {
		return invokeStream(ctx, client, members)
	}
	input := lambda.InvokeInput{FunctionName: members.Text("FunctionName"), Qualifier: members.Text("Qualifier"),
		Payload: members.Blob("Payload"), ClientContext: members.ClientContext()}
	if kind := members.Text("InvocationType"); kind != nil {
		input.InvocationType = types.InvocationType(*kind)
	}
	if kind := members.Text("LogType"); kind != nil {
		input.LogType = types.LogType(*kind)
	}
	answer, err := client.Invoke(ctx, &input)
	if err != nil {
		return refusal(err)
	}
	status := int64(answer.StatusCode)
	id, _ := middleware.GetRequestIDMetadata(answer.ResultMetadata)
	return lines.Outcome{Status: &status, Payload: lines.Base64(answer.Payload), Version: answer.ExecutedVersion,
		FunctionError: answer.FunctionError, Log: lines.Log(answer.LogResult), RequestID: &id}
}

func invokeAsync(ctx context.Context, client *lambda.Client, members lines.Members) lines.Outcome {
	answer, err := client.InvokeAsync(ctx, &lambda.InvokeAsyncInput{FunctionName: members.Text("FunctionName"),
		InvokeArgs: bytes.NewReader(members.Blob("InvokeArgs"))})
	if err != nil {
		return refusal(err)
	}
	status := int64(answer.Status)
	id, _ := middleware.GetRequestIDMetadata(answer.ResultMetadata)
	return lines.Outcome{Status: &status, Payload: lines.Base64(nil), RequestID: &id}
}

func invokeStream(ctx context.Context, client *lambda.Client, members lines.Members) lines.Outcome {
	answer, err := client.InvokeWithResponseStream(ctx, &lambda.InvokeWithResponseStreamInput{
		FunctionName: members.Text("FunctionName"), Payload: members.Blob("Payload"), Qualifier: members.Text("Qualifier")})
	if err != nil {
		return refusal(err)
	}
	status := int64(answer.StatusCode)
	id, _ := middleware.GetRequestIDMetadata(answer.ResultMetadata)
	outcome := lines.Outcome{Status: &status, Version: answer.ExecutedVersion, RequestID: &id}
	stream := answer.GetStream()
	defer stream.Close()
	var payload []byte
	for event := range stream.Events() {
		switch event := event.(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			payload = append(payload, event.Value.Payload...)
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			outcome.FunctionError, outcome.ErrorDetails = event.Value.ErrorCode, event.Value.ErrorDetails
			outcome.Log = lines.Log(event.Value.LogResult)
		}
	}
	if err := stream.Err(); err != nil {
		return lines.Failed(err)
	}
	outcome.Payload = lines.Base64(payload)
	return outcome
}

func main() {
	lines.Serve(clientOf, perform)
}
