package tests

import (
	"fmt"
	"math/rand"
	"reflect"
	"sort"
	"testing"

	"assay/candidate"
)

type drop struct {
	Key, Value, Reason string
	Weight             int64
	Entries            int
}

func create(t *testing.T, budget, reserved int64) int {
	t.Helper()
	return candidate.Must[int](t, "new", budget, reserved, false)
}

// put stores the key with the value "v" + key and without expiry.
func put(t *testing.T, c int, key string, weight int64) {
	t.Helper()
	putFor(t, c, 0, key, "v"+key, weight, 0)
}

func putFor(t *testing.T, c int, now int64, key, value string, weight, ttl int64) {
	t.Helper()
	if err := candidate.Do(t, "put", c, now, key, value, weight, ttl); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func get(t *testing.T, c int, now int64, key, value string, found bool) {
	t.Helper()
	got := candidate.Must[[]any](t, "get", c, now, key)
	if !reflect.DeepEqual(got, []any{value, found}) {
		t.Fatalf("get %s at %d: %v", key, now, got)
	}
}

func use(t *testing.T, c int, keys ...string) {
	t.Helper()
	for _, key := range keys {
		get(t, c, 0, key, "v"+key, true)
	}
}

// lists compares the lists with texts of one letter per key.
func lists(t *testing.T, c int, now int64, trial, kept string) {
	t.Helper()
	got := [2]string{}
	for at, keys := range candidate.Must[[][]string](t, "keys", c, now) {
		for _, key := range keys {
			got[at] += key
		}
	}
	if got != [2]string{trial, kept} {
		t.Fatalf("trial and kept at %d: %q, not %q and %q", now, got, trial, kept)
	}
}

func weighs(t *testing.T, c int, now, weight int64) {
	t.Helper()
	if got := candidate.Must[int64](t, "weight", c, now); got != weight {
		t.Fatalf("weight at %d: %d, not %d", now, got, weight)
	}
}

// dropped compares the drops since the last call with texts like "a evicted".
func dropped(t *testing.T, c int, wanted ...string) []drop {
	t.Helper()
	drops := candidate.Must[[]drop](t, "drops", c)
	got := []string{}
	for _, each := range drops {
		got = append(got, each.Key+" "+each.Reason)
	}
	if !reflect.DeepEqual(got, append([]string{}, wanted...)) {
		t.Fatalf("dropped %q, not %q", got, wanted)
	}
	return drops
}

func fails(t *testing.T, kind, op string, arguments ...any) {
	t.Helper()
	err := candidate.Do(t, op, arguments...)
	if failure, ok := err.(*candidate.Error); !ok || failure.Kind != kind {
		t.Fatalf("%s%v: %v, not %s", op, arguments, err, kind)
	}
}

func TestPutsAndGets(t *testing.T) {
	for _, silent := range []bool{true, false} {
		c := candidate.Must[int](t, "new", 20, 10, silent)
		put(t, c, "a", 12)
		put(t, c, "", 3)
		get(t, c, 0, "", "v", true)
		get(t, c, 0, "a", "va", true)
		get(t, c, 0, "b", "", false)
		weighs(t, c, 0, 15)
		put(t, c, "c", 6)
		get(t, c, 0, "a", "", false)
		weighs(t, c, 0, 9)
		other := create(t, 5, 5)
		get(t, other, 0, "c", "", false)
	}
}

func TestSizesAndLifetimesAreChecked(t *testing.T) {
	for _, sizes := range [][2]int64{{0, 0}, {-1, 0}, {5, -1}, {5, 6}} {
		fails(t, "ErrSize", "new", sizes[0], sizes[1], false)
	}
	c := create(t, 5, 5)
	putFor(t, c, 0, "a", "1", 3, 10)
	putFor(t, c, 0, "b", "2", 2, 0)
	for _, weight := range []int64{0, -1, 6} {
		fails(t, "ErrSize", "put", c, 10, "b", "3", weight, 1)
	}
	fails(t, "ErrSize", "put", c, 10, "b", "3", 6, -1)
	fails(t, "ErrTTL", "put", c, 10, "b", "3", 2, -1)
	dropped(t, c)
	get(t, c, 10, "b", "2", true)
	dropped(t, c, "a expired")
	putFor(t, c, 10, "c", "4", 5, 0)
	lists(t, c, 10, "c", "")
	putFor(t, create(t, 1, 0), 0, "a", "1", 1, 0)
}

func TestAGetKeepsAnEntry(t *testing.T) {
	c := create(t, 10, 10)
	for _, key := range []string{"a", "b", "c", "d"} {
		put(t, c, key, 2)
	}
	lists(t, c, 0, "abcd", "")
	use(t, c, "c", "a")
	lists(t, c, 0, "bd", "ca")
	use(t, c, "c")
	lists(t, c, 0, "bd", "ac")
	get(t, c, 0, "x", "", false)
	lists(t, c, 0, "bd", "ac")
	dropped(t, c)
}

func TestKeptEntriesReturnToTrial(t *testing.T) {
	c := create(t, 20, 6)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		put(t, c, key, 2)
	}
	put(t, c, "f", 5)
	use(t, c, "a", "b", "c")
	lists(t, c, 0, "def", "abc")
	use(t, c, "d")
	lists(t, c, 0, "efa", "bcd")
	use(t, c, "f")
	lists(t, c, 0, "eabcd", "f")
	use(t, c, "f", "b")
	lists(t, c, 0, "eacdf", "b")
	weighs(t, c, 0, 15)
	dropped(t, c)
}

