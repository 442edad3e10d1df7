package world

import (
	"context"
	"errors"
	"image"
	"os"
	"slices"
	"strings"

	"glint/env/gym"
	"glint/env/pixels"
	"glint/internal/app"
	"glint/internal/app/config"
)

// openGym opens a Gymnasium id, in processes of this machine or at a remote server.
func openGym(ctx context.Context, c *config.Config, n int, id, address string, o app.IO) (opened, error) {
	g := gym.DefaultOptions(id)
	g.N, g.Seed, g.Address = n, c.Seed, address
	g.Workers = min(n, c.Gym.Workers)
	if strings.HasPrefix(id, "ALE/") {
		g.Sticky = c.Sticky
		g.NoopMax = noopMax
		g.Crop = screenCrop(pixels.PresetFor(config.GameName(c.Env)), c.Pixels)
	}
	if c.Gym.Repeat > 0 {
		g.Repeat = c.Gym.Repeat
	}
	if c.Gym.Wrapper != "" {
		g.Wrapper = c.Gym.Wrapper
	}
	if len(c.Gym.Kwargs) > 0 {
		g.Kwargs = c.Gym.Kwargs
	}
	if address != "" {
		token, err := readToken(c.Gym.Token)
		if err != nil {
			return opened{}, err
		}
		g.Token = token
	}
	// Before the install, which may take minutes.
	if err := g.Validate(); err != nil {
		return opened{}, app.Usagef("mend it in the config or by its flag", "%v", err)
	}
	if address == "" {
		python, err := gym.Install(ctx, gym.InstallOptions{Progress: func(line string) { o.Notef("%s", line) }})
		if err != nil {
			return opened{}, err
		}
		g.Python = python
	}
	v, err := gym.Open(ctx, g)
	if remote := (*gym.RemoteError)(nil); errors.As(err, &remote) && slices.Contains(misnamed, remote.Code) {
		return opened{}, &app.UsageError{Msg: err.Error()}
	}
	if err != nil {
		return opened{}, err
	}
	return opened{Vec: v, crop: g.Crop, origin: g.Crop.Min}, nil
}

// misnamed are the faults of the bridge that another --env mends.
var misnamed = []string{"unknown_id", "unsupported", "missing_module", "refused", "token"}

// noopMax is the number of frames without action that an Atari episode starts with
// at most, as is usual since Mnih et al. 2015.
const noopMax = 30

// screenCrop returns the part of the screen that the emulator need send: the crop
// of the preset where the config keeps to it, else all of it.
func screenCrop(p pixels.Preset, c pixels.Config) image.Rectangle {
	if p.Screen == (image.Point{}) {
		return image.Rectangle{}
	}
	return c.Crop
}

// readToken reads a token file.
func readToken(path string) (string, error) {
	const hint = "give the file that the server was started with: --token-file FILE, or [gym] token in the config"
	if path == "" {
		return "", app.Usagef(hint, "a remote environment wants a token")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", app.Usagef(hint, "the token file cannot be read (%v)", err)
	}
	return strings.TrimSpace(string(b)), nil
}
