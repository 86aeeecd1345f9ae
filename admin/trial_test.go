package admin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// nginxLine is a line as it stands in JSON.
const nginxLine = `203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] \"GET /cart?id=1 HTTP/1.1\" 500 19 \"-\" \"curl/8.14.1\"`

type triedJSON struct {
	Lines []struct {
		Outcome, Cause, App, Index, Level, Time string
		Failed                                  bool
		Event                                   map[string]any
		Took                                    int64 `json:"took_ns"`
		Steps                                   []struct {
			Path, Step, Error string
			Skipped, Handled  bool
			Set               map[string]any
			Took              int64 `json:"took_ns"`
		}
	}
	LeftOut int `json:"left_out"`
}

func TestATrialTellsWhatEachStepDidToEachLine(t *testing.T) {
	w := start(t, nil)
	const body = `{"at": "2026-11-22T19:00:01Z", "lines": ["` + nginxLine + `", "no request", "health"], "collection": {
		"app": "shop", "env": "test", "period": "week", "pipeline": [
			{"drop": {"if": "message == \"health\""}}, {"format": "nginx.access"}, {"set": {"field": "labels.team", "value": "web"}}]}}`
	var got triedJSON
	w.into(w.want(w.do("POST", "/api/v1/pipelines/try", body, "Content-Type", "application/json"), 200), &got)
	if len(got.Lines) != 3 || got.LeftOut != 0 {
		t.Fatalf("got %+v", got)
	}
	good, failed, dropped := got.Lines[0], got.Lines[1], got.Lines[2]
	if good.Outcome != "index" || good.Failed || good.App != "shop" || good.Index != "logs-shop-test-2026.w47" || good.Time != "2026-11-22T19:00:00Z" || good.Took <= 0 {
		t.Errorf("a good line is %+v", good)
	}
	if status := good.Event["http"]; !strings.Contains(fmt.Sprint(status), "500") {
		t.Errorf("its event is %v", good.Event)
	}
	if len(good.Steps) != 3 || !good.Steps[0].Skipped || good.Steps[1].Path != "pipeline[1].format" ||
		good.Steps[1].Set["http.response.status_code"] != 500.0 || good.Steps[2].Set["labels.team"] != "web" {
		t.Errorf("its steps are %+v", good.Steps)
	}
	if failed.Outcome != "index" || !failed.Failed || !strings.HasPrefix(failed.Cause, "pipeline[1].format: ") || failed.Event["message"] != "no request" ||
		len(failed.Steps) != 2 || failed.Steps[1].Error == "" {
		t.Errorf("a line that fails is %+v", failed)
	}
	if dropped.Outcome != "drop" || dropped.Cause != "pipeline[0].drop" || len(dropped.Event) != 0 || dropped.Index != "" {
		t.Errorf("a line that is dropped is %+v", dropped)
	}
}

func TestATrialNamesThePlaceOfEveryProblem(t *testing.T) {
	w := start(t, nil)
	for _, c := range []struct{ about, collection, place string }{
		{"a step that nobody knows", `{"pipeline": [{"format": "json"}, {"dissekt": {}}]}`, "pipeline[1].dissekt"},
		{"an option of a step", `{"pipeline": [{"dissect": {"field": "message"}}]}`, "pipeline[0].dissect.pattern"},
		{"a zone that is none", `{"timezone": "Moon/Sea", "pipeline": []}`, "timezone"},
		{"what the collection may not be", `[]`, ""},
	} {
		t.Run(c.about, func(t *testing.T) {
			a := w.want(w.do("POST", "/api/v1/pipelines/try", `{"lines": ["x"], "collection": `+c.collection+`}`), 422)
			if _, ok := w.problems(a)[c.place]; !ok {
				t.Errorf("the problems are %v, none at %q", w.problems(a), c.place)
			}
		})
	}
}

func TestATrialIsBounded(t *testing.T) {
	w := start(t, nil)
	lines := func(n, size int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = strings.Repeat("x", size)
		}
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, address := range []string{"/api/v1/pipelines/try", "/api/v1/pipelines/suggest"} {
		body := func(lines string) string {
			if strings.HasSuffix(address, "try") {
				return `{"collection":{},"lines":` + lines + `}`
			}
			return `{"lines":` + lines + `}`
		}
		w.want(w.do("POST", address, body(lines(100, 2600))), 200)
		for _, c := range []struct {
			about, lines, place string
			status              int
		}{
			{"more lines than a hundred", lines(101, 1), "body.lines", 422},
			{"more than 256 KiB of lines", lines(100, 2700), "body.lines", 422},
			{"no lines", lines(0, 0), "body.lines", 422},
			{"a body of more than a megabyte", lines(100, 11<<10), "", 413},
		} {
			t.Run(address+" refuses "+c.about, func(t *testing.T) {
				a := w.want(w.do("POST", address, body(c.lines)), c.status)
				if _, ok := w.problems(a)[c.place]; c.place != "" && !ok {
					t.Errorf("the problems are %v, none at %q", w.problems(a), c.place)
				}
			})
		}
	}
	var copies []string
	for i := range 150 {
		copies = append(copies, fmt.Sprintf(`{"set": {"field": "labels.copy_%d", "copy_from": "message"}}`, i))
	}
	var got triedJSON
	w.into(w.want(w.do("POST", "/api/v1/pipelines/try", `{"collection":{"pipeline":[`+strings.Join(copies, ",")+`]},"lines":`+lines(100, 2600)+`}`), 200), &got)
	if got.LeftOut == 0 || len(got.Lines) == 0 || len(got.Lines)+got.LeftOut != 100 {
		t.Errorf("of a trial with too much to tell %d lines were run and %d left out", len(got.Lines), got.LeftOut)
	}
}

