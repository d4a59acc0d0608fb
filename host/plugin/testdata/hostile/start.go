package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// atStart misbehave before they serve.
func atStart() map[string]func() {
	return map[string]func(){
		"hang":     func() { say("pid %d: thinking", os.Getpid()); select {} },
		"leftover": func() { say("pid %d: left over", os.Getpid()); select {} },
		"exit":     func() { say("the licence has run out"); os.Exit(3) },
		"mute":     func() {},
		"panic": func() {
			var nothing *struct{ x int }
			fmt.Println(nothing.x)
		},
		"chatter":       func() { fmt.Println("Welcome to my plugin!\x1b[31m"); well("chatter")() },
		"no-line":       func() { os.Stdout.WriteString(strings.Repeat("x", 1<<20)); select {} },
		"core-2":        func() { fmt.Println("2|1|unix|/nowhere|grpc"); select {} },
		"net-rpc":       func() { fmt.Println("1|1|unix|/nowhere|netrpc"); select {} },
		"nowhere":       func() { fmt.Println("1|1|unix|/nowhere/at/all|grpc"); select {} },
		"network":       func() { fmt.Println("1|1|carrier-pigeon|home|grpc"); select {} },
		"version-9":     version9,
		"deaf":          deaf,
		"child":         child,
		"flood":         func() { flood(32 << 20); well("flood")() },
		"flood-die":     func() { flood(32 << 20); say("drowned"); os.Exit(1) },
		"long-line":     func() { stderr.Write(bytes.Repeat([]byte("abc "), 8<<20)); os.Exit(1) },
		"json":          func() { oddJSON(); well("json")() },
		"json-die":      func() { oddJSON(); os.Exit(1) },
		"other-program": otherProgram,
		"no-service": func() {
			goplugin.Serve(&goplugin.ServeConfig{
				HandshakeConfig: arch.Handshake(),
				Plugins:         goplugin.PluginSet{arch.PluginName: none{}},
				GRPCServer:      func(o []grpc.ServerOption) *grpc.Server { return grpc.NewServer(o...) },
			})
		},
	}
}

// none serves nothing.
type none struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (none) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return nil }

func (none) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// version9 is of another time.
func version9() {
	handshake := arch.Handshake()
	handshake.ProtocolVersion = 9
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         goplugin.PluginSet{arch.PluginName: &arch.Plugin{}},
		GRPCServer:      func(o []grpc.ServerOption) *grpc.Server { return grpc.NewServer(o...) },
	})
}

// otherProgram is a go-plugin plugin, but of another program.
func otherProgram() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "OTHER_PROGRAM", MagicCookieValue: "yes"},
		Plugins:         goplugin.PluginSet{"other": none{}},
		GRPCServer:      func(o []grpc.ServerOption) *grpc.Server { return grpc.NewServer(o...) },
	})
}

// deaf listens and never says a word.
func deaf() {
	socket := os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/deaf"
	l, err := net.Listen("unix", socket)
	if err != nil {
		say("%v", err)
		os.Exit(1)
	}
	fmt.Printf("1|1|unix|%s|grpc\n", socket)
	for {
		if _, err := l.Accept(); err != nil {
			say("%v", err)
		}
	}
}

// child leaves a process behind that holds its output.
func child() {
	cmd := exec.Command(os.Args[0][:strings.LastIndex(os.Args[0], "-")] + "-leftover")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		say("%v", err)
	}
	time.Sleep(100 * time.Millisecond)
	os.Exit(5)
}

// flood prints n bytes.
func flood(n int) {
	line := strings.Repeat("water ", 20) + "\n"
	block := []byte(strings.Repeat(line, 1000))
	for ; n > 0; n -= len(block) {
		stderr.Write(block)
	}
}

// oddJSON is what go-plugin's reader panics on, and some that it does not.
func oddJSON() {
	for _, line := range []string{
		`{"@message": 1}`, `{"@message": null, "@level": []}`, `{"@level": {"a": 1}}`,
		`{"@timestamp": 5}`, `{"@message":"x","@level":3}`, `{"@message":"quiet","@level":"debug"}`,
		`{`, `{}`, `[]`, `null`, `{"@message":"the tank is empty","@level":"error","error":"no fuel"}`,
		`{"@message":` + strings.Repeat("[", 100000),
	} {
		say("%s", line)
	}
	say("odd, isn't it")
}
