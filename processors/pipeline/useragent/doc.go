// Package useragent reads the User-Agent header of HTTP: which browser or program, which version, on which system and device.
// The names are those that uap-core's rules give to the agents that most traffic comes from (Chrome Mobile, Mobile Safari,
// Googlebot, Mac OS X), from a small set of rules of our own; what no rule knows is "Other". It is a function of the text
// alone, and a [Cache] makes it cheap: agents repeat.
package useragent
