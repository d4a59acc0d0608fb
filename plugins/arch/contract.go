package arch

import (
	"fmt"
	"slices"
)

// ContractVersion is a version of the contract as people read it. The major version
// is the handshake's.
func ContractVersion(minor uint32) string {
	return fmt.Sprintf("%d.%d", Handshake().ProtocolVersion, minor)
}

// additions says for each minor version after the first what it brought: what a
// plugin of an older one cannot say. A version is one entry, and [ContractMinor]
// their number.
//
// To add to the contract: the field or step in arch.proto, an entry here, ContractMinor,
// and the new lines in testdata/contract.txt.
func additions() []string {
	return []string{
		"norms with a weight of its own for each head",
		"a step that puts values side by side (join)",
	}
}

// Added is what the contract gained after a minor version, oldest first, each
// beginning with the version that brought it: "1.2: a step for convolutions".
func Added(since uint32) []string { return added(additions(), since) }

func added(all []string, since uint32) []string {
	var after []string
	for i, what := range all {
		if minor := uint32(i) + 1; minor > since {
			after = append(after, ContractVersion(minor)+": "+what)
		}
	}
	return slices.Clip(after)
}