func TestAPipelineIsProposedForLines(t *testing.T) {
	w := start(t, nil)
	var got struct {
		Lines     int
		Proposals []struct {
			Title    string
			Pipeline []map[string]any
			Parsed   int
		}
		Templates []struct{ Pattern string }
	}
	w.into(w.want(w.do("POST", "/api/v1/pipelines/suggest", `{"lines":["`+nginxLine+`","`+nginxLine+`"]}`), 200), &got)
	if len(got.Proposals) == 0 || got.Proposals[0].Title != "nginx.access" || got.Proposals[0].Parsed != 2 || fmt.Sprint(got.Proposals[0].Pipeline) != "[map[format:nginx.access]]" {
		t.Errorf("for lines of nginx is proposed %+v", got)
	}
	const own = `["2026-11-22 19:00:00.123 INFO  [main] loaf 7 is baked", "2026-11-22 19:00:01.456 WARN  [main] loaf 8 is burnt", "2026-11-22 19:00:02.789 INFO  [oven] loaf 9 is baked"]`
	w.into(w.want(w.do("POST", "/api/v1/pipelines/suggest", `{"lines":`+own+`}`), 200), &got)
	if len(got.Proposals) == 0 || got.Lines != 3 || len(got.Templates) == 0 {
		t.Fatalf("for lines of our own is proposed %+v", got)
	}
	steps, err := json.Marshal(got.Proposals[0].Pipeline)
	if err != nil {
		t.Fatal(err)
	}
	var tried triedJSON
	w.into(w.want(w.do("POST", "/api/v1/pipelines/try", `{"collection":{"pipeline":`+string(steps)+`},"lines":`+own+`}`), 200), &tried)
	for i, line := range tried.Lines {
		if line.Failed {
			t.Errorf("what is proposed fails on line %d: %s", i, line.Cause)
		}
	}
}

func TestATrialCannotBeStartedFromAPageOfAnotherSite(t *testing.T) {
	w := start(t, nil)
	w.want(w.do("POST", "/api/v1/pipelines/try", `{"collection":{},"lines":["x"]}`, "Origin", "http://elsewhere.example"), 403)
}

func TestATrialAtATimeBeyondAllYearsIsRefused(t *testing.T) {
	w := start(t, nil)
	for _, at := range []string{"9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"} {
		body := fmt.Sprintf(`{"at": %q, "lines": ["a"], "collection": {"pipeline": []}}`, at)
		for _, path := range []string{"/api/v1/pipelines/try", "/api/v1/pipelines/suggest"} {
			if path != "/api/v1/pipelines/try" {
				body = fmt.Sprintf(`{"at": %q, "lines": ["a"]}`, at)
			}
			got := w.problems(w.want(w.do("POST", path, body, "Content-Type", "application/json"), 422))
			if got["body.at"] == "" {
				t.Errorf("%s at %s names %v", path, at, got)
			}
		}
	}
}

func TestStackTracesAmongLinesAreJoinedBeforeAPipelineIsProposed(t *testing.T) {
	w := start(t, nil)
	var got struct {
		Lines     int
		Multiline string
		Events    []string
		Proposals []struct {
			Title  string
			Parsed int
		}
	}
	const lines = `["2026-11-22 19:00:00,123 INFO  [main] a.B - fine", "2026-11-22 19:00:01,456 ERROR [main] a.B - broken", "java.io.IOException: x", "\tat a.B.c(B.java:7)"]`
	w.into(w.want(w.do("POST", "/api/v1/pipelines/suggest", `{"lines":`+lines+`}`), 200), &got)
	if got.Multiline != "java" || got.Lines != 2 || len(got.Events) != 2 || len(got.Proposals) == 0 || got.Proposals[0].Title != "log4j" || got.Proposals[0].Parsed != 2 {
		t.Fatalf("for lines with a stack trace is proposed %+v", got)
	}
	joined, err := json.Marshal(got.Events)
	if err != nil {
		t.Fatal(err)
	}
	got.Multiline = ""
	w.into(w.want(w.do("POST", "/api/v1/pipelines/suggest", `{"lines":`+string(joined)+`}`), 200), &got)
	if got.Multiline != "" || got.Lines != 2 {
		t.Errorf("events are joined anew: %+v", got)
	}
}
