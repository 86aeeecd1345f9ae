// Package source tells files apart for as long as they exist, whatever their
// paths are.
//
// A file's identity rests on the kernel's file handle and its birth time, which
// no other file of the same host ever has, even if it gets the same inode. Where
// a file system has no handles the inode, its device and the birth time must do.
// The package keeps nothing and starts no goroutine.
package source

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/schemas/record"
)

// Key is what identifies a file. Zero fields are unknown.
type Key struct {
	// HandleType and Handle are the kernel's file handle; Handle is empty where
	// the file system has none.
	HandleType int32
	Handle     string
	// Birth is when the file was made, in Unix nanoseconds.
	Birth int64
	// Inode and Dev are what stat shows. Dev may change over reboots.
	Inode, Dev uint64
}

// Info is what the tailer wants to know of a file besides its identity.
type Info struct {
	Size    uint64
	Links   uint32
	Mtime   int64 // Unix nanoseconds
	Regular bool
	// Mode says what the file is where it is not regular.
	Mode fs.FileMode
	Key  Key // without the handle
}

const statxMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

// Stat looks at an open file. The key has no handle; it is one system call.
func Stat(fd int) (Info, error) { return statx(fd, "", unix.AT_EMPTY_PATH) }

// StatPath looks at what path leads to, through symlinks.
func StatPath(path string) (Info, error) { return statx(unix.AT_FDCWD, path, 0) }

func statx(fd int, path string, flags int) (Info, error) {
	var st unix.Statx_t
	if err := ignoreEINTR(func() error { return unix.Statx(fd, path, flags, statxMask, &st) }); err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	info := Info{
		Size: st.Size, Links: st.Nlink, Mtime: nanos(st.Mtime),
		Regular: st.Mode&unix.S_IFMT == unix.S_IFREG, Mode: mode(st.Mode),
		Key: Key{Inode: st.Ino, Dev: unix.Mkdev(st.Dev_major, st.Dev_minor)},
	}
	if st.Mask&unix.STATX_BTIME != 0 {
		info.Key.Birth = nanos(st.Btime)
	}
	return info, nil
}

// Full looks at an open file and asks for its handle too.
func Full(fd int) (Info, error) {
	info, err := Stat(fd)
	if err != nil {
		return info, err
	}
	var handle unix.FileHandle
	err = ignoreEINTR(func() (err error) {
		handle, _, err = unix.NameToHandleAt(fd, "", unix.AT_EMPTY_PATH)
		return err
	})
	switch {
	case err == nil:
		info.Key.HandleType, info.Key.Handle = handle.Type(), string(handle.Bytes())
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM), errors.Is(err, unix.EOVERFLOW):
		// no handles here; the inode must do
	default:
		return info, fmt.Errorf("file handle: %w", err)
	}
	return info, nil
}

// ID mints the source id of a file on a host. It is minted once and stored: over
// a reboot the device number, part of it where there is no handle, may change.
func (k Key) ID(hostID string) record.SourceID {
	b := binary.AppendUvarint(nil, uint64(len(hostID)))
	b = append(b, hostID...)
	if k.Handle != "" {
		b = append(b, 'h')
		b = binary.BigEndian.AppendUint32(b, uint32(k.HandleType))
		b = binary.AppendUvarint(b, uint64(len(k.Handle)))
		b = append(b, k.Handle...)
	} else {
		b = append(b, 'i')
		b = binary.BigEndian.AppendUint64(b, k.Inode)
		b = binary.BigEndian.AppendUint64(b, k.Dev)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(k.Birth))
	sum := sha256.Sum256(b)
	return record.SourceID(sum[:record.SourceIDSize])
}

// Same reports whether two keys are of one file, going by what both of them know.
func (k Key) Same(o Key) bool {
	if k.Birth != 0 && o.Birth != 0 && k.Birth != o.Birth {
		return false
	}
	if k.Handle != "" && o.Handle != "" {
		return k.HandleType == o.HandleType && k.Handle == o.Handle
	}
	if k.Inode != o.Inode {
		return false
	}
	// A birth time in nanoseconds and the inode are enough, and the device
	// number is not the same for ever.
	return k.Birth != 0 && o.Birth != 0 || k.Dev == o.Dev
}

// Named reports whether the two keys show the same file by what stat alone tells
// within one boot: cheap enough to ask of every file at every scan.
func (k Key) Named(o Key) bool {
	return k.Inode == o.Inode && k.Dev == o.Dev && k.Birth == o.Birth
}

func nanos(t unix.StatxTimestamp) int64 { return t.Sec*int64(time.Second) + int64(t.Nsec) }

func mode(m uint16) fs.FileMode {
	switch m & unix.S_IFMT {
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		return fs.ModeDevice
	case unix.S_IFLNK:
		return fs.ModeSymlink
	}
	return 0
}

func ignoreEINTR(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
