package tests

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand"
	"reflect"
	"sort"
	"strings"
	"testing"

	"assay/candidate"
)

type op struct {
	Key, Value []byte
	Delete     bool
}

type failure struct {
	Call string
	Adds int
}

func put(key, value string) op { return op{[]byte(key), []byte(value), false} }

func del(key string) op { return op{[]byte(key), nil, true} }

// framed makes a frame of a body in small lengths only.
func framed(body string) string {
	sum := make([]byte, 4)
	binary.BigEndian.PutUint32(sum, crc32.ChecksumIEEE([]byte(body)))
	return uvarint(len(body)) + body + string(sum)
}

func uvarint(number int) string {
	text := ""
	for ; number > 127; number /= 128 {
		text += string([]byte{byte(128 + number%128)})
	}
	return text + string([]byte{byte(number)})
}

func puts(key, value string) string { return framed("P" + uvarint(len(key)) + key + value) }

func deletes(key string) string { return framed("D" + key) }

func commits(count int) string { return framed("C" + uvarint(count)) }

// store is a store and its disk.
type store struct {
	*testing.T
	number, disk int
}

func open(t *testing.T, content string) store {
	t.Helper()
	disk := candidate.Must[int](t, "disk", []byte(content))
	return store{t, candidate.Must[int](t, "open", disk), disk}
}

func (s store) reopened() store {
	s.Helper()
	return store{s.T, candidate.Must[int](s.T, "open", s.disk), s.disk}
}

func (s store) applies(ops ...op) {
	s.Helper()
	if err := candidate.Do(s.T, "apply", s.number, ops); err != nil {
		s.Fatalf("apply: %v", err)
	}
}

func (s store) applyFails(message string, ops ...op) {
	s.Helper()
	if err := candidate.Do(s.T, "apply", s.number, ops); err == nil || err.Error() != message {
		s.Fatalf("apply: %v, not %s", err, message)
	}
}

func (s store) fail(failures ...failure) {
	s.Helper()
	candidate.Do(s.T, "fail", s.disk, failures)
}

func look(t *testing.T, disk int) (content, calls string) {
	t.Helper()
	seen := candidate.Must[struct {
		Content []byte
		Calls   []string
	}](t, "look", disk)
	return string(seen.Content), strings.Join(seen.Calls, ", ")
}

// contains compares the disk, and the calls since the last look if they are given.
func (s store) contains(content string, calls ...string) {
	s.Helper()
	got, called := look(s.T, s.disk)
	if got != content {
		s.Fatalf("the disk contains %q, not %q", got, content)
	}
	if wanted := strings.Join(calls, ", "); calls != nil && called != wanted {
		s.Fatalf("calls: %s, not %s", called, wanted)
	}
}

// has compares all keys and values with pairs like "a=1", in order.
func (s store) has(pairs ...string) {
	s.Helper()
	got := []string{}
	for _, key := range candidate.Must[[][]byte](s.T, "keys", s.number, []byte{}, []byte{}) {
		value, found := s.get(string(key))
		if !found {
			s.Fatalf("%q is listed but absent", key)
		}
		got = append(got, string(key)+"="+value)
	}
	if !reflect.DeepEqual(got, append([]string{}, pairs...)) {
		s.Fatalf("has %q, not %q", got, pairs)
	}
}

func (s store) get(key string) (string, bool) {
	s.Helper()
	got := candidate.Must[struct {
		Value []byte
		Found bool
	}](s.T, "get", s.number, []byte(key))
	return string(got.Value), got.Found
}

func TestAnEmptyDiskGetsAHeader(t *testing.T) {
	for _, content := range []string{"", "K", "KV", "KVL"} {
		s := open(t, content)
		s.contains("KVL1", "replace 4")
		s.has()
		s.applies(put("a", "x"))
		s.contains("KVL1"+framed("P\x01ax")+framed("C\x01"), "append 16")
	}
	s := open(t, "KVL1")
	s.contains("KVL1", "")
	s.reopened().has()
}

