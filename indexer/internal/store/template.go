package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/index"
)

// ErrOvershadowed is wrapped by what InstallTemplate returns when new indices would
// not follow our template, because another one goes before it. An operator must act.
var ErrOvershadowed = errors.New("another index template goes before " + index.TemplateName)

// probe is a name that the template must apply to.
const probe = "logs-probe-check-2026.01.01"

// Installed is what InstallTemplate found or did.
type Installed struct {
	Level   string // how much of the template the server took
	Written bool   // false: it was there already
	Checked bool   // false: the server cannot simulate
}

// InstallTemplate makes sure that new indices follow our template. It leaves one of
// the same or a later version alone, so that members may start in any order, tries
// the levels from the fullest until the server takes one, and then asks the server
// what a new index would be like.
func (s *Store) InstallTemplate(ctx context.Context) (Installed, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	level, there, err := s.templateThere(ctx)
	if err != nil {
		return Installed{}, err
	}
	in := Installed{Level: level, Written: !there}
	if !there {
		level, err := s.putTemplate(ctx)
		if err != nil {
			return Installed{}, err
		}
		in.Level = level.String()
	}
	in.Checked, err = s.checkTemplate(ctx)
	return in, err
}

// ErrNoTemplate is wrapped by what CheckTemplate returns when our template is missing
// or of an earlier version.
var ErrNoTemplate = errors.New("index template " + index.TemplateName + " is not installed")

// CheckTemplate reports whether new indices follow our template, and changes nothing.
func (s *Store) CheckTemplate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	_, there, err := s.templateThere(ctx)
	if err != nil {
		return err
	}
	if !there {
		return ErrNoTemplate
	}
	_, err = s.checkTemplate(ctx)
	return err
}

// templateThere reports whether the template is there in our version or a later
// one, and at which level.
func (s *Store) templateThere(ctx context.Context) (level string, there bool, err error) {
	var found struct {
		Templates []struct {
			Template struct {
				Version int `json:"version"`
				Meta    struct {
					Level string `json:"level"`
				} `json:"_meta"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	err = s.do(ctx, esapi.IndicesGetIndexTemplateRequest{Name: index.TemplateName}, decodeInto(&found))
	var e *elastic.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read index template: %w", err)
	}
	if len(found.Templates) != 1 || found.Templates[0].Template.Version < index.TemplateVersion {
		return "", false, nil
	}
	return found.Templates[0].Template.Meta.Level, true, nil
}

func (s *Store) putTemplate(ctx context.Context) (index.Level, error) {
	var errs []error
	for _, level := range index.Levels() {
		body, err := index.Template(level)
		if err != nil {
			return level, err
		}
		err = s.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: index.TemplateName, Body: bytes.NewReader(body)}, nil)
		if err == nil {
			return level, nil
		}
		errs = append(errs, fmt.Errorf("put index template (%s): %w", level, err))
		var e *elastic.Error
		if !errors.As(err, &e) || e.Status != http.StatusBadRequest {
			break // not about what the template says
		}
	}
	return 0, errors.Join(errs...)
}

// checkTemplate asks what a new index would be like; false where the server cannot
// tell.
func (s *Store) checkTemplate(ctx context.Context) (bool, error) {
	var simulated struct {
		Template struct {
			Mappings struct {
				Meta struct {
					ManagedBy string `json:"managed_by"`
				} `json:"_meta"`
			} `json:"mappings"`
		} `json:"template"`
		Overlapping []struct {
			Name string `json:"name"`
		} `json:"overlapping"`
	}
	err := s.do(ctx, esapi.IndicesSimulateIndexTemplateRequest{Name: probe}, decodeInto(&simulated))
	var e *elastic.Error
	if errors.As(err, &e) {
		switch e.Status {
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusBadRequest:
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("simulate index: %w", err)
	}
	if simulated.Template.Mappings.Meta.ManagedBy == "millrace" {
		return true, nil
	}
	var names []string
	for _, o := range simulated.Overlapping {
		names = append(names, o.Name)
	}
	return true, fmt.Errorf("%w for an index such as %s (overlapping: %s)", ErrOvershadowed, probe, strings.Join(names, ", "))
}
