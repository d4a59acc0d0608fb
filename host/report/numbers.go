package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// number is a value with four digits that count.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func lossText(v float64) string { return fmt.Sprintf("%.4f", v) }

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// plural is "1 layer", "2 layers".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// ticks are a few round numbers from low to high, for an axis.
func ticks(low, high float64) []float64 {
	span := high - low
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, by := range []float64{1, 2, 2.5, 5, 10} {
		if span/(step*by) <= 5 {
			step *= by
			break
		}
	}
	var list []float64
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-12) && len(list) < 12; i++ {
		list = append(list, i*step+0) // +0: -0 is a number to strconv
	}
	return list
}

// pixel is a place in a chart, to a tenth.
func pixel(v float64) float64 {
	if v-v != 0 {
		return 0
	}
	return math.Round(v*10) / 10
}
