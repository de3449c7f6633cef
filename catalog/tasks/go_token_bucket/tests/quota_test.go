package tests

import (
	"math/rand"
	"reflect"
	"testing"

	"assay/candidate"
)

type plan struct{ Burst, Gain, Period int64 }

type decision struct {
	Granted      bool
	Ticket, Wait int64
}

var ample = plan{1000, 1000, 1}

func start(t *testing.T, at int64, shared plan) int {
	t.Helper()
	return candidate.Must[int](t, "new", at, shared)
}

func register(t *testing.T, l int, at int64, tenant string, p plan) {
	t.Helper()
	if err := candidate.Do(t, "register", l, at, tenant, p); err != nil {
		t.Fatalf("register: %v", err)
	}
}

func granted(t *testing.T, l int, at int64, tenant string, cost, ticket int64) {
	t.Helper()
	if got := candidate.Must[decision](t, "take", l, at, tenant, cost); got != (decision{true, ticket, 0}) {
		t.Fatalf("take at %d: %+v", at, got)
	}
}

func denied(t *testing.T, l int, at int64, tenant string, cost, wait int64) {
	t.Helper()
	if got := candidate.Must[decision](t, "take", l, at, tenant, cost); got != (decision{false, 0, wait}) {
		t.Fatalf("take at %d: %+v, not a wait of %d", at, got, wait)
	}
}

func refund(t *testing.T, l int, at, ticket, tokens int64) {
	t.Helper()
	if err := candidate.Do(t, "refund", l, at, ticket, tokens); err != nil {
		t.Fatalf("refund: %v", err)
	}
}

func balance(t *testing.T, l int, at int64, tenant string, own, shared int64) {
	t.Helper()
	got := candidate.Must[[]int64](t, "balance", l, at, tenant)
	if len(got) != 2 || got[0] != own || got[1] != shared {
		t.Fatalf("balance at %d: %v, not %d, %d", at, got, own, shared)
	}
}

func fails(t *testing.T, kind, op string, arguments ...any) {
	t.Helper()
	err := candidate.Do(t, op, arguments...)
	if failure, ok := err.(*candidate.Error); !ok || failure.Kind != kind {
		t.Fatalf("%s%v: %v, not %s", op, arguments, err, kind)
	}
}

func TestTakesFromBothBuckets(t *testing.T) {
	l := start(t, 7, plan{20, 1, 1000})
	register(t, l, 7, "x", plan{9, 1, 1000})
	register(t, l, 7, "", plan{30, 1, 1000})
	balance(t, l, 7, "x", 9, 20)
	granted(t, l, 7, "x", 5, 1)
	granted(t, l, 7, "x", 4, 2)
	granted(t, l, 8, "", 11, 3)
	balance(t, l, 8, "x", 0, 0)
	balance(t, l, 8, "", 19, 0)
}

func TestTicksComeAtMultiplesOfThePeriod(t *testing.T) {
	l := start(t, 3, plan{100, 7, 40})
	register(t, l, 13, "x", plan{100, 5, 30})
	granted(t, l, 14, "x", 100, 1)
	balance(t, l, 42, "x", 0, 0)
	balance(t, l, 43, "x", 5, 7)
	balance(t, l, 72, "x", 5, 7)
	balance(t, l, 73, "x", 10, 7)
	balance(t, l, 83, "x", 10, 14)
	balance(t, l, 223, "x", 35, 35)
}

func TestAFullBucketKeepsItsTicks(t *testing.T) {
	l := start(t, 0, plan{50, 50, 1})
	register(t, l, 0, "x", plan{10, 4, 100})
	balance(t, l, 270, "x", 10, 50)
	granted(t, l, 270, "x", 10, 1)
	balance(t, l, 299, "x", 0, 50)
	balance(t, l, 300, "x", 4, 50)
	balance(t, l, 500, "x", 10, 50)
	granted(t, l, 555, "x", 8, 2)
	denied(t, l, 556, "x", 3, 44)
}

