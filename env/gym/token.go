package gym

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// readToken reads the token, or makes one. It warns of a file that others can read.
func readToken(path string, say func(string)) (string, error) {
	if path == "" {
		return "", errors.New("gym: a server needs a token file: name one (--token-file FILE), it is made where it does not exist")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeToken(path)
	}
	if err != nil {
		return "", fmt.Errorf("gym: reading the token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fmt.Errorf("gym: the token file %s is empty: remove it to have one made", path)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		say(fmt.Sprintf("warning: others on this machine may use the token file %s; run: chmod 600 %s", path, path))
	}
	return token, nil
}

// makeToken makes the file, which nobody else may have put there meanwhile, not even
// as a link.
func makeToken(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("gym: the token file %s is a link to nothing or was just made by another: choose another", path)
	}
	if err != nil {
		return "", fmt.Errorf("gym: making the token file: %w", err)
	}
	token := rand.Text()
	_, err = f.WriteString(token + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("gym: making the token file: %w", errors.Join(err, os.Remove(path)))
	}
	return token, nil
}
