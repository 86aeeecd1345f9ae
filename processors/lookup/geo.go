package lookup

import (
	"context"
	"path/filepath"

	"github.com/millrace/millrace/processors/pipeline/geo"
)

// database is one file of places, db nil until it could be read.
type database struct {
	last stamp
	db   *geo.DB
}

// geoFiles lists the files of the databases: those of the config, else what lies in its folder now.
func (k *Keeper) geoFiles() []string {
	if len(k.cfg.Geo) > 0 || k.cfg.GeoDir == "" {
		return k.cfg.Geo
	}
	files, _ := filepath.Glob(filepath.Join(escapeGlob(k.cfg.GeoDir), "*.mmdb")) // the pattern is valid
	return files
}

// escapeGlob makes a path a pattern that matches itself alone.
func escapeGlob(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// readGeo returns what reads the databases of places that have come, changed or gone. One that cannot be read stays as it was.
func (k *Keeper) readGeo() func(context.Context) {
	held := map[string]*database{}
	told := false
	return func(context.Context) {
		files := k.geoFiles()
		if len(files) == 0 && !told {
			told = true
			k.log.Info("no geo database: the step geoip only tags its events; put files *.mmdb into the folder, or make geo, and they are read at once", "folder", k.cfg.GeoDir)
		}
		if k.refreshGeo(files, held) {
			k.places.Store(newGeoSet(files, held))
		}
	}
}

// refreshGeo brings held to what the files are now, and reports whether anything has changed.
func (k *Keeper) refreshGeo(files []string, held map[string]*database) (changes bool) {
	listed := map[string]bool{}
	for _, path := range files {
		listed[path] = true
		d := held[path]
		if d == nil {
			d = &database{}
			held[path] = d
		}
		data, fresh, err := changed(path, &d.last)
		if err == nil && !fresh {
			continue
		}
		var db *geo.DB
		if err == nil {
			db, err = geo.Open(data)
		}
		if err != nil {
			k.log.Warn("a geo database cannot be read; the last copy stays", "file", path, "error", err)
			continue
		}
		d.db, changes = db, true
		k.log.Info("geo database read", "file", path, "type", db.Type())
	}
	for path := range held {
		if !listed[path] {
			delete(held, path)
			changes = true
		}
	}
	return changes
}

func newGeoSet(files []string, held map[string]*database) *geo.Set {
	var names []string
	var list []*geo.DB
	for _, path := range files {
		if d := held[path]; d.db != nil {
			names, list = append(names, filepath.Base(path)), append(list, d.db)
		}
	}
	return geo.NewSet(names, list)
}