func TestHeavyEntriesStayOnTrial(t *testing.T) {
	c := create(t, 20, 4)
	put(t, c, "a", 5)
	put(t, c, "b", 4)
	put(t, c, "c", 1)
	use(t, c, "b")
	use(t, c, "a")
	lists(t, c, 0, "ca", "b")
	put(t, c, "b", 5)
	lists(t, c, 0, "cab", "")
	put(t, c, "b", 4)
	lists(t, c, 0, "cab", "")
	use(t, c, "b")
	lists(t, c, 0, "ca", "b")
	none := create(t, 20, 0)
	put(t, none, "a", 1)
	put(t, none, "b", 1)
	use(t, none, "a")
	lists(t, none, 0, "ba", "")
}

func TestTrialIsEvictedBeforeKept(t *testing.T) {
	c := create(t, 10, 8)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		put(t, c, key, 2)
	}
	use(t, c, "a", "b", "c")
	put(t, c, "f", 2)
	dropped(t, c, "d evicted")
	lists(t, c, 0, "ef", "abc")
	put(t, c, "g", 3)
	dropped(t, c, "e evicted", "f evicted")
	put(t, c, "h", 6)
	dropped(t, c, "g evicted", "a evicted")
	lists(t, c, 0, "h", "bc")
	weighs(t, c, 0, 10)
	put(t, c, "i", 10)
	dropped(t, c, "h evicted", "b evicted", "c evicted")
	weighs(t, c, 0, 10)
}

func TestThePutEntryIsNeverEvicted(t *testing.T) {
	c := create(t, 10, 10)
	put(t, c, "a", 3)
	put(t, c, "b", 3)
	use(t, c, "a", "b")
	put(t, c, "c", 8)
	dropped(t, c, "a evicted", "b evicted")
	lists(t, c, 0, "c", "")
	use(t, c, "c")
	put(t, c, "d", 2)
	use(t, c, "d")
	put(t, c, "c", 9)
	lists(t, c, 0, "", "c")
	dropped(t, c, "d evicted")
	narrow := create(t, 6, 4)
	put(t, narrow, "a", 2)
	put(t, narrow, "b", 2)
	put(t, narrow, "c", 2)
	use(t, narrow, "a", "b")
	put(t, narrow, "a", 6)
	dropped(t, narrow, "c evicted", "b evicted")
	lists(t, narrow, 0, "a", "")
}

func TestReplacingStaysInItsList(t *testing.T) {
	c := create(t, 20, 10)
	for _, key := range []string{"a", "b", "c", "d"} {
		put(t, c, key, 2)
	}
	use(t, c, "c", "d")
	putFor(t, c, 0, "a", "new", 3, 0)
	lists(t, c, 0, "ba", "cd")
	putFor(t, c, 0, "c", "newer", 4, 0)
	lists(t, c, 0, "ba", "dc")
	weighs(t, c, 0, 11)
	dropped(t, c)
	get(t, c, 0, "a", "new", true)
	get(t, c, 0, "c", "newer", true)
}

