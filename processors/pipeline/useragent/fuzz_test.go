package useragent

import (
	"reflect"
	"testing"
)

// FuzzParse checks that any header has a name and a kind of device, the same each time, remembered or not.
func FuzzParse(f *testing.F) {
	f.Add("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1")
	f.Add("Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36")
	f.Add("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	f.Add("curl/8.4.0")
	f.Fuzz(func(t *testing.T, text string) {
		agent := Parse(text)
		if agent.Name == "" || agent.DeviceName == "" || agent.DeviceType == "" {
			t.Fatalf("%q gives %+v", text, agent)
		}
		if again := Parse(text); again != agent {
			t.Fatalf("%q gives %+v, then %+v", text, agent, again)
		}
		c := NewCache()
		if first, second := *c.Lookup([]byte(text)), *c.Lookup([]byte(text)); !reflect.DeepEqual(first, second) {
			t.Fatalf("%q is remembered as %+v, was %+v", text, second, first)
		}
	})
}
