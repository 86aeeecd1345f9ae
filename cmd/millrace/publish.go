package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/millrace/millrace/deploy/samples"
)

// offeredName is the file in the data folder that names the collections that were
// published once: one that its user has deleted since stays deleted.
const offeredName = "offered"

// publishTimeout bounds one request to our own API.
const publishTimeout = 15 * time.Second

// publisher puts collections through the API of this process, as a user would.
type publisher struct {
	base  string // http://ADDR
	token string
	data  string
}

// offer publishes each collection that was never offered before and is not there yet.
func (p *publisher) offer(ctx context.Context, all []samples.Collection) error {
	path := filepath.Join(p.data, offeredName)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	offered := map[string]bool{}
	for name := range strings.FieldsSeq(string(before)) {
		offered[name] = true
	}
	var errs []error
	for _, c := range all {
		if offered[c.Name] {
			continue
		}
		if err := p.put(ctx, c); err != nil {
			errs = append(errs, err)
			continue
		}
		before = append(before, c.Name+"\n"...)
	}
	return errors.Join(append(errs, os.WriteFile(path, before, 0o600))...)
}

// put creates a collection; one that is there stays as it is.
func (p *publisher) put(ctx context.Context, c samples.Collection) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, p.base+"/api/v1/collections/"+c.Name, bytes.NewReader(c.Config))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-None-Match", "*")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy stands between us and ourselves
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("collection %s: %w", c.Name, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusCreated || resp.StatusCode == http.StatusPreconditionFailed {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 512)) // what was read of it says enough
	return fmt.Errorf("collection %s: %s: %s", c.Name, resp.Status, text)
}
