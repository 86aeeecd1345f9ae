// Package flow knows what passes through the stages of the pipeline: how much, how
// fast, how far behind, and what went wrong last.
//
//	stages topic ──► Take ──► instances ─┐
//	fleet table ─────────────► agents ───┼─► Stages
//	committed offsets and ends ► lags ───┘
//
// It keeps beats of the last seconds in memory and nothing else: with it gone, only the
// picture is. Figures are sums over the instances that live now, each counting since it
// was started, so that they fall when one ends; rates never do, because they compare
// an instance only with itself. Flow.Run owns all goroutines.
package flow
