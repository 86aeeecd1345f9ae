package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/millrace/millrace/deploy/samples"
)

// localZone is the name of this machine's time zone, or nothing: local logs name none.
func localZone() string {
	name := os.Getenv("TZ")
	if name == "" {
		target, err := filepath.EvalSymlinks("/etc/localtime")
		if err != nil {
			return ""
		}
		_, name, _ = strings.Cut(target, "/zoneinfo/")
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return ""
	}
	return name
}

// inZone says in each config that its times are of a zone, unless it says otherwise.
func inZone(all []samples.Collection, zone string) []samples.Collection {
	if zone == "" {
		return all
	}
	for i := range all {
		var config map[string]json.RawMessage
		if json.Unmarshal(all[i].Config, &config) != nil || config["timezone"] != nil {
			continue // the API says what is wrong with it
		}
		config["timezone"], _ = json.Marshal(zone) // text always can be
		if changed, err := json.Marshal(config); err == nil {
			all[i].Config = changed
		}
	}
	return all
}
