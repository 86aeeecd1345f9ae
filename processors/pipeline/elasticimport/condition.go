package elasticimport

import "regexp"

// rewrites turn what conditions in Painless mostly are into our expressions. What they do not know stays, and the compiler
// names it.
var rewrites = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\?\.`), `.`},
	{regexp.MustCompile(`'([^'"\\]*)'`), `"$1"`},
	{regexp.MustCompile(`\.equals\(("[^"]*")\)`), ` == $1`},
	{regexp.MustCompile(`\.(contains|startsWith|endsWith)\(("[^"]*")\)`), ` $1 $2`},
	{regexp.MustCompile(`!\s*([\w.@]+) (contains|startsWith|endsWith) ("[^"]*")`), `not ($1 $2 $3)`},
	{regexp.MustCompile(`([\w.@]+)\.containsKey\("([^"]*)"\)`), `$1.$2 != nil`},
	{regexp.MustCompile(`\bnull\b`), `nil`},
	{regexp.MustCompile(`([!=])==`), `$1=`},
}

// Condition turns a condition in Painless into one of ours, as far as it is of the usual shapes.
func Condition(painless string) string {
	for _, r := range rewrites {
		painless = r.from.ReplaceAllString(painless, r.to)
	}
	return painless
}
