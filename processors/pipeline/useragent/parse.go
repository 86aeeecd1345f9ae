package useragent

import "strings"

// Agent is what a header says. Texts that are not known are empty, names "Other".
type Agent struct {
	Name, Version             string
	OSName, OSVersion, OSFull string
	DeviceName                string
	DeviceType                string // Robot, Phone, Tablet, Desktop or Other
}

const other = "Other"

// Parse reads a header.
func Parse(text string) Agent {
	a := Agent{Name: other, DeviceName: other}
	a.OSName, a.OSVersion = system(text)
	if a.OSName != "" {
		a.OSFull = strings.TrimSpace(a.OSName + " " + a.OSVersion)
	}
	robot := a.program(text)
	a.DeviceName = device(text, &a, robot)
	a.DeviceType = kind(text, &a, robot)
	return a
}

// rule names the agent whose header has a mark. The version follows the mark, or another one.
type rule struct {
	mark, name string
	version    string // mark of the version, where it is another
	needs      string // the rule counts only where this is there, too
	without    string // and only where this is not
	robot      bool
}

// programs are tried in order: those that pretend to be others come before these.
var programs = []rule{
	{mark: "Googlebot-Image/", name: "Googlebot-Image", robot: true},
	{mark: "Googlebot/", name: "Googlebot", robot: true},
	{mark: "AdsBot-Google", name: "AdsBot-Google", robot: true},
	{mark: "Mediapartners-Google", name: "Mediapartners-Google", robot: true},
	{mark: "bingbot/", name: "bingbot", robot: true},
	{mark: "BingPreview/", name: "BingPreview", robot: true},
	{mark: "YandexBot/", name: "YandexBot", robot: true},
	{mark: "Baiduspider/", name: "Baiduspider", robot: true},
	{mark: "DuckDuckBot/", name: "DuckDuckBot", robot: true},
	{mark: "Applebot/", name: "Applebot", robot: true},
	{mark: "AhrefsBot/", name: "AhrefsBot", robot: true},
	{mark: "SemrushBot/", name: "SemrushBot", robot: true},
	{mark: "MJ12bot/", name: "MJ12bot", robot: true},
	{mark: "DotBot/", name: "DotBot", robot: true},
	{mark: "PetalBot", name: "PetalBot", robot: true},
	{mark: "Twitterbot/", name: "Twitterbot", robot: true},
	{mark: "facebookexternalhit/", name: "FacebookBot", robot: true},
	{mark: "LinkedInBot/", name: "LinkedInBot", robot: true},
	{mark: "Slackbot-LinkExpanding ", name: "Slackbot-LinkExpanding", robot: true},
	{mark: "Slackbot ", name: "Slackbot", robot: true},
	{mark: "GPTBot/", name: "GPTBot", robot: true},
	{mark: "ClaudeBot/", name: "ClaudeBot", robot: true},
	{mark: "CCBot/", name: "CCBot", robot: true},
	{mark: "Amazonbot/", name: "Amazonbot", robot: true},
	{mark: "UptimeRobot/", name: "UptimeRobot", robot: true},
	{mark: "Pingdom.com_bot_version_", name: "PingdomBot", robot: true},
	{mark: "ELB-HealthChecker/", name: "ELB-HealthChecker", robot: true},
	{mark: "kube-probe/", name: "kube-probe", robot: true},

	{mark: "curl/", name: "curl"},
	{mark: "Wget/", name: "Wget"},
	{mark: "python-requests/", name: "Python Requests"},
	{mark: "Python-urllib/", name: "Python-urllib"},
	{mark: "aiohttp/", name: "aiohttp"},
	{mark: "python-httpx/", name: "python-httpx"},
	{mark: "Go-http-client/", name: "Go-http-client"},
	{mark: "okhttp/", name: "okhttp"},
	{mark: "Apache-HttpClient/", name: "Apache-HttpClient"},
	{mark: "axios/", name: "axios"},
	{mark: "node-fetch/", name: "node-fetch"},
	{mark: "PostmanRuntime/", name: "PostmanRuntime"},
	{mark: "Prometheus/", name: "Prometheus"},
	{mark: "Java/", name: "Java"},

	{mark: "SamsungBrowser/", name: "Samsung Internet"},
	{mark: "YaBrowser/", name: "Yandex Browser"},
	{mark: "Vivaldi/", name: "Vivaldi"},
	{mark: "OPR/", name: "Opera Mobile", needs: "Mobile"},
	{mark: "OPR/", name: "Opera"},
	{mark: "OPiOS/", name: "Opera Mini"},
	{mark: "Opera Mini/", name: "Opera Mini"},
	{mark: "Opera/", name: "Opera", version: "Version/"},
	{mark: "EdgiOS/", name: "Edge Mobile"},
	{mark: "EdgA/", name: "Edge Mobile"},
	{mark: "Edg/", name: "Edge"},
	{mark: "Edge/", name: "Edge"},
	{mark: "UCBrowser/", name: "UC Browser"},
	{mark: "HuaweiBrowser/", name: "Huawei Browser"},
	{mark: "MiuiBrowser/", name: "MiuiBrowser"},
	{mark: "Silk/", name: "Amazon Silk"},
	{mark: "FBAV/", name: "Facebook"},
	{mark: "Instagram ", name: "Instagram"},
	{mark: "CriOS/", name: "Chrome Mobile iOS"},
	{mark: "FxiOS/", name: "Firefox iOS"},
	{mark: "GSA/", name: "Google"},
	{mark: "HeadlessChrome/", name: "HeadlessChrome"},
	{mark: "Electron/", name: "Electron"},
	{mark: "Chrome/", name: "Chrome Mobile WebView", needs: "; wv)"},
	{mark: "Chrome/", name: "Chrome Mobile", needs: "Mobile"},
	{mark: "Chrome/", name: "Chrome"},
	{mark: "Chromium/", name: "Chromium"},
	{mark: "SeaMonkey/", name: "SeaMonkey"},
	{mark: "Firefox/", name: "Firefox Mobile", needs: "Mobile"},
	{mark: "Firefox/", name: "Firefox"},
	{mark: "Thunderbird/", name: "Thunderbird"},
	{mark: "Android ", name: "Android", without: "Safari"},
	{mark: "Safari/", name: "Android", version: "Version/", needs: "Android"},
	{mark: "Safari/", name: "Mobile Safari", version: "Version/", needs: "Mobile"},
	{mark: "Safari/", name: "Safari", version: "Version/"},
	{mark: "AppleWebKit/", name: "Mobile Safari UI/WKWebView", version: "OS ", needs: "Mobile/"},
	{mark: "MSIE ", name: "IE"},
	{mark: "Trident/7.0", name: "IE", version: "rv:"},
}

