// Package desk is what somebody who writes a collection has at hand before any host
// sees it: `millrace validate`, `millrace try`, `millrace test` and `millrace suggest`.
//
// All of it works on files alone: no server is asked, nothing is published. A
// collection is judged and run by the same code as in the admin and the processors.
package desk
