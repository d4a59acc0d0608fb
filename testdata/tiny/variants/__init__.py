"""The tiny checkpoints: what is awkward about each, a module for each plugin's families.

Sizes differ from variant to variant, so that no two dimensions of a module are mixed up
unnoticed.
"""

from . import cohere, gemma, granite, llama, olmo, qwen
from .variant import Variant

MODULES = (llama, qwen, gemma, olmo, granite, cohere)

VARIANTS: dict[str, Variant] = {}
for _module in MODULES:
    assert not VARIANTS.keys() & _module.VARIANTS.keys()
    VARIANTS |= _module.VARIANTS
