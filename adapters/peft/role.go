package peft

import (
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// RoleName is a role as people write it: "q", "gate_up", "embed".
func RoleName(r archpb.Role) string {
	return strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_"))
}
