package main

import (
	"os"
	"strconv"
	"strings"
)

// peakResident is the most memory that the process has used so far: on Linux what the
// system counts, elsewhere what Go has from it.
func peakResident() uint64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return resident()
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			if kb, err := strconv.ParseUint(f[1], 10, 64); err == nil {
				return kb << 10
			}
		}
	}
	return resident()
}
