// Package state is the memory of the agent: which files it knows, how far each
// was put into records, and which records are not yet acknowledged.
//
// The promise: before a record is produced its intent is written, so after a
// kill -9 exactly the records that were under way are sent again, with the same
// writer, number and boundaries, and reading goes on behind them. A power failure
// may cost what was written since the last [Log.Sync]. A disk that is full costs
// nothing while the process lives: everything is kept in memory and written when
// there is room again.
//
// The tailer's goroutine calls everything but Sync, which may run beside it.
//
// # Bytes
//
// A folder holds `lock`, flocked while an agent runs, and `state.log`. The log is
// 8 bytes "MRSTATE1" and then entries (integers big-endian, "uv" unsigned and
// "sv" signed varints, str is uv length + bytes):
//
//	u32 length of the body, u32 CRC-32C of the body, body
//
// The first byte of a body is its kind:
//
//	'B' begin:   str boot id of the machine, uv number of the last intent
//	'S' source:  12 bytes id; key: uv handle type, str handle, sv birth (ns),
//	             uv inode, uv device; str path, str name, str collection;
//	             u8 flags (1 begun, 2 whole, 4 cut, 8 packed, 16 before, 32 cuts, 64 left,
//	             128 look), u32 gen, uv off, uv part,
//	             uv heads, each u32; u32 print, uv print length; u32 running,
//	             uv seen (Unix seconds); cut: sv at (ns), uv off, u32 running, u32 print,
//	             uv print length; packed: uv size, sv mtime (ns); before: 12 bytes id;
//	             cuts: u8 count, each as cut; left: str path; look: uv size, u8 (1 settled,
//	             2 mark, 4 skipping, 8 last), mark: uv off, u32 hash; last: uv length, u32 sum before.
//	             It replaces what was known of the source
//	'I' intent:  uv number; uv sums, one for each segment of kind bytes, each
//	             u32 before, u32 after; then the manifest as in the record
//	'O' open:    an intent as a snapshot holds it; its sources are already moved
//	'A' acknowledged: uv number: this intent and all before it
//	'F' forget:  12 bytes id
//
// A sum is the running CRC-32C of the source before and after the segment: it
// proves bytes that are read again, and, from the first byte of a file on, that
// one file is a copy of another. An intent moves its sources as if 'S' entries
// had been written behind it. Entries of unknown kind are skipped.
//
// Reading ends at the first entry that is cut short or does not fit its CRC; what
// is behind it is dropped, for it was never synced. A compaction writes 'B', all
// sources and the open intents to `state.new`, syncs it and renames it.
package state
