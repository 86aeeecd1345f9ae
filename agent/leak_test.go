package agent_test

import "strings"

// onlyOurs is the part of a leak report that names goroutines made by the agent.
func onlyOurs(report string) string {
	var ours []string
	for _, g := range strings.Split(report, "\n\n") {
		if strings.Contains(g, "millrace/millrace/agent") && !strings.Contains(g, "agent_test") {
			ours = append(ours, g)
		}
	}
	return strings.Join(ours, "\n\n")
}
