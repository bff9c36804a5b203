package example

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var endpoint string // for aws-sdk-go-v2: lambda.Options.BaseEndpoint

// TestMain serves invoked.json for all tests of the package. `run` serves for as long as its command does, and cat ends
// when this process closes the pipe, however it ends.
func TestMain(m *testing.M) {
	server := exec.Command("invoked", "run", "--clock", "manual", "invoked.json", "--",
		"sh", "-c", `echo "$INVOKED_ENDPOINT"; exec cat >/dev/null`)
	server.Stderr = os.Stderr
	pipe, _ := server.StdinPipe()
	output, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		server.Wait()
		os.Exit(1)
	}
	endpoint = strings.TrimSpace(line)
	status := m.Run()
	pipe.Close()
	server.Wait()
	os.Exit(status)
}

// ask sends a request to the server and decodes the JSON of its response, if `into` is not nil.
func ask(t *testing.T, method, path, body string, into any, headers ...string) *http.Response {
	t.Helper()
	request, _ := http.NewRequest(method, endpoint+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, content)
	}
	if into != nil {
		if err := json.Unmarshal(content, into); err != nil {
			t.Fatal(err)
		}
	}
	return response
}
