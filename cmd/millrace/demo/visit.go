package demo

import (
	"fmt"
	"time"
)

// session is one visitor, who goes from page to page.
type session struct {
	id, address, agent string
	user               int // 0: not logged in
	at                 page
	item               int
	cart               int // pence
	referrer           string
}

type page int

const (
	front page = iota
	search
	product
	basket
	checkout
	thanks
)

// request is one visitor's next step, or a robot.
func (s *Shop) request(at time.Time) {
	if s.chance(0.12) {
		s.robot(at)
		return
	}
	v := s.visitor()
	s.step(v, at)
}

// visitor is somebody on the site, or somebody new.
func (s *Shop) visitor() *session {
	if len(s.sessions) < maxSessions && (len(s.sessions) < 8 || s.chance(0.18)) {
		v := &session{
			id:      fmt.Sprintf("%08x", s.random.Uint32()),
			address: fmt.Sprintf("%s%d", pick(s.random, networks), 1+s.random.IntN(250)),
			agent:   pick(s.random, browsers), referrer: pick(s.random, referrers),
		}
		s.started++
		s.sessions = append(s.sessions, v)
		return v
	}
	return pick(s.random, s.sessions)
}

// step serves the visitor's page and moves the visitor on.
func (s *Shop) step(v *session, at time.Time) {
	switch v.at {
	case front:
		s.serve(v, hit{at: at, method: "GET", path: "/", size: 9200})
		v.at = pick(s.random, []page{search, product, product})
	case search:
		term := pick(s.random, terms)
		took := s.serve(v, hit{at: at, method: "GET", path: "/search?q=" + term, size: 14100})
		s.app(at, took.level(800), "shop.search", "searched", fmt.Sprintf(`"search":{"term":%q,"results":%d},`, term, s.random.IntN(90)), took)
		v.at = product
	case product:
		v.item = s.random.IntN(len(items))
		s.serve(v, hit{at: at, method: "GET", path: fmt.Sprintf("/item/%d", 100+v.item), size: 17800})
		v.at = pick(s.random, []page{product, search, basket, front})
	case basket:
		it := items[v.item]
		took := s.serve(v, hit{at: at, method: "POST", path: "/cart", size: 310})
		if took.ok() {
			v.cart += it.pence
			s.app(at, "info", "shop.cart", "added to cart", fmt.Sprintf(`"item":{"id":%d,"name":%q},"cart":{"total":%s},`, 100+v.item, it.name, money(v.cart)), took)
		}
		v.at = pick(s.random, []page{product, checkout, checkout})
	case checkout:
		s.pay(v, at)
		return
	default:
		s.leave(v)
		return
	}
	if s.chance(0.07) {
		s.leave(v)
	}
}

// pay ends in an order, or in an error that the visitor may try to get past.
func (s *Shop) pay(v *session, at time.Time) {
	if v.user == 0 {
		v.user = 1000 + s.random.IntN(9000)
		took := s.serve(v, hit{at: at, method: "POST", path: "/login", size: 220})
		if took.ok() && s.chance(0.1) {
			s.app(at, "warn", "shop.auth", "wrong password", fmt.Sprintf(`"source":{"ip":%q},"user":{"id":"%d"},`, v.address, v.user), took)
		}
	}
	took := s.serve(v, hit{at: at, method: "POST", path: "/checkout", size: 540})
	if !took.ok() {
		if s.chance(0.4) {
			s.leave(v)
		}
		return
	}
	s.order++
	s.app(at, "info", "shop.checkout", "order placed",
		fmt.Sprintf(`"order":{"id":"%d","total":%s},"user":{"id":"%d"},`, s.order, money(v.cart), v.user), took)
	s.schedule(at, s.order)
	v.cart, v.at = 0, thanks
}

func (s *Shop) leave(v *session) {
	for i, other := range s.sessions {
		if other == v {
			s.sessions = append(s.sessions[:i], s.sessions[i+1:]...)
			return
		}
	}
}

// robot is a crawler, a health check, or somebody who looks for holes.
func (s *Shop) robot(at time.Time) {
	switch s.random.IntN(3) {
	case 0:
		v := &session{address: "66.249.66." + fmt.Sprint(1+s.random.IntN(30)), agent: crawler}
		s.serve(v, hit{at: at, method: "GET", path: fmt.Sprintf("/item/%d", 100+s.random.IntN(len(items))), size: 17800})
	case 1:
		s.serve(&session{address: "10.0.3.7", agent: "kube-probe/1.33"}, hit{at: at, method: "GET", path: "/healthz", size: 2})
	default:
		v := &session{address: fmt.Sprintf("198.51.100.%d", 1+s.random.IntN(9)), agent: "Mozilla/5.0 zgrab/0.x"}
		s.serve(v, hit{at: at, method: "GET", path: pick(s.random, holes), size: 162, status: 404})
	}
}

// money writes pence as pounds.
func money(pence int) string { return fmt.Sprintf("%d.%02d", pence/100, pence%100) }
