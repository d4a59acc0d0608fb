package engine

// Rows is how many rows some samples, which have labels, put through the layers and
// through the head, padding included: what the time of a run is proportional to.
func (e *Engine) Rows(samples []Sample) (layers, head int) {
	var lengths, counted []int
	for _, s := range samples {
		lengths, counted = append(lengths, len(s.Tokens)), append(counted, countedTokens(s))
	}
	for _, b := range e.dev.batches(lengths, e.sizing()) {
		layers += b.rows
	}
	for _, b := range e.dev.batches(counted, e.headSizing()) {
		head += b.rows
	}
	return layers, head
}
