package useragent

import "strings"

// windows maps the numbers of Windows NT to what users call them.
var windows = []struct{ number, name string }{
	{"10.0", "10"}, {"6.3", "8.1"}, {"6.2", "8"}, {"6.1", "7"}, {"6.0", "Vista"}, {"5.2", "XP"}, {"5.1", "XP"}, {"5.0", "2000"},
}

// systems are tried in order.
var systems = []rule{
	{mark: "Windows Phone OS ", name: "Windows Phone"},
	{mark: "Windows Phone ", name: "Windows Phone"},
	{mark: "iPhone OS ", name: "iOS"},
	{mark: "CPU OS ", name: "iOS"},
	{mark: "Android ", name: "Android"},
	{mark: "Android", name: "Android"},
	{mark: "Mac OS X ", name: "Mac OS X"},
	{mark: "Mac OS X", name: "Mac OS X"},
	{mark: "CrOS ", name: "Chrome OS"},
	{mark: "Tizen ", name: "Tizen"},
	{mark: "Ubuntu", name: "Ubuntu"},
	{mark: "Fedora", name: "Fedora"},
	{mark: "Debian", name: "Debian"},
	{mark: "FreeBSD", name: "FreeBSD"},
	{mark: "OpenBSD", name: "OpenBSD"},
	{mark: "Linux", name: "Linux"},
	{mark: "linux", name: "Linux"},
	{mark: "Darwin/", name: "Mac OS X"},
}

// system returns the operating system; both are empty where none is named.
func system(text string) (name, number string) {
	if at := strings.Index(text, "Windows NT "); at >= 0 {
		number = version(text[at+len("Windows NT "):])
		for _, w := range windows {
			if w.number == number {
				return "Windows", w.name
			}
		}
		return "Windows", number
	}
	for i := range systems {
		r := &systems[i]
		at := strings.Index(text, r.mark)
		if at < 0 {
			continue
		}
		switch rest := text[at+len(r.mark):]; r.name {
		case "Chrome OS":
			_, rest, _ = strings.Cut(rest, " ") // behind the architecture
			return r.name, version(rest)
		case "Ubuntu", "Fedora", "Debian":
			return r.name, version(strings.TrimLeft(rest, "/ "))
		case "Linux", "FreeBSD", "OpenBSD":
			return r.name, ""
		default:
			if r.mark == "Darwin/" {
				return r.name, ""
			}
			return r.name, version(rest)
		}
	}
	return "", ""
}

// device names the device: by its kind for Apple's, by its model for Android's.
func device(text string, a *Agent, robot bool) string {
	switch {
	case robot:
		return "Spider"
	case strings.Contains(text, "iPhone"):
		return "iPhone"
	case strings.Contains(text, "iPad"):
		return "iPad"
	case strings.Contains(text, "iPod"):
		return "iPod"
	case strings.Contains(text, "Macintosh"):
		return "Mac"
	case a.OSName == "Android":
		return model(text)
	}
	return other
}

// model is what stands behind the version of Android: Android 13; Pixel 7 Build/…).
func model(text string) string {
	_, rest, _ := strings.Cut(text, "Android")
	_, rest, found := strings.Cut(rest, ";")
	if !found {
		return "Generic Smartphone"
	}
	rest = strings.TrimSpace(rest)
	const locale = len("en-us; ")
	if len(rest) > locale && rest[2] == '-' && rest[5] == ';' {
		rest = strings.TrimSpace(rest[6:])
	}
	if end := strings.IndexAny(rest, ";)"); end >= 0 {
		rest = rest[:end]
	}
	name, _, _ := strings.Cut(rest, " Build")
	switch name = strings.TrimSpace(name); {
	case name == "" || strings.HasPrefix(name, "rv:") || name == "Mobile":
		return "Generic Smartphone"
	case name == "Tablet":
		return "Generic Tablet"
	case strings.HasPrefix(name, "SM-") || strings.HasPrefix(name, "GT-"):
		return "Samsung " + name
	case name == "K":
		return "K"
	}
	return name
}

// kind tells what sort of device it is.
func kind(text string, a *Agent, robot bool) string {
	switch {
	case robot:
		return "Robot"
	case a.DeviceName == "iPhone" || a.DeviceName == "iPod" || a.OSName == "Windows Phone":
		return "Phone"
	case a.DeviceName == "iPad" || strings.Contains(text, "Tablet"):
		return "Tablet"
	case a.OSName == "Android" && strings.Contains(text, "Mobile"):
		return "Phone"
	case a.OSName == "Android":
		return "Tablet"
	case a.OSName != "" && strings.HasPrefix(text, "Mozilla/"):
		return "Desktop"
	}
	return other
}
