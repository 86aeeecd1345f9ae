package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// apps are the collections of a run, each with an app of its own, and the globs of
// the files that belong to them.
var apps = []struct{ name, globs string }{
	{"alpha", `"%[1]s/*/a*.log*", "%[1]s/*/probe.log"`},
	{"beta", `"%[1]s/*/b*.log*"`},
}

// pipelines are what an edit chooses from. None of them changes the message, for
// that is what is counted.
var pipelines = []string{
	`{"set": {"field": "labels.edit", "value": "%d"}}`,
	`{"dissect": {"pattern": "%%{chaos.file} %%{chaos.n} %%{?rest}"}}, {"set": {"field": "labels.edit", "value": "%d"}}`,
	`{"dissect": {"pattern": "[%%{never}]", "on_failure": [{"set": {"field": "labels.edit", "value": "%d"}}]}}`,
}

// collections publishes configs through the API, as an operator would.
type collections struct {
	admin string
	logs  string
}

// publish puts a collection with the pipeline of an edit, once.
func (c collections) publish(ctx context.Context, app, edit int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	a := apps[app]
	body := fmt.Sprintf(`{"app": %q, "paths": [%s], "exclude": ["*.gz"], "pipeline": [%s]}`,
		a.name, fmt.Sprintf(a.globs, c.logs), fmt.Sprintf(pipelines[edit%len(pipelines)], edit))
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.admin+"/api/v1/collections/"+a.name, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what was read of it says enough
		return fmt.Errorf("PUT %s: %s: %s", a.name, resp.Status, text)
	}
	return nil
}

// insist publishes until it succeeds: the admin or etcd may be away meanwhile.
func (c collections) insist(ctx context.Context, app, edit int, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		err := c.publish(ctx, app, edit)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", within, err)
		case <-tick.C:
		}
	}
}
