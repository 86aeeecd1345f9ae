package process

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
)

// profileEnv names a file to which a CPU profile of the whole run is written,
// for those who work on Millrace's speed (see test/bench).
const profileEnv = "MILLRACE_CPU_PROFILE"

// StartProfile starts the CPU profile that the environment asks for, if it does. The
// function that it returns ends it.
func StartProfile(environ []string) (stop func() error, err error) {
	var path string
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, profileEnv+"="); ok {
			path = value
		}
	}
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileEnv, err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}
