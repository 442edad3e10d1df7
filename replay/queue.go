package replay

// queue is a first-in first-out list of slot numbers with random access, which
// stops allocating once it has reached its largest size.
type queue struct {
	ring []int32
	head int // position of the oldest
	n    int
}

func (q *queue) push(v int) {
	if q.n == len(q.ring) {
		grown := make([]int32, max(16, 2*len(q.ring)))
		for i := range q.n {
			grown[i] = int32(q.at(i))
		}
		q.ring, q.head = grown, 0
	}
	q.ring[(q.head+q.n)%len(q.ring)] = int32(v)
	q.n++
}

func (q *queue) pop() {
	q.head = (q.head + 1) % len(q.ring)
	q.n--
}

// at returns the i-th oldest, 0 <= i < n.
func (q *queue) at(i int) int { return int(q.ring[(q.head+i)%len(q.ring)]) }
