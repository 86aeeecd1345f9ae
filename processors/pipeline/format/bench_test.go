package format

import "testing"

// BenchmarkFormats reads the example of each format.
func BenchmarkFormats(b *testing.B) {
	for _, spec := range Specs() {
		b.Run(spec.Name, func(b *testing.B) {
			p := newParser(b, spec.Name)
			p.in.Line = []byte(spec.Example)
			b.SetBytes(int64(len(spec.Example)))
			b.ReportAllocs()
			for b.Loop() {
				p.in.Event.Reset()
				if err := p.spec.Parse(&p.in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
