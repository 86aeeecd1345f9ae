package geo

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func TestTextsThatDifferHaveOtherWords(t *testing.T) {
	texts := []string{"12345678", "123456789", "12345678\x00", "1234567812345678"[:15], "123456781", "8.8.8.81", "18.8.8.8", "8.8.8.8\x00"}
	for range 5000 {
		texts = append(texts, addr4(rand.Uint32()).String())
	}
	known := map[short]string{}
	for _, text := range texts {
		key, ok := shorten([]byte(text))
		if other, twice := known[key]; ok && twice && other != text {
			t.Errorf("%q and %q are the same", text, other)
		}
		known[key] = text
	}
	for _, text := range []string{"", "1.1.1.1", "255.255.255.255%"} {
		if _, ok := shorten([]byte(text)); ok {
			t.Errorf("%q is short", text)
		}
	}
}

func TestTheCacheAnswersWhatTheSetKnows(t *testing.T) {
	db := randomDB(t, 6, 28)
	set := NewSet([]string{"a.mmdb", "b.mmdb"}, []*DB{randomDB(t, 4, 24), db})
	var texts []string
	for network := range db.reader.Networks() {
		addr := network.Prefix().Addr()
		texts = append(texts, addr.String(), netip.AddrFrom16(addr.As16()).String())
	}
	for range 20_000 {
		texts = append(texts, addr4(rand.Uint32()).String())
	}
	var c Cache
	for _, text := range append(texts, texts...) {
		record, found := set.Lookup("", netip.MustParseAddr(text).Unmap())
		answer, _ := c.Lookup(set, "", []byte(text))
		if want := newOwner(&record, &event.Words{}); answer.Found() != found || !reflect.DeepEqual(answer.owner, want) {
			t.Fatalf("%s is of %v, not of %v", text, answer.owner, want)
		}
	}
}

func TestAShortTableGrowsWithWhatItHolds(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	var table shortTable
	answers := map[short]Answer{}
	for range 200 {
		key, ok := shorten([]byte(addr4(chance.Uint32()).String()))
		if !ok || answers[key].Found() {
			continue
		}
		answers[key] = Answer{owner: event.NewAnswer()}
		table.put(key, answers[key])
	}
	for key, answer := range answers {
		if got, ok := table.get(key); !ok || got != answer {
			t.Errorf("%x was lost", key)
		}
	}
	for range 100_000 {
		if key, ok := shorten([]byte(addr4(chance.Uint32()).String())); ok {
			table.put(key, Answer{})
		}
	}
	if len(table.places) != 1<<mostBits {
		t.Errorf("there are %d places", len(table.places))
	}
}
