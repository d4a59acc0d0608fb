package engine

import "runtime/debug"

// garbageBytes is how much garbage may pile up while little is live.
const garbageBytes = 32 << 20

// expect sets the garbage collector's pace for a phase whose weights and S take live
// bytes. Its usual one lets as much garbage pile up as is live, which doubles the
// peak where a vocabulary's S is live, and collects again and again where a small
// layer's is.
func expect(live int) {
	debug.SetGCPercent(min(max(100*garbageBytes/max(live, 1), 10), 100))
}

// release gives what is not live any more back to the system at once.
func release() {
	debug.FreeOSMemory()
	trimMalloc()
}

// keepPace returns what brings today's pace back.
func keepPace() (restore func()) {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return func() { debug.SetGCPercent(percent) }
}
