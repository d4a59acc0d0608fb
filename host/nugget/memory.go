package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// memoryLimit is --max-memory in bytes; 0: it is not given.
func memoryLimit(c *cli.Context) (int64, error) {
	text := c.String("max-memory")
	if text == "" {
		return 0, nil
	}
	n, ok := parseBytes(text)
	if !ok || n < 1 {
		return 0, misused(c, "--max-memory is %q, expected a size such as 6GB or 800MiB", text)
	}
	return n, nil
}

// parseBytes reads "6GB", "1.5 GiB", "800M" or a number of bytes.
func parseBytes(text string) (int64, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	digits := strings.TrimRight(text, "kmgtib ")
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	unit := strings.TrimSpace(text[len(digits):])
	base := 1000.0
	if strings.HasSuffix(unit, "ib") {
		base = 1024
	}
	power, ok := map[string]int{"": 0, "k": 1, "m": 2, "g": 3, "t": 4}[strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")]
	if err != nil || !ok || v < 0 {
		return 0, false
	}
	for range power {
		v *= base
	}
	if v >= 1<<62 {
		return 0, false
	}
	return int64(v), true
}

// freeMemory is what the system says it has left; 0: it is not known.
func freeMemory() int64 {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	free := int64(0)
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemAvailable:" {
			if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				free = kb << 10
			}
		}
	}
	for _, f := range [][2]string{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, okLimit := numberIn(f[0])
		used, okUsed := numberIn(f[1])
		if okLimit && okUsed && (free == 0 || limit-used < free) {
			free = max(limit-used, 0)
		}
	}
	return free
}

func numberIn(path string) (int64, bool) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	return n, err == nil
}
