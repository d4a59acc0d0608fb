package engine

// KeepAll has the outputs of all linear maps be worth keeping, however small.
func (e *Engine) KeepAll() { e.keepFrom = 0 }
