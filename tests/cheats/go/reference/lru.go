package lru

import "fmt"

type KeyError struct{ Key string }

func (e *KeyError) Error() string { return fmt.Sprintf("no key %q", e.Key) }

type Cache struct {
	capacity int
	values   map[string]int
	order    []string
}

func New(capacity int) (*Cache, error) {
	if capacity < 1 {
		return nil, fmt.Errorf("capacity %d is below 1", capacity)
	}
	return &Cache{capacity: capacity, values: map[string]int{}}, nil
}

func (c *Cache) Put(key string, value int) {
	c.touch(key)
	c.values[key] = value
	if len(c.order) > c.capacity {
		delete(c.values, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *Cache) Get(key string) (int, error) {
	value, known := c.values[key]
	if !known {
		return 0, &KeyError{key}
	}
	c.touch(key)
	return value, nil
}

func (c *Cache) Keys() []string { return append([]string{}, c.order...) }

func (c *Cache) touch(key string) {
	for at, each := range c.order {
		if each == key {
			c.order = append(c.order[:at:at], c.order[at+1:]...)
			break
		}
	}
	c.order = append(c.order, key)
}
