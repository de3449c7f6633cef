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

type permit struct {
	number  int64
	period  int
	expires int64
}

type slot struct {
	number, calls, failures int64
}

// Breaker permits calls as long as not too many fail.
type Breaker struct {
	settings Settings
	state    State
	changes  []Change // one for each period but the first
	issued   int64
	pending  []permit // in the order of their expiry, as all have the same patience

	slots     []slot // of a closed period, in the order of their numbers
	successes int64  // of a half-open period
	probes    int64  // that are pending in a half-open period
	pause     int64
	reopens   int64 // when the pause ends
}

func New(settings Settings) (*Breaker, error) {
	s := settings
	for _, each := range []int64{s.Slot, s.Slots, s.MinCalls, s.Percent, s.Pause, s.MaxPause, s.Probes, s.Patience} {
		if each < 1 {
			return nil, ErrSettings
		}
	}
	if s.Percent > 100 || s.Pause > s.MaxPause {
		return nil, ErrSettings
	}
	return &Breaker{settings: settings, state: Closed}, nil
}

func (b *Breaker) Acquire(now int64) (int64, error) {
	b.advance(now)
	switch {
	case b.state == Open:
		return 0, ErrOpen
	case b.state == HalfOpen && b.successes+b.probes == b.settings.Probes:
		return 0, ErrBusy
	case b.state == HalfOpen:
		b.probes++
	}
	b.issued++
	b.pending = append(b.pending, permit{b.issued, b.period(), now + b.settings.Patience})
	return b.issued, nil
}

func (b *Breaker) Report(number int64, outcome Outcome, now int64) error {
	b.advance(now)
	for at, each := range b.pending {
		if each.number == number {
			b.end(at, outcome, now)
			return nil
		}
	}
	return ErrPermit
}

func (b *Breaker) State(now int64) State {
	b.advance(now)
	return b.state
}

func (b *Breaker) Changes(now int64) []Change {
	b.advance(now)
	return append([]Change{}, b.changes...)
}

// period is the number of the present period.
func (b *Breaker) period() int { return len(b.changes) }

// advance lets everything happen that is due by now, in the order of time. It need not compare the end of a pause with
// expiries: no permit is issued in an open period, so those during a pause have no effect.
func (b *Breaker) advance(now int64) {
	for {
		switch {
		case b.state == Open && b.reopens <= now:
			b.change(HalfOpen, b.reopens)
		case len(b.pending) > 0 && b.pending[0].expires <= now:
			b.end(0, Failure, b.pending[0].expires)
		default:
			return
		}
	}
}

func (b *Breaker) end(at int, outcome Outcome, now int64) {
	ended := b.pending[at]
	b.pending = append(b.pending[:at], b.pending[at+1:]...)
	if ended.period != b.period() {
		return
	}
	if b.state == HalfOpen {
		b.probes--
	}
	if outcome == Cancelled {
		return
	}
	if b.state == Closed {
		b.count(outcome, now)
	} else {
		b.probed(outcome, now)
	}
}

func (b *Breaker) count(outcome Outcome, now int64) {
	number := now / b.settings.Slot
	for len(b.slots) > 0 && b.slots[0].number <= number-b.settings.Slots {
		b.slots = b.slots[1:]
	}
	if len(b.slots) == 0 || b.slots[len(b.slots)-1].number != number {
		b.slots = append(b.slots, slot{number: number})
	}
	current := &b.slots[len(b.slots)-1]
	current.calls++
	if outcome == Failure {
		current.failures++
	}
	var calls, failures int64
	for _, each := range b.slots {
		calls += each.calls
		failures += each.failures
	}
	if calls >= b.settings.MinCalls && failures*100 >= calls*b.settings.Percent {
		b.open(b.settings.Pause, now)
	}
}

func (b *Breaker) probed(outcome Outcome, now int64) {
	if outcome == Failure {
		b.open(min(2*b.pause, b.settings.MaxPause), now)
		return
	}
	b.successes++
	if b.successes == b.settings.Probes {
		b.change(Closed, now)
	}
}

func (b *Breaker) open(pause, now int64) {
	b.pause, b.reopens = pause, now+pause
	b.change(Open, now)
}

func (b *Breaker) change(to State, at int64) {
	b.state = to
	b.changes = append(b.changes, Change{at, to})
	b.slots, b.successes, b.probes = nil, 0, 0
}
