package tests

import (
	"fmt"
	"math/rand"
	"reflect"
	"sort"
	"strings"
	"testing"

	"assay/candidate"
)

type outcome struct {
	Kind   string
	Number int
	Text   string
}

type peaks struct{ Next, Work, Emit, Open, SameKey, Late int }

type run struct {
	*testing.T
	number int
}

// start calls Run with items that have these keys, separated by blanks. The functions in gated wait for release.
func start(t *testing.T, workers, window int, keys, gated string) run {
	t.Helper()
	return startSaying(t, workers, window, strings.Fields(keys), gated, nil, false)
}

func startSaying(
	t *testing.T, workers, window int, keys []string, gated string, said map[string]string, cancelled bool,
) run {
	t.Helper()
	given := []any{workers, window, keys, strings.Fields(gated), said, cancelled}
	return run{t, candidate.Must[int](t, "start", given...)}
}

// awaits waits until there are as many events as numbers, and compares all events with them.
func (r run) awaits(kind string, numbers ...int) {
	r.Helper()
	got := candidate.Must[[]int](r.T, "await", r.number, kind, len(numbers))
	if kind == "work" || kind == "cancelled" {
		sort.Ints(got) // those that can start at the same time start in any order
	}
	if !reflect.DeepEqual(got, append([]int{}, numbers...)) {
		r.Fatalf("%s: %v, not %v", kind, got, numbers)
	}
}

// settled is awaits after a while in which nothing more shall happen.
func (r run) settled(kind string, numbers ...int) {
	r.Helper()
	r.awaits(kind, numbers...)
	candidate.Do(r.T, "settle")
	r.awaits(kind, numbers...)
}

func (r run) release(kind string, numbers ...int) {
	r.Helper()
	for _, number := range numbers {
		r.say(kind, number, "")
	}
}

func (r run) say(kind string, number int, said string) {
	r.Helper()
	if err := candidate.Do(r.T, "release", r.number, kind, number, said); err != nil {
		r.Fatal(err)
	}
}

func (r run) running() {
	r.Helper()
	candidate.Do(r.T, "settle")
	if candidate.Must[bool](r.T, "over", r.number) {
		r.Fatal("Run has returned")
	}
}

func (r run) ends(kind string, number int, text string) {
	r.Helper()
	if got := candidate.Must[outcome](r.T, "result", r.number); got != (outcome{kind, number, text}) {
		r.Fatalf("returned %+v, not %s %d %s", got, kind, number, text)
	}
	if late := r.peaks().Late; late > 0 {
		r.Fatalf("%d calls outlive Run", late)
	}
}

func (r run) succeeds() {
	r.Helper()
	r.ends("", -1, "")
}

func (r run) peaks() peaks {
	r.Helper()
	return candidate.Must[peaks](r.T, "peaks", r.number)
}

func upTo(count int) []int {
	numbers := make([]int, count)
	for at := range numbers {
		numbers[at] = at
	}
	return numbers
}

func TestResultsComeInOrder(t *testing.T) {
	r := start(t, 4, 9, "a b c d", "work")
	r.awaits("work", 0, 1, 2, 3)
	r.release("work", 2, 1)
	r.settled("emit")
	r.release("work", 0)
	r.settled("emit", 0, 1, 2)
	r.running()
	r.release("work", 3)
	r.succeeds()
	r.awaits("emit", 0, 1, 2, 3)
	r.awaits("next", 0, 1, 2, 3, 4)
	none := start(t, 1, 1, "", "")
	none.succeeds()
	none.awaits("next", 0)
}

func TestWorkersBoundTheCallsOfWork(t *testing.T) {
	r := start(t, 2, 9, "a b c d e", "work")
	r.settled("work", 0, 1)
	r.release("work", 1)
	r.settled("work", 0, 1, 2)
	r.release("work", 0, 2)
	r.settled("work", 0, 1, 2, 3, 4)
	r.release("work", 3, 4)
	r.succeeds()
	r.awaits("emit", 0, 1, 2, 3, 4)
}

