// Package guard stops calls to services that fail too often.
package guard

import "errors"

var (
	ErrSettings = errors.New("the settings are not valid")
	ErrOpen     = errors.New("the breaker is open")
	ErrBusy     = errors.New("there are enough probes")
	ErrPermit   = errors.New("the permit is not pending")
)

type State string

const (
	Closed   State = "closed"
	Open     State = "open"
	HalfOpen State = "half-open"
)

type Outcome string

const (
	Success   Outcome = "success"
	Failure   Outcome = "failure"
	Cancelled Outcome = "cancelled"
)

type Settings struct {
	Slot     int64 // milliseconds
	Slots    int64 // that are looked at
	MinCalls int64
	Percent  int64
	Pause    int64 // milliseconds
	MaxPause int64 // milliseconds
	Probes   int64
	Patience int64 // milliseconds
}

// Change says when the state became what.
type Change struct {
	At int64
	To State
}

// Breaker permits calls as long as not too many fail.
type Breaker struct{}

func New(settings Settings) (*Breaker, error) {
	panic("not implemented")
}

func (b *Breaker) Acquire(now int64) (int64, error) {
	panic("not implemented")
}

func (b *Breaker) Report(permit int64, outcome Outcome, now int64) error {
	panic("not implemented")
}

func (b *Breaker) State(now int64) State {
	panic("not implemented")
}

func (b *Breaker) Changes(now int64) []Change {
	panic("not implemented")
}
