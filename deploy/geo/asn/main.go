// Command asn makes a database of networks (ASN) in MaxMind's format of lists of ranges:
//
//	go run ./deploy/geo/asn OUT.mmdb LIST.csv…
//
// A line of a list is `first address,last address,number,organization`. The same lists give
// the same bytes. It is a tool of deploy/geo/fetch.sh; nothing that runs calls it.
package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: asn OUT.mmdb LIST.csv…")
		os.Exit(2)
	}
	if err := convert(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "asn:", err)
		os.Exit(1)
	}
}

// convert writes the database of some lists.
func convert(out string, lists []string) (err error) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "ASN", Description: map[string]string{"en": "Networks by IP address"}, RecordSize: 24,
		BuildEpoch: 1, IncludeReservedNetworks: true, DisableIPv4Aliasing: true,
	})
	if err != nil {
		return err
	}
	for _, list := range lists {
		if err := addList(tree, list); err != nil {
			return fmt.Errorf("%s: %w", list, err)
		}
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = tree.WriteTo(f)
	return err
}

func addList(tree *mmdbwriter.Tree, list string) error {
	f, err := os.Open(list)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := csv.NewReader(f)
	lines.FieldsPerRecord, lines.ReuseRecord = 4, true
	for {
		row, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = add(tree, row)
		}
		if err != nil {
			line, _ := lines.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func add(tree *mmdbwriter.Tree, row []string) error {
	first, last := net.ParseIP(row[0]), net.ParseIP(row[1])
	number, err := strconv.ParseUint(row[2], 10, 32)
	if first == nil || last == nil || err != nil {
		return fmt.Errorf("%q is no range of a network", row)
	}
	return tree.InsertRange(first, last, mmdbtype.Map{
		"autonomous_system_number":       mmdbtype.Uint32(number),
		"autonomous_system_organization": mmdbtype.String(row[3]),
	})
}