func TestTheWindowBoundsReading(t *testing.T) {
	r := start(t, 9, 3, "a b c d e f", "work emit")
	r.settled("next", 0, 1, 2)
	r.awaits("work", 0, 1, 2)
	r.release("work", 1, 2)
	r.settled("next", 0, 1, 2)
	r.release("work", 0)
	r.awaits("emit", 0)
	r.settled("next", 0, 1, 2)
	r.release("emit", 0)
	r.settled("next", 0, 1, 2, 3)
	r.awaits("emit", 0, 1)
	r.release("emit", 1, 2, 3, 4, 5)
	r.awaits("next", 0, 1, 2, 3, 4, 5)
	r.settled("emit", 0, 1, 2)
	r.release("work", 3, 4, 5)
	r.succeeds()
	if got := r.peaks().Open; got != 3 {
		t.Fatalf("%d items are open", got)
	}
}

func TestItemsOfAKeyTakeTurns(t *testing.T) {
	r := start(t, 3, 9, "a a b a c b", "work")
	r.settled("work", 0, 2, 4)
	r.release("work", 4)
	r.settled("work", 0, 2, 4)
	r.release("work", 0)
	r.settled("work", 0, 1, 2, 4)
	r.release("work", 2)
	r.settled("work", 0, 1, 2, 4, 5)
	r.release("work", 1)
	r.settled("work", 0, 1, 2, 3, 4, 5)
	r.awaits("emit", 0, 1, 2)
	r.release("work", 3, 5)
	r.succeeds()
	r.awaits("emit", 0, 1, 2, 3, 4, 5)
}

func TestTheLowestNumberStartsFirst(t *testing.T) {
	r := start(t, 2, 9, "a b b c a d e", "work")
	r.awaits("work", 0, 1)
	r.awaits("next", 0, 1, 2, 3, 4, 5, 6, 7)
	r.release("work", 0)
	r.settled("work", 0, 1, 3)
	r.release("work", 1)
	r.settled("work", 0, 1, 2, 3)
	r.release("work", 3)
	r.settled("work", 0, 1, 2, 3, 4)
	r.release("work", 2)
	r.settled("work", 0, 1, 2, 3, 4, 5)
	r.release("work", 4, 5, 6)
	r.succeeds()
	one := start(t, 1, 9, "a a b a b", "work")
	one.awaits("next", 0, 1, 2, 3, 4, 5)
	for number := 0; number < 5; number++ {
		one.settled("work", upTo(number+1)...)
		one.release("work", number)
	}
	one.succeeds()
}

func TestABlockedSourceHoldsNothingUp(t *testing.T) {
	r := start(t, 2, 9, "a b c", "next")
	r.release("next", 0, 1)
	r.awaits("next", 0, 1, 2)
	r.awaits("emit", 0, 1)
	r.running()
	r.release("next", 2, 3)
	r.succeeds()
	r.awaits("emit", 0, 1, 2)
	if got := r.peaks().Next; got != 1 {
		t.Fatalf("%d calls of next at the same time", got)
	}
}

func TestABlockedSinkHoldsNothingUp(t *testing.T) {
	r := start(t, 1, 5, "a b c d e f", "emit")
	r.awaits("work", 0, 1, 2, 3, 4)
	r.settled("emit", 0)
	r.release("emit", 0)
	r.awaits("work", 0, 1, 2, 3, 4, 5)
	r.settled("emit", 0, 1)
	r.release("emit", 1, 2, 3, 4)
	r.awaits("emit", 0, 1, 2, 3, 4, 5)
	r.running()
	r.release("emit", 5)
	r.succeeds()
	if got := r.peaks().Emit; got != 1 {
		t.Fatalf("%d calls of emit at the same time", got)
	}
}

func TestItemsBeforeAFailureGoOn(t *testing.T) {
	r := start(t, 3, 5, "a a b c d e f g", "work")
	r.awaits("work", 0, 2, 3)
	r.awaits("next", 0, 1, 2, 3, 4)
	r.say("work", 2, "boom")
	r.awaits("cancelled", 3)
	r.release("work", 3, 0)
	r.settled("work", 0, 1, 2, 3)
	r.awaits("emit", 0)
	r.settled("next", 0, 1, 2, 3, 4)
	r.running()
	r.release("work", 1)
	r.ends("item", 2, "boom")
	r.awaits("emit", 0, 1)
	r.awaits("cancelled", 3)
}

