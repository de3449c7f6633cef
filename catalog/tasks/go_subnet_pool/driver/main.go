package main

import (
	"errors"

	"assay/driver"
	subnets "submission"
)

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

func name(err error) error {
	for kind, each := range map[string]error{
		"ErrBlock": subnets.ErrBlock, "ErrFull": subnets.ErrFull, "ErrTaken": subnets.ErrTaken,
		"ErrLease": subnets.ErrLease,
	} {
		if errors.Is(err, each) {
			return named{kind, err}
		}
	}
	return err
}

var pools driver.Objects[*subnets.Pool]

func main() {
	driver.Serve(driver.Operations{
		"new": func(block string, rest int) (int, error) {
			pool, err := subnets.New(block, rest)
			if err != nil {
				return 0, name(err)
			}
			return pools.Add(pool), nil
		},
		"allocate": func(p int, owner string, bits int) (string, error) {
			block, err := pools.Get(p).Allocate(owner, bits)
			return block, name(err)
		},
		"reserve": func(p int, owner, block string) error { return name(pools.Get(p).Reserve(owner, block)) },
		"release": func(p int, owner, block string) error { return name(pools.Get(p).Release(owner, block)) },
		"grow": func(p int, owner, block string) (string, error) {
			grown, err := pools.Get(p).Grow(owner, block)
			return grown, name(err)
		},
		"owner":  func(p int, address string) (string, bool) { return pools.Get(p).Owner(address) },
		"leases": func(p int, owner string) []string { return pools.Get(p).Leases(owner) },
		"free":   func(p int) []string { return pools.Get(p).Free() },
	})
}
