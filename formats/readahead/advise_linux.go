package readahead

import "golang.org/x/sys/unix"

func advise(fd uintptr, offset, size int64) {
	_ = unix.Fadvise(int(fd), offset, size, unix.FADV_WILLNEED)
}
