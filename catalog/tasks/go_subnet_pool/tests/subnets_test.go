package tests

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"assay/candidate"
)

func create(t *testing.T, block string, rest int) int {
	t.Helper()
	return candidate.Must[int](t, "new", block, rest)
}

func allocates(t *testing.T, p int, owner string, bits int, wanted string) {
	t.Helper()
	if got := candidate.Must[string](t, "allocate", p, owner, bits); got != wanted {
		t.Fatalf("allocated %s, not %s", got, wanted)
	}
}

func reserves(t *testing.T, p int, owner string, blocks ...string) {
	t.Helper()
	for _, block := range blocks {
		if err := candidate.Do(t, "reserve", p, owner, block); err != nil {
			t.Fatalf("reserve %s: %v", block, err)
		}
	}
}

func releases(t *testing.T, p int, owner, block string) {
	t.Helper()
	if err := candidate.Do(t, "release", p, owner, block); err != nil {
		t.Fatalf("release %s: %v", block, err)
	}
}

func grows(t *testing.T, p int, owner, block, wanted string) {
	t.Helper()
	if got := candidate.Must[string](t, "grow", p, owner, block); got != wanted {
		t.Fatalf("%s grew to %s, not %s", block, got, wanted)
	}
}

// free and leases compare lists with words separated by blanks.
func free(t *testing.T, p int, wanted string) {
	t.Helper()
	if got := strings.Join(candidate.Must[[]string](t, "free", p), " "); got != wanted {
		t.Fatalf("free: %q, not %q", got, wanted)
	}
}

func leases(t *testing.T, p int, owner, wanted string) {
	t.Helper()
	if got := strings.Join(candidate.Must[[]string](t, "leases", p, owner), " "); got != wanted {
		t.Fatalf("leases of %s: %q, not %q", owner, got, wanted)
	}
}

func owned(t *testing.T, p int, address, owner string, leased bool) {
	t.Helper()
	got := candidate.Must[[]any](t, "owner", p, address)
	if len(got) != 2 || got[0] != owner || got[1] != leased {
		t.Fatalf("owner of %s: %v", address, got)
	}
}

func fails(t *testing.T, kind, op string, arguments ...any) {
	t.Helper()
	err := candidate.Do(t, op, arguments...)
	if failure, ok := err.(*candidate.Error); !ok || failure.Kind != kind {
		t.Fatalf("%s%v: %v, not %s", op, arguments, err, kind)
	}
}

func TestAllocatesTheLowestPart(t *testing.T) {
	p := create(t, "172.16.8.0/22", 0)
	free(t, p, "172.16.8.0/22")
	allocates(t, p, "a", 25, "172.16.8.0/25")
	free(t, p, "172.16.8.128/25 172.16.9.0/24 172.16.10.0/23")
	allocates(t, p, "a", 23, "172.16.10.0/23")
	allocates(t, p, "", 32, "172.16.8.128/32")
	free(t, p, "172.16.8.129/32 172.16.8.130/31 172.16.8.132/30 172.16.8.136/29 172.16.8.144/28 172.16.8.160/27 "+
		"172.16.8.192/26 172.16.9.0/24")
}

func TestAllocatesFromTheSmallestBlock(t *testing.T) {
	p := create(t, "192.0.2.0/24", 0)
	reserves(t, p, "x", "192.0.2.64/27", "192.0.2.128/28", "192.0.2.160/28", "192.0.2.208/28")
	free(t, p, "192.0.2.0/26 192.0.2.96/27 192.0.2.144/28 192.0.2.176/28 192.0.2.192/28 192.0.2.224/27")
	allocates(t, p, "a", 29, "192.0.2.144/29")
	allocates(t, p, "a", 28, "192.0.2.176/28")
	allocates(t, p, "a", 27, "192.0.2.96/27")
	allocates(t, p, "a", 27, "192.0.2.224/27")
	allocates(t, p, "a", 30, "192.0.2.152/30")
	allocates(t, p, "a", 27, "192.0.2.0/27")
	free(t, p, "192.0.2.32/27 192.0.2.156/30 192.0.2.192/28")
}

