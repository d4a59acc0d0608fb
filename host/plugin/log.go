package plugin

import "fmt"

// logLine passes on what a plugin printed, or what there is to say about it.
func (s *Set) logLine(p *program, line string) {
	if s.opts.Log == nil {
		return
	}
	s.log.Lock()
	defer s.log.Unlock()
	fmt.Fprintf(s.opts.Log, "%s: %s\n", p.name, line)
}
