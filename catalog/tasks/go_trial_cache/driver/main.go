package main

import (
	"errors"

	"assay/driver"
	tiles "submission"
)

type seen struct {
	Key, Value string
	Reason     tiles.Reason
	Weight     int64
	Entries    int
}

type cache struct {
	*tiles.Cache
	now   int64
	drops []seen
}

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

func name(err error) error {
	switch {
	case errors.Is(err, tiles.ErrSize):
		return named{"ErrSize", err}
	case errors.Is(err, tiles.ErrTTL):
		return named{"ErrTTL", err}
	}
	return err
}

var caches driver.Objects[*cache]

func at(number int, now int64) *cache {
	found := caches.Get(number)
	found.now = now
	return found
}

func main() {
	driver.Serve(driver.Operations{
		"new": func(budget, reserved int64, silent bool) (int, error) {
			made := &cache{drops: []seen{}}
			onDrop := func(drop tiles.Drop) {
				entries := len(made.Trial(made.now)) + len(made.Kept(made.now))
				weight := made.Weight(made.now)
				made.drops = append(made.drops, seen{drop.Key, drop.Value, drop.Reason, weight, entries})
			}
			if silent {
				onDrop = nil
			}
			var err error
			if made.Cache, err = tiles.New(budget, reserved, onDrop); err != nil {
				return 0, name(err)
			}
			return caches.Add(made), nil
		},
		"put": func(c int, now int64, key, value string, weight, ttl int64) error {
			return name(at(c, now).Put(key, value, weight, ttl, now))
		},
		"get":    func(c int, now int64, key string) (string, bool) { return at(c, now).Get(key, now) },
		"remove": func(c int, now int64, key string) bool { return at(c, now).Remove(key, now) },
		"weight": func(c int, now int64) int64 { return at(c, now).Weight(now) },
		"keys":   func(c int, now int64) ([]string, []string) { return at(c, now).Trial(now), at(c, now).Kept(now) },
		"drops": func(c int) []seen {
			found := caches.Get(c)
			drops := found.drops
			found.drops = []seen{}
			return drops
		},
	})
}
