package geo

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func TestTextsThatDifferHaveOtherWords(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	texts := []string{"12345678", "123456789", "1234567812345678"[:15], "123456781", "8.8.8.81", "18.8.8.8", "12.34.56", "1.2.3.45.", "1.2.3.45", "1.2.3.4567"}
	for range 20_000 {
		text := []byte(addr4(chance.Uint32() >> chance.IntN(28) * 0x01000193).String())
		texts = append(texts, string(text))
		text[chance.IntN(len(text))] = "0123456789./:=>-\x00\x1e\xae"[chance.IntN(19)]
		texts = append(texts, string(text), string(text[:len(text)-1]))
	}
	known := map[short]string{}
	for _, text := range texts {
		key, ok := shorten([]byte(text))
		if other, twice := known[key]; ok && twice && other != text {
			t.Errorf("%q and %q are the same", text, other)
		}
		if addr, err := netip.ParseAddr(text); err == nil && addr.Is4() && len(text) > 7 && !ok {
			t.Errorf("%q is not short", text)
		}
		if ok {
			known[key] = text
		}
	}
	for _, text := range []string{"", "1.1.1.1", "255.255.255.2551", "1.2.3.45.", "1.2.3.4>5", "1.2.3.4-5", "1.2.3.4\xae5", "1.2.3.45\x00"} {
		if _, ok := shorten([]byte(text)); ok {
			t.Errorf("%q is short", text)
		}
	}
}

func TestTheCacheAnswersWhatTheSetKnows(t *testing.T) {
	db := randomDB(t, 6, 28)
	set := NewSet([]string{"a.mmdb", "b.mmdb"}, []*DB{randomDB(t, 4, 24), db})
	texts := []string{"0.0.0.0"}
	for network := range db.reader.Networks() {
		addr := network.Prefix().Addr()
		texts = append(texts, addr.String(), netip.AddrFrom16(addr.As16()).String())
	}
	for range 20_000 {
		texts = append(texts, addr4(rand.Uint32()).String())
	}
	var c Cache
	document := documents()
	for _, text := range append(texts, texts...) {
		record, found := set.Lookup("", netip.MustParseAddr(text).Unmap())
		answer, _ := c.Lookup(set, "", []byte(text))
		if got, want := document(answer), document(Answer{nil, newOwner(&record)}); answer.Found() != found || got != want {
			t.Fatalf("%s is %s, not %s", text, got, want)
		}
	}
}

func TestTextsThatAreNoAddressesAreNotRemembered(t *testing.T) {
	set := NewSet([]string{"a.mmdb"}, []*DB{randomDB(t, 4, 24)})
	var c Cache
	for range 2 {
		for range 2 * often {
			if _, ok := c.Lookup(set, "", []byte("12345678")); ok {
				t.Fatal("a number is an address")
			}
		}
		if _, ok := c.Lookup(set, "", []byte("12.34.56.78")); !ok {
			t.Fatal("an address is none")
		}
	}
}

func TestAnswersStayWhenTheRecordsAreForgotten(t *testing.T) {
	set := NewSet([]string{"a.mmdb"}, []*DB{randomDB(t, 4, 24)})
	var c Cache
	texts, document := make([][]byte, 300), documents()
	before := make([]string, len(texts))
	for i := range texts {
		texts[i] = []byte(addr4(rand.Uint32() | 1<<31).String())
		answer, _ := c.Lookup(set, "", texts[i])
		before[i] = document(answer)
	}
	m := c.memory(set, "")
	for m.records.owners.next < most {
		m.records.owners.add(event.NewAnswer())
	}
	if _, ok := c.Lookup(set, "", []byte("2001:db8::1")); !ok || m.records.full() {
		t.Fatal("nothing was forgotten")
	}
	for i, text := range texts {
		answer, _ := c.Lookup(set, "", text)
		if after := document(answer); after != before[i] {
			t.Errorf("%s is %s, was %s", text, after, before[i])
		}
	}
}

func TestATableGrowsWhileItMisses(t *testing.T) {
	for name, tc := range map[string]struct{ visitors, requests, bits int }{
		"a few":                     {100, 20, 7},
		"a thousand that stay":      {1000, 20, 10},
		"a thousand that come once": {1000, 1, mostBits},
		"more than there is room":   {100_000, 20, mostBits},
	} {
		t.Run(name, func(t *testing.T) {
			chance := rand.New(rand.NewPCG(1, 2))
			var table shortTable
			at := make([]uint64, tc.visitors)
			for range 500_000 {
				who := chance.IntN(tc.visitors)
				if at[who] == 0 || chance.IntN(tc.requests) == 0 {
					at[who] = chance.Uint64()
				}
				want := pair{uint16(at[who]), uint16(at[who]>>16) | 1}
				switch got := table.get(short(at[who])); got {
				case want:
				case pair{}:
					table.put(short(at[who]), want)
				default:
					t.Fatalf("%x is %v, not %v", at[who], got, want)
				}
			}
			if table.bits < tc.bits-1 || table.bits > min(tc.bits+1, mostBits) {
				t.Errorf("there are 1<<%d sets", table.bits)
			}
		})
	}
}
