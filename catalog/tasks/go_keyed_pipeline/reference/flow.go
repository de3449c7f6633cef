// Package flow works on items at the same time and keeps their order.
package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
)

var ErrOptions = errors.New("workers and window must be at least 1")

// Options bound what Run does at the same time.
type Options struct {
	Workers int // calls of work
	Window  int // items that are read and not yet emitted
}

// Item is what a source returns.
type Item struct {
	Key, Data string
}

// ItemError says which item failed.
type ItemError struct {
	Number int
	Err    error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Number, e.Err) }

func (e *ItemError) Unwrap() error { return e.Err }

// PanicError is the failure of an item whose work panicked.
type PanicError struct {
	Value any
}

func (e *PanicError) Error() string { return fmt.Sprint("panic: ", e.Value) }

type state int

const (
	waiting state = iota
	working
	done
)

// entry is an open item.
type entry struct {
	Item
	state  state
	result string
	cancel context.CancelFunc
}

// run is the state of a Run. Only the goroutine of Run uses it: calls end with a function that it executes.
type run struct {
	ctx     context.Context
	options Options
	next    func() (Item, error)
	work    func(ctx context.Context, item Item) (string, error)
	emit    func(result string) error

	ended chan func()
	calls int

	open    []*entry
	first   int // the number of open[0]
	reading bool
	readErr error
	working int
	emits   bool
	failure *ItemError
}

// Run works on all items that next returns and emits the results in their order.
func Run(
	ctx context.Context,
	options Options,
	next func() (Item, error),
	work func(ctx context.Context, item Item) (string, error),
	emit func(result string) error,
) error {
	if options.Workers < 1 || options.Window < 1 {
		return ErrOptions
	}
	r := &run{ctx: ctx, options: options, next: next, work: work, emit: emit, ended: make(chan func())}
	for {
		r.schedule()
		if r.calls == 0 {
			break
		}
		end := <-r.ended
		r.calls--
		end()
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.failure != nil:
		return r.failure
	case r.readErr != io.EOF:
		return r.readErr
	}
	return nil
}

func (r *run) schedule() {
	r.startReading()
	r.startWork()
	r.startEmit()
}

// call runs a function in a goroutine of its own. What that returns is run later by Run.
func (r *run) call(function func() func()) {
	r.calls++
	go func() { r.ended <- function() }()
}

func (r *run) stopped() bool { return r.ctx.Err() != nil }

func (r *run) void(number int) bool { return r.failure != nil && number > r.failure.Number }

func (r *run) startReading() {
	if r.stopped() || r.reading || r.readErr != nil || r.failure != nil || len(r.open) >= r.options.Window {
		return
	}
	r.reading = true
	r.call(func() func() {
		item, err := r.next()
		return func() {
			r.reading = false
			if r.readErr = err; err == nil {
				r.open = append(r.open, &entry{Item: item})
			}
		}
	})
}

func (r *run) startWork() {
	busy := map[string]bool{}
	for at, each := range r.open {
		number := r.first + at
		if r.stopped() || r.void(number) || r.working == r.options.Workers {
			return
		}
		if each.state == waiting && !busy[each.Key] {
			r.startItem(number, each)
		}
		busy[each.Key] = busy[each.Key] || each.state != done
	}
}

func (r *run) startItem(number int, started *entry) {
	ctx, cancel := context.WithCancel(r.ctx)
	started.state, started.cancel = working, cancel
	r.working++
	r.call(func() func() {
		result, err := r.guarded(ctx, started.Item)
		return func() {
			cancel()
			r.working--
			started.state, started.result = done, result
			if err != nil {
				r.fail(number, err)
			}
		}
	})
}

func (r *run) guarded(ctx context.Context, item Item) (result string, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value}
		}
	}()
	return r.work(ctx, item)
}

func (r *run) startEmit() {
	if r.stopped() || r.emits || len(r.open) == 0 || r.open[0].state != done {
		return
	}
	if r.failure != nil && r.first >= r.failure.Number {
		return
	}
	r.emits = true
	result := r.open[0].result
	r.call(func() func() {
		err := r.emit(result)
		return func() {
			r.emits = false
			if err != nil {
				r.fail(r.first, err)
				return
			}
			r.open = r.open[1:]
			r.first++
		}
	})
}

// fail makes the items after a failed one void, unless it is void itself.
func (r *run) fail(number int, err error) {
	if r.void(number) {
		return
	}
	r.failure = &ItemError{number, err}
	for at, each := range r.open {
		if r.void(r.first+at) && each.state == working {
			each.cancel()
		}
	}
}