func TestPrefixLengthsAreChecked(t *testing.T) {
	p := create(t, "10.0.0.0/30", 0)
	for _, bits := range []int{29, 33, 0, -1, 1 << 40} {
		fails(t, "ErrBlock", "allocate", p, "a", bits)
	}
	allocates(t, p, "a", 30, "10.0.0.0/30")
	fails(t, "ErrBlock", "allocate", p, "a", 29)
	single := create(t, "10.0.0.7/32", 0)
	allocates(t, single, "a", 32, "10.0.0.7/32")
	fails(t, "ErrFull", "allocate", single, "a", 32)
}

func TestAFullPool(t *testing.T) {
	p := create(t, "10.1.0.0/29", 0)
	reserves(t, p, "x", "10.1.0.1/32", "10.1.0.5/32")
	free(t, p, "10.1.0.0/32 10.1.0.2/31 10.1.0.4/32 10.1.0.6/31")
	fails(t, "ErrFull", "allocate", p, "a", 30)
	allocates(t, p, "a", 31, "10.1.0.2/31")
	allocates(t, p, "a", 31, "10.1.0.6/31")
	fails(t, "ErrFull", "allocate", p, "a", 31)
	allocates(t, p, "a", 32, "10.1.0.0/32")
	allocates(t, p, "a", 32, "10.1.0.4/32")
	fails(t, "ErrFull", "allocate", p, "a", 32)
	free(t, p, "")
}

func TestInvalidBlocks(t *testing.T) {
	p := create(t, "10.4.0.0/14", 0)
	reserves(t, p, "a", "10.4.0.0/24")
	invalid := []string{
		"", "10.4.0.0", "10.4.0.0/33", "10.4.0.0/-1", "10.4.0.0/014", "10.4.0.1/24", "10.4.0/24", "10.04.0.0/24",
		" 10.4.0.0/24", "10.4.0.0/24 ", "10.4.0.256/32", "fd00::/8", "::ffff:10.4.0.0/120", "10.4.0.0/255.255.255.0",
	}
	for _, block := range invalid {
		fails(t, "ErrBlock", "new", block, 0)
		fails(t, "ErrBlock", "reserve", p, "a", block)
		fails(t, "ErrBlock", "release", p, "a", block)
		fails(t, "ErrBlock", "grow", p, "a", block)
	}
	for _, outside := range []string{"10.3.255.0/24", "10.8.0.0/14", "10.4.0.0/13", "10.0.0.0/8", "0.0.0.0/0"} {
		fails(t, "ErrBlock", "reserve", p, "a", outside)
		fails(t, "ErrBlock", "release", p, "a", outside)
		fails(t, "ErrBlock", "grow", p, "a", outside)
	}
	for _, larger := range []string{"10.8.0.0/13", "10.0.0.0/12"} {
		fails(t, "ErrBlock", "reserve", create(t, "10.8.0.0/14", 0), "a", larger)
	}
	fails(t, "ErrBlock", "new", "10.4.0.0/14", -1)
	leases(t, p, "a", "10.4.0.0/24")
}

func TestReserves(t *testing.T) {
	p := create(t, "10.0.0.0/24", 0)
	reserves(t, p, "a", "10.0.0.64/26")
	for _, block := range []string{"10.0.0.64/26", "10.0.0.80/28", "10.0.0.127/32", "10.0.0.0/25", "10.0.0.0/24"} {
		fails(t, "ErrTaken", "reserve", p, "a", block)
	}
	free(t, p, "10.0.0.0/26 10.0.0.128/25")
	reserves(t, p, "b", "10.0.0.0/26", "10.0.0.128/25")
	free(t, p, "")
	reserves(t, create(t, "10.0.0.0/24", 0), "a", "10.0.0.0/24")
}