func TestReplacingCanDemoteAndEvict(t *testing.T) {
	c := create(t, 10, 6)
	for _, key := range []string{"a", "b", "c", "d"} {
		put(t, c, key, 2)
	}
	use(t, c, "a", "b", "c")
	put(t, c, "a", 4)
	lists(t, c, 0, "db", "ca")
	dropped(t, c)
	put(t, c, "a", 5)
	lists(t, c, 0, "bc", "a")
	dropped(t, c, "d evicted")
	weighs(t, c, 0, 9)
	put(t, c, "b", 4)
	lists(t, c, 0, "b", "a")
	dropped(t, c, "c evicted")
	put(t, c, "a", 1)
	weighs(t, c, 0, 5)
}

func TestEntriesExpireAtTheirTime(t *testing.T) {
	c := create(t, 20, 10)
	putFor(t, c, 0, "z", "0", 1, 1)
	putFor(t, c, 5, "a", "1", 2, 10)
	putFor(t, c, 5, "b", "2", 2, 20)
	putFor(t, c, 5, "c", "3", 2, 0)
	putFor(t, c, 6, "d", "4", 2, 4)
	get(t, c, 14, "a", "1", true)
	get(t, c, 14, "d", "", false)
	get(t, c, 15, "a", "", false)
	lists(t, c, 15, "bc", "")
	putFor(t, c, 20, "b", "5", 2, 20)
	get(t, c, 39, "b", "5", true)
	lists(t, c, 40, "c", "")
	putFor(t, c, 41, "c", "6", 2, 3)
	weighs(t, c, 43, 2)
	weighs(t, c, 44, 0)
	putFor(t, c, 44, "e", "7", 2, 1)
	putFor(t, c, 44, "e", "7", 2, 0)
	get(t, c, 1000, "e", "7", true)
	dropped(t, c, "z expired", "d expired", "a expired", "b expired", "c expired")
}

func TestExpiredEntriesGoFirst(t *testing.T) {
	c := create(t, 6, 6)
	putFor(t, c, 0, "a", "1", 2, 0)
	putFor(t, c, 0, "b", "2", 2, 5)
	putFor(t, c, 0, "c", "3", 2, 9)
	get(t, c, 4, "b", "2", true)
	putFor(t, c, 5, "d", "4", 2, 0)
	dropped(t, c, "b expired")
	lists(t, c, 5, "acd", "")
	get(t, c, 5, "c", "3", true)
	putFor(t, c, 9, "c", "5", 3, 0)
	lists(t, c, 9, "dc", "")
	dropped(t, c, "c expired", "a evicted")
	if candidate.Must[bool](t, "remove", c, 10, "b") {
		t.Fatal("removed what has expired")
	}
}

func TestExpiriesAreReportedInOrder(t *testing.T) {
	c := create(t, 50, 50)
	for at, key := range []string{"m", "k", "p", "K", "é", "b", "k2"} {
		putFor(t, c, int64(at), key, key, 1, 20-int64(at))
	}
	putFor(t, c, 6, "x", "x", 1, 13)
	putFor(t, c, 6, "a", "a", 1, 15)
	get(t, c, 7, "p", "p", true)
	weighs(t, c, 30, 0)
	dropped(t, c, "x expired", "K expired", "b expired", "k expired", "k2 expired", "m expired", "p expired",
		"é expired", "a expired")
}

func TestRemove(t *testing.T) {
	c := create(t, 10, 5)
	put(t, c, "a", 2)
	put(t, c, "b", 2)
	putFor(t, c, 0, "c", "vc", 2, 7)
	use(t, c, "b")
	remove := func(now int64, key string, wanted bool) {
		t.Helper()
		if got := candidate.Must[bool](t, "remove", c, now, key); got != wanted {
			t.Fatalf("remove %s: %v", key, got)
		}
	}
	remove(0, "b", true)
	remove(0, "b", false)
	lists(t, c, 0, "ac", "")
	remove(7, "c", false)
	remove(7, "a", true)
	weighs(t, c, 7, 0)
	dropped(t, c, "b removed", "c expired", "a removed")
}

