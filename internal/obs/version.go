package obs

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// Version is set by the linker (-X .../internal/obs.Version=v1.2.3). Read it
// through Build, which knows better when it is empty.
var Version string

// BuildInfo says what is running.
type BuildInfo struct {
	Version  string `json:"version"`  // a release, or "dev"
	Revision string `json:"revision"` // the commit, with "+changes" when the tree was not clean
	Time     string `json:"time"`     // of the commit
	Go       string `json:"go"`
}

// Build is what is running, from the linker and from what Go recorded.
var Build = sync.OnceValue(func() BuildInfo {
	b := BuildInfo{Version: Version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if ok {
		readVCS(&b, info.Settings)
		if b.Version == "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	return b
})

func readVCS(b *BuildInfo, settings []debug.BuildSetting) {
	changed := false
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if changed && b.Revision != "" {
		b.Revision += "+changes"
	}
}
