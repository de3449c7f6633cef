package main

import (
	"fmt"
	"os"
	"testing"

	exercise "MODULE"
)

var tests = []testing.InternalTest{
	// TESTS
}

// Sends back the judge's secret if the test has passed.
func main() {
	var secret string
	var descriptor uintptr
	fmt.Scan(&secret, &descriptor)
	for index := range tests {
		run := tests[index].F
		tests[index].F = func(t *testing.T) {
			t.Cleanup(func() {
				if !t.Failed() && descriptor != 0 {
					os.NewFile(descriptor, "report").WriteString(secret)
				}
			})
			run(t)
		}
	}
	testing.Main(func(pattern, name string) (bool, error) { return pattern == name || pattern == "*", nil }, tests, nil, nil)
}
