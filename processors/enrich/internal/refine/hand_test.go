package refine

import "testing"

func TestTheHandThatCameBackLastGoesOutFirst(t *testing.T) {
	var s hands
	if s.take() != nil {
		t.Fatal("there is a hand at the start")
	}
	a, b, c := &hand{}, &hand{}, &hand{}
	for _, h := range []*hand{a, b, c} {
		s.giveBack(h)
	}
	for i, want := range []*hand{c, b, a, nil} {
		if s.take() != want {
			t.Errorf("another hand is number %d", i)
		}
	}
}

func TestHandsThatNobodyHasTakenAreForgotten(t *testing.T) {
	var s hands
	a, b, c := &hand{}, &hand{}, &hand{}
	for _, h := range []*hand{a, b, c} {
		s.giveBack(h)
	}
	s.rest() // none of them could have been taken before
	s.giveBack(s.take())
	s.rest()
	if got := s.take(); got != c {
		t.Error("the hand that was taken is gone")
	}
	if s.take() != nil {
		t.Error("the others are still there")
	}
	s.giveBack(c)
	for range 2 {
		s.rest()
	}
	if s.take() != nil {
		t.Error("a hand that rests is kept for ever")
	}
}
