package agent_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/status"
)

func packed(c *collect.Collection) { c.Gzip = true }

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

// gzip compresses a file as the program does: next to it, in several writes, and then
// without the plain one.
func (b *bench) gzip(name, to string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	must(b.t, err)
	z := zipped(b.t, string(text))
	f, err := os.OpenFile(b.path(to), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	must(b.t, err)
	for len(z) > 0 {
		n, err := f.Write(z[:min(len(z), 1+len(z)/3)])
		must(b.t, err)
		z = z[n:]
	}
	must(b.t, f.Close())
	info, err := os.Stat(b.path(name))
	must(b.t, err)
	must(b.t, os.Chtimes(b.path(to), info.ModTime(), info.ModTime()))
	must(b.t, os.Remove(b.path(name)))
}

// unpacked waits until a compressed file was dealt with.
func (e *explainer) unpacked(name string) {
	e.t.Helper()
	e.eventually(func() error {
		if got := e.ask(e.path(name)); got.Verdict != status.Collected || got.Source.Offset == 0 || got.Source.Behind > 0 {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
}

func TestCompressedFilesAreReadOnceIfTheyAreWanted(t *testing.T) {
	b := newBench(t)
	var want []string
	for i := range 5 {
		lines := numbered(fmt.Sprint("old ", i), 0, 2000)
		want = append(want, lines...)
		must(t, os.WriteFile(b.path(fmt.Sprintf("app.log.%d.gz", i)), zipped(t, joined(lines)), 0o644))
	}
	// Two members, lines across them, and a last line without an end.
	lines := numbered("members", 0, 100)
	text := strings.TrimSuffix(joined(lines), "\n")
	must(t, os.WriteFile(b.path("members.log"), append(zipped(t, text[:1234]), zipped(t, text[1234:])...), 0o644))
	must(t, os.WriteFile(b.path("empty.log.gz"), zipped(t, ""), 0o644))
	live := numbered("live", 0, 100)
	b.append("app.log", joined(live))
	b.collect("c", nil, "*.log", "*.gz")
	b.start()
	b.arrived(live)
	e := b.explainer()
	e.want(b.path("app.log.1.gz"), status.Compressed)
	b.collect("c", packed, "*.log", "*.gz")
	want = append(append(want, live...), lines...)
	b.arrived(want)
	got := e.want(b.path("app.log.1.gz"), status.Collected)
	if s := got.Source; s == nil || s.Offset != uint64(len(joined(numbered("old 1", 0, 2000)))) || s.Behind != 0 {
		t.Errorf("%+v of %+v", got, got.Source)
	}
	b.clean()
	b.stop()
	b.start()
	b.append("app.log", "one more\n")
	b.settledFor(3) // scans: they would have been read again by then
	b.arrived(append(want, "one more"))
	if n := b.mirror().repeated; n > 0 {
		t.Errorf("%d records came again", n)
	}
}

func TestOnlyWhatFollowsIsReadOfACompressedFileThatGrows(t *testing.T) {
	b := newBench(t)
	first, second := numbered("first", 0, 5000), numbered("second", 0, 500)
	z := zipped(t, joined(first))
	must(t, os.WriteFile(b.path("app.gz"), z[:len(z)/2], 0o644)) // it is still being written
	b.collect("c", packed, "*.gz")
	b.start()
	e := b.explainer()
	e.want(b.path("app.gz"), status.HeldBack)
	b.append("app.gz", string(z[len(z)/2:]))
	b.arrived(first)
	b.append("app.gz", string(zipped(t, joined(second))))
	b.arrived(append(first, second...))
	if gaps := b.mirror().gaps; len(gaps) > 0 {
		t.Errorf("gaps: %+v", gaps)
	}
	b.clean()
}

func TestACompressedFileThatIsReplacedInPlaceIsReadAnew(t *testing.T) {
	b := newBench(t)
	first, second := numbered("first", 0, 500), numbered("second", 0, 400)
	must(t, os.WriteFile(b.path("app.gz"), zipped(t, joined(first)), 0o644))
	b.collect("c", packed, "*.gz")
	b.start()
	b.arrived(first)
	must(t, os.WriteFile(b.path("app.gz"), zipped(t, joined(second)), 0o644))
	b.arrived(append(first, second...))
	must(t, os.WriteFile(b.path("app.gz"), []byte("plain now\n"), 0o644))
	b.arrived(append(append(first, second...), "plain now"))
	b.clean()
}

// logrotate with delaycompress, create: each log is renamed, and compressed one rotation
// later.
func TestALogThatIsCompressedAfterItsRotationIsNotReadAgain(t *testing.T) {
	cases := []struct {
		name  string
		globs []string
		down  bool // the agent is down while a log is compressed
		rest  bool // and lines were written that it has not read
	}{
		{"all names are taken", []string{"app.log*"}, false, false},
		{"the plain rotated log is not taken", []string{"app.log", "app.log*.gz"}, false, false},
		{"while the agent is down", []string{"app.log*"}, true, false},
		{"while the agent is down, not read to its end", []string{"app.log*"}, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", packed, c.globs...)
			b.start()
			e := b.explainer()
			var want []string
			write := func(name, what string, n int) {
				lines := numbered(what, 0, n)
				want = append(want, lines...)
				b.append(name, joined(lines))
			}
			for i := range 4 {
				write("app.log", fmt.Sprint("round ", i), 300)
				b.arrived(want)
				if c.down {
					b.stop()
				}
				if i > 0 {
					if c.rest {
						write("app.log.1", fmt.Sprint("rest ", i), 10)
					}
					_ = os.Remove(b.path("app.log.2.gz"))
					b.gzip("app.log.1", "app.log.2.gz")
				}
				must(t, os.Rename(b.path("app.log"), b.path("app.log.1")))
				write("app.log.1", fmt.Sprint("late ", i), 5)
				write("app.log", fmt.Sprint("next ", i), 5)
				if c.down {
					b.start()
				}
				b.arrived(want)
				if i > 0 {
					e.unpacked("app.log.2.gz")
				}
			}
			write("app.log", "last", 1) // what was read of the copies would come before
			b.arrived(want)
			if gaps := b.mirror().gaps; len(gaps) > 0 {
				t.Errorf("gaps: %+v", gaps)
			}
			b.clean()
		})
	}
}

func TestTheCompressedCopyOfACopiedAndTruncatedLogIsNotReadAgain(t *testing.T) {
	b := newBench(t)
	b.collect("c", packed, "app.log", "*.gz")
	b.start()
	want := numbered("before", 0, 300)
	b.append("app.log", joined(want))
	b.arrived(want)
	b.copy("app.log", "app.log.1")
	must(t, os.Truncate(b.path("app.log"), 0))
	after := numbered("after", 0, 20)
	b.append("app.log", joined(after))
	want = append(want, after...)
	b.arrived(want)
	b.gzip("app.log.1", "app.log.1.gz")
	b.explainer().unpacked("app.log.1.gz")
	b.append("app.log", "behind it\n") // what was read of the copy would come before
	b.arrived(append(want, "behind it"))
	b.clean()
}

// Kafka is away, so that the rotated log is only half read when it is compressed and
// deleted: the agent has it open and reads on, and its copy has to wait for that.
func TestACompressedLogThatIsStillReadIsNotReadTwice(t *testing.T) {
	b, fail := flaky(t)
	b.cfg.UnackedBytes = 1 << 20
	b.collect("c", packed, "app.log*")
	b.start()
	want := numbered("first", 0, 10)
	b.append("app.log", joined(want))
	b.arrived(want)
	fail(kerr.NotEnoughReplicas)
	more := numbered("away", 0, 60_000) // more than may be under way
	b.intended(func() { b.append("app.log", joined(more)) })
	must(t, os.Rename(b.path("app.log"), b.path("app.log.1")))
	b.gzip("app.log.1", "app.log.1.gz")
	b.settledFor(4) // scans: it would have been passed over as far as the log was read
	fail(nil)
	want = append(want, more...)
	b.arrived(want)
	b.explainer().unpacked("app.log.1.gz")
	b.append("app.log", "behind it\n") // what was read of the copy would come before
	b.arrived(append(want, "behind it"))
	b.clean()
}

func TestABrokenCompressedFileGivesWhatItHasAndAGap(t *testing.T) {
	lines := numbered("line", 0, 20_000)
	text := joined(lines)
	z := zipped(t, text)
	flipped := bytes.Clone(z)
	copy(flipped[len(z)/2:], bytes.Repeat([]byte{0xff}, 64))
	other := bytes.Clone(z)
	other[len(z)-6] ^= 1
	cases := []struct {
		name        string
		file        []byte
		least, most int // whole lines that arrive
		reason      string
	}{
		{"cut in the midst", z[:len(z)/2], 5000, 15_000, "unexpected EOF"},
		{"cut in its header", z[:7], 0, 0, "unexpected EOF"},
		{"rubbish in the midst", flipped, 5000, len(lines), ""},
		{"another checksum", other, len(lines), len(lines), "checksum"},
		{"rubbish behind it", append(bytes.Clone(z), "rubbish, and more of it"...), len(lines), len(lines), "header"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			must(t, os.WriteFile(b.path("app.gz"), c.file, 0o644))
			b.collect("c", packed, "*.gz")
			b.start()
			b.eventually(func() error {
				if gaps := b.mirror().gaps; len(gaps) != 1 {
					return fmt.Errorf("%d gaps", len(gaps))
				}
				return nil
			})
			gap := b.mirror().gaps[0]
			if gap.Kind != record.Gap || gap.Path != b.path("app.gz") || !strings.Contains(gap.Reason, c.reason) || !strings.Contains(gap.Reason, "bytes of the compressed file") {
				t.Errorf("gap %+v", gap)
			}
			got := b.mirror().lines()
			sure := got[:min(len(got), c.least)] // what stands right before the break may be rubbish, too
			if len(got) > c.most+1 || len(got) < c.least || !strings.HasPrefix(text, strings.Join(sure, "\n")) {
				t.Errorf("%d lines", len(got))
			}
			if e := b.explainer().want(b.path("app.gz"), status.Unreadable); !strings.Contains(e.Text, "gzip") {
				t.Errorf("%+v", e)
			}
			b.stop()
			b.start()
			b.append("next.gz", string(zipped(t, "next\n")))
			b.arrived(append(got, "next"))
			if n := len(b.mirror().gaps); n != 1 {
				t.Errorf("then %d gaps", n)
			}
			b.clean()
		})
	}
}

// Each life goes on where the one before was killed, in plain bytes, and repeats only
// whole records.
func TestKilledWhileItReadsACompressedFileNothingIsLostOrTwice(t *testing.T) {
	b := newBench(t)
	b.collect("c", packed, "*.gz", "*.log")
	texts := map[string]string{}
	for i := range 4 {
		name := fmt.Sprintf("app.log.%d", i)
		texts[name] = joined(numbered(name, 0, 30_000))
		must(t, os.WriteFile(b.path(name+".gz"), zipped(t, texts[name]), 0o644))
	}
	b.append("app.log", "live\n")
	texts["app.log"] = "live\n"
	lines := 0
	for _, text := range texts {
		lines += strings.Count(text, "\n")
	}
	for range 8 {
		kill := b.startChild()
		before := len(b.mirror().lines())
		b.eventually(func() error {
			if n := len(b.mirror().lines()); n == before && n < lines {
				return fmt.Errorf("still %d lines", n)
			}
			return nil
		})
		kill()
	}
	b.startChild()
	b.eventually(func() error {
		if n := len(b.mirror().lines()); n != lines {
			return fmt.Errorf("%d of %d lines", n, lines)
		}
		return nil
	})
	got, err := b.mirror().files()
	must(t, err)
	if len(got) != len(texts) {
		t.Errorf("%d files instead of %d", len(got), len(texts))
	}
	for name, text := range texts {
		if !slices.ContainsFunc(got, func(b []byte) bool { return string(b) == text }) {
			t.Errorf("%s is not rebuilt", name)
		}
	}
	if gaps := b.mirror().gaps; len(gaps) > 0 {
		t.Errorf("gaps: %+v", gaps)
	}
	b.clean()
}

// A log is under way when the agent is killed, and compressed before the next start: the
// records come again, out of the copy.
func TestBytesUnderWayAreFoundInTheCompressedCopyAfterAKill(t *testing.T) {
	b, fail := flaky(t)
	b.collect("c", packed, "app.log*")
	kill := b.startChild()
	want := numbered("before", 0, 10)
	b.append("app.log", joined(want))
	b.arrived(want)
	fail(kerr.NotEnoughReplicas)
	away := numbered("away", 0, 300)
	b.intended(func() { b.append("app.log", joined(away)) })
	kill()
	must(t, os.Rename(b.path("app.log"), b.path("app.log.1")))
	b.append("app.log.1", "the last line\n")
	b.gzip("app.log.1", "app.log.1.gz")
	fail(nil)
	b.startChild()
	b.arrived(append(append(want, away...), "the last line"))
	if gaps := b.mirror().gaps; len(gaps) > 0 {
		t.Errorf("gaps: %+v", gaps)
	}
	b.clean()
}

func TestHolesInCompressedFilesAreSkipped(t *testing.T) {
	b := newBench(t)
	nuls := strings.Repeat("\x00", 3<<20)
	must(t, os.WriteFile(b.path("app.gz"), zipped(t, nuls+"one\n"+nuls+"\ntwo\n"+nuls), 0o644))
	b.collect("c", packed, "*.gz")
	b.start()
	b.eventually(func() error {
		got := b.mirror().lines()
		for i := range got {
			got[i] = strings.Trim(got[i], "\x00")
		}
		got = slices.DeleteFunc(got, func(s string) bool { return s == "" })
		return equalLines(got, []string{"one", "two"})
	})
	e := b.explainer()
	b.eventually(func() error {
		if got := e.ask(b.path("app.gz")); got.Source == nil || got.Source.Offset != uint64(9<<20+9) || got.Source.Behind != 0 {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
	b.clean()
}

// Files that grow have their turns while a large compressed one is read.
func TestACompressedFileDoesNotHoldUpOthers(t *testing.T) {
	b := newBench(t)
	text := joined(numbered("packed", 0, 200_000))
	must(t, os.WriteFile(b.path("big.gz"), zipped(t, text), 0o644))
	b.append("app.log", "begin\n")
	b.collect("c", packed, "*.log", "*.gz")
	b.start()
	live := []string{"begin"}
	longest := time.Duration(0)
	for i := 0; len(b.mirror().lines()) < 150_000; i++ {
		line := fmt.Sprint("tick ", i)
		live = append(live, line)
		b.append("app.log", line+"\n")
		began := time.Now()
		b.eventually(func() error {
			if !slices.Contains(b.mirror().lines(), line) {
				return fmt.Errorf("no %s", line)
			}
			return nil
		})
		longest = max(longest, time.Since(began))
	}
	t.Logf("%d lines were written meanwhile; the longest delay was %s", len(live), longest)
	if len(live) < 3 {
		t.Error("no line came in between")
	}
	b.clean()
}
