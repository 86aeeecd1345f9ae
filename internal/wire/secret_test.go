package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	type config struct {
		Password Secret `json:"password"`
		Inner    struct{ Key Secret }
	}
	c := config{Password: "topsecret"}
	c.Inner.Key = "topsecret"
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(h).Info("starting", "config", c, "password", c.Password, "pointer", &c.Password)
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	hex := fmt.Sprintf("%x", "topsecret")
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%s %q %x %X %v", c.Password, c.Password, c.Password, c.Password, c.Password),
		fmt.Errorf("bad %v", c).Error(), string(js), logged.String(),
	} {
		if strings.Contains(text, "topsecret") || strings.Contains(strings.ToLower(text), hex) {
			t.Errorf("%q tells a secret", text)
		}
		if !strings.Contains(text, "***") {
			t.Errorf("%q does not show that there is one", text)
		}
	}
	if s := fmt.Sprint(Secret("")); s != "" {
		t.Errorf("no secret is printed as %q", s)
	}
}

func TestASecretComesFromItsFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		text Secret
		file string
		want string
		err  string
	}{
		"a text":                            {"abc", "", "abc", ""},
		"a file's last newline is cut":      {"", write("lf", "a b\n"), "a b", ""},
		"and one of Windows":                {"", write("crlf", "a b\r\n"), "a b", ""},
		"a missing file is named":           {"", filepath.Join(dir, "none"), "", "k_file: open " + filepath.Join(dir, "none")},
		"an empty file is no empty secret":  {"", write("empty", "\n"), "", "is empty"},
		"nothing is nothing":                {"", "", "", ""},
		"blanks within and before are kept": {"", write("blank", " a "), " a ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Reveal("k_file", c.text, c.file)
			if got != c.want || (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %q and %v", got, err)
			}
		})
	}
}

func TestAFileThatEverybodyMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "millrace.yaml")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := CheckReadable(path); err != nil {
		t.Errorf("a group may read it: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckReadable(path); err == nil || !strings.Contains(err.Error(), "chmod o-rwx "+path) {
		t.Errorf("everybody may read it: %v", err)
	}
}
