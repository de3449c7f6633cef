// Package tiles caches map tiles.
package tiles

import (
	"container/list"
	"errors"
	"sort"
)

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

type entry struct {
	key, value string
	weight     int64
	expires    int64 // 0: never
	place      *list.Element
	in         *queue
}

// queue is a list of entries, oldest first, and their weight.
type queue struct {
	list.List
	weight int64
}

func (q *queue) add(e *entry) {
	e.in, e.place = q, q.PushBack(e)
	q.weight += e.weight
}

func (q *queue) oldest(except *entry) *entry {
	for place := q.Front(); place != nil; place = place.Next() {
		if found := place.Value.(*entry); found != except {
			return found
		}
	}
	return nil
}

func (q *queue) keys() []string {
	keys := make([]string, 0, q.Len())
	for place := q.Front(); place != nil; place = place.Next() {
		keys = append(keys, place.Value.(*entry).key)
	}
	return keys
}

func (e *entry) leave() {
	e.in.Remove(e.place)
	e.in.weight -= e.weight
}

// Cache has entries on trial and entries that it keeps because they were used again.
type Cache struct {
	budget, reserved int64
	onDrop           func(Drop)
	entries          map[string]*entry
	trial, kept      queue
	dropped          []Drop
}

func New(budget, reserved int64, onDrop func(Drop)) (*Cache, error) {
	if budget < 1 || reserved < 0 || reserved > budget {
		return nil, ErrSize
	}
	return &Cache{budget: budget, reserved: reserved, onDrop: onDrop, entries: map[string]*entry{}}, nil
}

func (c *Cache) Put(key, value string, weight, ttl, now int64) error {
	if weight < 1 || weight > c.budget {
		return ErrSize
	}
	if ttl < 0 {
		return ErrTTL
	}
	defer c.report()
	c.expire(now)
	put, known := c.entries[key]
	target := &c.trial
	if known {
		target = put.in
		put.leave()
	} else {
		put = &entry{key: key}
		c.entries[key] = put
	}
	put.value, put.weight, put.expires = value, weight, 0
	if ttl > 0 {
		put.expires = now + ttl
	}
	c.place(put, target)
	c.evict(put)
	return nil
}

func (c *Cache) Get(key string, now int64) (string, bool) {
	defer c.report()
	c.expire(now)
	found, known := c.entries[key]
	if !known {
		return "", false
	}
	found.leave()
	c.place(found, &c.kept)
	return found.value, true
}

func (c *Cache) Remove(key string, now int64) bool {
	defer c.report()
	c.expire(now)
	found, known := c.entries[key]
	if known {
		c.drop(found, Removed)
	}
	return known
}

func (c *Cache) Weight(now int64) int64 {
	defer c.report()
	c.expire(now)
	return c.trial.weight + c.kept.weight
}

func (c *Cache) Trial(now int64) []string {
	defer c.report()
	c.expire(now)
	return c.trial.keys()
}

func (c *Cache) Kept(now int64) []string {
	defer c.report()
	c.expire(now)
	return c.kept.keys()
}

// place makes an entry, which is in no list, the newest of one.
func (c *Cache) place(e *entry, target *queue) {
	if e.weight > c.reserved {
		target = &c.trial
	}
	target.add(e)
	for c.kept.weight > c.reserved {
		oldest := c.kept.oldest(nil)
		oldest.leave()
		c.trial.add(oldest)
	}
}

func (c *Cache) evict(except *entry) {
	for c.trial.weight+c.kept.weight > c.budget {
		oldest := c.trial.oldest(except)
		if oldest == nil {
			oldest = c.kept.oldest(except)
		}
		c.drop(oldest, Evicted)
	}
}

func (c *Cache) expire(now int64) {
	var expired []*entry
	for _, each := range c.entries {
		if each.expires != 0 && each.expires <= now {
			expired = append(expired, each)
		}
	}
	sort.Slice(expired, func(i, j int) bool {
		a, b := expired[i], expired[j]
		return a.expires < b.expires || a.expires == b.expires && a.key < b.key
	})
	for _, each := range expired {
		c.drop(each, Expired)
	}
}

func (c *Cache) drop(e *entry, reason Reason) {
	e.leave()
	delete(c.entries, e.key)
	c.dropped = append(c.dropped, Drop{e.key, e.value, reason})
}

func (c *Cache) report() {
	dropped := c.dropped
	c.dropped = nil // the callback can call the cache
	if c.onDrop == nil {
		return
	}
	for _, each := range dropped {
		c.onDrop(each)
	}
}
