package main

import (
	"errors"
	"fmt"

	"assay/driver"
	kvlog "submission"
)

// failure lets a call fail; an Append adds the first bytes of its data nevertheless.
type failure struct {
	Call string
	Adds int
}

type disk struct {
	content  []byte
	calls    []string
	failures []failure
}

func (d *disk) failing(call string) (failure, bool) {
	if len(d.failures) == 0 || d.failures[0].Call != call {
		return failure{}, false
	}
	next := d.failures[0]
	d.failures = d.failures[1:]
	return next, true
}

func (d *disk) Read() ([]byte, error) {
	if _, fails := d.failing("read"); fails {
		return nil, errors.New("read failed")
	}
	return append([]byte{}, d.content...), nil
}

func (d *disk) Append(data []byte) error {
	d.calls = append(d.calls, fmt.Sprint("append ", len(data)))
	if next, fails := d.failing("append"); fails {
		d.content = append(d.content, data[:min(len(data), next.Adds)]...)
		return errors.New("append failed")
	}
	d.content = append(d.content, data...)
	return nil
}

func (d *disk) Replace(data []byte) error {
	d.calls = append(d.calls, fmt.Sprint("replace ", len(data)))
	if _, fails := d.failing("replace"); fails {
		return errors.New("replace failed")
	}
	d.content = append([]byte{}, data...)
	return nil
}

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

func name(err error) error {
	switch {
	case errors.Is(err, kvlog.ErrFormat):
		return named{"ErrFormat", err}
	case errors.Is(err, kvlog.ErrKey):
		return named{"ErrKey", err}
	}
	return err
}

// op is kvlog.Op with bytes, because text in JSON cannot contain all of them.
type op struct {
	Key, Value []byte
	Delete     bool
}

type view struct {
	Content []byte
	Calls   []string
}

type entry struct {
	Value []byte
	Found bool
}

var (
	disks  driver.Objects[*disk]
	stores driver.Objects[*kvlog.Store]
)

func main() {
	driver.Serve(driver.Operations{
		"disk": func(content []byte) int { return disks.Add(&disk{content: content}) },
		"fail": func(d int, failures []failure) { disks.Get(d).failures = failures },
		"look": func(d int) view {
			found := disks.Get(d)
			seen := view{found.content, found.calls}
			found.calls = nil
			return seen
		},
		"open": func(d int) (int, error) {
			store, err := kvlog.Open(disks.Get(d))
			if err != nil {
				return 0, name(err)
			}
			return stores.Add(store), nil
		},
		"get": func(s int, key []byte) entry {
			value, found := stores.Get(s).Get(string(key))
			return entry{[]byte(value), found}
		},
		"keys": func(s int, from, to []byte) [][]byte {
			keys := [][]byte{}
			for _, key := range stores.Get(s).Keys(string(from), string(to)) {
				keys = append(keys, []byte(key))
			}
			return keys
		},
		"apply": func(s int, given []op) error {
			ops := make([]kvlog.Op, len(given))
			for at, each := range given {
				ops[at] = kvlog.Op{Key: string(each.Key), Value: string(each.Value), Delete: each.Delete}
			}
			return name(stores.Get(s).Apply(ops))
		},
		"compact": func(s int) error { return name(stores.Get(s).Compact()) },
	})
}
