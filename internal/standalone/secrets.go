package standalone

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secrets are what is kept from one start to the next: the passwords, and the
// ports, so that what was configured with the addresses goes on working.
type secrets struct {
	KafkaPassword string `json:"kafka_password"`
	EtcdPassword  string `json:"etcd_password"`
	AgentPassword string `json:"etcd_agent_password"`
	SearchKey     string `json:"search_key"`
	KafkaPort     int    `json:"kafka_port"`
	EtcdPort      int    `json:"etcd_port"`
	SearchPort    int    `json:"search_port"`
}

// loadSecrets reads the secrets of a folder, or makes them. New ones are stored
// before anything uses them: a server that keeps a password nobody knows any more
// would lock its owner out.
func loadSecrets(dir string) (*secrets, error) {
	path := secretsPath(dir)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s := &secrets{KafkaPassword: rand.Text(), EtcdPassword: rand.Text(), AgentPassword: rand.Text(), SearchKey: rand.Text()}
		if err := s.save(dir); err != nil {
			return nil, err
		}
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("standalone: %w", err)
	}
	s := &secrets{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("standalone: %s: %w", path, err)
	}
	if s.KafkaPassword == "" || s.EtcdPassword == "" || s.AgentPassword == "" || s.SearchKey == "" {
		return nil, fmt.Errorf("standalone: %s lacks a password, without which a server would let everybody in: put the file back, or choose another folder", path)
	}
	return s, nil
}

func (s *secrets) save(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("standalone: %w", err)
	}
	return writePrivate(secretsPath(dir), append(b, '\n'))
}

const secretsFile = "servers.json"

func secretsPath(dir string) string { return filepath.Join(dir, secretsFile) }

// writePrivate replaces a file that only its owner may read, whole or not at all.
func writePrivate(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return fmt.Errorf("standalone: %w", err)
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // err says what went wrong first
		return fmt.Errorf("standalone: write %s: %w", path, err)
	}
	return nil
}
