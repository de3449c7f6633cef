package tests

import (
	"math/rand"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"assay/candidate"
)

func compares(t *testing.T, a, b string, order int) {
	t.Helper()
	if got := candidate.Must[int](t, "compare", a, b); got != order {
		t.Fatalf("compare %s, %s: %d", a, b, got)
	}
}

func writes(t *testing.T, text, wanted string) {
	t.Helper()
	if got := candidate.Must[string](t, "string", text); got != wanted {
		t.Fatalf("%s is written %s, not %s", text, got, wanted)
	}
}

// contains compares what a range contains with the versions before and after a bar in the middle.
func contains(t *testing.T, text, versions string) {
	t.Helper()
	inside, outside, _ := strings.Cut(versions, "|")
	all := append(strings.Fields(inside), strings.Fields(outside)...)
	for at, got := range candidate.Must[[]bool](t, "contains", text, all) {
		if got != (at < len(strings.Fields(inside))) {
			t.Fatalf("%s contains %s: %v", text, all[at], got)
		}
	}
}

func fails(t *testing.T, kind, message, op string, arguments ...any) {
	t.Helper()
	err := candidate.Do(t, op, arguments...)
	failure, ok := err.(*candidate.Error)
	if !ok || failure.Kind != kind || message != "" && failure.Message != message {
		t.Fatalf("%s%v: %v, not %s %s", op, arguments, err, kind, message)
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	ascending := strings.Fields("0-alpha 0-rc 0 0.0.1-beta 0.0.1 0.9 0.10 1-alpha 1-alpha1 1-alpha2 1-alpha10 1-beta " +
		"1-rc 1-rc9 1 1.0.0.0.1-alpha 1.0.1 1.1-rc 1.1 1.9.9 1.10-alpha 2 9.999 10 999999999-rc999999999 999999999")
	for at, a := range ascending {
		for other, b := range ascending[at:] {
			compares(t, a, b, map[bool]int{true: 0, false: -1}[other == 0])
			compares(t, b, a, map[bool]int{true: 0, false: 1}[other == 0])
		}
	}
	for _, pair := range [][2]string{
		{"2", "2.0.0"}, {"0", "0.0"}, {"1.0.2.0", "1.0.2"}, {"2-rc", "2.0-rc0"}, {"0.0-alpha", "0-alpha0"},
	} {
		compares(t, pair[0], pair[1], 0)
		compares(t, pair[1], pair[0], 0)
	}
}

func TestInvalidVersions(t *testing.T) {
	for _, bad := range []string{
		"", "a", "v1", "01", "1.02", "1.00", "1.", ".1", "1..2", "1.-rc", "1-", "1-RC", "1-gamma", "1-rc01",
		"1-rc1.2", "1-rc-1",
		"1rc", "1 ", " 1", "-1", "+1", "1.*", "*", "1234567890", "1-rc1234567890", "1-alpha-beta", "1-rc\n",
		"１", "1.2,3",
	} {
		fails(t, "ErrVersion", "", "compare", bad, "1")
		fails(t, "ErrVersion", "", "compare", "1", bad)
		fails(t, "ErrVersion", "", "contains", "*", []string{"1", bad})
	}
	compares(t, "123456789.0", "123456789", 0)
}

func TestComparisons(t *testing.T) {
	contains(t, "<1.2", "0-alpha 1.1.9 1.2-rc9 | 1.2 1.2.0.1-alpha 2")
	contains(t, "<=1.2", "1.2 1.2.0 1.2-alpha | 1.2.0.1-alpha 1.3")
	contains(t, ">1.2-beta", "1.2-beta1 1.2-rc 1.2 3 | 1.2-beta 1.2.0-beta0 1.2-alpha4")
	contains(t, ">=1.2", "1.2 1.2.0 9 | 1.2-rc5 1.1.9")
	contains(t, "=1.2", "1.2 1.2.0.0 | 1.2-rc 1.2.0.1 1.1")
	contains(t, "!=1.2", "1.2-rc 1.2.0.1 1 | 1.2 1.2.0")
	for _, text := range []string{"<1.2", "<=1.2", ">1.2-beta", ">=1.2", "=1.2"} {
		writes(t, text, text)
	}
	writes(t, "!=1.2", "<1.2 | >1.2")
}

func TestIntervals(t *testing.T) {
	contains(t, "1.2..1.10", "1.2 1.9.9 1.10-rc | 1.2-rc 1.10 1.11")
	writes(t, "1-beta..2", ">=1-beta & <2")
	writes(t, "2..2", "!*")
	writes(t, "2..1", "!*")
	writes(t, "2..2-rc", "!*")
	writes(t, "!3..2", "*")
	writes(t, "1 .. 2", ">=1 & <2")
	writes(t, "1..2 | 2..3", ">=1 & <3")
}

func TestStars(t *testing.T) {
	contains(t, "2.1.*", "2.1-alpha 2.1 2.1.9-rc 2.1.999 | 2.2-alpha 2.0.9 2 2.10")
	writes(t, "*", "*")
	writes(t, "2.*", ">=2-alpha & <3-alpha")
	writes(t, "0.*", ">=0-alpha & <1-alpha")
	writes(t, "2.0.*", ">=2-alpha & <2.1-alpha")
	writes(t, "0.0.0.*", ">=0-alpha & <0.0.1-alpha")
	writes(t, "1.9.*", ">=1.9-alpha & <1.10-alpha")
	writes(t, "999999999.*", ">=999999999-alpha & <1000000000-alpha")
	writes(t, "!2.1.*", "<2.1-alpha | >=2.2-alpha")
	fails(t, "SyntaxError", "7", "string", "2.* & <*")
}

func TestCarets(t *testing.T) {
	contains(t, "^2.1", "2.1 2.9 2.99.1-rc | 2.1-rc 2.0 3-alpha 3")
	writes(t, "^2.1", ">=2.1 & <3-alpha")
	writes(t, "^0.3.1", ">=0.3.1 & <1-alpha")
	writes(t, "^0", ">=0 & <1-alpha")
	writes(t, "^9.5-beta2", ">=9.5-beta2 & <10-alpha")
	writes(t, "!^1", "<1 | >=2-alpha")
}

func TestPrecedence(t *testing.T) {
	writes(t, "=1 | =2 & =3", "=1")
	writes(t, "=2 & =3 | =1", "=1")
	writes(t, "(=1 | =2) & =2", "=2")
	writes(t, "!=1 & <2", "<1 | >1 & <2")
	writes(t, "! =1 & <2", "<1 | >1 & <2")
	writes(t, "!<1 | <2", "*")
	writes(t, "!(<1 | <2)", ">=2")
	writes(t, "!!<1", "<1")
	writes(t, "! !(>3)", ">3")
	writes(t, "!*", "!*")
	writes(t, "((((<1))))", "<1")
	writes(t, strings.Repeat("(", 300)+"=7"+strings.Repeat(")", 300), "=7")
	writes(t, ">1 & >2 & >3 & <9", ">3 & <9")
}

func TestSpacesAndTokens(t *testing.T) {
	writes(t, "  >=  1&<2|=  3 ", ">=1 & <2 | =3")
	writes(t, "!(=1)", "<1 | >1")
	writes(t, "!1..2", "<1 | >=2")
	writes(t, "1-rc..2-rc", ">=1-rc & <2-rc")
	writes(t, "^ 1|!1.*", "<1-alpha | >=1")
	writes(t, "!!=1", "=1")
	fails(t, "SyntaxError", "1", "string", ">\t1")
	fails(t, "SyntaxError", "2", "string", "> =1")
	fails(t, "SyntaxError", "2", "string", "1 . . 2")
	fails(t, "SyntaxError", "4", "string", "1 ..")
}

func TestSyntaxErrors(t *testing.T) {
	for text, offset := range map[string]int{
		"": 0, "   ": 3, "1": 1, "1  ": 3, "<": 1, "<1 &": 4, "<1 & ": 5, "(<1": 3, "(": 1, "!": 1, "^": 1, "1..": 3,
		")": 0, "()": 1, "<1)": 2, "(<1))": 4, "<1 <2": 3, "<1 2..3": 3, "* *": 2, "| <1": 0, "<1 || <2": 4,
		"& *": 0, "<1 | & <2": 5, "<<1": 1, "==1": 1, "=<1": 1, "<! 1": 1, "<2.*": 1, "^*": 1, "^1.*": 1,
		"1.*..2": 3, "1..2.*": 3, "1..2..3": 4, "1...2": 3, "1....2": 3, "..1": 0, "<1.": 1, "<01": 1, "< 1-RC": 2,
		"<v1": 1, "<1a": 1, "*1": 0, "1*": 0, "1.*.2": 0, "1.**": 0, "01.*": 0, "1-rc.*": 0, ".*": 0, "1.0 & <2": 4,
		"1.0 <2": 4, "é": 0, "<1 é": 3, "*é": 1, "é*": 0, "<1,<2": 2, "<1 and <2": 3, "~1": 0, "1 - 2": 2, "<1\n": 2,
		"<1 & \"": 5, "<1234567890": 1, "1-2": 0, "<-1": 1, "* & * & 1.0.0 | *": 14, "!^": 2, "^^1": 1, "^>1": 1,
		"!!": 2, "<(1)": 1, "=1 | (=2 & (=3 | =04))": 18,
	} {
		fails(t, "SyntaxError", strconv.Itoa(offset), "string", text)
	}
	writes(t, "* & * & 1.0.0..2 | *", "*")
}

func TestStringMergesIntervals(t *testing.T) {
	for text, wanted := range map[string]string{
		"<1 | =1": "<=1", "<1 | >=1": "*", "=1 | >1": ">=1", "<1 | >1": "<1 | >1", "<2 | >1": "*", "<=1 & >=1": "=1",
		"<1 & >=1": "!*", "<=1 & >1": "!*", "=2 | =1": "=1 | =2", "1..3 | 2..4": ">=1 & <4",
		"1..4 & !2..3": ">=1 & <2 | >=3 & <4", "1..4 & !=2": ">=1 & <2 | >2 & <4", "=1 | =1.0": "=1",
		"1..2 | >=2": ">=1", "(1..2 | =3) & (=1 | 2..9)": "=1 | =3", ">1-rc1 & <1-rc2": ">1-rc1 & <1-rc2",
		">=0-alpha": ">=0-alpha", "<0-alpha": "<0-alpha", "1.* | 2.*": ">=1-alpha & <3-alpha",
		">1 & <=2": ">1 & <=2", "!(>1 & <=2)": "<=1 | >2", "<1 | 2..3 | >=4": "<1 | >=2 & <3 | >=4", "!=1 | =1": "*",
		"!=1 & !=2": "<1 | >1 & <2 | >2", "^2.1 & !=2.4 | 3.*": ">=2.1 & <2.4 | >2.4 & <4-alpha", "* & !*": "!*",
	} {
		writes(t, text, wanted)
	}
}

func TestStringWritesVersionsShortly(t *testing.T) {
	for text, wanted := range map[string]string{
		"<2.0.0": "<2", "<0.0": "<0", "=0.0-rc0": "=0-rc", "<10.20.0.30.0": "<10.20.0.30", "<1-alpha0": "<1-alpha",
		"<=1.0-beta10": "<=1-beta10", ">100": ">100", "<1-rc2 | =1.0-rc2": "<=1-rc2", "=0.1.0-beta0": "=0.1-beta",
	} {
		writes(t, text, wanted)
	}
}

func TestContains(t *testing.T) {
	contains(t, "^2.1 & !=2.4 | 3.*", "2.1 2.3.9 2.4-rc 2.4.1 3-alpha 3.9 | 2.0.9 2.4 2.4.0 4-alpha 1")
	contains(t, "!*", "| 0-alpha 0 1 999999999")
	contains(t, "*", "0-alpha 0 1 999999999 |")
	contains(t, "=1 | =3 | =5", "1 3 5.0 | 0 2 4 6")
	contains(t, "!(=1 | =3 | =5)", "0 2 4 6 | 1 3 5.0")
}

func TestBest(t *testing.T) {
	for _, each := range []struct{ text, versions, best string }{
		{"*", "1 3 2", "3"}, {"<3", "1 3 2", "2"}, {"*", "1 9 10", "10"}, {"*", "2-rc 1 2-beta", "1"},
		{">1", "2-rc 1 2-beta", "2-rc"}, {"*", "2.0 2 2.0.0 1", "2.0"}, {"*", "1 2 2.0", "2"},
		{">1", "1.5-rc0 1.5-rc 1.5-beta", "1.5-rc0"}, {"*", "x 1.* v3 1 02", "1"},
		{"2.*", "1 2-alpha 3-alpha 4", "2-alpha"}, {"*", "0", "0"}, {"*", "0-alpha", "0-alpha"},
		{"*", "5-rc 0 6-rc", "0"},
	} {
		got := candidate.Must[[]any](t, "best", each.text, strings.Fields(each.versions))
		if !reflect.DeepEqual(got, []any{each.best, true}) {
			t.Fatalf("best of %s in %s: %v", each.versions, each.text, got)
		}
	}
	for _, versions := range [][]string{{}, {"1"}, {"x", ""}, {"3-rc"}} {
		got := candidate.Must[[]any](t, "best", "1.5..3-rc", versions)
		if !reflect.DeepEqual(got, []any{"", false}) {
			t.Fatalf("best of %v: %v", versions, got)
		}
	}
}

func TestStringsCanBeParsedAgain(t *testing.T) {
	for _, text := range []string{
		"*", "!*", "!=3", "1.* | !0.*", "=1 | >2 & <=3 | >=4 & <5-rc1 | >7", "<0-alpha | >1 & !^2",
		"!(1..2 | 3..4 | =5)",
	} {
		written := candidate.Must[string](t, "string", text)
		if strings.ContainsAny(written, "()^.") || strings.Contains(written, "!=") || written == "" {
			t.Fatalf("%s is written %s", text, written)
		}
		writes(t, written, written)
		writes(t, "!(!("+written+"))", written)
	}
}

var known = strings.Fields("0-alpha 0.1 1-alpha 1 1.2-rc1 1.2 1.2.3 2-alpha 2 2.0.5-beta 3-alpha 10 10.1")

// truth says for each place in the order of versions if it is in a set: place 2*n+1 is the version known[n], and the
// places around are all versions between that and the next.
type truth [27]bool

func filled(includes func(place int) bool) (result truth) {
	for place := range result {
		result[place] = includes(place)
	}
	return result
}

func (s truth) String() string {
	intervals := []string{}
	for from := 0; from < len(s); from++ {
		if !s[from] {
			continue
		}
		to := from
		for to+1 < len(s) && s[to+1] {
			to++
		}
		bounds := []string{}
		if from > 0 {
			bounds = append(bounds, []string{">", ">="}[from%2]+known[(from-1)/2])
		}
		if to < len(s)-1 {
			bounds = append(bounds, []string{"<", "<="}[to%2]+known[to/2])
		}
		switch {
		case len(bounds) == 0:
			return "*"
		case from == to && from%2 == 1:
			bounds = []string{"=" + known[from/2]}
		}
		intervals = append(intervals, strings.Join(bounds, " & "))
		from = to
	}
	if len(intervals) == 0 {
		return "!*"
	}
	return strings.Join(intervals, " | ")
}

func at(version string) int {
	for number, each := range known {
		if each == version {
			return 2*number + 1
		}
	}
	panic(version)
}

func term(random *rand.Rand) (string, truth) {
	v, w := known[random.Intn(len(known))], known[random.Intn(len(known))]
	first, second := at(v), at(w)
	switch random.Intn(9) {
	case 0:
		return "<" + v, filled(func(place int) bool { return place < first })
	case 1:
		return "<= " + v, filled(func(place int) bool { return place <= first })
	case 2:
		return ">" + v, filled(func(place int) bool { return place > first })
	case 3:
		return ">=" + v, filled(func(place int) bool { return place >= first })
	case 4:
		return "=" + v, filled(func(place int) bool { return place == first })
	case 5:
		return "!=" + v, filled(func(place int) bool { return place != first })
	case 6:
		number := 1 + random.Intn(2)
		low, high := at(strconv.Itoa(number)+"-alpha"), at(strconv.Itoa(number+1)+"-alpha")
		return strconv.Itoa(number) + ".*", filled(func(place int) bool { return low <= place && place < high })
	case 7:
		return "^1.2", filled(func(place int) bool { return at("1.2") <= place && place < at("2-alpha") })
	}
	return v + ".." + w, filled(func(place int) bool { return first <= place && place < second })
}

// expression makes a text of the given looseness (0: a factor, 1: an intersection, 2: a union) and its truth.
func expression(random *rand.Rand, depth, looseness int) (string, truth) {
	if depth == 0 {
		return term(random)
	}
	switch choice := random.Intn(4); {
	case choice == 0:
		text, value := expression(random, depth-1, 0)
		return "! " + text, filled(func(place int) bool { return !value[place] })
	case choice == 1:
		text, value := expression(random, depth-1, 2)
		return "(" + text + ")", value
	case looseness > 0 && choice == 2:
		left, first := expression(random, depth-1, 1)
		right, second := expression(random, depth-1, 0)
		return left + " & " + right, filled(func(place int) bool { return first[place] && second[place] })
	case looseness > 1:
		left, first := expression(random, depth-1, 2)
		right, second := expression(random, depth-1, 1)
		return left + "|" + right, filled(func(place int) bool { return first[place] || second[place] })
	}
	return term(random)
}

func TestAgreesWithTruthTables(t *testing.T) {
	random := rand.New(rand.NewSource(12))
	for round := 0; round < 400; round++ {
		text, wanted := expression(random, 1+round%7, 2)
		writes(t, text, wanted.String())
		if round%8 == 0 {
			for number, got := range candidate.Must[[]bool](t, "contains", text, known) {
				if got != wanted[2*number+1] {
					t.Fatalf("%s contains %s: %v", text, known[number], got)
				}
			}
		}
	}
}
