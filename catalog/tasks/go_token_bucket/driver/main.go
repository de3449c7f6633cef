package main

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"assay/driver"
	quota "submission"
)

type limiter struct {
	*quota.Limiter
	time *atomic.Int64
}

type named struct {
	kind string
	error
}

func (n named) Kind() string { return n.kind }

func name(err error) error {
	for kind, each := range map[string]error{
		"ErrPlan": quota.ErrPlan, "ErrTenant": quota.ErrTenant, "ErrCost": quota.ErrCost, "ErrTicket": quota.ErrTicket,
	} {
		if errors.Is(err, each) {
			return named{kind, err}
		}
	}
	return err
}

var limiters driver.Objects[limiter]

// at sets the clock of a limiter.
func at(number int, time int64) *quota.Limiter {
	found := limiters.Get(number)
	found.time.Store(time)
	return found.Limiter
}

// hammer takes single tokens from several goroutines, and returns how many takes were granted, how many different
// tickets there were and the highest of them.
func hammer(number int, time int64, tenant string, goroutines, takes int) []int64 {
	var group sync.WaitGroup
	tickets := make([][]int64, goroutines)
	shared := at(number, time)
	begin := make(chan struct{})
	for g := 0; g < goroutines; g++ {
		g := g
		group.Add(1)
		go func() {
			defer group.Done()
			<-begin
			for i := 0; i < takes; i++ {
				if decision, err := shared.Take(tenant, 1); err == nil && decision.Granted {
					tickets[g] = append(tickets[g], decision.Ticket)
				}
			}
		}()
	}
	close(begin)
	group.Wait()
	count, highest, different := int64(0), int64(0), map[int64]bool{}
	for _, each := range tickets {
		for _, ticket := range each {
			count++
			highest = max(highest, ticket)
			different[ticket] = true
		}
	}
	return []int64{count, int64(len(different)), highest}
}

func main() {
	driver.Serve(driver.Operations{
		"new": func(start int64, shared quota.Plan) (int, error) {
			time := new(atomic.Int64)
			time.Store(start)
			now := func() int64 {
				runtime.Gosched()
				return time.Load()
			}
			made, err := quota.New(now, shared)
			if err != nil {
				return 0, name(err)
			}
			return limiters.Add(limiter{made, time}), nil
		},
		"register": func(l int, time int64, tenant string, plan quota.Plan) error {
			return name(at(l, time).Register(tenant, plan))
		},
		"take": func(l int, time int64, tenant string, cost int64) (quota.Decision, error) {
			decision, err := at(l, time).Take(tenant, cost)
			return decision, name(err)
		},
		"refund": func(l int, time int64, ticket, tokens int64) error {
			return name(at(l, time).Refund(ticket, tokens))
		},
		"balance": func(l int, time int64, tenant string) (int64, int64, error) {
			own, shared, err := at(l, time).Balance(tenant)
			return own, shared, name(err)
		},
		"hammer": hammer,
	})
}
