package kafka

import "github.com/rcrowley/go-metrics"

// unmetered is a registry of meters that measure nothing. Sarama counts every request
// and its bytes in histograms and moving rates, which is a sixth of what a small record
// costs, and which nobody reads: what we count ourselves is in our own metrics.
type unmetered struct{}

// Each implements metrics.Registry.
func (unmetered) Each(func(string, any)) {}

// Get implements metrics.Registry.
func (unmetered) Get(string) any { return nil }

// GetAll implements metrics.Registry.
func (unmetered) GetAll() map[string]map[string]any { return nil }

// GetOrRegister implements metrics.Registry. It gets what would make the meter, and
// returns one of the same kind that does nothing.
func (unmetered) GetOrRegister(_ string, made any) any {
	switch made.(type) {
	case func() metrics.Counter:
		return metrics.NilCounter{}
	case func() metrics.Histogram:
		return metrics.NilHistogram{}
	case func() metrics.Meter:
		return metrics.NilMeter{}
	}
	return made
}

// Register implements metrics.Registry.
func (unmetered) Register(string, any) error { return nil }

// RunHealthchecks implements metrics.Registry.
func (unmetered) RunHealthchecks() {}

// Unregister implements metrics.Registry.
func (unmetered) Unregister(string) {}

// UnregisterAll implements metrics.Registry.
func (unmetered) UnregisterAll() {}
