// Package deploy tests what lies in deploy/: that the alert rules and the dashboard ask
// for metrics which the roles really have.
package deploy
