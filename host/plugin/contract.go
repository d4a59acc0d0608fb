package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// contract is the minor version of the contract that the host speaks.
type contract struct {
	minor uint32
	added func(since uint32) []string // what came after another one
}

// explain adds to what a plugin of another minor version was refused for, or refused
// itself, which versions met, and what the older one lacks.
func (c contract) explain(told *identity, err error) error {
	var f *fault
	if told == nil || told.ContractMinor == c.minor || errors.As(err, &f) {
		return err
	}
	e := fmt.Errorf("%w (the plugin speaks contract %s, nugget %s)", err, arch.ContractVersion(told.ContractMinor), arch.ContractVersion(c.minor))
	advice := hint.Of(err)
	switch {
	case told.ContractMinor < c.minor:
		if advice != "" {
			advice += "; "
		}
		advice += "updating the plugin may help: it is older than nugget, and cannot use what came since"
		if since := c.added(told.ContractMinor); len(since) > 0 {
			advice += " (" + strings.Join(since, "; ") + ")"
		}
	case advice == "":
		advice = "updating nugget may help: it is older than the plugin"
	}
	return hint.With(e, advice)
}
