// Package obs is how a process is observed: its log, its metrics, its health and
// its version.
//
// It holds no state of its own and starts no goroutine. Main builds one logger,
// one registry and one [Health] and hands them to the components; what libraries
// log goes through the bridges here and through internal/kafka.
package obs
