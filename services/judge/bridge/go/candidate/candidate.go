// Package candidate calls the operations of a task's driver, which runs the submission in another sandbox.
//
//	size, err := candidate.Call[int](t, "size", cache)
package candidate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
)

// Error is an error of the submission. Kind is the name of its type, or "panic".
type Error struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

type request struct {
	Op   string `json:"op"`
	Args []any  `json:"args"`
}

type reply struct {
	Value json.RawMessage `json:"value"`
	Error *Error          `json:"error"`
	Died  string          `json:"died"`
}

var (
	lock    sync.Mutex
	channel *os.File
	replies *bufio.Reader
)

// Call performs an operation and decodes its value. The error is an *Error. A candidate that ends, does not answer or
// returns a value of another type fails the test at once.
func Call[T any](t testing.TB, op string, args ...any) (T, error) {
	t.Helper()
	var value T
	answer := exchange(t, op, args)
	if answer.Error != nil {
		return value, answer.Error
	}
	decoder := json.NewDecoder(bytes.NewReader(answer.Value))
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s returned %.200s: %v", op, answer.Value, err)
	}
	return value, nil
}

// Do performs an operation whose value does not matter.
func Do(t testing.TB, op string, args ...any) error {
	t.Helper()
	if answer := exchange(t, op, args); answer.Error != nil {
		return answer.Error
	}
	return nil
}

// Must is Call for operations that have to succeed.
func Must[T any](t testing.TB, op string, args ...any) T {
	t.Helper()
	value, err := Call[T](t, op, args...)
	if err != nil {
		t.Fatalf("%s failed: %v", op, err)
	}
	return value
}

func exchange(t testing.TB, op string, args []any) reply {
	t.Helper()
	if args == nil {
		args = []any{}
	}
	line, err := json.Marshal(request{op, args})
	if err != nil {
		t.Fatalf("%s: the arguments are not JSON: %v", op, err)
	}
	answer, err := ask(append(line, '\n'))
	if err != nil {
		t.Fatalf("%s: the bridge is closed: %v", op, err)
	}
	if answer.Died != "" {
		t.Fatal(answer.Died)
	}
	return answer
}

func ask(line []byte) (answer reply, err error) {
	lock.Lock()
	defer lock.Unlock()
	if channel == nil {
		descriptor, err := strconv.Atoi(os.Getenv("ASSAY_CANDIDATE_FD"))
		if err != nil {
			return answer, fmt.Errorf("ASSAY_CANDIDATE_FD names no descriptor: %w", err)
		}
		channel = os.NewFile(uintptr(descriptor), "candidate")
		replies = bufio.NewReader(channel)
	}
	if _, err = channel.Write(line); err != nil {
		return answer, err
	}
	received, err := replies.ReadBytes('\n')
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(received, &answer)
}
