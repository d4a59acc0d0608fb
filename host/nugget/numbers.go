package main

import (
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var numberPattern = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?|\.\d+`)

// lastNumber is the last number in a text, as tasks with numbers for answers are
// scored; nil: there is none. A comma groups digits, a minus counts where it is no
// dash within a word or behind a number.
func lastNumber(text string) *big.Rat {
	places := numberPattern.FindAllStringIndex(text, -1)
	if places == nil {
		return nil
	}
	at := places[len(places)-1]
	digits := strings.ReplaceAll(text[at[0]:at[1]], ",", "")
	before := strings.TrimRight(text[:at[0]], "$€£")
	for _, minus := range []string{"-", "\u2212"} {
		if head, ok := strings.CutSuffix(before, minus); ok {
			if last, _ := utf8.DecodeLastRuneInString(head); !unicode.IsLetter(last) && !unicode.IsDigit(last) && last != ')' {
				digits = "-" + digits
			}
		}
	}
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil
	}
	return n
}

// sameNumber reports whether the texts end with equal numbers.
func sameNumber(a, b string) bool {
	x, y := lastNumber(a), lastNumber(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}