func TestReleaseNeedsTheVeryLease(t *testing.T) {
	p := create(t, "10.0.0.0/24", 0)
	allocates(t, p, "a", 26, "10.0.0.0/26")
	allocates(t, p, "b", 26, "10.0.0.64/26")
	for _, op := range []string{"release", "grow"} {
		fails(t, "ErrLease", op, p, "b", "10.0.0.0/26")
		fails(t, "ErrLease", op, p, "", "10.0.0.128/26")
		fails(t, "ErrLease", op, p, "a", "10.0.0.0/27")
		fails(t, "ErrLease", op, p, "a", "10.0.0.0/25")
	}
	free(t, p, "10.0.0.128/25")
	releases(t, p, "a", "10.0.0.0/26")
	fails(t, "ErrLease", "release", p, "a", "10.0.0.0/26")
	leases(t, p, "a", "")
	leases(t, p, "b", "10.0.0.64/26")
}

func TestReleasedBlocksMerge(t *testing.T) {
	p := create(t, "10.0.0.0/28", 0)
	for at := 0; at < 8; at++ {
		allocates(t, p, "a", 31, fmt.Sprintf("10.0.0.%d/31", 2*at))
	}
	releases(t, p, "a", "10.0.0.2/31")
	releases(t, p, "a", "10.0.0.4/31")
	free(t, p, "10.0.0.2/31 10.0.0.4/31")
	fails(t, "ErrFull", "allocate", p, "a", 30)
	releases(t, p, "a", "10.0.0.6/31")
	free(t, p, "10.0.0.2/31 10.0.0.4/30")
	releases(t, p, "a", "10.0.0.0/31")
	free(t, p, "10.0.0.0/29")
	allocates(t, p, "b", 29, "10.0.0.0/29")
}

func TestReleasedBlocksRest(t *testing.T) {
	p := create(t, "10.0.0.0/27", 2)
	allocates(t, p, "a", 29, "10.0.0.0/29")
	allocates(t, p, "a", 29, "10.0.0.8/29")
	releases(t, p, "a", "10.0.0.0/29")
	leases(t, p, "a", "10.0.0.8/29")
	free(t, p, "10.0.0.16/28")
	allocates(t, p, "b", 30, "10.0.0.16/30")
	fails(t, "ErrFull", "allocate", p, "b", 28)
	fails(t, "ErrTaken", "reserve", p, "b", "10.0.0.8/31")
	grows(t, p, "b", "10.0.0.16/30", "10.0.0.16/29")
	free(t, p, "10.0.0.24/29")
	releases(t, p, "a", "10.0.0.8/29")
	reserves(t, p, "b", "10.0.0.31/32")
	free(t, p, "10.0.0.0/29 10.0.0.24/30 10.0.0.28/31 10.0.0.30/32")
	allocates(t, p, "b", 29, "10.0.0.0/29")
	free(t, p, "10.0.0.8/29 10.0.0.24/30 10.0.0.28/31 10.0.0.30/32")
}

func TestReserveTakesRestingAddresses(t *testing.T) {
	p := create(t, "10.0.0.0/28", 3)
	allocates(t, p, "a", 29, "10.0.0.0/29")
	releases(t, p, "a", "10.0.0.0/29")
	reserves(t, p, "b", "10.0.0.4/31")
	free(t, p, "10.0.0.8/29")
	releases(t, p, "b", "10.0.0.4/31")
	reserves(t, p, "b", "10.0.0.15/32")
	free(t, p, "10.0.0.8/30 10.0.0.12/31 10.0.0.14/32")
	reserves(t, p, "b", "10.0.0.14/32")
	free(t, p, "10.0.0.0/30 10.0.0.6/31 10.0.0.8/30 10.0.0.12/31")
	reserves(t, p, "b", "10.0.0.12/31")
	free(t, p, "10.0.0.0/29 10.0.0.8/30")
	fails(t, "ErrTaken", "reserve", p, "b", "10.0.0.8/29")
}

