package geo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func TestTheTreeFindsWhatTheLibraryFinds(t *testing.T) {
	for _, version := range []int{4, 6} {
		for _, bits := range []int{24, 28, 32} {
			t.Run(fmt.Sprintf("IPv%d, %d bits", version, bits), func(t *testing.T) {
				db := randomDB(t, version, bits)
				if db.tree == nil {
					t.Fatal("there is no tree")
				}
				found := 0
				for network := range db.reader.Networks() {
					if p := network.Prefix(); p.Addr().Is4() {
						last := binary.BigEndian.Uint32(p.Addr().AsSlice()) | ^uint32(0)>>p.Bits()
						checkTree(t, db, p.Addr())
						checkTree(t, db, addr4(last))
						checkTree(t, db, addr4(last+1))
						found++
					}
				}
				if found < 100 {
					t.Errorf("the file has %d networks", found)
				}
				for range 10_000 {
					checkTree(t, db, addr4(rand.Uint32()))
				}
			})
		}
	}
}

func checkTree(t *testing.T, db *DB, addr netip.Addr) {
	t.Helper()
	want := nowhere
	if result := db.reader.Lookup(addr); result.Found() {
		want = result.Offset()
	}
	if got := db.offset(addr); got != want {
		t.Fatalf("%s lies at %d, not %d", addr, got, want)
	}
}

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// randomDB has networks of all lengths.
func randomDB(tb testing.TB, version, bits int) *DB {
	tb.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{IPVersion: version, RecordSize: bits, IncludeReservedNetworks: true, DisableIPv4Aliasing: true})
	if err != nil {
		tb.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(uint64(version), uint64(bits)))
	for i := range 500 {
		network := &net.IPNet{IP: addr4(chance.Uint32()).AsSlice(), Mask: net.CIDRMask(4+chance.IntN(29), 32)}
		network.IP = network.IP.Mask(network.Mask)
		if err := w.Insert(network, mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(i)}); err != nil {
			tb.Fatal(err)
		}
	}
	return written(tb, w)
}

// written is the database that a writer has been filled with.
func written(tb testing.TB, w *mmdbwriter.Tree) *DB {
	tb.Helper()
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		tb.Fatal(err)
	}
	db, err := Open(file.Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// BenchmarkOffset asks for addresses that have nothing in common: most of the time goes into waiting for memory.
func BenchmarkOffset(b *testing.B) {
	db := randomDB(b, 6, 24)
	addrs := make([]netip.Addr, 1<<16)
	for i := range addrs {
		addrs[i] = addr4(rand.Uint32())
	}
	for i := 0; b.Loop(); i++ {
		db.offset(addrs[i%len(addrs)])
	}
}