func TestWaitIsThatOfTheSlowerBucket(t *testing.T) {
	l := start(t, 0, plan{12, 3, 70})
	register(t, l, 0, "x", plan{10, 2, 50})
	register(t, l, 0, "y", plan{12, 1, 10})
	granted(t, l, 0, "x", 10, 1)
	denied(t, l, 0, "x", 1, 50)
	denied(t, l, 0, "x", 2, 50)
	denied(t, l, 0, "x", 3, 100)
	denied(t, l, 20, "x", 5, 130)
	denied(t, l, 20, "y", 3, 50)
	denied(t, l, 60, "y", 12, 220)
	granted(t, l, 280, "y", 12, 2)
	denied(t, l, 280, "x", 10, 280)
}

func TestADeniedTakeChangesNothing(t *testing.T) {
	l := start(t, 0, plan{8, 1, 100})
	register(t, l, 0, "x", plan{3, 1, 100})
	register(t, l, 0, "y", plan{8, 1, 100})
	granted(t, l, 0, "x", 3, 1)
	denied(t, l, 0, "x", 2, 200)
	balance(t, l, 0, "y", 8, 5)
	denied(t, l, 0, "y", 6, 100)
	balance(t, l, 0, "y", 8, 5)
	granted(t, l, 0, "y", 5, 2)
}

func TestTheClockNeverGoesBack(t *testing.T) {
	l := start(t, 1000, ample)
	register(t, l, 1000, "x", plan{10, 1, 10})
	granted(t, l, 1005, "x", 10, 1)
	balance(t, l, 1044, "x", 4, 1000)
	balance(t, l, 1001, "x", 4, 1000)
	denied(t, l, 0, "x", 5, 6)
	balance(t, l, 1049, "x", 4, 1000)
	balance(t, l, 1050, "x", 5, 1000)
	register(t, l, 900, "y", plan{3, 1, 10})
	granted(t, l, 900, "y", 3, 2)
	balance(t, l, 1059, "y", 0, 1000)
	balance(t, l, 1060, "y", 1, 1000)
	refund(t, l, 61_004, 1, 1)
	refund(t, l, 2_000, 2, 1)
	balance(t, l, 61_060, "y", 3, 1000)
	fails(t, "ErrTicket", "refund", l, 1_060, 2, 1)
}

func TestLongJumpsFillTheBuckets(t *testing.T) {
	const most = 1 << 30
	l := start(t, 1<<50, plan{most, most, 1})
	register(t, l, 1<<50, "x", plan{most, most - 1, 3})
	register(t, l, 1<<50, "y", plan{most, 1, 86_400_000})
	granted(t, l, 1<<50, "x", most, 1)
	balance(t, l, 1<<60, "x", most, most)
	granted(t, l, 1<<60, "y", most, 2)
	denied(t, l, 1<<60, "y", most, most*86_400_000-((1<<60)-(1<<50))%86_400_000)
	balance(t, l, 1<<61, "x", most, most)
}

