// Package layout reads the times that logs write: ISO 8601, the common log format, syslog's, Unix seconds and milliseconds,
// TAI64N, and any layout in the letters of java.time patterns, which is how Elastic's date processor spells them. Layouts
// are compiled once; reading allocates nothing.
//
// What a time does not say comes from where the line was read: the zone from the given location, a missing year is the one
// that puts the time closest before the reading (a day of clock difference allowed), a missing date is the day of reading.
package layout