func TestOtherFilesAreRefused(t *testing.T) {
	for _, content := range []string{"KVL2", "k", "KVL2" + puts("a", "x") + commits(1), "VL1", "\x00", "KV1", "KVL 1"} {
		disk := candidate.Must[int](t, "disk", []byte(content))
		err := candidate.Do(t, "open", disk)
		if failure, ok := err.(*candidate.Error); !ok || failure.Kind != "ErrFormat" {
			t.Fatalf("open %q: %v", content, err)
		}
		if got, calls := look(t, disk); got != content || calls != "" {
			t.Fatalf("the disk contains %q after %s", got, calls)
		}
	}
}

func TestTransactionsAreWritten(t *testing.T) {
	base := "KVL1" + puts("base", strings.Repeat("-", 100)) + commits(1)
	s := open(t, base)
	s.applies(put("key", "value"), put("b", ""), del("key"))
	first := puts("key", "value") + puts("b", "") + deletes("key") + commits(3)
	s.contains(base+first, fmt.Sprint("append ", len(first)))
	s.has("b=", "base="+strings.Repeat("-", 100))
	long := strings.Repeat("v", 300)
	s.applies(put(strings.Repeat("k", 200), long), put("\x00\xff\n", "\x80"))
	second := puts(strings.Repeat("k", 200), long) + puts("\x00\xff\n", "\x80") + commits(2)
	s.contains(base+first+second, fmt.Sprint("append ", len(second)))
	s.has("\x00\xff\n=\x80", "b=", "base="+strings.Repeat("-", 100), strings.Repeat("k", 200)+"="+long)
	if value, found := s.get("key"); value != "" || found {
		t.Fatalf("key: %q, %v", value, found)
	}
}

func TestOpsWithoutEffectAreLeftOut(t *testing.T) {
	base := "KVL1" + puts("a", "1") + puts("b", "") + puts("z", strings.Repeat("-", 120)) + commits(3)
	s := open(t, base)
	s.applies()
	s.applies(del("x"), put("a", "1"), put("b", ""))
	s.contains(base, "")
	s.applies(del("x"), put("a", "1"), put("a", "2"), put("a", "2"), put("a", "1"), del("b"), del("b"), put("b", ""))
	added := puts("a", "2") + puts("a", "1") + deletes("b") + puts("b", "") + commits(4)
	s.contains(base+added, fmt.Sprint("append ", len(added)))
	s.applies(put("c", ""), del("c"), del("c"))
	added += puts("c", "") + deletes("c") + commits(2)
	s.contains(base + added)
	s.has("a=1", "b=", "z="+strings.Repeat("-", 120))
}

func TestEmptyKeysAreRefused(t *testing.T) {
	s := open(t, "")
	s.contains("KVL1", "replace 4")
	for _, ops := range [][]op{{put("a", "1"), put("", "2")}, {del("")}, {put("", "")}} {
		err := candidate.Do(t, "apply", s.number, ops)
		if failure, ok := err.(*candidate.Error); !ok || failure.Kind != "ErrKey" {
			t.Fatalf("apply: %v", err)
		}
	}
	s.contains("KVL1", "")
	s.has()
	s.applies(put("a", "1"))
	s.has("a=1")
}

func TestReadsWhatWasWritten(t *testing.T) {
	long := strings.Repeat("xyz", 200)
	content := "KVL1" + puts("a", "1") + puts("b", long) + commits(2) + deletes("a") + deletes("none") + commits(2) +
		puts("c", "\xff") + puts("c", "\xfe") + commits(2)
	s := open(t, content)
	s.contains(content, "")
	s.has("b="+long, "c=\xfe")
	s.applies(put("d", "4"))
	s.contains(content + puts("d", "4") + commits(1))
	s.reopened().has("b="+long, "c=\xfe", "d=4")
	many := ""
	for at := 0; at < 200; at++ {
		many += puts(fmt.Sprintf("k%03d", at), "v")
	}
	if got := candidate.Must[[][]byte](t, "keys", open(t, "KVL1"+many+commits(200)).number, nil, nil); len(got) != 200 {
		t.Fatalf("%d keys", len(got))
	}
}

