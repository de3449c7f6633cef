// Package kvlog keeps keys and values in a log.
package kvlog

import "errors"

var (
	ErrFormat = errors.New("the disk contains something else")
	ErrKey    = errors.New("the key is empty")
)

// Disk is where a store keeps its log.
type Disk interface {
	Read() ([]byte, error)
	Append(data []byte) error
	Replace(data []byte) error
}

// Op puts a value or, if Delete is set, deletes a key.
type Op struct {
	Key, Value string
	Delete     bool
}

// Store has the keys and values of a log.
type Store struct{}

func Open(disk Disk) (*Store, error) {
	panic("not implemented")
}

func (s *Store) Get(key string) (string, bool) {
	panic("not implemented")
}

func (s *Store) Keys(from, to string) []string {
	panic("not implemented")
}

func (s *Store) Apply(ops []Op) error {
	panic("not implemented")
}

func (s *Store) Compact() error {
	panic("not implemented")
}