func TestPlansAreChecked(t *testing.T) {
	const most = 1 << 30
	bad := []plan{
		{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {-1, 1, 1}, {1, -1, 1}, {1, 1, -1},
		{most + 1, 1, 1}, {1, most + 1, 1}, {1, 1, 86_400_001},
	}
	l := start(t, 0, plan{5, 1, 1})
	register(t, l, 0, "x", plan{5, 1, 10})
	granted(t, l, 5, "x", 5, 1)
	for _, each := range bad {
		fails(t, "ErrPlan", "new", 0, each)
		fails(t, "ErrPlan", "register", l, 5, "x", each)
		fails(t, "ErrPlan", "register", l, 5, "y", each)
	}
	fails(t, "ErrTenant", "balance", l, 5, "y")
	balance(t, l, 10, "x", 1, 5)
	register(t, l, 10, "z", plan{1, 1, 86_400_000})
	balance(t, l, 10, "z", 1, 5)
}

func TestANewPlanKeepsTokensAndRestartsTicks(t *testing.T) {
	l := start(t, 0, ample)
	register(t, l, 0, "x", plan{20, 3, 10})
	granted(t, l, 0, "x", 20, 1)
	register(t, l, 20, "x", plan{40, 10, 25})
	balance(t, l, 20, "x", 6, 1000)
	balance(t, l, 44, "x", 6, 1000)
	balance(t, l, 45, "x", 16, 1000)
	register(t, l, 69, "x", plan{8, 1, 10})
	balance(t, l, 70, "x", 8, 1000)
	granted(t, l, 70, "x", 8, 2)
	balance(t, l, 78, "x", 0, 1000)
	refund(t, l, 78, 1, 5)
	balance(t, l, 79, "x", 6, 1000)
}

func TestErrorsOfTake(t *testing.T) {
	l := start(t, 0, plan{6, 1, 10})
	register(t, l, 0, "x", plan{4, 1, 10})
	register(t, l, 0, "y", plan{9, 1, 10})
	fails(t, "ErrTenant", "take", l, 0, "z", 1)
	fails(t, "ErrTenant", "take", l, 0, "z", 0)
	fails(t, "ErrTenant", "balance", l, 0, "z")
	for _, cost := range []int64{0, -1, -1 << 62, 5, 1 << 62} {
		fails(t, "ErrCost", "take", l, 0, "x", cost)
	}
	fails(t, "ErrCost", "take", l, 0, "y", 7)
	balance(t, l, 0, "x", 4, 6)
	granted(t, l, 0, "y", 6, 1)
	fails(t, "ErrCost", "take", l, 0, "y", 9)
}

func TestRefundsGoToBothBuckets(t *testing.T) {
	l := start(t, 0, plan{10, 5, 100})
	register(t, l, 0, "x", plan{8, 8, 1000})
	register(t, l, 0, "y", plan{2, 1, 1000})
	granted(t, l, 0, "x", 6, 1)
	refund(t, l, 0, 1, 2)
	balance(t, l, 0, "x", 4, 6)
	refund(t, l, 100, 1, 1)
	balance(t, l, 100, "x", 5, 10)
	granted(t, l, 100, "y", 2, 2)
	refund(t, l, 1000, 1, 3)
	balance(t, l, 1000, "x", 8, 10)
	granted(t, l, 1000, "x", 8, 3)
	refund(t, l, 1000, 2, 1)
	balance(t, l, 1000, "y", 2, 3)
	balance(t, l, 1000, "x", 0, 3)
}

func TestRefundsEndWithTheirWindow(t *testing.T) {
	l := start(t, 5, ample)
	register(t, l, 5, "x", plan{9, 1, 80_000_000})
	granted(t, l, 5, "x", 4, 1)
	granted(t, l, 6, "x", 5, 2)
	refund(t, l, 60_004, 1, 1)
	fails(t, "ErrTicket", "refund", l, 60_005, 1, 1)
	refund(t, l, 60_005, 2, 1)
	fails(t, "ErrTicket", "refund", l, 60_005, 1, 0)
	fails(t, "ErrTicket", "refund", l, 90_000, 2, 1)
	balance(t, l, 90_000, "x", 2, 1000)
}

func TestRefundsAreLimitedByTheirTicket(t *testing.T) {
	l := start(t, 0, plan{30, 1, 80_000_000})
	register(t, l, 0, "x", plan{20, 1, 80_000_000})
	granted(t, l, 0, "x", 5, 1)
	granted(t, l, 0, "x", 7, 2)
	for _, ticket := range []int64{0, -1, 3} {
		fails(t, "ErrTicket", "refund", l, 0, ticket, 1)
	}
	fails(t, "ErrTicket", "refund", l, 0, 3, 0)
	for _, tokens := range []int64{0, -2, 6, 1 << 62} {
		fails(t, "ErrCost", "refund", l, 0, 1, tokens)
	}
	refund(t, l, 0, 1, 3)
	fails(t, "ErrCost", "refund", l, 0, 1, 3)
	refund(t, l, 0, 1, 2)
	fails(t, "ErrCost", "refund", l, 0, 1, 1)
	balance(t, l, 0, "x", 13, 23)
}

func TestLimitersAreIndependent(t *testing.T) {
	first, second := start(t, 0, plan{5, 1, 10}), start(t, 0, plan{6, 1, 10})
	register(t, first, 0, "x", plan{5, 1, 10})
	fails(t, "ErrTenant", "take", second, 0, "x", 1)
	register(t, second, 0, "x", plan{3, 1, 10})
	granted(t, first, 0, "x", 2, 1)
	granted(t, second, 0, "x", 1, 1)
	balance(t, first, 0, "x", 3, 3)
	balance(t, second, 0, "x", 2, 5)
}

func TestGoroutinesGetEachTokenOnce(t *testing.T) {
	l := start(t, 0, plan{30_000, 1, 1000})
	register(t, l, 0, "x", plan{25_000, 1, 1000})
	got := candidate.Must[[]int64](t, "hammer", l, 999, "x", 8, 4000)
	if !reflect.DeepEqual(got, []int64{25_000, 25_000, 25_000}) {
		t.Fatalf("granted, different, highest: %v", got)
	}
	balance(t, l, 999, "x", 0, 5000)
}

// simulated is a bucket that lives through every millisecond.
type simulated struct {
	plan
	since, tokens int64
}

func (s *simulated) tick(now int64) {
	if (now-s.since)%s.Period == 0 && now > s.since {
		s.tokens = min(s.Burst, s.tokens+s.Gain)
	}
}

func wait(own, shared simulated, now, cost int64) int64 {
	for waited := int64(0); ; waited++ {
		if own.tokens >= cost && shared.tokens >= cost {
			return waited
		}
		own.tick(now + waited + 1)
		shared.tick(now + waited + 1)
	}
}

func TestAgreesWithASimulation(t *testing.T) {
	random := rand.New(rand.NewSource(41))
	plans := func(most int64) plan {
		return plan{1 + random.Int63n(most), 1 + random.Int63n(6), 1 + random.Int63n(40)}
	}
	shared := &simulated{plan{25, 2, 13}, 50, 25}
	l := start(t, 50, shared.plan)
	tenants := map[string]*simulated{}
	names := []string{"a", "b", "c"}
	type taken struct {
		tenant string
		left   int64
	}
	tickets := []taken{{}}
	now := int64(50)
	for step := 0; step < 500; step++ {
		for passed := random.Int63n(12); passed > 0; passed-- {
			now++
			shared.tick(now)
			for _, each := range tenants {
				each.tick(now)
			}
		}
		tenant := names[random.Intn(3)]
		own, known := tenants[tenant]
		switch choice := random.Intn(20); {
		case !known || choice == 0:
			p := plans(20)
			register(t, l, now, tenant, p)
			tokens := p.Burst
			if known {
				tokens = min(tokens, own.tokens)
			}
			tenants[tenant] = &simulated{p, now, tokens}
		case choice < 12:
			cost := 1 + random.Int63n(10)
			if cost > own.Burst {
				fails(t, "ErrCost", "take", l, now, tenant, cost)
			} else if w := wait(*own, *shared, now, cost); w > 0 {
				denied(t, l, now, tenant, cost, w)
			} else {
				granted(t, l, now, tenant, cost, int64(len(tickets)))
				tickets = append(tickets, taken{tenant, cost})
				own.tokens -= cost
				shared.tokens -= cost
			}
		case choice < 16 && len(tickets) > 1:
			ticket := 1 + random.Intn(len(tickets)-1)
			tokens := 1 + random.Int63n(4)
			if found := &tickets[ticket]; tokens > found.left {
				fails(t, "ErrCost", "refund", l, now, ticket, tokens)
			} else {
				refund(t, l, now, int64(ticket), tokens)
				found.left -= tokens
				owner := tenants[found.tenant]
				owner.tokens = min(owner.Burst, owner.tokens+tokens)
				shared.tokens = min(shared.Burst, shared.tokens+tokens)
			}
		default:
			balance(t, l, now, tenant, own.tokens, shared.tokens)
		}
	}
}
