package diagnose

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"glint/internal/app/rundir"
	"glint/internal/doctor"
	"glint/internal/telemetry"
)

// course looks at the curves of the run that is examined.
func (e *examination) course(context.Context) ([]doctor.Verdict, error) {
	run, _, err := rundir.Locate(e.o.Checkpoint)
	if err != nil {
		return nil, err
	}
	rows, err := readMetrics(filepath.Join(run, telemetry.MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a checkpoint that stands alone
	}
	if err != nil {
		return nil, err
	}
	if e.cfg.Alone || e.cfg.Imitate {
		train := telemetry.LossReconstruction
		if e.cfg.Imitate {
			train = telemetry.LossPolicy
		}
		return doctor.Validated(courseOf(rows, train), courseOf(rows, telemetry.ValidationLoss)), nil
	}
	all := doctor.Watched(courseOf(rows, telemetry.MSE), courseOf(rows, telemetry.HeldOutMSE))
	return append(all, doctor.Scores(courseOf(rows, telemetry.ScoreMean))...), nil
}

// metricsRow is a line of metrics.jsonl; what was not finite is null.
type metricsRow struct {
	Update int64               `json:"update"`
	Values map[string]*float64 `json:"values"`
}

// readMetrics reads all lines of a file; the last one may have been cut.
func readMetrics(path string) (rows []metricsRow, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is read only
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r metricsRow
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			if !lines.Scan() {
				break
			}
			return nil, fmt.Errorf("%s, line %d: %w", path, len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}

// courseOf is a metric over the updates of a run, where it was measured.
func courseOf(rows []metricsRow, metric string) doctor.Course {
	c := doctor.Course{Name: metric}
	for _, r := range rows {
		if v := r.Values[metric]; v != nil {
			c.At, c.Value = append(c.At, float64(r.Update)), append(c.Value, *v)
		}
	}
	return c
}
