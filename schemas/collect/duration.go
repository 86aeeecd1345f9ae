package collect

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrDuration is returned by ParseDuration.
var ErrDuration = errors.New(`must be a time such as "5s", "10m", "24h" or "7d"`)

// Duration is a time.Duration that is written as text, such as "1m30s"; days may be
// given, too: "7d", "1d12h".
type Duration time.Duration

// ParseDuration reads what people write. It is never negative. Errors wrap ErrDuration.
func ParseDuration(text string) (Duration, error) {
	days, rest := time.Duration(0), text
	if head, tail, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(head, 10, 31)
		if err != nil || n > math.MaxInt64/uint64(24*time.Hour) {
			return 0, fmt.Errorf("%w, not %q", ErrDuration, text)
		}
		days, rest = time.Duration(n)*24*time.Hour, tail
	}
	var d time.Duration
	if rest != "" || text == "" {
		var err error
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, fmt.Errorf("%w, not %q", ErrDuration, text)
		}
	}
	if d < 0 || days+d < 0 {
		return 0, fmt.Errorf("%w, not %q", ErrDuration, text)
	}
	return Duration(days + d), nil
}

// String is the shortest text that ParseDuration and time.ParseDuration both read.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText makes a Duration a string in JSON.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what people write.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	*d = v
	return err
}
