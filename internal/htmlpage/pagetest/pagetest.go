// Package pagetest is the suite that every page passes, and what tests read a page with.
package pagetest

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Parse returns a page as a tree.
func Parse(t testing.TB, text string) *html.Node {
	t.Helper()
	n, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// All returns the elements of a name below a node.
func All(n *html.Node, name string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			found = append(found, d)
		}
	}
	return found
}

// Attribute returns an attribute of an element, empty where it has none.
func Attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Words returns the text below a node that everybody sees.
func Words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !slices.Contains([]string{"style", "title", "desc"}, d.Parent.Data) {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// StandsAlone demands of a page that nothing is loaded and nothing runs, that tags match, that
// its own links lead somewhere and other ones to these places alone, and that every picture
// and table is told in words. It returns the page as a tree.
func StandsAlone(t *testing.T, text string, places ...string) *html.Node {
	t.Helper()
	balanced(t, text)
	n := Parse(t, text)
	if got := Attribute(All(n, "html")[0], "lang"); got != "en" {
		t.Errorf("lang is %q", got)
	}
	if !slices.ContainsFunc(All(n, "meta"), func(m *html.Node) bool {
		return Attribute(m, "http-equiv") == "Content-Security-Policy" && strings.HasPrefix(Attribute(m, "content"), "default-src 'none';")
	}) {
		t.Error("no policy forbids the page to load anything")
	}
	if strings.Contains(text, "url(") || strings.Contains(text, "@import") {
		t.Error("the style loads something")
	}
	ids := map[string]bool{}
	for d := range n.Descendants() {
		if id := Attribute(d, "id"); id != "" {
			if ids[id] {
				t.Errorf("two elements have the id %s", id)
			}
			ids[id] = true
		}
		if slices.Contains([]string{"script", "link", "iframe", "object", "embed", "base"}, d.Data) && d.Type == html.ElementNode {
			t.Errorf("the page has a <%s>", d.Data)
		}
	}
	for d := range n.Descendants() {
		for _, a := range d.Attr {
			inside(t, d, a, ids, places)
		}
	}
	told(t, n, ids)
	return n
}

// inside demands that an attribute runs nothing and leads nowhere but to ids and places.
func inside(t *testing.T, d *html.Node, a html.Attribute, ids map[string]bool, places []string) {
	t.Helper()
	link := d.Data == "a" && a.Key == "href"
	to, own := strings.CutPrefix(a.Val, "#")
	switch {
	case strings.HasPrefix(a.Key, "on"):
		t.Errorf("<%s %s=%q> runs something", d.Data, a.Key, a.Val)
	case link && own:
		if !ids[to] {
			t.Errorf("a link leads to %s, which is nowhere", a.Val)
		}
	case link && slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(a.Val, p) }):
	case link, strings.Contains(a.Val, "//") && a.Key != "content" && !strings.HasPrefix(a.Val, "data:image/png;base64,"):
		t.Errorf("<%s %s=%q> leads outside", d.Data, a.Key, a.Val)
	}
}

// told demands words for every picture and table.
func told(t *testing.T, n *html.Node, ids map[string]bool) {
	t.Helper()
	for _, img := range All(n, "img") {
		if Attribute(img, "alt") == "" {
			t.Error("a picture has no words")
		}
	}
	for _, svg := range All(n, "svg") {
		title, desc := All(svg, "title"), All(svg, "desc")
		if Attribute(svg, "role") != "img" || len(title) != 1 || title[0].FirstChild == nil {
			t.Errorf("an SVG of the class %q has no title", Attribute(svg, "class"))
			continue
		}
		if Attribute(svg, "aria-label") != "" {
			continue // its title says it all
		}
		if len(desc) != 1 || desc[0].FirstChild == nil || !ids[Attribute(svg, "aria-labelledby")] || !ids[Attribute(svg, "aria-describedby")] {
			t.Errorf("the SVG %q has no description", title[0].FirstChild.Data)
		}
	}
	for _, tab := range All(n, "table") {
		if len(All(tab, "caption")) != 1 {
			t.Error("a table has no caption")
		}
		for _, th := range All(tab, "th") {
			if s := Attribute(th, "scope"); s != "col" && s != "row" {
				t.Errorf("the head %q has the scope %q", Words(th), s)
			}
		}
	}
}

// balanced demands that every tag is closed in order.
func balanced(t *testing.T, text string) {
	t.Helper()
	var open []string
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) || len(open) > 0 {
				t.Fatalf("the page ends with %v open: %v", open, z.Err())
			}
			return
		case html.StartTagToken:
			if name := z.Token().Data; name != "meta" && name != "img" {
				open = append(open, name)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes none of %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}
