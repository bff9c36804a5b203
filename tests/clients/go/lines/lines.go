// Package lines puts an SDK behind lines of JSON: see line_adapter.py.
package lines

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
)

// Outcome is what an SDK told: the Outcome of client_cases.py, its payload in base64. What was not told is nil.
type Outcome struct {
	Status        *int64  `json:"status,omitempty"`
	Payload       *string `json:"payload,omitempty"`
	Version       *string `json:"version,omitempty"`
	FunctionError *string `json:"function_error,omitempty"`
	Log           *string `json:"log,omitempty"`
	RequestID     *string `json:"request_id,omitempty"`
	Error         *string `json:"error,omitempty"`
	ErrorStatus   *int    `json:"error_status,omitempty"`
	Message       *string `json:"message,omitempty"`
	Type          *string `json:"type,omitempty"`
	Reason        *string `json:"reason,omitempty"`
	ErrorDetails  *string `json:"error_details,omitempty"`
}

// Members of an operation.
type Members map[string]json.RawMessage

// Text is nil where the member isn't given.
func (members Members) Text(name string) *string {
	raw, ok := members[name]
	if !ok {
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		panic(err)
	}
	return &text
}

// Blob is nil where the member isn't given.
func (members Members) Blob(name string) []byte {
	text := members.Text(name)
	if text == nil {
		return nil
	}
	blob, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		panic(err)
	}
	return blob
}

// ClientContext is the member of that name as the header has it.
func (members Members) ClientContext() *string {
	raw, ok := members["ClientContext"]
	if !ok {
		return nil
	}
	text := base64.StdEncoding.EncodeToString(raw)
	return &text
}

// Base64 is what Outcome.Payload holds.
func Base64(payload []byte) *string {
	text := base64.StdEncoding.EncodeToString(payload)
	return &text
}

// Log decodes a LogResult.
func Log(result *string) *string {
	if result == nil {
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(*result)
	if err != nil {
		panic(err)
	}
	log := string(text)
	return &log
}

// Failed is an Outcome of an error that is none of the API's.
func Failed(err error) Outcome {
	text := fmt.Sprintf("unexpected %T: %v", err, err)
	return Outcome{Error: &text}
}

// Aborted is the Outcome of an operation that was given up.
func Aborted() Outcome {
	text := "aborted"
	return Outcome{Error: &text}
}

// Attempts is how often an operation is tried in all.
func Attempts() int {
	count, err := strconv.Atoi(os.Getenv("ATTEMPTS"))
	if err != nil {
		panic(err)
	}
	return count
}

type request struct {
	ID       int     `json:"id"`
	Name     string  `json:"name"`
	Endpoint string  `json:"endpoint"`
	Members  Members `json:"members"`
	Abort    bool    `json:"abort"`
}

// Serve does the operations of standard input's lines, each at once, until the input ends.
func Serve[Client any](makeClient func(endpoint string) Client,
	perform func(ctx context.Context, client Client, name string, members Members) Outcome) {
	var lock sync.Mutex
	clients := map[string]Client{}
	running := map[int]context.CancelFunc{}
	input := bufio.NewReaderSize(os.Stdin, 1<<20)

	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		if asked.Abort {
			lock.Lock()
			if cancel := running[asked.ID]; cancel != nil {
				cancel()
			}
			lock.Unlock()
			continue
		}
		client, ok := clients[asked.Endpoint]
		if !ok {
			client = makeClient(asked.Endpoint)
			clients[asked.Endpoint] = client
		}
		ctx, cancel := context.WithCancel(context.Background())
		lock.Lock()
		running[asked.ID] = cancel
		lock.Unlock()
		go func() {
			outcome := perform(ctx, client, asked.Name, asked.Members)
			cancel()
			answer, err := json.Marshal(map[string]any{"id": asked.ID, "outcome": outcome})
			if err != nil {
				panic(err)
			}
			lock.Lock()
			delete(running, asked.ID)
			os.Stdout.Write(append(answer, '\n'))
			lock.Unlock()
		}()
	}
}
