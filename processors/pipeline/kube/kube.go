// Package kube tells the container of a log file from its path, as kubelet names such
// files. It is pure: no cluster is asked, so the same path always gives the same.
package kube

import (
	"strconv"
	"strings"
)

// Container is what a path says. What it does not say is empty.
type Container struct {
	Namespace, Pod string
	UID            string // of the pod
	Name           string // of the container
	ID             string // of the container, in its runtime
	Restarts       int    // of the container, -1 if the path does not say
}

// FromPath reads
//
//	…/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log      and its rotated files
//	…/containers/POD_NAMESPACE_CONTAINER-ID.log          the links to them
//
// wherever the folder lies: an agent in a container sees it under another root.
func FromPath(path string) (Container, bool) {
	rest, file, ok := cutLast(path)
	if !ok {
		return Container{}, false
	}
	if _, folder, _ := cutLast(rest); folder == "containers" {
		return ofLink(file)
	}
	rest, name, ok1 := cutLast(rest)
	rest, pod, ok2 := cutLast(rest)
	if _, folder, _ := cutLast(rest); !ok1 || !ok2 || folder != "pods" {
		return Container{}, false
	}
	return ofPod(pod, name, file)
}

// cutLast cuts the last element off a path.
func cutLast(path string) (rest, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func ofPod(pod, name, file string) (Container, bool) {
	parts := strings.Split(pod, "_")
	number, _, found := strings.Cut(file, ".log")
	restarts, err := strconv.Atoi(number)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" || name == "" || !found || err != nil || restarts < 0 {
		return Container{}, false
	}
	return Container{Namespace: parts[0], Pod: parts[1], UID: parts[2], Name: name, Restarts: restarts}, true
}

func ofLink(file string) (Container, bool) {
	const idLen = 64
	file, found := strings.CutSuffix(file, ".log")
	parts := strings.Split(file, "_")
	if !found || len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return Container{}, false
	}
	n := len(parts[2]) - idLen - 1
	if n < 1 || parts[2][n] != '-' || strings.Trim(parts[2][n+1:], "0123456789abcdef") != "" {
		return Container{}, false
	}
	return Container{Namespace: parts[1], Pod: parts[0], Name: parts[2][:n], ID: parts[2][n+1:], Restarts: -1}, true
}