func TestKeysOfARange(t *testing.T) {
	s := open(t, "KVL1")
	s.applies(put("b", "1"), put("a", "1"), put("ab", "1"), put("B", "1"), put("c", "1"), put("é", "1"))
	for _, each := range [][3]string{
		{"", "", "B a ab b c é"}, {"a", "b", "a ab"}, {"aa", "", "ab b c é"}, {"b", "b", ""}, {"c", "a", ""},
		{"", "a", "B"}, {"c", "é\x00", "c é"}, {"z", "", "é"}, {"\xff", "", ""},
	} {
		keys := candidate.Must[[][]byte](t, "keys", s.number, []byte(each[0]), []byte(each[1]))
		if got := string(bytes.Join(keys, []byte(" "))); got != each[2] {
			t.Fatalf("keys from %q to %q: %s", each[0], each[1], got)
		}
	}
}

func TestTornTailsAreCutOff(t *testing.T) {
	valid := "KVL1" + puts("a", "1") + commits(1)
	torn := puts("a", "2") + deletes("a") + puts("b", "3") + commits(3)
	for at := 1; at < len(torn); at++ {
		s := open(t, valid+torn[:at])
		s.contains(valid, fmt.Sprint("replace ", len(valid)))
		if at%5 == 0 {
			s.has("a=1")
			s.applies(put("z", "9"))
			s.contains(valid + puts("z", "9") + commits(1))
		}
	}
	open(t, valid+torn).has("b=3")
}

func TestInvalidFramesEndTheLog(t *testing.T) {
	valid := "KVL1" + puts("a", "1") + commits(1)
	damaged := []byte(puts("x", "2") + commits(1))
	damaged[3] ^= 0x20
	swapped := []byte(puts("x", "2"))
	last := len(swapped) - 1
	swapped[last], swapped[last-3] = swapped[last-3], swapped[last]
	endless := strings.Repeat("\x80", 12)
	for at, bad := range []string{
		string(damaged), string(damaged[:len(puts("x", "2"))]), string(swapped) + commits(1), string(swapped),
		framed("Q\x01xy"), framed("c\x01"), framed("D"), framed("P\x00v"), framed("P\x04abc"),
		framed("Q\x01xy") + commits(1), framed("p\x01xy") + commits(1), framed("") + commits(1),
		framed("P"), framed("P\x00v") + commits(1), framed("P\x04abc") + commits(1), framed("P"+endless) + commits(1),
		framed("P\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc") + commits(1),
		framed("P\x80") + commits(1), framed("D") + commits(1), commits(0), commits(1), framed("C"),
		puts("x", "2") + commits(2), puts("x", "2") + commits(0), puts("x", "2") + framed("C\x01\x00"),
		puts("x", "2") + framed("C"), puts("x", "2") + puts("y", "2") + commits(1), puts("x", "2") + framed("C\x81"),
		"\x00", endless, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01P\x01xy",
		"\xff\xff\xff\xff\xff\xff\xff\xff\x7fP\x01xy",
		"\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01P\x01xy", strings.Repeat("\x00", 40),
	} {
		s := open(t, valid+bad+puts("later", "3")+commits(1))
		got, calls := look(t, s.disk)
		if got != valid || calls != fmt.Sprint("replace ", len(valid)) {
			t.Fatalf("%d: %q became %q, %s", at, bad, got, calls)
		}
		s.has("a=1")
	}
}

func TestUncommittedFramesHaveNoEffect(t *testing.T) {
	valid := "KVL1" + puts("a", "1") + commits(1)
	s := open(t, valid+puts("b", "2")+deletes("a"))
	s.contains(valid, fmt.Sprint("replace ", len(valid)))
	s.has("a=1")
	s.applies(put("c", "3"))
	s.contains(valid + puts("c", "3") + commits(1))
	s.reopened().has("a=1", "c=3")
	only := open(t, "KVL1"+puts("b", "2"))
	only.contains("KVL1", "replace 4")
	only.has()
}

func TestErrorsOfTheDiskWhileOpening(t *testing.T) {
	torn := "KVL1" + puts("a", "1") + commits(1) + "\x05"
	for _, each := range []struct{ content, call string }{
		{"", "read"}, {torn, "read"}, {"", "replace"}, {"KV", "replace"}, {torn, "replace"},
	} {
		disk := candidate.Must[int](t, "disk", []byte(each.content))
		candidate.Do(t, "fail", disk, []failure{{each.call, 0}})
		if err := candidate.Do(t, "open", disk); err == nil || err.Error() != each.call+" failed" {
			t.Fatalf("open: %v, not %s failed", err, each.call)
		}
		if got, _ := look(t, disk); got != each.content {
			t.Fatalf("the disk contains %q", got)
		}
		if each.content == torn {
			store{t, candidate.Must[int](t, "open", disk), disk}.has("a=1")
		}
	}
}

