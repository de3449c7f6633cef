// Package ranges has expressions for sets of versions.
package ranges

import (
	"errors"
	"fmt"
)

var ErrVersion = errors.New("this is no version")

// SyntaxError says where an expression goes wrong.
type SyntaxError struct {
	Offset int
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("syntax error at offset %d", e.Offset) }

// Range is a set of versions.
type Range struct{}

func Compare(a, b string) (int, error) {
	panic("not implemented")
}

func Parse(text string) (Range, error) {
	panic("not implemented")
}

func (r Range) Contains(version string) (bool, error) {
	panic("not implemented")
}

func (r Range) String() string {
	panic("not implemented")
}

func (r Range) Best(versions []string) (string, bool) {
	panic("not implemented")
}
