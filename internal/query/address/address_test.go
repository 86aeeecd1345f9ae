package address

import (
	"strings"
	"testing"
)

func TestNetworksHoldTheirAddresses(t *testing.T) {
	for _, tc := range []struct {
		network, address string
		want             bool
	}{
		{"203.0.113.0/24", "203.0.113.9", true},
		{"203.0.113.77/24", "203.0.113.9", true},
		{"203.0.113.0/24", "203.0.114.9", false},
		{"203.0.113.0/24", "::ffff:203.0.113.9", true},
		{"::ffff:203.0.113.0/120", "203.0.113.9", true},
		{"::ffff:0:0/96", "203.0.113.9", true},
		{"::ffff:cb00:7100/120", "203.0.113.9", true},
		{"203.0.112.0/20", "203.0.127.255", true},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/32", "2001:0DB8:1::7", true},
		{"2001:db8::/32", "2001:db9::7", false},
		{"2001:db8::/32", "203.0.113.9", false},
		{"::/0", "203.0.113.9", true},
		{"::/0", "::ffff:203.0.113.9", true},
		{"203.0.113.0/24", "::ffff:cb00:7109", true},
		{"::ffff:203.0.113.0/90", "203.0.113.9", true},
		{"::/80", "203.0.113.9", true},
		{"::/81", "203.0.113.9", false},
		{"::ffff:0:0/90", "203.0.113.9", true},
		{"203.0.113.0/24", "unknown", false},
		{"203.0.113.0/24", "", false},
	} {
		p, ok := Network(tc.network)
		if !ok {
			t.Errorf("%s is taken for no network", tc.network)
		} else if In(p, tc.address) != tc.want {
			t.Errorf("that %s lies in %s is %v", tc.address, tc.network, !tc.want)
		}
	}
}

func TestWhatIsNoAddressIsToldSo(t *testing.T) {
	for text, says := range map[string]string{
		"203.0.113.0/33": "0 to 32", "203.0.113.0/-1": "0 to 32", "203.0.113.0/+8": "0 to 32", "203.0.113.0/": "0 to 32", "2001:db8::/129": "0 to 128",
		"203.0.113/24": "no IP address before", "unknown": "no IP address", "/24": "no IP address before",
		"203.0.113.1/24/8": "0 to 32", "fe80::1%eth0": "no IP address",
	} {
		if err := Check(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Check(%q) is %v, want %q in it", text, err, says)
		}
		if _, ok := Network(text); ok {
			t.Errorf("%q is taken for a network", text)
		}
	}
	for _, text := range []string{"203.0.113.0/24", "203.0.113.9/32", "203.0.113.9", "::1", "2001:db8::/32", "::ffff:10.0.0.1"} {
		if err := Check(text); err != nil {
			t.Errorf("Check(%q): %v", text, err)
		}
	}
}

func TestAnAddressHasOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "::FFFF:a00:1": "10.0.0.1", "0:0:0:0:0:ffff:10.0.0.1": "10.0.0.1", "10.0.0.1/32": "10.0.0.1",
		"2001:0DB8:0::0001": "2001:db8::1", "2001:db8::1/128": "2001:db8::1", "::": "::", "fe80::1%eth0": "fe80::1%eth0", "10.0.0.0/24": "10.0.0.0/24",
		"not-even-similar": "not-even-similar", "010.0.0.1": "010.0.0.1", "": "",
	} {
		if got := Canonical(text); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPatternsOverWholePartsAreNetworks(t *testing.T) {
	for pattern, want := range map[string]string{
		"10.*": "10.0.0.0/8", "10.1.*": "10.1.0.0/16", "10.1.2.*": "10.1.2.0/24", "10.1.*.*": "10.1.0.0/16",
		"10.1*": "", "*.1.2.3": "", "10.*.2.3": "", "300.*": "", "*": "", "10.1.2.3.*": "", "2001:*": "",
	} {
		if got, _ := OfPattern(pattern); got != want {
			t.Errorf("OfPattern(%q) = %q, want %q", pattern, got, want)
		}
	}
}

func TestAddressesAreOrderedAsNumbers(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"9.0.0.1", "10.0.0.1", -1}, {"10.0.0.1", "::ffff:10.0.0.1", 0}, {"2001:db8::1", "10.0.0.1", 1}, {"::1", "10.0.0.1", -1}} {
		if got, ok := Compare(tc.a, tc.b); !ok || got != tc.want {
			t.Errorf("Compare(%s, %s) = %d, %v", tc.a, tc.b, got, ok)
		}
	}
	if _, ok := Compare("unknown", "10.0.0.1"); ok {
		t.Error("text was compared with an address")
	}
}
