package gym

import "errors"

// Python returns the interpreter of the environment that Install made in dir.
func Python(dir string) (string, error) {
	return "", errors.New("gym: the Python environment is not installed; run: glint env install")
}
