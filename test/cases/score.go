package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/format"
)

// readAt is when the lines are taken to have been read.
var readAt = time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)

// score is what came of one file.
type score struct {
	file
	rows, right int
	lost        int // invalid lines whose text is not in the document
	guess       format.Guess
	guessed     bool // guess is the file's format, or one of its twins
	shown       string
}

// row is one line of a file of cases.
type row struct {
	ID, Line string
	Invalid  bool
}

func scoreAll(ctx context.Context, o options) ([]score, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, fmt.Errorf("the checker of the cases: %w", err)
	}
	folder, err := os.MkdirTemp("", "cases")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	var scores []score
	for _, f := range files {
		if len(o.Only) > 0 && !slices.Contains(o.Only, f.name) {
			continue
		}
		s := score{file: f}
		rows, err := readRows(filepath.Join(o.Cases, f.name+".jsonl"))
		if err != nil {
			return nil, err
		}
		docs := filepath.Join(folder, f.name)
		if err := s.parse(rows, docs); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if err := s.check(ctx, python, o, docs); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		s.recognise(rows)
		scores = append(scores, s)
	}
	return scores, nil
}

func readRows(path string) (rows []row, err error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	const longest = 16 << 20
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}

// parse writes the documents of all rows into a file, as the checker wants them.
func (s *score) parse(rows []row, path string) error {
	p, problems := pipeline.Compile(json.RawMessage(s.steps()), "pipeline")
	if len(problems) > 0 {
		return problems[0]
	}
	r := p.NewRunner()
	var out bytes.Buffer
	for _, row := range rows {
		doc, result := r.Run(nil, &pipeline.Input{Message: []byte(row.Line), At: readAt})
		if result.Outcome != pipeline.Index {
			return fmt.Errorf("%s: %s: %s", row.ID, result.Outcome, result.Cause)
		}
		text, err := json.Marshal(map[string]any{"id": row.ID, "doc": json.RawMessage(doc)})
		if err != nil {
			return fmt.Errorf("%s: %w in %s", row.ID, err, doc)
		}
		out.Write(append(text, '\n'))
		if row.Invalid && !keeps(doc, row.Line) {
			s.lost++
		}
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// keeps reports whether a document has the whole line in message or event.original.
func keeps(doc []byte, line string) bool {
	var d struct {
		Message string
		Event   struct{ Original string }
	}
	return json.Unmarshal(doc, &d) == nil && (strings.Contains(d.Message, strings.TrimSpace(line)) || d.Event.Original == line)
}

// check runs the checker over the documents.
func (s *score) check(ctx context.Context, python string, o options, docs string) error {
	var shown bytes.Buffer
	c := exec.CommandContext(ctx, python, filepath.Join(o.Cases, "check_cases.py"),
		"--check", filepath.Join(o.Cases, s.name+".jsonl"), "--docs", docs, "--verbose", strconv.Itoa(o.Verbose))
	c.Stderr = &shown
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("check_cases.py: %w: %s", err, shown.Bytes())
	}
	var answer struct {
		Rows int `json:"rows"`
		OK   int `json:"rows_ok"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("check_cases.py: %w", err)
	}
	s.rows, s.right, s.shown = answer.Rows, answer.OK, shown.String()
	return nil
}

// recognise asks which format the file is in.
func (s *score) recognise(rows []row) {
	lines := make([][]byte, len(rows))
	for i := range rows {
		lines[i] = []byte(rows[i].Line)
	}
	guesses := format.Recognise(lines)
	if len(guesses) > 0 {
		s.guess = guesses[0]
	}
	s.guessed = s.guess.Name == s.format || slices.Contains(s.twins, s.guess.Name)
}