func TestGrows(t *testing.T) {
	p := create(t, "10.0.0.0/24", 0)
	reserves(t, p, "a", "10.0.0.96/28")
	grows(t, p, "a", "10.0.0.96/28", "10.0.0.96/27")
	grows(t, p, "a", "10.0.0.96/27", "10.0.0.64/26")
	leases(t, p, "a", "10.0.0.64/26")
	free(t, p, "10.0.0.0/26 10.0.0.128/25")
	fails(t, "ErrLease", "grow", p, "a", "10.0.0.96/28")
	grows(t, p, "a", "10.0.0.64/26", "10.0.0.0/25")
	grows(t, p, "a", "10.0.0.0/25", "10.0.0.0/24")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.0/24")
	releases(t, p, "a", "10.0.0.0/24")
	free(t, p, "10.0.0.0/24")
}

func TestGrowNeedsTheOtherHalf(t *testing.T) {
	p := create(t, "10.0.0.0/28", 1)
	reserves(t, p, "a", "10.0.0.0/30", "10.0.0.8/30")
	reserves(t, p, "b", "10.0.0.7/32")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.0/30")
	grows(t, p, "a", "10.0.0.8/30", "10.0.0.8/29")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.8/29")
	releases(t, p, "b", "10.0.0.7/32")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.0/30")
	reserves(t, p, "b", "10.0.0.6/32")
	releases(t, p, "b", "10.0.0.6/32")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.0/30")
	allocates(t, p, "c", 32, "10.0.0.7/32")
	free(t, p, "10.0.0.4/31 10.0.0.6/32")
	releases(t, p, "c", "10.0.0.7/32")
	fails(t, "ErrFull", "grow", p, "a", "10.0.0.0/30")
	leases(t, p, "a", "10.0.0.0/30 10.0.0.8/29")
}

func TestOwners(t *testing.T) {
	p := create(t, "10.0.0.0/24", 1)
	reserves(t, p, "a", "10.0.0.32/28")
	reserves(t, p, "", "10.0.0.48/32")
	owned(t, p, "10.0.0.32", "a", true)
	owned(t, p, "10.0.0.47", "a", true)
	owned(t, p, "10.0.0.48", "", true)
	others := []string{
		"10.0.0.31", "10.0.0.49", "10.0.1.32", "9.255.255.255", "", "a", "10.0.0.32/32", "10.0.0.032", "10.0.32",
		"::ffff:10.0.0.32", "::1",
	}
	for _, address := range others {
		owned(t, p, address, "", false)
	}
	releases(t, p, "a", "10.0.0.32/28")
	owned(t, p, "10.0.0.32", "", false)
}

func TestLeasesAreInOrder(t *testing.T) {
	p := create(t, "0.0.0.0/1", 0)
	reserves(t, p, "a", "100.0.0.0/8", "20.0.0.0/6", "9.1.0.0/16", "9.0.0.128/25", "9.0.0.0/28", "127.255.255.255/32")
	reserves(t, p, "b", "10.0.0.0/8")
	leases(t, p, "a", "9.0.0.0/28 9.0.0.128/25 9.1.0.0/16 20.0.0.0/6 100.0.0.0/8 127.255.255.255/32")
	leases(t, p, "b", "10.0.0.0/8")
	leases(t, p, "c", "")
	leases(t, create(t, "0.0.0.0/1", 0), "a", "")
}

func TestTheWholeInternet(t *testing.T) {
	p := create(t, "0.0.0.0/0", 0)
	free(t, p, "0.0.0.0/0")
	allocates(t, p, "a", 0, "0.0.0.0/0")
	fails(t, "ErrFull", "allocate", p, "b", 32)
	fails(t, "ErrFull", "grow", p, "a", "0.0.0.0/0")
	releases(t, p, "a", "0.0.0.0/0")
	reserves(t, p, "a", "255.255.255.255/32")
	allocates(t, p, "b", 1, "0.0.0.0/1")
	fails(t, "ErrFull", "grow", p, "b", "0.0.0.0/1")
	allocates(t, p, "b", 32, "255.255.255.254/32")
	if got := candidate.Must[[]string](t, "free", p); len(got) != 30 || got[0] != "128.0.0.0/2" {
		t.Fatalf("free: %v", got)
	}
	releases(t, p, "a", "255.255.255.255/32")
	grows(t, p, "b", "255.255.255.254/32", "255.255.255.254/31")
	releases(t, p, "b", "255.255.255.254/31")
	grows(t, p, "b", "0.0.0.0/1", "0.0.0.0/0")
}

