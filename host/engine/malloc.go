//go:build cgo && linux

package engine

/*
#include <malloc.h>

// XLA allocates its buffers with malloc, from a thread a core and from whichever
// threads Go runs on. glibc keeps what is freed in an arena a thread, where another
// thread does not find it: SmolLM2 took 1.4 GB so, and takes half with one arena
// that gives large blocks back.
static void one_arena(void) {
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

static void give_back(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

// tuneMalloc is called before XLA is loaded.
func tuneMalloc() { C.one_arena() }

// trimMalloc gives free memory back, of which compiling a graph leaves most.
func trimMalloc() { C.give_back() }
