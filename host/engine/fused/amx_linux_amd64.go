package fused

import (
	"sync"

	"golang.org/x/sys/unix"
)

// amxAllowed asks Linux for the tile registers, once a process: it saves them, which
// takes 8 kB a thread, only for processes that ask.
var amxAllowed = sync.OnceValue(func() bool {
	const requestPermission, tileData = 0x1023, 18 // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
	_, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return errno == 0
})
