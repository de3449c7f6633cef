package tests

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"assay/candidate"
)

type settings struct{ Slot, Slots, MinCalls, Percent, Pause, MaxPause, Probes, Patience int64 }

type change struct {
	At int64
	To string
}

// usual has slots and a patience that are long enough not to matter.
var usual = settings{10_000, 3, 4, 50, 100, 350, 2, 5000}

type breaker struct {
	*testing.T
	number int
}

func create(t *testing.T, s settings) breaker {
	t.Helper()
	return breaker{t, candidate.Must[int](t, "new", s)}
}

func (b breaker) acquires(now, permit int64) {
	b.Helper()
	if got := candidate.Must[int64](b.T, "acquire", b.number, now); got != permit {
		b.Fatalf("permit %d at %d, not %d", got, now, permit)
	}
}

func (b breaker) refuses(now int64, kind string) {
	b.Helper()
	b.fails(kind, "acquire", b.number, now)
}

func (b breaker) fails(kind, op string, arguments ...any) {
	b.Helper()
	err := candidate.Do(b.T, op, arguments...)
	if failure, ok := err.(*candidate.Error); !ok || failure.Kind != kind {
		b.Fatalf("%s%v: %v, not %s", op, arguments, err, kind)
	}
}

func (b breaker) reports(now, permit int64, outcome string) {
	b.Helper()
	if err := candidate.Do(b.T, "report", b.number, now, permit, outcome); err != nil {
		b.Fatalf("report %d at %d: %v", permit, now, err)
	}
}

func (b breaker) reportFails(now, permit int64, outcome string) {
	b.Helper()
	b.fails("ErrPermit", "report", b.number, now, permit, outcome)
}

// calls acquires permits from the given number on and reports an outcome for each letter: s, f or c.
func (b breaker) calls(now, permit int64, outcomes string) {
	b.Helper()
	names := map[rune]string{'s': "success", 'f': "failure", 'c': "cancelled"}
	for at, letter := range outcomes {
		b.acquires(now, permit+int64(at))
		b.reports(now, permit+int64(at), names[letter])
	}
}

func (b breaker) is(now int64, state string) {
	b.Helper()
	if got := candidate.Must[string](b.T, "state", b.number, now); got != state {
		b.Fatalf("%s at %d, not %s", got, now, state)
	}
}

