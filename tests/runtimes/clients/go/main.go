// The function of runtime_cases.py, under aws-lambda-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do    string   `json:"do"`
	Value any      `json:"value"`
	Bytes int      `json:"bytes"`
	File  string   `json:"file"`
	Texts []string `json:"texts"`
}

var count int

func handler(ctx context.Context, asked event) (any, error) {
	count++
	switch asked.Do {
	case "echo":
		return asked.Value, nil
	case "context":
		about, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"id": about.AwsRequestID, "arn": about.InvokedFunctionArn,
			"remaining": time.Until(deadline).Milliseconds()}, nil
	case "fail":
		return nil, errors.New("ouch")
	case "crash":
		panic("lost")
	case "exit":
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Minute)
	case "large":
		return strings.Repeat("m", asked.Bytes-2), nil
	case "meet":
		fmt.Println("waits")
		for {
			if _, err := os.Stat(asked.File); err == nil {
				return map[string]int{"pid": os.Getpid(), "count": count}, nil
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return nil, fmt.Errorf("unknown: %q", asked.Do)
}

// Each text when the file of its number is there; then an error if it is asked for.
func stream(_ context.Context, asked event) (io.Reader, error) {
	reader, writer := io.Pipe()
	go func() {
		for i, text := range asked.Texts {
			for asked.File != "" && i > 0 {
				if _, err := os.Stat(asked.File); err == nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			writer.Write([]byte(text))
		}
		for i := 0; i < asked.Bytes; i += 1 << 20 {
			writer.Write([]byte(strings.Repeat("m", 1<<20)))
		}
		if asked.Do == "fail" {
			writer.CloseWithError(errors.New("half-way"))
		}
		writer.Close()
	}()
	return reader, nil
}

func main() {
	switch os.Getenv("MODE") {
	case "init-error":
		fmt.Println("can't begin")
		os.Exit(4)
	case "stream":
		lambda.Start(stream)
	default:
		lambda.Start(handler)
	}
}