// program fills name and version, and reports whether it is a robot.
func (a *Agent) program(text string) (robot bool) {
	for i := range programs {
		r := &programs[i]
		at := strings.Index(text, r.mark)
		if at < 0 || r.refuses(text) {
			continue
		}
		at += len(r.mark)
		if r.version != "" {
			if v := strings.Index(text, r.version); v >= 0 {
				at = v + len(r.version)
			}
		}
		a.Name, a.Version = r.name, version(text[at:])
		return r.robot
	}
	return a.unknownRobot(text)
}

// refuses reports whether a header lacks what the rule needs, or has what it excludes.
func (r *rule) refuses(text string) bool {
	return r.needs != "" && !strings.Contains(text, r.needs) || r.without != "" && strings.Contains(text, r.without)
}

// unknownRobot takes a program by its own name where that says what it is: SomethingBot/1.2.
func (a *Agent) unknownRobot(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ';' || r == '(' || r == ')' || r == ',' }) {
		name, rest, _ := strings.Cut(word, "/")
		lower := strings.ToLower(name)
		for _, end := range [...]string{"bot", "spider", "crawler"} {
			const longest = 40
			if strings.HasSuffix(lower, end) && len(name) <= longest {
				a.Name, a.Version = name, version(rest)
				return true
			}
		}
	}
	return false
}

// version reads numbers and dots; an underscore is a dot.
func version(text string) string {
	end := 0
	const longest = 32
	for end < len(text) && end < longest && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || text[end] == '_') {
		end++
	}
	return strings.Trim(strings.ReplaceAll(text[:end], "_", "."), ".")
}
