package gym_test

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"glint/env/gym"
)

// The numbers of the protocol, written out again as PROTOCOL.md has them, so that
// a change of the code alone is noticed.
const (
	typeHello = 1
	typeMake  = 2
	typeSpec  = 3
	typeReset = 4
	typeStep  = 5
	typeBatch = 6
	typeOK    = 10
	typeError = 11
	typeAuth  = 13
)

// frame returns one frame.
func frame(kind byte, seq uint32, payload []byte) []byte {
	out := []byte{'G', 'L', 1, kind, 0, 0, 0, 0}
	out = binary.LittleEndian.AppendUint32(out, seq)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(payload)))
	return append(out, payload...)
}

// fakeSpec is a game of one step's frame of 2x3 pixels and one byte of RAM.
const fakeSpec = `{"n":1,"t":2,"h":2,"w":3,"format":"gray","palette":[],"actions":4,"meanings":[],` +
	`"repeat":2,"stacked":false,"aux_len":1,"saves":true}`

// fakeBatch returns the BATCH of a single environment.
func fakeBatch(seq uint32, episode uint64, reward float64, flags byte) []byte {
	const meta, obs, aux = 40, 2 * 2 * 3, 2
	out := make([]byte, 16+meta, 256)
	binary.LittleEndian.PutUint32(out[4:], 1)
	figures := out[16:]
	_, _ = binary.Encode(figures, binary.LittleEndian, []float64{reward, 10 * reward})
	binary.LittleEndian.PutUint64(figures[16:], episode)
	binary.LittleEndian.PutUint64(figures[24:], 2)
	binary.LittleEndian.PutUint32(figures[32:], 3)
	figures[36] = flags
	for k := range obs + aux {
		out = append(out, byte(k))
	}
	if flags&3 != 0 {
		binary.LittleEndian.PutUint32(out[8:], 1)
		out = append(out, make([]byte, 8)...)
		for k := range obs + aux {
			out = append(out, byte(100+k))
		}
	}
	return frame(typeBatch, seq, out)
}

// request is one frame that a fake server received.
type request struct {
	kind    byte
	seq     uint32
	payload []byte
}

func readRequest(r io.Reader) (request, error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return request{}, err
	}
	q := request{kind: head[3], seq: binary.LittleEndian.Uint32(head[8:])}
	q.payload = make([]byte, binary.LittleEndian.Uint32(head[12:]))
	_, err := io.ReadFull(r, q.payload)
	return q, err
}

// answers gives the bytes a well-behaved server answers with.
func answers(q request) []byte {
	switch q.kind {
	case typeHello:
		return frame(typeHello, q.seq, []byte(`{"proto":1}`))
	case typeMake:
		return frame(typeSpec, q.seq, []byte(fakeSpec))
	case typeReset:
		return fakeBatch(q.seq, binary.LittleEndian.Uint64(q.payload[16:]), 0, 0)
	case typeStep:
		return fakeBatch(q.seq, 0, 0.5, 0)
	default:
		return frame(typeOK, q.seq, nil)
	}
}

// serveFake runs a server in pure Go. Answer gives what is sent back; nil hangs up,
// and an empty slice says nothing.
func serveFake(t *testing.T, answer func(connection int, q request) []byte) gym.Options {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for n := 0; ; n++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { talk(conn, n, answer) })
		}
	})
	o := gym.DefaultOptions("fake")
	o.Address, o.Token = "tcp://"+listener.Addr().String(), "secret"
	o.StepTimeout = 5 * time.Second
	return o
}

func talk(conn net.Conn, n int, answer func(int, request) []byte) {
	defer func() { _ = conn.Close() }()
	for {
		q, err := readRequest(conn)
		if err != nil {
			return
		}
		out := answer(n, q)
		if out == nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// fault returns an ERROR frame.
func fault(seq uint32, env int, code, text, trace string) []byte {
	body, _ := json.Marshal(map[string]any{"env": env, "code": code, "text": text, "traceback": trace})
	return frame(typeError, seq, body)
}