func TestTheLowestFailureIsReturned(t *testing.T) {
	r := start(t, 4, 4, "a b c d", "work")
	r.awaits("work", 0, 1, 2, 3)
	r.say("work", 2, "second")
	r.awaits("cancelled", 3)
	r.say("work", 1, "first")
	r.say("work", 3, "context")
	r.running()
	r.release("work", 0)
	r.ends("item", 1, "first")
	r.awaits("emit", 0)
	other := start(t, 4, 4, "a b c d", "work")
	other.awaits("work", 0, 1, 2, 3)
	other.say("work", 0, "first")
	other.awaits("cancelled", 1, 2, 3)
	other.say("work", 1, "second")
	other.release("work", 2)
	other.say("work", 3, "panic")
	other.ends("item", 0, "first")
	other.awaits("emit")
}

func TestAFailureCancelsWhatComesAfter(t *testing.T) {
	r := start(t, 3, 4, "a b c d e", "work next")
	r.release("next", 0, 1, 2)
	r.awaits("work", 0, 1, 2)
	r.awaits("next", 0, 1, 2, 3)
	r.say("work", 1, "boom")
	r.settled("cancelled", 2)
	r.release("next", 3)
	r.settled("next", 0, 1, 2, 3)
	r.release("work", 0)
	r.settled("work", 0, 1, 2)
	r.running()
	r.release("work", 2)
	r.ends("item", 1, "boom")
	r.awaits("emit", 0)
	r.awaits("cancelled", 2)
	r.awaits("work", 0, 1, 2)
}

func TestAFailedEmitFailsItsItem(t *testing.T) {
	r := start(t, 3, 5, "a b c d e f", "work emit")
	r.awaits("work", 0, 1, 2)
	r.say("work", 2, "later")
	r.release("work", 1)
	r.settled("work", 0, 1, 2)
	r.release("work", 0)
	r.awaits("emit", 0)
	r.say("emit", 0, "full")
	r.ends("item", 0, "full")
	r.awaits("emit", 0)
	other := start(t, 3, 5, "a b c d e f", "work emit")
	other.awaits("work", 0, 1, 2)
	other.release("work", 0)
	other.awaits("work", 0, 1, 2, 3)
	other.awaits("emit", 0)
	other.release("work", 3)
	other.awaits("work", 0, 1, 2, 3, 4)
	other.say("emit", 0, "full")
	other.awaits("cancelled", 1, 2, 4)
	other.release("work", 1, 2, 4)
	other.ends("item", 0, "full")
	other.awaits("emit", 0)
	other.awaits("work", 0, 1, 2, 3, 4)
}

func TestAnErrorOfTheSourceComesLast(t *testing.T) {
	r := start(t, 1, 9, "a b c d", "work next")
	r.release("next", 0, 1)
	r.say("next", 2, "broken")
	r.awaits("work", 0)
	r.awaits("next", 0, 1, 2)
	r.release("work", 0, 1)
	r.ends("other", -1, "broken")
	r.awaits("emit", 0, 1)
	r.awaits("next", 0, 1, 2)
	failing := start(t, 2, 9, "a b c", "work next")
	failing.release("next", 0, 1)
	failing.say("next", 2, "broken")
	failing.awaits("work", 0, 1)
	failing.awaits("next", 0, 1, 2)
	failing.say("work", 1, "boom")
	failing.release("work", 0)
	failing.ends("item", 1, "boom")
	wrapped := startSaying(t, 2, 9, []string{"a", "b"}, "", map[string]string{"next1": "wrapped EOF"}, false)
	wrapped.ends("other", -1, "wrapped: EOF")
	wrapped.awaits("emit", 0)
	eof := startSaying(t, 2, 9, []string{"a", "b"}, "", map[string]string{"next1": "EOF"}, false)
	eof.succeeds()
	eof.awaits("emit", 0)
	failed := startSaying(t, 1, 1, []string{"a", "b"}, "", map[string]string{"work1": "EOF"}, false)
	failed.ends("item", 1, "EOF")
}

