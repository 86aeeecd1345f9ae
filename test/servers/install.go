package servers

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// central is where artifacts come from unless MILLRACE_MAVEN names another
// repository. Mirrors of Maven's own settings apply to both.
const central = "https://repo.maven.apache.org/maven2"

//go:embed pins/*.sha256
var pins embed.FS

// artifact is something of a Maven repository, with a pinned digest for each file.
type artifact struct {
	name   string // of its folder in the cache, and of its pins
	pom    string // <dependency> elements
	unpack string // a zip whose one folder becomes the artifact's; empty keeps the files
}

// Cache is the folder that keeps what was fetched and built: in the user's cache, or
// in /var/cache for root, because servers that refuse root run as nobody and must
// read it.
func Cache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if os.Geteuid() == 0 {
		dir = "/var/cache"
	}
	dir = filepath.Join(dir, "millrace", "servers")
	return dir, os.MkdirAll(dir, 0o755)
}

// cached returns the folder of something in the cache, which make fills when it is
// not there. Of several processes one makes it and the others wait.
func cached(name string, make func(dir string) error) (string, error) {
	root, err := Cache()
	if err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(root, name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", err
	}
	home := filepath.Join(root, name)
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	fresh, err := os.MkdirTemp(root, name+".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := make(fresh); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", err
	}
	return home, os.Rename(fresh, home)
}

// install fetches an artifact and checks it; finish is called with its folder.
func (a artifact) install(ctx context.Context, finish func(dir string) error) (string, error) {
	return cached(a.name, func(dir string) error {
		if err := a.fetch(ctx, dir); err != nil {
			return err
		}
		if err := a.check(dir); err != nil {
			return err
		}
		if a.unpack != "" {
			if err := unpack(filepath.Join(dir, a.unpack), dir); err != nil {
				return err
			}
		}
		if finish == nil {
			return nil
		}
		return finish(dir)
	})
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace.test</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>
  <repositories><repository><id>central</id><url>%[1]s</url></repository></repositories>
  <pluginRepositories><pluginRepository><id>central</id><url>%[1]s</url></pluginRepository></pluginRepositories>
  <dependencies>%[2]s</dependencies>
</project>
`

// fetch lets Maven copy the artifact's files into a folder.
func (a artifact) fetch(ctx context.Context, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("%w: no Maven to fetch it with: apt-get install maven", ErrMissing)
	}
	repository := os.Getenv("MILLRACE_MAVEN")
	if repository == "" {
		repository = central
	}
	project, err := os.MkdirTemp("", "millrace-fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(project)
	file := filepath.Join(project, "pom.xml")
	if err := os.WriteFile(file, fmt.Appendf(nil, pom, repository, a.pom), 0o644); err != nil {
		return err
	}
	return run(ctx, project, mvn, "-q", "-B", "-f", file, "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+dir)
}

// check compares every file with its pinned digest. A file more or less is an error.
func (a artifact) check(dir string) error {
	list, err := pins.ReadFile("pins/" + a.name + ".sha256")
	if err != nil {
		return err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	want := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(string(list)))
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		want[name] = sum
	}
	var errs []error
	for _, f := range files {
		sum, err := digest(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		if sum != want[f.Name()] {
			errs = append(errs, fmt.Errorf("%s has the digest %s, pinned is %q", f.Name(), sum, want[f.Name()]))
		}
		delete(want, f.Name())
	}
	for name := range want {
		errs = append(errs, fmt.Errorf("%s is missing", name))
	}
	return errors.Join(errs...)
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unpack puts what lies in the one folder of a zip into dir, and removes the zip.
func unpack(file, dir string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		_, name, _ := strings.Cut(f.Name, "/")
		if name == "" {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%s holds %q", file, f.Name)
		}
		if f.FileInfo().IsDir() {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
				return err
			}
			continue
		}
		if err := extract(f, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return os.Remove(file)
}

func extract(f *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, f.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}
