// Package desk is what somebody who writes a collection has at hand before any host
// sees it: `millrace validate`, `millrace try`, `millrace test` and `millrace suggest`; and
// `millrace publish`, when it is good.
//
// All but publish works on files alone: no server is asked, nothing is changed. A
// collection is judged and run by the same code as in the admin and the processors.
package desk