func TestAPanicIsAFailure(t *testing.T) {
	r := start(t, 3, 5, "a b c d", "work")
	r.awaits("work", 0, 1, 2)
	r.say("work", 1, "panic")
	r.awaits("cancelled", 2)
	r.release("work", 2, 0)
	r.ends("panic", 1, "burst")
	r.awaits("emit", 0)
	r.awaits("work", 0, 1, 2)
}

func TestCancellationStartsNothingMore(t *testing.T) {
	for _, failed := range []bool{false, true} {
		r := start(t, 2, 3, "a b c d e", "work emit")
		r.awaits("work", 0, 1)
		r.awaits("next", 0, 1, 2)
		if failed {
			r.say("work", 1, "boom")
			candidate.Do(t, "settle")
		}
		candidate.Do(t, "cancel", r.number)
		if failed {
			r.awaits("cancelled", 0)
		} else {
			r.awaits("cancelled", 0, 1)
			r.release("work", 1)
		}
		r.running()
		r.release("work", 0)
		r.ends("other", -1, "context canceled")
		r.awaits("work", 0, 1)
		r.awaits("emit")
		r.awaits("next", 0, 1, 2)
	}
	r := start(t, 2, 9, "a b c d e", "next emit")
	r.release("next", 0, 1, 2)
	r.awaits("emit", 0)
	r.awaits("work", 0, 1, 2)
	r.awaits("next", 0, 1, 2, 3)
	candidate.Do(t, "cancel", r.number)
	r.release("emit", 0)
	r.running()
	r.release("next", 3)
	r.ends("other", -1, "context canceled")
	r.awaits("emit", 0)
	r.awaits("work", 0, 1, 2)
	r.awaits("next", 0, 1, 2, 3)
}

func TestNothingRunsWithoutNeed(t *testing.T) {
	keys := []string{"a", "b"}
	for _, options := range [][2]int{{0, 1}, {1, 0}, {-1, 5}, {5, -1}, {0, 0}} {
		r := startSaying(t, options[0], options[1], keys, "", nil, options[0] == 0)
		r.ends("options", -1, "")
		r.awaits("next")
	}
	r := startSaying(t, 1, 1, keys, "", nil, true)
	r.ends("other", -1, "context canceled")
	r.awaits("next")
	broken := startSaying(t, 1, 1, keys, "", map[string]string{"next0": "broken"}, false)
	broken.ends("other", -1, "broken")
	broken.awaits("work")
	broken.awaits("next", 0)
}

func TestRandomRuns(t *testing.T) {
	random := rand.New(rand.NewSource(99))
	for round := 0; round < 40; round++ {
		count, workers, window := random.Intn(60), 1+random.Intn(6), 1+random.Intn(12)
		keys := make([]string, count)
		for at := range keys {
			keys[at] = string(rune('a' + random.Intn(1+round%7)))
		}
		// Whatever runs first, all before the lowest failure is emitted, and nothing after it.
		said, wanted, emitted := map[string]string{}, outcome{"", -1, ""}, count
		if broken := random.Intn(2 * (count + 1)); broken < count && round%3 == 0 {
			said[fmt.Sprint("next", broken)] = "broken"
			wanted, emitted = outcome{"other", -1, "broken"}, broken
		}
		for failures := random.Intn(4) * (round % 2); failures > 0 && count > 0; failures-- {
			number, kind := random.Intn(count), []string{"work", "emit"}[random.Intn(2)]
			other := map[string]string{"work": "emit", "emit": "work"}[kind]
			if said[fmt.Sprint(other, number)] != "" {
				continue
			}
			said[fmt.Sprint(kind, number)] = kind + " failed"
			if number < emitted {
				wanted, emitted = outcome{"item", number, kind + " failed"}, number
			}
		}
		r := startSaying(t, workers, window, keys, "", said, false)
		r.ends(wanted.Kind, wanted.Number, wanted.Text)
		if wanted.Text == "emit failed" {
			emitted++
		}
		r.awaits("emit", upTo(emitted)...)
		p := r.peaks()
		if p.Next > 1 || p.Emit > 1 || p.SameKey > 1 || p.Work > workers || p.Open > window {
			t.Fatalf("round %d: too many calls at the same time: %+v", round, p)
		}
	}
}
