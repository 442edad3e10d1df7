// Package names helps a person who mistyped a name.
package names

// Nearest returns the name with the smallest edit distance to a wrong one, the first
// of equals.
func Nearest(wrong string, names []string) string {
	best := names[0]
	for _, name := range names[1:] {
		if distance(wrong, name) < distance(wrong, best) {
			best = name
		}
	}
	return best
}

// distance is the number of inserted, deleted and changed bytes between two words
// (Levenshtein 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
