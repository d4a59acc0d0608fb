package tokenizer

import (
	"math"
	"strconv"
	"strings"
)

// readFloat reads a JSON number as `tokenizers`' JSON library does: the first 19
// or so digits as an integer, divided by a power of ten. That can be off by one
// unit in the last place; but where two ways to cut a word are equally good but
// for rounding, as 77+7 and 7+77 are, Unigram's choice depends on it.
func readFloat(number string) (float64, error) {
	digits, negative := strings.CutPrefix(number, "-")
	mantissa, exp, _ := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	significand, exponent := uint64(0), 0
	for i, d := range []byte(whole + fraction) {
		if significand > (math.MaxUint64-uint64(d-'0'))/10 {
			break // the rest of the digits is dropped
		}
		significand = significand*10 + uint64(d-'0')
		if i >= len(whole) {
			exponent--
		}
	}
	if exp != "" {
		e, err := strconv.Atoi(exp)
		if err != nil {
			return strconv.ParseFloat(number, 64)
		}
		exponent += e
	}
	if exponent < -308 || exponent > 308 || len(whole) > 19 {
		return strconv.ParseFloat(number, 64)
	}
	f := float64(significand)
	if exponent >= 0 {
		f *= math.Pow10(exponent)
	} else {
		f /= math.Pow10(-exponent)
	}
	if negative {
		f = -f
	}
	return f, nil
}
