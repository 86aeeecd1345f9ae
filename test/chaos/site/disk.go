package site

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// diskSize is that of an agent's state disk: many times what the state needs, and
// quickly full.
const diskSize = 32 << 20

// disk is a small file system in memory.
type disk struct{ path string }

// mountDisk makes a disk; only root may.
func mountDisk(path string) (*disk, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		return nil, fmt.Errorf("mount a disk at %s: %w", path, err)
	}
	return &disk{path}, nil
}

func (d *disk) ballast() string { return filepath.Join(d.path, "ballast") }

// fill takes every byte that is free.
func (d *disk) fill() error {
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return errors.Join(err, f.Close())
		}
		err = nil
		if _, err := f.Seek(0, io.SeekEnd); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// clear gives the room back.
func (d *disk) clear() error { return os.Remove(d.ballast()) }

func (d *disk) close() error { return syscall.Unmount(d.path, syscall.MNT_DETACH) }
