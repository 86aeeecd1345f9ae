// Package samples holds collections for the logs that most machines have, one JSON file
// each, as PUT /api/v1/collections/NAME takes them; NAME is the file's name without
// .json. They lie in the binary. Nothing here publishes them: `millrace up --samples`
// does, and a script with curl can.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.json
var files embed.FS

// Collection is one of the set.
type Collection struct {
	Name   string
	Config []byte // as the API takes it
}

// All are the collections of the set, by name.
func All() ([]Collection, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	all := make([]Collection, len(names))
	for i, name := range names {
		config, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("samples: %w", err)
		}
		all[i] = Collection{Name: strings.TrimSuffix(name, ".json"), Config: config}
	}
	return all, nil
}
