package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// mark is how far a source that can be read again was written to the spool. Source is
// its own position, such as a cursor; what stands in the spool behind File and Offset
// came after it.
type mark struct {
	Source string `json:"source"`
	File   uint64 `json:"file"`
	Offset int64  `json:"offset"`
}

const markName = "mark.json"

// Mark notes the position of a source behind all that was appended, which it syncs
// before. The caller must not append meanwhile.
func (s *Spool) Mark(source string) error {
	if err := s.Sync(); err != nil {
		return err
	}
	s.mu.Lock()
	m := mark{Source: source, File: s.number, Offset: s.size}
	if s.file == nil && len(s.sealed) > 0 { // sealed at the last append, or by Open
		last := s.sealed[len(s.sealed)-1]
		m.File, m.Offset = last.Number, last.Size
	}
	s.mu.Unlock()
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("spool: mark: %w", err)
	}
	if err := s.writeMark(b); err != nil {
		return fmt.Errorf("spool: mark: %w", err)
	}
	s.mu.Lock()
	s.keep = m.File
	s.mu.Unlock()
	return nil
}

// writeMark puts a new mark in the place of the old one, which stays whole until then.
func (s *Spool) writeMark(b []byte) (err error) {
	temp := filepath.Join(s.dir, markName+".new")
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, filepath.Join(s.dir, markName)); err != nil {
		return err
	}
	return syncFolder(s.dir)
}

// Resume returns the position of the source of the newest mark, and how many lines
// were appended after it: these are in the spool already, and must be passed over. Of
// a spool without a mark both are nothing. From now on no file is removed that a mark
// needs. Nothing may be appended meanwhile.
func (s *Spool) Resume() (source string, lines int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = 0
	b, err := os.ReadFile(filepath.Join(s.dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		lines, err := s.linesAfter(mark{})
		return "", lines, err
	}
	if err != nil {
		return "", 0, fmt.Errorf("spool: mark: %w", err)
	}
	var m mark
	if err := json.Unmarshal(b, &m); err != nil {
		return "", 0, fmt.Errorf("spool: mark: %w", err)
	}
	s.keep = m.File
	s.number = max(s.number, m.File)
	lines, err = s.linesAfter(m)
	return m.Source, lines, err
}

func (s *Spool) linesAfter(m mark) (lines int, err error) {
	files := s.sealed
	if s.file != nil { // the mark is asked for again in one life
		files = append(slices.Clone(files), File{s.number, s.path(s.number), s.size})
	}
	for _, f := range files {
		if f.Number < m.File {
			continue
		}
		from := int64(0)
		if f.Number == m.File {
			from = m.Offset
		}
		n, err := countLines(f.Path, from)
		if err != nil {
			return 0, fmt.Errorf("spool: %w", err)
		}
		lines += n
	}
	return lines, nil
}

func countLines(path string, from int64) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	lines, buf := 0, make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
