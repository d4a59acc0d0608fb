package hint

import "github.com/xrash/smetrics"

// Nearest is the name that was probably meant by what was typed, "" where none is near.
// (The suggestions of urfave/cli name something, however far it is.)
func Nearest(typed string, names []string) string {
	best, name := 0.85, ""
	for _, n := range names {
		if likeness := smetrics.JaroWinkler(typed, n, 0.7, 4); likeness > best && len(n) > 1 && n != typed {
			best, name = likeness, n
		}
	}
	return name
}
