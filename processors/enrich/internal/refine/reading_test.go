package refine_test

import (
	"testing"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
)

func TestLinesAreConvertedBeforeThePipeline(t *testing.T) {
	const config = `{"name":"shop-access","app":"shop","paths":["/a"],"charset":"gbk"}`
	value := "\xc4\xe3\xba\xc3\n\xff\xff\n"
	seg := lines(len(value))
	seg.Charset = "gbk"
	m, b := raw(value, seg)
	var w refine.Worker
	docs := documents(t, w.Refine(m, b, each(compile(t, config), m)))
	if len(docs) != 2 || docs[0].event["message"] != "你好" || docs[0].event["tags"] != nil {
		t.Fatalf("%+v", docs)
	}
	tags, _ := docs[1].event["tags"].([]any)
	if len(tags) != 1 || tags[0] != "_charset_failure" {
		t.Errorf("what means nothing is not tagged: %s", docs[1].text)
	}
	if docs[0].id != id(100, "\xc4\xe3\xba\xc3") {
		t.Error("the id is not that of the bytes in the file")
	}
}

func TestThePathOfAPodTellsWhereALineIsFrom(t *testing.T) {
	value := "one\ntwo\n"
	seg := lines(len(value))
	seg.Path = "/var/log/pods/shop_web-1_4c1f/nginx/2.log"
	m, b := raw(value, seg)
	var w refine.Worker
	const config = `{"name":"shop-access","app":"shop","paths":["/a"]}`
	for _, d := range documents(t, w.Refine(m, b, each(compile(t, config), m))) {
		kube, _ := d.event["kubernetes"].(map[string]any)
		pod, _ := kube["pod"].(map[string]any)
		container, _ := d.event["container"].(map[string]any)
		if kube["namespace"] != "shop" || pod["name"] != "web-1" || pod["uid"] != "4c1f" || container["name"] != "nginx" {
			t.Errorf("%s", d.text)
		}
	}
}
