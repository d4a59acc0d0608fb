#!/usr/bin/env python3
"""A nugget plugin in Python: LLaMA with RoPE of the default type, by arch.proto alone.

It shows that the contract is the proto. Takes grpcio and grpcio-tools; run it as
nugget-arch-python, a link to this file.
"""

import json
import os
import pathlib
import sys
import threading
from concurrent import futures

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "plugins/arch"))
pb, service = grpc.protos_and_services("arch.proto")

LIMIT = 64 << 20  # of a message, as nugget has it
ACTIVATIONS = {
    "silu": "FUNCTION_SILU",
    "gelu": "FUNCTION_GELU",
    "gelu_pytorch_tanh": "FUNCTION_GELU_TANH",
    "relu": "FUNCTION_RELU",
}


class Config(dict):
    """config.json, whose values are what they should be or an error that names the key."""

    def read(self, key, missing, wanted, fits):
        value = self.get(key)
        if value is None:
            return missing
        if isinstance(value, bool) != isinstance(missing, bool) or not fits(value):
            raise ValueError(f"config.json: {key} is {json.dumps(value)}, expected {wanted}")
        return value

    def size(self, key, missing, limit=1 << 28):
        whole = lambda v: isinstance(v, (int, float)) and 1 <= v <= limit and v % 1 == 0  # 4096.0 is one too
        return int(self.read(key, missing, f"an integer of 1 to {limit}", whole))

    def number(self, key, missing):
        return self.read(key, missing, "a positive number", lambda v: isinstance(v, (int, float)) and 0 < v < float("inf"))

    def switch(self, key, missing):
        return self.read(key, missing, "true or false", lambda v: isinstance(v, bool))

    def choice(self, key, missing, *values):
        return self.read(key, missing, f"one of {', '.join(values)}", lambda v: v in values if isinstance(v, str) else False)

    def inner(self, key):
        return Config(self.read(key, {}, "an object", lambda v: isinstance(v, dict)))


def step(op, reads=(), gives=(), **fields):
    return pb.Step(**{"in": reads, "out": gives, "kind": op, op: fields})


def linear(path, role, width, out, reads=(), gives=(), **module):
    return step("linear", reads, gives, **{"module": {"path": path, "role": role, **module}, "in": width, "out": out})


def norm(path, width, eps, reads=(), gives=()):
    return step("norm", reads, gives, module={"path": path, "role": "ROLE_NORM"}, kind="KIND_RMS", eps=eps, width=width)


def describe(raw):
    try:
        c = json.loads(raw)
    except ValueError as e:
        raise ValueError(f"config.json is no JSON: {e}") from e
    if not isinstance(c, dict):
        raise ValueError("config.json is no JSON object")
    c = Config(c)
    hidden, ffn, vocab = c.size("hidden_size", 4096), c.size("intermediate_size", 11008), c.size("vocab_size", 32000)
    heads = c.size("num_attention_heads", 32)
    kv = c.size("num_key_value_heads", heads)
    dim = c.size("head_dim", max(hidden // heads, 1), 1 << 16)
    eps = c.number("rms_norm_eps", 1e-6)
    scaling = c.inner("rope_scaling")
    rope = c.inner("rope_parameters") or scaling
    rope.choice("rope_type", "default", "default")
    theta = rope.number("rope_theta", c.number("rope_theta", 10000.0))
    rotation = {"head_dim": dim, "frequencies": {"inv_freq": [theta ** (-2 * i / dim) for i in range(dim // 2)]}}
    attention, mlp = c.switch("attention_bias", False), c.switch("mlp_bias", False)
    act = ACTIVATIONS[c.choice("hidden_act", "silu", *ACTIVATIONS)]
    tied = {"tied_to": "model.embed_tokens"} if c.switch("tie_word_embeddings", False) else {}
    at = "model.layers.{layer}."
    block = [
        norm(at + "input_layernorm", hidden, eps, ["h"], ["x"]),
        linear(at + "self_attn.q_proj", "ROLE_Q", hidden, heads * dim, ["x"], bias=attention),
        step("rope", gives=["q"], **rotation),
        linear(at + "self_attn.k_proj", "ROLE_K", hidden, kv * dim, ["x"], bias=attention),
        step("rope", gives=["k"], **rotation),
        linear(at + "self_attn.v_proj", "ROLE_V", hidden, kv * dim, ["x"], ["v"], bias=attention),
        step("attention", ["q", "k", "v"], heads=heads, kv_heads=kv, head_dim=dim, scale=dim**-0.5),
        linear(at + "self_attn.o_proj", "ROLE_O", heads * dim, hidden, gives=["attended"], bias=attention),
        step("combine", ["h", "attended"], ["r"], kind="KIND_ADD"),
        norm(at + "post_attention_layernorm", hidden, eps, gives=["y"]),
        linear(at + "mlp.gate_proj", "ROLE_GATE", hidden, ffn, ["y"], bias=mlp),
        step("activation", gives=["gate"], function=act),
        linear(at + "mlp.up_proj", "ROLE_UP", hidden, ffn, ["y"], ["up"], bias=mlp),
        step("combine", ["gate", "up"], kind="KIND_MULTIPLY"),
        linear(at + "mlp.down_proj", "ROLE_DOWN", ffn, hidden, gives=["changed"], bias=mlp),
        step("combine", ["r", "changed"], ["h"], kind="KIND_ADD"),
    ]
    embed = {"module": {"path": "model.embed_tokens", "role": "ROLE_EMBED"}, "rows": vocab, "width": hidden}
    return pb.Model(
        family="llama",
        max_positions=c.size("max_position_embeddings", 2048),
        prologue=[step("embed", ["tokens"], ["h"], **embed)],
        blocks=[pb.Block(name="layer", steps=block)],
        layers=[0] * c.size("num_hidden_layers", 32, 4096),
        epilogue=[
            norm("model.norm", hidden, eps, ["h"]),
            linear("lm_head", "ROLE_UNEMBED", hidden, vocab, gives=["logits"], **tied),
        ],
        ignore=["*rotary_emb.inv_freq"],
    )


class Architecture(service.ArchitectureServicer):
    def Info(self, request, context):
        return pb.InfoResponse(name="python", version="0.1.0", model_types=["llama"], contract_minor=0)

    def Describe(self, request, context):
        try:
            return pb.DescribeResponse(model=describe(request.config))
        except ValueError as e:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(e))


def main():
    if "NUGGET_ARCH_PLUGIN" not in os.environ:
        sys.exit("this is a plugin of nugget: nugget plugins check, or nugget inspect --plugin, starts it")
    done = threading.Event()
    options = [("grpc.max_receive_message_length", LIMIT), ("grpc.max_send_message_length", LIMIT)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
    service.add_ArchitectureServicer_to_server(Architecture(), server)
    # How go-plugin tells a plugin to end; its messages are empty.
    shutdown = grpc.unary_unary_rpc_method_handler(lambda request, context: done.set() or b"")
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": shutdown})])
    socket = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "plugin")
    server.add_insecure_port("unix:" + socket)
    server.start()
    print(f"1|1|unix|{socket}|grpc", flush=True)
    parent = os.getppid()
    while os.getppid() == parent and not done.wait(0.2):
        pass
    server.stop(0.1).wait()


if __name__ == "__main__":
    main()
