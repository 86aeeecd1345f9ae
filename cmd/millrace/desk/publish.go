package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/process"
)

// publishWait bounds one request, maxAnswer what is read of its answer.
const (
	publishWait = 15 * time.Second
	maxAnswer   = 1 << 20
)

// PublishCmd is `millrace publish`.
type PublishCmd struct {
	Files []string `arg:"" name:"FILE" help:"Collections, JSON or YAML; of a folder, all in it. The name of a collection is that of its file."`
	To    string   `default:"http://127.0.0.1:9090" placeholder:"URL" help:"Address of the admin. Default: http://127.0.0.1:9090."`
	Token string   `placeholder:"FILE" help:"File with the admin's token."`
}

// Run checks all files, and publishes them if nothing is wrong in any. It says of each
// collection whether it was created, changed or so already. The admin's word is the last
// one: what it refuses is an error, and the files after that one are not published.
func (c *PublishCmd) Run(ctx context.Context, env *process.Env) error {
	files, err := collections(c.Files)
	if err != nil {
		return err
	}
	sources := make([]*Source, 0, len(files))
	var wrong []error
	for _, file := range files {
		s, err := usable(file)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		sources = append(sources, s)
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("%w\nnothing was published", err)
	}
	p := newPublisher(c.To)
	if c.Token != "" {
		token, err := os.ReadFile(c.Token)
		if err != nil {
			return fmt.Errorf("--token: %w", err)
		}
		p.token = strings.TrimSpace(string(token))
	}
	for _, s := range sources {
		became, revision, err := p.publish(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Path, err)
		}
		if _, err := fmt.Fprintf(env.Stdout, "%s: %s, revision %s\n", s.Collection.Name, became, revision); err != nil {
			return err
		}
	}
	return nil
}

// publisher calls an admin's API.
type publisher struct {
	base, token string
	client      *http.Client
}

// newPublisher follows no redirection: it would make a GET of a PUT.
func newPublisher(base string) *publisher {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &publisher{base: strings.TrimRight(base, "/"), client: &http.Client{CheckRedirect: stay}}
}

// publish puts a collection, and tells what became of it and the revision that is in
// force now. What is there and cannot be read, it replaces.
func (p *publisher) publish(ctx context.Context, s *Source) (became, revision string, err error) {
	status, before, err := p.call(ctx, http.MethodGet, s.Collection.Name, nil)
	if err != nil && status != http.StatusNotFound && status != http.StatusInternalServerError {
		return "", "", err
	}
	if status, revision, err = p.call(ctx, http.MethodPut, s.Collection.Name, s.Config); err != nil {
		return "", "", err
	}
	switch {
	case status == http.StatusCreated:
		became = "created"
	case revision == before:
		became = "already so"
	default:
		became = "changed"
	}
	return became, revision, nil
}

// call gives the status of an answer, if there is one, and the revision in its ETag. An
// answer that is no success is an error.
func (p *publisher) call(ctx context.Context, method, name string, body []byte) (status int, revision string, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.base+"/api/v1/collections/"+url.PathEscape(name), bytes.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("--to: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("no admin answers; --to names its address: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, "", err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return resp.StatusCode, "", refusal(resp.Status, text)
	}
	return resp.StatusCode, strings.Trim(resp.Header.Get("ETag"), `"`), nil
}

// refusal is an answer that is no success, in the admin's words where it has some.
func refusal(status string, text []byte) error {
	var problem struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	if err := json.Unmarshal(text, &problem); err != nil {
		return errors.New(status) // it is no admin that answers
	}
	lines := []string{cmp.Or(problem.Detail, status)}
	for _, e := range problem.Errors {
		lines = append(lines, strings.TrimPrefix(e.Location+": "+e.Message, ": "))
	}
	return errors.New(strings.Join(lines, "\n"))
}
