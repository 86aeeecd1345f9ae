// Package table holds what the lookup step looks up: rows by a key, which is a text or a network. A [Table] is made once, of
// CSV, of JSON or of rows, and does not change; who keeps it fresh makes a new one and swaps it. It reads no files and has no
// goroutine.
package table

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// Cell is one field of a row.
type Cell struct {
	Name  string // relative to the step's target_field
	Value event.Value
}

// Row is what a key stands for. It does not change.
type Row []Cell

// MaxRows bounds a table.
const MaxRows = 5_000_000

// Table maps keys to rows.
type Table struct {
	rows map[string]Row
	nets map[netip.Prefix]Row
	bits []int // lengths of prefixes, longest first
}

// New returns a table of rows by key. A key that is a network (10.0.0.0/8) is found by the addresses in it, too.
func New(rows map[string]Row) *Table {
	t := &Table{rows: rows, nets: map[netip.Prefix]Row{}}
	for key, row := range rows {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(key))
		if err != nil {
			continue
		}
		t.nets[prefix.Masked()] = row
		if !slices.Contains(t.bits, prefix.Bits()) {
			t.bits = append(t.bits, prefix.Bits())
		}
	}
	slices.SortFunc(t.bits, func(a, b int) int { return b - a })
	return t
}

// Len returns how many keys the table has.
func (t *Table) Len() int { return len(t.rows) }

// Find returns the row of a key.
func (t *Table) Find(key []byte) (Row, bool) {
	row, ok := t.rows[string(key)]
	return row, ok
}

// FindNet returns the row of the smallest network that holds an address.
func (t *Table) FindNet(address []byte) (Row, bool) {
	if row, ok := t.rows[string(address)]; ok {
		return row, ok
	}
	if len(t.bits) == 0 {
		return nil, false
	}
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(address), len(address)))
	if err != nil {
		return nil, false
	}
	addr = addr.Unmap().WithZone("")
	for _, bits := range t.bits {
		if prefix, err := addr.Prefix(bits); err == nil {
			if row, ok := t.nets[prefix]; ok {
				return row, true
			}
		}
	}
	return nil, false
}

// checkSize refuses a table that is too large.
func checkSize(rows int) error {
	if rows > MaxRows {
		return fmt.Errorf("the table has more than %d rows", MaxRows)
	}
	return nil
}
