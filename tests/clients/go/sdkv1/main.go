// The AWS SDK for Go v1 behind lines of JSON.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/lambda"

	"invoked/tests/clients/lines"
)

func clientOf(endpoint string) *lambda.Lambda {
	return lambda.New(session.Must(session.NewSession(&aws.Config{
		Logger:      aws.LoggerFunc(func(words ...any) { fmt.Fprintln(os.Stderr, words...) }), // else standard output
		Endpoint:    &endpoint,
		Region:      aws.String("us-east-1"),
		Credentials: credentials.NewStaticCredentials("local", "local", ""),
		MaxRetries:  aws.Int(lines.Attempts() - 1),
		HTTPClient:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	})))
}

func refusal(err error) lines.Outcome {
	var failure awserr.RequestFailure
	var coded awserr.Error
	if errors.As(err, &coded) && coded.Code() == request.CanceledErrorCode {
		return lines.Aborted()
	}
	if !errors.As(err, &failure) {
		return lines.Failed(err)
	}
	code, message, status, id := failure.Code(), failure.Message(), failure.StatusCode(), failure.RequestID()
	outcome := lines.Outcome{Error: &code, Message: &message, ErrorStatus: &status, RequestID: &id}
	switch typed := err.(type) {
	case *lambda.InvalidParameterValueException:
		outcome.Type = typed.Type
	case *lambda.InvalidRequestContentException:
		outcome.Type = typed.Type
	case *lambda.RequestTooLargeException:
		outcome.Type = typed.Type
	case *lambda.ResourceNotFoundException:
		outcome.Type = typed.Type
	case *lambda.ServiceException:
		outcome.Type = typed.Type
	case *lambda.TooManyRequestsException:
		outcome.Type, outcome.Reason = typed.Type, typed.Reason
	}
	return outcome
}

func perform(ctx context.Context, client *lambda.Lambda, name string, members lines.Members) lines.Outcome {
	var id string
	noteID := request.WithGetResponseHeader("x-amzn-RequestId", &id)
	if name == "InvokeAsync" {
		answer, err := client.InvokeAsyncWithContext(ctx, &lambda.InvokeAsyncInput{
			FunctionName: members.Text("FunctionName"), InvokeArgs: bytes.NewReader(members.Blob("InvokeArgs"))}, noteID)
		if err != nil {
			return refusal(err)
		}
		return lines.Outcome{Status: answer.Status, Payload: lines.Base64(nil), RequestID: &id}
	}
	if name == "InvokeWithResponseStream" {
		return invokeStream(ctx, client, members)
	}
	answer, err := client.InvokeWithContext(ctx, &lambda.InvokeInput{
		FunctionName: members.Text("FunctionName"), InvocationType: members.Text("InvocationType"),
		LogType: members.Text("LogType"), Qualifier: members.Text("Qualifier"), Payload: members.Blob("Payload"),
		ClientContext: members.ClientContext()}, noteID)
	if err != nil {
		return refusal(err)
	}
	return lines.Outcome{Status: answer.StatusCode, Payload: lines.Base64(answer.Payload), Version: answer.ExecutedVersion,
		FunctionError: answer.FunctionError, Log: lines.Log(answer.LogResult), RequestID: &id}
}

func invokeStream(ctx context.Context, client *lambda.Lambda, members lines.Members) lines.Outcome {
	var id string
	answer, err := client.InvokeWithResponseStreamWithContext(ctx, &lambda.InvokeWithResponseStreamInput{
		FunctionName: members.Text("FunctionName"), Payload: members.Blob("Payload"), Qualifier: members.Text("Qualifier")},
		request.WithGetResponseHeader("x-amzn-RequestId", &id))
	if err != nil {
		return refusal(err)
	}
	outcome := lines.Outcome{Status: answer.StatusCode, Version: answer.ExecutedVersion, RequestID: &id}
	stream := answer.GetStream()
	defer stream.Close()
	var payload []byte
	for event := range stream.Events() {
		switch event := event.(type) {
		case *lambda.InvokeResponseStreamUpdate:
			payload = append(payload, event.Payload...)
		case *lambda.InvokeWithResponseStreamCompleteEvent:
			outcome.FunctionError, outcome.ErrorDetails = event.ErrorCode, event.ErrorDetails
			outcome.Log = lines.Log(event.LogResult)
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
