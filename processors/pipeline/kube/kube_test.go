package kube

import (
	"strings"
	"testing"
)

func TestFromPath(t *testing.T) {
	id := strings.Repeat("0a", 32)
	cases := []struct {
		name, path string
		want       Container
		ok         bool
	}{
		{"a pod's file", "/var/log/pods/shop_web-7d9f_1b2c-3d/nginx/3.log", Container{"shop", "web-7d9f", "1b2c-3d", "nginx", "", 3}, true},
		{"a rotated one", "/var/log/pods/shop_web_u/nginx/0.log.20261122-102030", Container{"shop", "web", "u", "nginx", "", 0}, true},
		{"under another root", "/host/var/log/pods/shop_web_u/nginx/0.log", Container{"shop", "web", "u", "nginx", "", 0}, true},
		{"a link", "/var/log/containers/web-7d9f_shop_my-nginx-" + id + ".log", Container{"shop", "web-7d9f", "", "my-nginx", id, -1}, true},
		{"a link without an id", "/var/log/containers/web_shop_nginx.log", Container{}, false},
		{"a link with another id", "/var/log/containers/web_shop_nginx-" + strings.Repeat("x", 64) + ".log", Container{}, false},
		{"no number", "/var/log/pods/shop_web_u/nginx/app.log", Container{}, false},
		{"no pod", "/var/log/pods/shop_web/nginx/0.log", Container{}, false},
		{"too deep", "/var/log/pods/shop_web_u/nginx/old/0.log", Container{}, false},
		{"another folder", "/var/log/shop_web_u/nginx/0.log", Container{}, false},
		{"any file", "/var/log/nginx/access.log", Container{}, false},
		{"nothing", "", Container{}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := FromPath(c.path); got != c.want || ok != c.ok {
				t.Errorf("got %+v, %v", got, ok)
			}
		})
	}
}

func FuzzFromPath(f *testing.F) {
	f.Add("/var/log/pods/shop_web_u/nginx/0.log")
	f.Fuzz(func(t *testing.T, path string) {
		if c, ok := FromPath(path); ok && (c.Namespace == "" || c.Pod == "" || c.Name == "") {
			t.Errorf("%q gives %+v", path, c)
		}
	})
}