// changed compares the changes with a text like "10 open, 110 half-open".
func (b breaker) changed(now int64, wanted string) {
	b.Helper()
	words := []string{}
	for _, each := range candidate.Must[[]change](b.T, "changes", b.number, now) {
		words = append(words, fmt.Sprint(each.At, " ", each.To))
	}
	if got := strings.Join(words, ", "); got != wanted {
		b.Fatalf("changes: %s, not %s", got, wanted)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	least := settings{1, 1, 1, 1, 1, 1, 1, 1}
	b := create(t, least)
	b.calls(0, 1, "f")
	b.changed(0, "0 open")
	create(t, settings{1, 1, 1, 100, 9, 9, 1, 1})
	for _, bad := range []settings{
		{0, 1, 1, 1, 1, 1, 1, 1}, {1, 0, 1, 1, 1, 1, 1, 1}, {1, 1, 0, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 1, 1, 1, 1},
		{1, 1, 1, 1, 0, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 1, 1, 0}, {1, 1, 1, 101, 1, 1, 1, 1},
		{1, 1, 1, 1, 2, 1, 1, 1}, {-1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 0, 1, 1}, {1, 1, 1, 1, 1, 1, -5, 1},
	} {
		b.fails("ErrSettings", "new", bad)
	}
}

func TestPermitsAreNumbered(t *testing.T) {
	b, other := create(t, usual), create(t, usual)
	for permit := int64(1); permit <= 20; permit++ {
		b.acquires(permit*10, permit)
	}
	other.acquires(300, 1)
	b.is(300, "closed")
	b.reports(300, 20, "success")
	b.calls(300, 21, "cff")
	b.changed(300, "")
	b.reports(310, 1, "success")
	b.changed(310, "310 open")
	b.refuses(311, "ErrOpen")
	b.acquires(410, 24)
	other.is(410, "closed")
}

func TestOpensAtThePercentage(t *testing.T) {
	for _, each := range []struct {
		percent, calls int64
		outcomes       string
	}{
		{50, 4, "sfsf"}, {50, 4, "ssssffff"}, {100, 2, "ff"}, {1, 3, "ssf"}, {34, 3, "ssfsf"}, {67, 5, "sffff"},
		{30, 10, "sssssssfff"},
	} {
		s := usual
		s.Percent, s.MinCalls = each.percent, each.calls
		b := create(t, s)
		b.calls(5, 1, each.outcomes[:len(each.outcomes)-1])
		b.is(5, "closed")
		b.calls(6, int64(len(each.outcomes)), each.outcomes[len(each.outcomes)-1:])
		b.changed(6, "6 open")
		b.refuses(6, "ErrOpen")
	}
}

func TestASuccessCanCompleteTheMinimum(t *testing.T) {
	b := create(t, usual)
	b.calls(5, 1, "ffcf")
	b.is(6, "closed")
	b.calls(7, 5, "cccc")
	b.is(7, "closed")
	b.calls(8, 9, "s")
	b.changed(9, "8 open")
	refused := create(t, usual)
	refused.calls(0, 1, "sssf")
	refused.is(0, "closed")
}

func TestOldSlotsAreForgotten(t *testing.T) {
	s := usual
	s.Slot, s.Slots, s.MinCalls = 10, 3, 3
	b := create(t, s)
	b.calls(9, 1, "f")
	b.calls(10, 2, "f")
	b.calls(30, 3, "f")
	b.is(30, "closed")
	b.calls(39, 4, "f")
	b.changed(40, "39 open")
	gap := create(t, s)
	gap.calls(19, 1, "ff")
	gap.calls(40, 3, "f")
	gap.calls(1000, 4, "ff")
	gap.is(1000, "closed")
	gap.calls(1029, 6, "f")
	gap.changed(1030, "1029 open")
	single := create(t, settings{10, 1, 2, 50, 100, 100, 1, 5000})
	single.calls(9, 1, "f")
	single.calls(10, 2, "f")
	single.is(10, "closed")
	single.calls(19, 3, "s")
	single.changed(19, "19 open")
}

func TestOutcomesCountInTheSlotOfTheirTime(t *testing.T) {
	b := create(t, settings{10, 2, 2, 100, 100, 100, 1, 25})
	b.acquires(5, 1)
	b.acquires(5, 2)
	b.reports(29, 1, "failure")
	b.is(29, "closed")
	b.changed(35, "30 open")
	late := create(t, settings{10, 2, 2, 100, 100, 100, 1, 25})
	late.acquires(1, 1)
	late.acquires(15, 2)
	late.reports(15, 1, "failure")
	late.acquires(20, 3)
	late.reports(39, 2, "failure")
	late.is(44, "closed")
	late.changed(45, "45 open")
}

func TestPermitsExpireAsFailures(t *testing.T) {
	s := usual
	s.Patience = 40
	b := create(t, s)
	b.acquires(1, 1)
	b.acquires(2, 2)
	b.acquires(2, 3)
	b.acquires(30, 4)
	b.reports(41, 2, "success")
	b.is(41, "closed")
	b.is(69, "closed")
	b.changed(300, "70 open, 170 half-open")
	b.acquires(300, 5)
	b.is(339, "half-open")
	b.changed(2000, "70 open, 170 half-open, 340 open, 540 half-open")
}

func TestReportsNeedAPendingPermit(t *testing.T) {
	s := usual
	s.Patience = 40
	b := create(t, s)
	b.reportFails(0, 1, "success")
	b.reportFails(0, 0, "failure")
	b.acquires(0, 1)
	b.acquires(0, 2)
	b.acquires(1, 3)
	b.reports(0, 1, "success")
	b.reportFails(0, 1, "success")
	b.reportFails(0, 4, "failure")
	b.reportFails(0, -1, "failure")
	b.reports(39, 3, "cancelled")
	b.reportFails(39, 3, "success")
	b.reportFails(40, 2, "success")
	b.calls(40, 4, "s")
	b.is(40, "closed")
	b.calls(41, 5, "f")
	b.changed(41, "41 open")
}

func TestThePauseEndsAtItsTime(t *testing.T) {
	b := create(t, usual)
	b.calls(50, 1, "ffff")
	b.is(149, "open")
	b.refuses(149, "ErrOpen")
	b.acquires(150, 5)
	b.changed(150, "50 open, 150 half-open")
	silent := create(t, usual)
	silent.calls(50, 1, "ffff")
	silent.reportFails(900, 1, "failure")
	silent.changed(900, "50 open, 150 half-open")
	silent.is(900, "half-open")
}

func TestProbesAreLimited(t *testing.T) {
	s := usual
	s.Probes = 3
	b := create(t, s)
	b.calls(0, 1, "ffff")
	b.acquires(100, 5)
	b.acquires(100, 6)
	b.acquires(101, 7)
	b.refuses(102, "ErrBusy")
	b.reports(103, 6, "success")
	b.refuses(103, "ErrBusy")
	b.reports(104, 5, "success")
	b.refuses(104, "ErrBusy")
	b.is(104, "half-open")
	b.reports(105, 7, "success")
	b.changed(105, "0 open, 100 half-open, 105 closed")
	b.acquires(105, 8)
}

func TestCancelledProbesFreeTheirPlace(t *testing.T) {
	b := create(t, usual)
	b.calls(0, 1, "ffff")
	b.calls(100, 5, "c")
	b.acquires(100, 6)
	b.acquires(100, 7)
	b.refuses(100, "ErrBusy")
	b.reports(101, 6, "cancelled")
	b.acquires(101, 8)
	b.refuses(101, "ErrBusy")
	b.reports(102, 7, "success")
	b.refuses(102, "ErrBusy")
	b.reports(102, 8, "cancelled")
	b.is(102, "half-open")
	b.calls(103, 9, "s")
	b.changed(103, "0 open, 100 half-open, 103 closed")
}

func TestPausesDoubleAndStartAnew(t *testing.T) {
	b := create(t, usual)
	b.calls(0, 1, "ffff")
	b.calls(100, 5, "f")
	b.refuses(299, "ErrOpen")
	b.calls(300, 6, "sf")
	b.calls(650, 8, "f")
	b.calls(1000, 9, "ss")
	b.is(1000, "closed")
	b.calls(1001, 11, "ffff")
	b.changed(1200, "0 open, 100 half-open, 100 open, 300 half-open, 300 open, 650 half-open, 650 open, "+
		"1000 half-open, 1000 closed, 1001 open, 1101 half-open")
	b.calls(1200, 15, "f")
	b.changed(1400, "0 open, 100 half-open, 100 open, 300 half-open, 300 open, 650 half-open, 650 open, "+
		"1000 half-open, 1000 closed, 1001 open, 1101 half-open, 1200 open, 1400 half-open")
}

func TestLateOutcomesOfOtherPeriodsDoNotCount(t *testing.T) {
	s := usual
	s.Patience = 150
	b := create(t, s)
	for permit := int64(1); permit <= 8; permit++ {
		b.acquires(0, permit)
	}
	for permit := int64(1); permit <= 4; permit++ {
		b.reports(0, permit, "failure")
	}
	b.reports(50, 5, "failure")
	b.acquires(100, 9)
	b.acquires(100, 10)
	b.reports(110, 6, "failure")
	b.reports(110, 7, "success")
	b.is(149, "half-open")
	b.is(160, "half-open")
	b.refuses(160, "ErrBusy")
	b.reportFails(160, 8, "failure")
	b.reports(170, 9, "failure")
	b.changed(170, "0 open, 100 half-open, 170 open")
	b.reports(180, 10, "failure")
	b.reportFails(180, 10, "failure")
	b.is(369, "open")
	b.calls(370, 11, "s")
	b.acquires(371, 12)
	b.reports(372, 12, "success")
	b.changed(372, "0 open, 100 half-open, 170 open, 370 half-open, 372 closed")
	again := create(t, s)
	again.acquires(0, 1)
	again.calls(50, 2, "ffff")
	again.changed(160, "50 open, 150 half-open")
}

func TestClosingForgetsOutcomes(t *testing.T) {
	b := create(t, usual)
	b.acquires(0, 1)
	b.calls(0, 2, "ffff")
	b.calls(100, 6, "ss")
	b.calls(101, 8, "fff")
	b.reports(101, 1, "failure")
	b.is(101, "closed")
	b.calls(102, 11, "s")
	b.changed(102, "0 open, 100 half-open, 100 closed, 102 open")
}

type issued struct {
	at      int64
	period  int
	pending bool
}

type counted struct {
	at     int64
	failed bool
}

// model is called for every millisecond and keeps everything.
type model struct {
	settings
	state   string
	since   int64
	pause   int64
	permits []issued
	counted []counted
	changes []string
}

func (m *model) become(state string, now int64) {
	m.state, m.since, m.counted = state, now, nil
	m.changes = append(m.changes, fmt.Sprint(now, " ", state))
}

func (m *model) end(permit int, outcome string, now int64) {
	ended := &m.permits[permit]
	ended.pending = false
	if ended.period != len(m.changes) || outcome == "cancelled" {
		return
	}
	m.counted = append(m.counted, counted{now, outcome == "failure"})
	calls, failures, all := 0, 0, 0
	for _, each := range m.counted {
		if each.failed {
			all++
		}
		if now/m.Slot-each.at/m.Slot < m.Slots {
			calls++
			if each.failed {
				failures++
			}
		}
	}
	switch {
	case m.state == "closed" && calls >= int(m.MinCalls) && 100*failures >= int(m.Percent)*calls:
		m.pause = m.Pause
		m.become("open", now)
	case m.state == "half-open" && all > 0:
		m.pause = min(2*m.pause, m.MaxPause)
		m.become("open", now)
	case m.state == "half-open" && len(m.counted) == int(m.Probes):
		m.become("closed", now)
	}
}

func (m *model) tick(now int64) {
	if m.state == "open" && now == m.since+m.pause {
		m.become("half-open", now)
	}
	for permit, each := range m.permits {
		if each.pending && now == each.at+m.Patience {
			m.end(permit, "failure", now)
		}
	}
}

func (m *model) busy() bool {
	used := len(m.counted)
	for _, each := range m.permits {
		if each.pending && each.period == len(m.changes) {
			used++
		}
	}
	return m.state == "half-open" && used >= int(m.Probes)
}

func TestAgreesWithAModelThatNeverSleeps(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	outcomes := []string{"success", "success", "success", "failure", "cancelled"}
	for round := 0; round < 12; round++ {
		pause := 1 + random.Int63n(20)
		s := settings{
			1 + random.Int63n(15), 1 + random.Int63n(4), 1 + random.Int63n(5), 20 + random.Int63n(60),
			pause, pause + random.Int63n(60), 1 + random.Int63n(3), 5 + random.Int63n(30),
		}
		b, m, now := create(t, s), &model{settings: s, state: "closed", permits: []issued{{}}}, int64(0)
		for step := 0; step < 90; step++ {
			for passed := random.Int63n(1 + 12*random.Int63n(3)); passed > 0; passed-- {
				now++
				m.tick(now)
			}
			switch choice := random.Intn(10); {
			case choice < 5 && m.state == "open":
				b.refuses(now, "ErrOpen")
			case choice < 5 && m.busy():
				b.refuses(now, "ErrBusy")
			case choice < 5:
				b.acquires(now, int64(len(m.permits)))
				m.permits = append(m.permits, issued{now, len(m.changes), true})
			case choice < 9:
				permit := max(len(m.permits)-1-random.Intn(5), 0)
				outcome := outcomes[random.Intn(len(outcomes))]
				if !m.permits[permit].pending {
					b.reportFails(now, int64(permit), outcome)
				} else {
					b.reports(now, int64(permit), outcome)
					m.end(permit, outcome, now)
				}
			default:
				b.is(now, m.state)
			}
		}
		b.changed(now, strings.Join(m.changes, ", "))
	}
}
