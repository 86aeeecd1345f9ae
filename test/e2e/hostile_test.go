package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHostileInputStopsNothing(t *testing.T) {
	s := newSite(t)
	s.api.put("hard", s.config("hard", "hard.log", `[]`), http.StatusCreated)
	log, err := os.OpenFile(filepath.Join(s.logs, "hard.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	write := func(b []byte) {
		if _, err := log.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	want := 0
	write(bytes.Repeat([]byte("x\n"), 1000))
	want += 1000
	write(bytes.Repeat([]byte("\n"), 1000))
	want += 1000
	write([]byte("a\x00b\x00\n" + "latin \xe4\xf6\xfc \xff\xfe\n" + "\x1b[31mred\x1b[0m \u2028 \"quoted\" \\back\n"))
	want += 3
	s.api.waitTotal("hard", want, 60*time.Second)

	const long = 5 << 20
	write([]byte(strings.Repeat("L", long) + "\nthe end\n"))
	foreign(t, s) // records that no agent wrote, in the raw topic

	var parts, length int
	eventually(t, 60*time.Second, func() error {
		hits := s.api.all("hard")
		parts, length = 0, 0
		end := false
		for _, h := range hits {
			message, _ := h.field("message").(string)
			if strings.HasPrefix(message, "LLLL") {
				parts++
				length += len(message)
			}
			end = end || message == "the end"
		}
		if !end || length != long {
			return fmt.Errorf("%d parts of %d bytes, want %d; the line behind it: %v", parts, length, long, end)
		}
		return nil
	})
	t.Logf("a line of 5 MiB came in %d parts", parts)
	s.api.waitTotal("hard", want+parts+1, 20*time.Second)

	log2 := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	log2.write(100)
	s.api.waitTotal("shop", 100, 30*time.Second)
	s.stop()
}