func TestCallbacksSeeTheFinalState(t *testing.T) {
	c := create(t, 10, 4)
	for _, key := range []string{"a", "b", "c"} {
		put(t, c, key, 2)
	}
	putFor(t, c, 0, "d", "old", 1, 5)
	putFor(t, c, 0, "d", "new", 2, 5)
	use(t, c, "a")
	putFor(t, c, 5, "e", "ve", 7, 0)
	wanted := []drop{
		{"d", "new", "expired", 9, 2}, {"b", "vb", "evicted", 9, 2}, {"c", "vc", "evicted", 9, 2},
	}
	if got := candidate.Must[[]drop](t, "drops", c); !reflect.DeepEqual(got, wanted) {
		t.Fatalf("dropped %v", got)
	}
}

type item struct {
	key, value      string
	weight, expires int64
	kept            bool
}

// model keeps all entries of both lists in one slice, in the order in which they became the newest of their list.
type model struct {
	budget, reserved int64
	items            []item
	drops            []string
}

func (m *model) find(key string) int {
	for at, each := range m.items {
		if each.key == key {
			return at
		}
	}
	return -1
}

func (m *model) weight(keptOnly bool) (sum int64) {
	for _, each := range m.items {
		if each.kept || !keptOnly {
			sum += each.weight
		}
	}
	return sum
}

func (m *model) cut(at int) item {
	found := m.items[at]
	m.items = append(append([]item{}, m.items[:at]...), m.items[at+1:]...)
	return found
}

func (m *model) drop(at int, reason string) {
	m.drops = append(m.drops, m.cut(at).key+" "+reason)
}

func (m *model) expire(now int64) {
	late := []string{}
	for _, each := range m.items {
		if each.expires > 0 && each.expires <= now {
			late = append(late, fmt.Sprintf("%09d%s", each.expires, each.key))
		}
	}
	sort.Strings(late)
	for _, each := range late {
		m.drop(m.find(each[9:]), "expired")
	}
}

func (m *model) add(added item) {
	added.kept = added.kept && added.weight <= m.reserved
	m.items = append(m.items, added)
	for at := 0; m.weight(true) > m.reserved; {
		if !m.items[at].kept {
			at++
			continue
		}
		moved := m.cut(at)
		moved.kept = false
		m.items = append(m.items, moved)
	}
}

func (m *model) evict(except string) {
	for _, kept := range []bool{false, true} {
		for at := 0; at < len(m.items) && m.weight(false) > m.budget; {
			if m.items[at].kept == kept && m.items[at].key != except {
				m.drop(at, "evicted")
			} else {
				at++
			}
		}
	}
}

func (m *model) keys() (both [2]string) {
	for _, each := range m.items {
		if each.kept {
			both[1] += each.key
		} else {
			both[0] += each.key
		}
	}
	return both
}

func TestAgreesWithAModel(t *testing.T) {
	random := rand.New(rand.NewSource(5))
	for _, sizes := range [][2]int64{{30, 14}, {25, 25}, {20, 5}} {
		c, m, now := create(t, sizes[0], sizes[1]), &model{budget: sizes[0], reserved: sizes[1]}, int64(0)
		for step := 0; step < 150; step++ {
			now += random.Int63n(4) * random.Int63n(2)
			m.expire(now)
			key := string(rune('a' + random.Intn(9)))
			at := m.find(key)
			switch choice := random.Intn(20); {
			case choice < 10:
				value, weight := fmt.Sprint(step), 1+random.Int63n(9)
				ttl := random.Int63n(25) * random.Int63n(2)
				putFor(t, c, now, key, value, weight, ttl)
				added := item{key, value, weight, 0, at >= 0 && m.cut(at).kept}
				if ttl > 0 {
					added.expires = now + ttl
				}
				m.add(added)
				m.evict(key)
			case choice < 18 && at < 0:
				get(t, c, now, key, "", false)
			case choice < 18:
				found := m.cut(at)
				get(t, c, now, key, found.value, true)
				found.kept = true
				m.add(found)
			default:
				if got := candidate.Must[bool](t, "remove", c, now, key); got != (at >= 0) {
					t.Fatalf("remove %s: %v", key, got)
				}
				if at >= 0 {
					m.drop(at, "removed")
				}
			}
			both := m.keys()
			lists(t, c, now, both[0], both[1])
			weighs(t, c, now, m.weight(false))
		}
		dropped(t, c, m.drops...)
	}
}