func TestAFailedAppendChangesNothing(t *testing.T) {
	valid := "KVL1" + puts("a", "1") + commits(1)
	for _, adds := range []int{0, 5, 1000} {
		s := open(t, valid)
		s.fail(failure{"append", adds})
		s.applyFails("append failed", put("a", "2"), put("b", "3"))
		s.has("a=1")
		added := puts("a", "2") + puts("b", "3") + commits(2)
		s.contains(valid+added[:min(adds, len(added))], fmt.Sprint("append ", len(added)))
		s.applies(put("a", "1"), del("b"))
		s.contains(valid+added[:min(adds, len(added))], "")
	}
}

func TestADoubtfulDiskIsRepairedFirst(t *testing.T) {
	valid := "KVL1" + puts("a", "1") + commits(1)
	repair := fmt.Sprint("replace ", len(valid))
	s := open(t, valid)
	s.fail(failure{"append", 3}, failure{"replace", 0}, failure{"append", 7})
	s.applyFails("append failed", put("a", "2"))
	s.contains(valid+puts("a", "2")[:3], "append 16")
	s.applyFails("replace failed", put("b", "3"))
	s.contains(valid+puts("a", "2")[:3], repair)
	s.has("a=1")
	s.applyFails("append failed", put("b", "33"))
	s.contains(valid+puts("b", "33")[:7], repair, "append 17")
	s.applies(put("b", "4"))
	added := puts("b", "4") + commits(1)
	s.contains(valid+added, repair, "append 16")
	s.applies(put("c", "5"))
	added += puts("c", "5") + commits(1)
	s.contains(valid+added, "append 16")
	s.has("a=1", "b=4", "c=5")
	s.fail(failure{"append", 2}, failure{"replace", 0})
	s.applyFails("append failed", put("d", "6"))
	if err := candidate.Do(t, "compact", s.number); err == nil {
		t.Fatal("compacted")
	}
	look(t, s.disk)
	if err := candidate.Do(t, "compact", s.number); err != nil {
		t.Fatal(err)
	}
	short := "KVL1" + puts("a", "1") + puts("b", "4") + puts("c", "5") + commits(3)
	s.contains(short, fmt.Sprint("replace ", len(short)))
	s.applies(put("d", "6"))
	s.contains(short+puts("d", "6")+commits(1), "append 16")
}

func TestCompactWritesTheShortestLog(t *testing.T) {
	compact := func(s store, wanted error) {
		t.Helper()
		if err := candidate.Do(t, "compact", s.number); fmt.Sprint(err) != fmt.Sprint(wanted) {
			t.Fatalf("compact: %v, not %v", err, wanted)
		}
	}
	long := "KVL1" + puts("c", "1") + puts("é", "2") + commits(2) + puts("B", "3") + commits(1) +
		puts("c", "4") + commits(1)
	short := "KVL1" + puts("B", "3") + puts("c", "4") + puts("é", "2") + commits(3)
	s := open(t, long)
	s.fail(failure{"replace", 0})
	compact(s, &candidate.Error{Message: "replace failed"})
	s.contains(long, fmt.Sprint("replace ", len(short)))
	s.has("B=3", "c=4", "é=2")
	compact(s, nil)
	s.contains(short, fmt.Sprint("replace ", len(short)))
	compact(s, nil)
	s.contains(short, fmt.Sprint("replace ", len(short)))
	s.has("B=3", "c=4", "é=2")
	s.applies(del("c"))
	s.contains(short+deletes("c")+commits(1), "append 14")
	s.reopened().has("B=3", "é=2")
	empty := open(t, "KVL1"+puts("a", "1")+deletes("a")+commits(2))
	compact(empty, nil)
	empty.contains("KVL1", "replace 4")
}

