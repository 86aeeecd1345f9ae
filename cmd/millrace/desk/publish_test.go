package desk

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// admin answers as an admin that has one collection. The guide's test publishes to a real one.
func admin(t *testing.T) (url string, puts *[]string) {
	t.Helper()
	puts = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/api/v1/collections/")
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil:
			t.Error(err)
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"detail":"a token is needed"}`)
		case strings.HasPrefix(name, "moved"):
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case r.Method == http.MethodGet && name == "broken":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"detail":"it is broken; put it anew, or delete it"}`)
		case r.Method == http.MethodGet && name != "there":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodGet:
			w.Header().Set("ETag", `"01"`)
		case name == "refused":
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"detail":"not valid","errors":[{"location":"app","message":"is taken"},{"message":"is odd"}]}`)
		default:
			*puts = append(*puts, name+" "+string(body))
			w.Header().Set("ETag", `"01"`)
			if name != "there" && name != "broken" {
				w.WriteHeader(http.StatusCreated)
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, puts
}

const small = "app: a\npaths: [/var/log/a.log]\n"

func TestPublishPutsEachFileUnderItsName(t *testing.T) {
	dir := folder(t, map[string]string{"new.yaml": small, "there.json": `{"app":"a","paths":["/b"]}`, "new_test.yaml": "[]", "token": "secret\n"})
	to, puts := admin(t)
	out, _, err := run(t, dir, &PublishCmd{Files: []string{dir}, To: to + "/", Token: filepath.Join(dir, "token")})
	if err != nil {
		t.Fatal(err)
	}
	if want := "new: created, revision 01\nthere: already so, revision 01\n"; out != want {
		t.Errorf("%q, not %q", out, want)
	}
	if len(*puts) != 2 || (*puts)[0] != `new {"app":"a","paths":["/var/log/a.log"]}` {
		t.Errorf("published %q", *puts)
	}
}

func TestABrokenCollectionIsReplaced(t *testing.T) {
	dir := folder(t, map[string]string{"broken.yaml": small, "token": "secret"})
	to, _ := admin(t)
	out, _, err := run(t, dir, &PublishCmd{Files: []string{dir}, To: to, Token: filepath.Join(dir, "token")})
	if want := "broken: changed, revision 01\n"; err != nil || out != want {
		t.Errorf("%q and %v, not %q", out, err, want)
	}
}

func TestNothingIsPublishedWhereOneFileIsWrong(t *testing.T) {
	dir := folder(t, map[string]string{"good.yaml": small, "bad.yaml": "ap: a\n", "token": "secret"})
	to, puts := admin(t)
	_, _, err := run(t, dir, &PublishCmd{Files: []string{dir}, To: to, Token: filepath.Join(dir, "token")})
	if err == nil || !strings.Contains(err.Error(), "bad.yaml:1:5: ap: unknown key") || !strings.Contains(err.Error(), "nothing was published") || len(*puts) > 0 {
		t.Errorf("%v, published %q", err, *puts)
	}
}

func TestWhatTheAdminRefusesIsToldInItsWords(t *testing.T) {
	dir := folder(t, map[string]string{"refused.yaml": small, "moved.yaml": small, "token": "secret", "wrong": "guessed"})
	to, _ := admin(t)
	for name, c := range map[string]struct{ file, to, token, want string }{
		"a config that it refuses":  {"refused.yaml", to, "token", "refused.yaml: not valid\napp: is taken\nis odd"},
		"a wrong token":             {"refused.yaml", to, "wrong", "refused.yaml: a token is needed"},
		"a redirection":             {"moved.yaml", to, "token", "moved.yaml: 302 Found"},
		"nobody at the address":     {"refused.yaml", "http://127.0.0.1:1", "token", "no admin answers; --to names its address"},
		"an address that is none":   {"refused.yaml", ":", "token", "--to: "},
		"a token file that is none": {"refused.yaml", to, "nothing", "--token: "},
		"a collection that is none": {"nothing.yaml", to, "token", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := run(t, dir, &PublishCmd{Files: []string{filepath.Join(dir, c.file)}, To: c.to, Token: filepath.Join(dir, c.token)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, not %q", err, c.want)
			}
		})
	}
}
