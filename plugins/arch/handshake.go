package arch

import (
	"context"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// What host and plugin must agree on before they can talk.
const (
	// ContractMinor is the minor version of arch.proto that this package speaks. It
	// grows when fields or steps are added ([Added]); the major version is the
	// handshake's.
	ContractMinor = 2

	// MaxMessage bounds a message either way, in bytes: gRPC's own limit of 4 MB is
	// less than the tensor headers of a large mixture of experts take.
	MaxMessage = 64 << 20

	// PluginName is what the host dispenses.
	PluginName = "architecture"
)

// Handshake is go-plugin's: a plugin that is started by hand, or for another
// program, says so instead of waiting for a host.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{
		ProtocolVersion:  1,
		MagicCookieKey:   "NUGGET_ARCH_PLUGIN",
		MagicCookieValue: "0f4c1be2-6f0e-4d0a-9a55-3a1c7f5b8e21",
	}
}

// Plugin ties the contract to go-plugin. The plugin's side sets Service; on the
// host's side, which leaves it nil, dispensing [PluginName] gives an
// archpb.ArchitectureClient.
type Plugin struct {
	goplugin.NetRPCUnsupportedPlugin
	Service archpb.ArchitectureServer
}

var _ goplugin.GRPCPlugin = (*Plugin)(nil)

// GRPCServer implements goplugin.GRPCPlugin.
func (p *Plugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	archpb.RegisterArchitectureServer(s, p.Service)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (p *Plugin) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return archpb.NewArchitectureClient(c), nil
}
