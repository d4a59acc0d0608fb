"""The tiny checkpoints: what is awkward about each, a module for each plugin's families.

Sizes differ from variant to variant, so that no two dimensions of a module are mixed up
unnoticed.
"""

import importlib
import pkgutil

from .variant import Variant

VARIANTS: dict[str, Variant] = {}
for _module in pkgutil.iter_modules(__path__):
    if _module.name != "variant":
        _variants = importlib.import_module(f"{__name__}.{_module.name}").VARIANTS
        assert not VARIANTS.keys() & _variants.keys()
        VARIANTS |= _variants
