package telemetry_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"glint/internal/telemetry"
)

// TestEventsAgainstTensorBoard holds the bytes of a file that was read back by
// TensorBoard 2.21.0's EventAccumulator and compared with what was put in.
func TestEventsAgainstTensorBoard(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(1_700_000_000, 250_000_000)
	e, err := telemetry.NewEvents(&b, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Restart(now, 3); err != nil {
		t.Fatal(err)
	}
	if err := e.Scalars(now, 300, telemetry.Values{telemetry.MSE: 0.5, telemetry.Entropy: -2}); err != nil {
		t.Fatal(err)
	}
	if err := e.Scalars(now, 301, nil); err != nil { // nothing to say, no event
		t.Fatal(err)
	}
	if d := cmp.Diff(eventBytes, hex.EncodeToString(b.Bytes())); d != "" {
		t.Error(d)
	}
}

const eventBytes = "1a00000000000000129bd82d0900001040fc54d94110001a0d627261696e2e4576656e743a3252ef97930f000000000000006d532b0909" +
	"00001040fc54d94110033a0208019481124c2a00000000000000ae8d91f50900001040fc54d94110ac022a1c0a0e0a07656e74726f7079" +
	"15000000c00a0a0a036d7365150000003f68f68433"

// fieldsOf returns the last value of each field of a message.
func fieldsOf(t *testing.T, b []byte) map[protowire.Number][]byte {
	t.Helper()
	out := map[protowire.Number][]byte{}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		out[num] = b[:size]
		if typ == protowire.BytesType {
			out[num], _ = protowire.ConsumeBytes(b)
		}
		b = b[size:]
	}
	return out
}

func TestEventsImage(t *testing.T) {
	var b bytes.Buffer
	e, err := telemetry.NewEvents(&b, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	b.Reset()
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	img.SetGray(2, 1, color.Gray{Y: 77})
	if err := e.Image(time.Unix(0, 0), 9, "frames/sheet", img); err != nil {
		t.Fatal(err)
	}
	size := binary.LittleEndian.Uint64(b.Bytes())
	event := fieldsOf(t, b.Bytes()[12:12+size])
	value := fieldsOf(t, fieldsOf(t, event[5])[1])
	if string(value[1]) != "frames/sheet" || event[2][0] != 9 {
		t.Errorf("tag %q, step %v", value[1], event[2])
	}
	body := fieldsOf(t, value[4])
	if body[1][0] != 2 || body[2][0] != 3 {
		t.Errorf("height %v, width %v", body[1], body[2])
	}
	got, err := png.Decode(bytes.NewReader(body[4]))
	if err != nil {
		t.Fatal(err)
	}
	if got.At(2, 1) != (color.Gray{Y: 77}) {
		t.Errorf("the picture's pixel is %v", got.At(2, 1))
	}
}

func TestResumeAddsEventFile(t *testing.T) {
	dir := t.TempDir()
	r, err := telemetry.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	at, err := r.Position()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err = telemetry.Resume(dir, at); err != nil {
		t.Fatal(err)
	}
	if err := r.Image(5, "sheet", image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	if at, err = r.Position(); err != nil || at.Step != 5 {
		t.Errorf("position %+v, %v", at, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("event files %v, %v", files, err)
	}
	if b, err := os.ReadFile(files[1]); err != nil || !bytes.Contains(b, []byte("PNG")) {
		t.Errorf("the second file holds no picture, %v", err)
	}
}
