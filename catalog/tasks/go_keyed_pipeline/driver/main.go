package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"time"

	"assay/driver"
	flow "submission"
)

const patience = 4 * time.Second

type peaks struct{ Next, Work, Emit, Open, SameKey, Late int }

type outcome struct {
	Kind   string
	Number int
	Text   string
}

// run is one call of flow.Run, whose functions wait at gates if they are in gated.
type run struct {
	lock       sync.Mutex
	gated      map[string]bool
	gates      map[string]chan string
	events     map[string][]int
	active     map[string]int
	keys       map[string]int
	open       int
	peaks      peaks
	over       bool
	outcome    outcome
	cancel     context.CancelFunc
	goroutines int
}

var runs driver.Objects[*run]

func raise(peak *int, value int) { *peak = max(*peak, value) }

// enter notes that a function is called for an item, and leave that it returns.
func (r *run) enter(kind string, number int, key string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.events[kind] = append(r.events[kind], number)
	r.active[kind]++
	raise(&r.peaks.Next, r.active["next"])
	raise(&r.peaks.Work, r.active["work"])
	raise(&r.peaks.Emit, r.active["emit"])
	if kind == "next" {
		raise(&r.peaks.Open, r.open+1)
	}
	if kind == "work" {
		r.keys[key]++
		raise(&r.peaks.SameKey, r.keys[key])
	}
	if r.over {
		r.peaks.Late++
	}
}

func (r *run) leave(kind string, key string, opened int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.active[kind]--
	r.open += opened
	if kind == "work" {
		r.keys[key]--
	}
	if r.over {
		r.peaks.Late++
	}
}

func (r *run) note(kind string, number int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.events[kind] = append(r.events[kind], number)
}

func (r *run) gate(kind string, number int) chan string {
	r.lock.Lock()
	defer r.lock.Unlock()
	name := fmt.Sprint(kind, number)
	if r.gates[name] == nil {
		r.gates[name] = make(chan string, 1)
	}
	return r.gates[name]
}

// pass waits for what the test lets a call do.
func (r *run) pass(ctx context.Context, kind string, number int) error {
	said, gate := "", r.gate(kind, number)
	if r.gated[kind] {
		select {
		case said = <-gate:
		case <-ctx.Done():
			r.note("cancelled", number)
			said = <-gate
		}
	} else {
		for turn := 0; turn < (number*7+len(kind))%5; turn++ {
			runtime.Gosched()
		}
		select {
		case said = <-gate:
		default:
		}
	}
	switch said {
	case "":
		return nil
	case "panic":
		panic("burst")
	case "context":
		return ctx.Err()
	case "EOF":
		return io.EOF
	case "wrapped EOF":
		return fmt.Errorf("wrapped: %w", io.EOF)
	}
	return errors.New(said)
}

func (r *run) serve(ctx context.Context, options flow.Options, keys []string) error {
	read := 0
	next := func() (flow.Item, error) {
		number := read
		read++
		r.enter("next", number, "")
		opened := 0
		defer func() { r.leave("next", "", opened) }()
		err := r.pass(context.Background(), "next", number)
		if err == nil && number >= len(keys) {
			err = io.EOF
		}
		if err != nil {
			return flow.Item{Key: "x", Data: "0"}, err
		}
		opened = 1
		return flow.Item{Key: keys[number], Data: strconv.Itoa(number)}, nil
	}
	work := func(ctx context.Context, item flow.Item) (string, error) {
		number, _ := strconv.Atoi(item.Data)
		r.enter("work", number, item.Key)
		defer r.leave("work", item.Key, 0)
		err := r.pass(ctx, "work", number)
		return item.Data, err
	}
	emit := func(result string) error {
		number, _ := strconv.Atoi(result)
		r.enter("emit", number, "")
		defer r.leave("emit", "", -1)
		return r.pass(context.Background(), "emit", number)
	}
	return flow.Run(ctx, options, next, work, emit)
}

func describe(err error) outcome {
	var item *flow.ItemError
	var panicked *flow.PanicError
	switch {
	case err == nil:
		return outcome{"", -1, ""}
	case errors.As(err, &item) && errors.As(item.Err, &panicked):
		return outcome{"panic", item.Number, fmt.Sprint(panicked.Value)}
	case errors.As(err, &item):
		return outcome{"item", item.Number, item.Err.Error()}
	case errors.Is(err, flow.ErrOptions):
		return outcome{"options", -1, ""}
	}
	return outcome{"other", -1, err.Error()}
}

func start(workers, window int, keys, gated []string, said map[string]string, cancelled bool) int {
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{
		gated: map[string]bool{}, gates: map[string]chan string{}, events: map[string][]int{},
		active: map[string]int{}, keys: map[string]int{}, cancel: cancel, goroutines: runtime.NumGoroutine(),
	}
	for _, kind := range gated {
		r.gated[kind] = true
	}
	for name, text := range said {
		r.gates[name] = make(chan string, 1)
		r.gates[name] <- text
	}
	if cancelled {
		cancel()
	}
	go func() {
		err := r.serve(ctx, flow.Options{Workers: workers, Window: window}, keys)
		r.lock.Lock()
		defer r.lock.Unlock()
		r.over, r.outcome = true, describe(err)
	}()
	return runs.Add(r)
}

// until waits for a condition, but not for ever.
func (r *run) until(holds func() bool) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Microsecond) {
		r.lock.Lock()
		done := holds()
		r.lock.Unlock()
		if done {
			return
		}
	}
}

func main() {
	driver.Serve(driver.Operations{
		"start": start,
		// await returns the numbers of all events of a kind, as soon as there are that many.
		"await": func(number int, kind string, count int) []int {
			r := runs.Get(number)
			r.until(func() bool { return len(r.events[kind]) >= count })
			r.lock.Lock()
			defer r.lock.Unlock()
			return append([]int{}, r.events[kind]...)
		},
		// settle leaves time for calls that ought not to come.
		"settle": func() {
			for turn := 0; turn < 200; turn++ {
				runtime.Gosched()
			}
			time.Sleep(3 * time.Millisecond)
		},
		"release": func(number int, kind string, item int, said string) {
			runs.Get(number).gate(kind, item) <- said
		},
		"cancel": func(number int) { runs.Get(number).cancel() },
		"over": func(number int) bool {
			r := runs.Get(number)
			r.lock.Lock()
			defer r.lock.Unlock()
			return r.over
		},
		// result waits until Run has returned and its goroutines have ended.
		"result": func(number int) (outcome, error) {
			r := runs.Get(number)
			r.until(func() bool { return r.over && runtime.NumGoroutine() <= r.goroutines })
			r.lock.Lock()
			defer r.lock.Unlock()
			if !r.over {
				return outcome{}, errors.New("Run does not return")
			}
			if left := runtime.NumGoroutine() - r.goroutines; left > 0 {
				return outcome{}, fmt.Errorf("%d goroutines are left", left)
			}
			return r.outcome, nil
		},
		"peaks": func(number int) peaks {
			r := runs.Get(number)
			r.lock.Lock()
			defer r.lock.Unlock()
			return r.peaks
		},
	})
}
