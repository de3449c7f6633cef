package main

import (
	"errors"

	"assay/driver"
	guard "submission"
)

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

func name(err error) error {
	for kind, each := range map[string]error{
		"ErrSettings": guard.ErrSettings, "ErrOpen": guard.ErrOpen, "ErrBusy": guard.ErrBusy,
		"ErrPermit": guard.ErrPermit,
	} {
		if errors.Is(err, each) {
			return named{kind, err}
		}
	}
	return err
}

var breakers driver.Objects[*guard.Breaker]

func main() {
	driver.Serve(driver.Operations{
		"new": func(settings guard.Settings) (int, error) {
			breaker, err := guard.New(settings)
			if err != nil {
				return 0, name(err)
			}
			return breakers.Add(breaker), nil
		},
		"acquire": func(b int, now int64) (int64, error) {
			permit, err := breakers.Get(b).Acquire(now)
			return permit, name(err)
		},
		"report": func(b int, now, permit int64, outcome guard.Outcome) error {
			return name(breakers.Get(b).Report(permit, outcome, now))
		},
		"state":   func(b int, now int64) guard.State { return breakers.Get(b).State(now) },
		"changes": func(b int, now int64) []guard.Change { return breakers.Get(b).Changes(now) },
	})
}
