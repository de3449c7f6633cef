// Package driver serves the operations of a submission to tests in another sandbox.
//
//	driver.Serve(driver.Operations{
//		"add": func(a, b int) int { return solution.Add(a, b) },
//		"get": func(key string) (string, error) { return cache.Get(key) },
//	})
//
// Arguments and results are JSON. An operation may return a value, an error, both or nothing.
package driver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sync"
)

// Operations are functions by name.
type Operations map[string]any

type request struct {
	ID   int64             `json:"id"`
	Op   string            `json:"op"`
	Args []json.RawMessage `json:"args"`
}

type failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

type success struct {
	ID    int64 `json:"id"`
	Value any   `json:"value"`
}

type refusal struct {
	ID    int64   `json:"id"`
	Error failure `json:"error"`
}

// Serve answers requests until there are no more. The channel is at descriptors 3 and 4, so what the submission prints
// does not disturb it.
func Serve(operations Operations) {
	requests := bufio.NewReader(os.NewFile(3, "requests"))
	replies := os.NewFile(4, "replies")
	for {
		line, err := requests.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		replies.Write(append(answer(operations, asked), '\n'))
	}
}

func answer(operations Operations, asked request) []byte {
	value, failed := perform(operations, asked)
	if failed == nil {
		encoded, err := json.Marshal(success{asked.ID, value})
		if err == nil {
			return encoded
		}
		failed = &failure{"TypeError", "the result is not JSON: " + err.Error()}
	}
	encoded, _ := json.Marshal(refusal{asked.ID, *failed})
	return encoded
}

func perform(operations Operations, asked request) (value any, failed *failure) {
	defer func() {
		if cause := recover(); cause != nil {
			failed = &failure{"panic", fmt.Sprint(cause)}
		}
	}()
	operation, known := operations[asked.Op]
	if !known {
		return nil, &failure{"LookupError", "the driver has no operation " + asked.Op}
	}
	function := reflect.ValueOf(operation)
	given, err := decode(function.Type(), asked.Args)
	if err != nil {
		return nil, &failure{"TypeError", asked.Op + ": " + err.Error()}
	}
	return results(function.Call(given))
}

func decode(signature reflect.Type, args []json.RawMessage) ([]reflect.Value, error) {
	count := signature.NumIn()
	if signature.IsVariadic() {
		count--
	}
	if len(args) < count || (len(args) > count && !signature.IsVariadic()) {
		return nil, fmt.Errorf("%d arguments instead of %d", len(args), count)
	}
	given := make([]reflect.Value, len(args))
	for at, arg := range args {
		kind := signature.In(min(at, signature.NumIn()-1))
		if at >= count {
			kind = kind.Elem()
		}
		value := reflect.New(kind)
		if err := json.Unmarshal(arg, value.Interface()); err != nil {
			return nil, err
		}
		given[at] = value.Elem()
	}
	return given, nil
}

// results are none, a value, an error, or values and an error.
func results(returned []reflect.Value) (any, *failure) {
	values := make([]any, 0, len(returned))
	for _, value := range returned {
		if value.Type() != reflect.TypeOf((*error)(nil)).Elem() {
			values = append(values, value.Interface())
		} else if err, _ := value.Interface().(error); err != nil {
			return nil, &failure{kindOf(err), err.Error()}
		}
	}
	switch len(values) {
	case 0:
		return nil, nil
	case 1:
		return values[0], nil
	default:
		return values, nil
	}
}

// kindOf is what the error calls itself, or else the name of its type.
func kindOf(err error) string {
	if named, ok := err.(interface{ Kind() string }); ok {
		return named.Kind()
	}
	return reflect.Indirect(reflect.ValueOf(err)).Type().Name()
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// Objects keeps what operations create, so that later requests can name it by number.
type Objects[T any] struct {
	lock  sync.Mutex
	items []T
}

// Add returns the number of the object.
func (o *Objects[T]) Add(object T) int {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.items = append(o.items, object)
	return len(o.items)
}

// Get returns the object of that number, and panics if there is none.
func (o *Objects[T]) Get(number int) T {
	o.lock.Lock()
	defer o.lock.Unlock()
	if number < 1 || number > len(o.items) {
		panic(fmt.Sprintf("there is no object %d", number))
	}
	return o.items[number-1]
}