func TestApplyCompactsWhenItPays(t *testing.T) {
	log := "KVL1" + puts("a", strings.Repeat("1", 13)) + commits(1)
	s := open(t, log)
	s.applies(put("a", strings.Repeat("2", 9)))
	log += puts("a", strings.Repeat("2", 9)) + commits(1)
	half := "KVL1" + puts("a", strings.Repeat("2", 9)) + commits(1)
	if len(log) != 2*len(half) {
		t.Fatalf("the test is wrong: %d and %d", len(log), len(half))
	}
	s.contains(log, "append 24")
	s.fail(failure{"replace", 0})
	s.applies(put("a", strings.Repeat("3", 9)))
	log += puts("a", strings.Repeat("3", 9)) + commits(1)
	s.contains(log, "append 24", "replace 28")
	s.has("a=333333333")
	s.applies(put("b", "4"))
	short := "KVL1" + puts("a", strings.Repeat("3", 9)) + puts("b", "4") + commits(2)
	s.contains(short, "append 16", fmt.Sprint("replace ", len(short)))
	s.applies(put("b", "5"))
	s.contains(short+puts("b", "5")+commits(1), "append 16")
	s.applies(del("b"), del("a"))
	s.contains("KVL1", "append 21", "replace 4")
	s.has()
	waste := "KVL1" + puts("a", "1") + commits(1) + puts("a", "2") + commits(1) + puts("a", "3") + commits(1)
	opened := open(t, waste)
	opened.applies(put("a", "3"))
	opened.contains(waste, "")
	opened.has("a=3")
}

// model knows the log that the disk has to contain, and what was in it after each transaction.
type model struct {
	values  map[string]string
	log     string
	history map[int]map[string]string
}

func (m *model) note() {
	state := map[string]string{}
	for key, value := range m.values {
		state[key] = value
	}
	m.history[len(m.log)] = state
}

func (m *model) pairs() []string {
	pairs := []string{}
	for key, value := range m.values {
		pairs = append(pairs, key+"="+value)
	}
	sort.Strings(pairs)
	return pairs
}

func (m *model) commit(ops []op) {
	frames, count := "", 0
	for _, each := range ops {
		key := string(each.Key)
		old, present := m.values[key]
		switch {
		case each.Delete && present:
			delete(m.values, key)
			frames += deletes(key)
			count++
		case !each.Delete && (!present || old != string(each.Value)):
			m.values[key] = string(each.Value)
			frames += puts(key, string(each.Value))
			count++
		}
	}
	if count == 0 {
		return
	}
	m.log += frames + commits(count)
	short := "KVL1"
	for _, pair := range m.pairs() {
		short += puts(pair[:1], pair[2:])
	}
	if len(m.values) > 0 {
		short += commits(len(m.values))
	}
	if 2*len(short) < len(m.log) {
		m.log, m.history = short, map[int]map[string]string{4: {}}
	}
	m.note()
}

func TestAgreesWithAModel(t *testing.T) {
	random := rand.New(rand.NewSource(8))
	s, m := open(t, ""), &model{map[string]string{}, "KVL1", map[int]map[string]string{4: {}}}
	for step := 0; step < 200; step++ {
		ops := []op{}
		for count := 1 + random.Intn(4); count > 0; count-- {
			key := string(rune('a' + random.Intn(8)))
			if random.Intn(3) == 0 {
				ops = append(ops, del(key))
			} else {
				ops = append(ops, put(key, strings.Repeat(string(rune('A'+random.Intn(3))), random.Intn(12))))
			}
		}
		switch random.Intn(10) {
		case 0:
			s.fail(failure{"append", random.Intn(14)}) // less than any transaction
			candidate.Do(t, "apply", s.number, ops)
			s.fail()
			s = s.reopened()
		case 1:
			cut := 4 + random.Intn(len(m.log)-3)
			disk := candidate.Must[int](t, "disk", []byte(m.log[:cut]))
			for m.history[cut] == nil {
				cut--
			}
			s = store{t, candidate.Must[int](t, "open", disk), disk}
			m.log, m.values = m.log[:cut], map[string]string{}
			for end := range m.history {
				if end > cut {
					delete(m.history, end)
				}
			}
			for key, value := range m.history[cut] {
				m.values[key] = value
			}
		default:
			s.applies(ops...)
			m.commit(ops)
		}
		s.contains(m.log)
		if step%10 == 0 {
			s.has(m.pairs()...)
			s.reopened().has(m.pairs()...)
		}
	}
}
