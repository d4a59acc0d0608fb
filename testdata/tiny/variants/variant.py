"""What a tiny checkpoint is made of."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Variant:
    # The keywords of the config class.
    config: dict
    model_type: str = "llama"
    # The type that the weights are stored in.
    dtype: str = "float32"
    # Lengths of the samples.
    lengths: tuple = (23, 5, 38)
    # Largest shard in bytes; 0: one file.
    shard: int = 0
    # Keys of config.json to set after saving, None to delete: the spellings that
    # transformers reads but no longer writes.
    spelling: dict = dataclasses.field(default_factory=dict)
    # The checkpoint also holds layer buffers that early transformers saved.
    buffers: bool = False
    # Where a layer has its attention, if the checkpoint also holds attention's masks and
    # frequencies, as early transformers saved them: ".attn".
    masks: str = ""
    # What the names of the tensors lack, as if saved from the inner model: "transformer.".
    inner: str = ""
    # The checkpoint also holds lm_head.weight, equal to the embeddings it is tied to.
    stored_head: bool = False
    # Type of each GGUF tensor, by the end of its name, "" the others'; empty: a
    # HuggingFace folder.
    gguf: dict = dataclasses.field(default_factory=dict)

    @property
    def text(self):
        """The keywords of the language model's own config class."""
        return self.config.get("text_config", self.config)


def shape(d, heads, kv, ffn, layers, vocab, **more):
    """A config's dimensions."""
    return {
        "hidden_size": d,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "intermediate_size": ffn,
        "num_hidden_layers": layers,
        "vocab_size": vocab,
        "max_position_embeddings": 256,
        "tie_word_embeddings": False,
        **more,
    }
