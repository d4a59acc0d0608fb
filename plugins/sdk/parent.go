package sdk

// hostGone is the exit code of a plugin whose host ended without ending it.
const hostGone = 3