const size = 64

// addresses knows for each address of 10.9.8.64/26 the number of its lease and until when it rests.
type addresses struct {
	lease, until [size]int
	made, rest   int
}

func text(from, length int) string {
	bits := 32
	for covered := 1; covered < length; covered *= 2 {
		bits--
	}
	return fmt.Sprintf("10.9.8.%d/%d", 64+from, bits)
}

func (a *addresses) leased(from, length int) bool {
	for at := from; at < from+length; at++ {
		if a.lease[at] > 0 {
			return true
		}
	}
	return false
}

func (a *addresses) free(from, length int) bool {
	for at := from; at < from+length; at++ {
		if a.lease[at] > 0 || a.until[at] > a.made {
			return false
		}
	}
	return true
}

// list finds the largest aligned free block at each address in turn.
func (a *addresses) list() (blocks [][2]int) {
	for from := 0; from < size; {
		length := size
		for length > 0 && (from%length != 0 || !a.free(from, length)) {
			length /= 2
		}
		if length > 0 {
			blocks = append(blocks, [2]int{from, length})
		}
		from += max(length, 1)
	}
	return blocks
}

func (a *addresses) take(from, length, lease int) {
	for at := from; at < from+length; at++ {
		a.lease[at] = lease
	}
}

func TestAgreesWithAMapOfAddresses(t *testing.T) {
	random := rand.New(rand.NewSource(77))
	for rest := 0; rest < 3; rest++ {
		p, a := create(t, "10.9.8.64/26", rest), &addresses{rest: rest}
		held := map[int][2]int{}
		for lease := 1; lease <= 160; lease++ {
			length := 1 << random.Intn(5)
			from := random.Intn(size/length) * length
			owner := fmt.Sprint("o", random.Intn(3))
			block, holds := [2]int{}, false
			if number := a.lease[random.Intn(size)]; number > 0 {
				block, holds = held[number], true
				owner = fmt.Sprint("o", number)
			}
			switch choice := random.Intn(10); {
			case choice < 4:
				best := [2]int{0, 2 * size}
				for _, each := range a.list() {
					if each[1] >= length && each[1] < best[1] {
						best = each
					}
				}
				bits, name := 32-len(fmt.Sprintf("%b", length))+1, fmt.Sprint("o", lease)
				if best[1] > size {
					fails(t, "ErrFull", "allocate", p, name, bits)
					continue
				}
				allocates(t, p, name, bits, text(best[0], length))
				a.take(best[0], length, lease)
				held[lease] = [2]int{best[0], length}
				a.made++
			case choice < 6:
				name := fmt.Sprint("o", lease)
				if a.leased(from, length) {
					fails(t, "ErrTaken", "reserve", p, name, text(from, length))
					continue
				}
				reserves(t, p, name, text(from, length))
				a.take(from, length, lease)
				held[lease] = [2]int{from, length}
				a.made++
			case choice < 9 && holds:
				releases(t, p, owner, text(block[0], block[1]))
				for at := block[0]; at < block[0]+block[1]; at++ {
					a.until[at] = a.made + rest
				}
				a.take(block[0], block[1], 0)
			case holds:
				doubled := 2 * block[1]
				start := block[0] / doubled * doubled
				other := 2*start + block[1] - block[0]
				if doubled > size || !a.free(other, block[1]) {
					fails(t, "ErrFull", "grow", p, owner, text(block[0], block[1]))
					continue
				}
				grows(t, p, owner, text(block[0], block[1]), text(start, doubled))
				number := a.lease[block[0]]
				a.take(start, doubled, number)
				held[number] = [2]int{start, doubled}
			default:
				fails(t, "ErrLease", "release", p, owner, text(from, length))
			}
			wanted := []string{}
			for _, each := range a.list() {
				wanted = append(wanted, text(each[0], each[1]))
			}
			free(t, p, strings.Join(wanted, " "))
		}
	}
}
