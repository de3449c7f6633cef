// Package tiles caches map tiles.
package tiles

import "errors"

var (
	ErrSize = errors.New("the size is not possible")
	ErrTTL  = errors.New("the lifetime is negative")
)

// Reason says why an entry was dropped.
type Reason string

const (
	Expired Reason = "expired"
	Evicted Reason = "evicted"
	Removed Reason = "removed"
)

// Drop is an entry that the cache has dropped.
type Drop struct {
	Key, Value string
	Reason     Reason
}

// Cache has entries on trial and entries that it keeps because they were used again.
type Cache struct{}

func New(budget, reserved int64, onDrop func(Drop)) (*Cache, error) {
	panic("not implemented")
}

func (c *Cache) Put(key, value string, weight, ttl, now int64) error {
	panic("not implemented")
}

func (c *Cache) Get(key string, now int64) (string, bool) {
	panic("not implemented")
}

func (c *Cache) Remove(key string, now int64) bool {
	panic("not implemented")
}

func (c *Cache) Weight(now int64) int64 {
	panic("not implemented")
}

func (c *Cache) Trial(now int64) []string {
	panic("not implemented")
}

func (c *Cache) Kept(now int64) []string {
	panic("not implemented")
}
