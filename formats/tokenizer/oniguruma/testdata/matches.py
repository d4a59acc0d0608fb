"""Writes matches.jsonl.gz: where the `tokenizers` package splits texts at patterns.

Each line is {"pattern", "texts": [...], "spans": [[start, end, ...], ...]} with
the byte offsets of the matches that aren't empty, and "matches", the number of
all.

    python matches.py        (tokenizers 0.23.3)
"""

import gzip
import json
import pathlib
import random

from tokenizers import Regex, normalizers

REAL = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥぀-ゟ゠-ヿ]+", r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", r" {2,}", r"[\p{Han}]+|[\p{L}&&[^\p{Han}]]+",
    r"(?=(\d{3})+(?!\d))", r"[^(\s|[.,!?…。，、।۔،])]+", r"\b\w+\b",
]
SMALL = [
    "a", "ab|a", "a|ab", "(?:ab)+", "(?:a|b)*c", "a*?b", "a+?", "a++b", "(?>a|ab)c", "a{2}", "a{2,}", "a{,2}", "a{1,2}?b", "x{", "a{b",
    "(?:ab){2,3}", "(?:ab){1,2}?", "(?:a?b){0,3}", "(?<=a)b", "(?<!a)b", "(?<=ab|c)a", "(?<=a{1,2})b", "^a", "a$", r"\Aa", r"a\z", r"a\Z", r"^$",
    r"\ba", r"\Ba", ".", ".+", r"\s", r"\S+", r"\d+", r"\w+", r"\W+", r"\D+", "[a-c]+", "[^a]+", "[a-]", "[-a]", r"[\w-]+", r"[\]a]", "[a-c&&b-d]", "[^a-c&&b-d]",
    "[a[bc]]+", "[a^]", r"[\s\d]+", r"\x61", r"\x{1F600}", r"é", r"\p{^L}+", r"\P{L}+", r"[^\p{L}]+", r"\p{Lu}", r"\p{Letter}+", "(?i)ab", "(?i:a)b", "a(?i)b|b", "(?i)[a-c]+", "(?i:k)", "(?i:s)",
    "", "(?=a)", "a?", "(?:)", "(?#no)a", "(?<n>a)", r"\n+", r"[\r\n]+", r"\t", "a|", "|a", r"\.", r"\-", "(a)(b)?", r"[\W]+", r"[^\w\s]+", r"\b", r"a(?i)b|c", r"(?:a(?i)b|c)B", r"(?-i)a", r"(?i:a(?-i:b))",r"(?:(?=a)\w)+",
]
ALPHABET = "aabbcc AB  \n\n.1é😀ſKs-^'\r\t]x{"


def texts(rng):
    out = ["", "a", "\n", "abcabcaab", "aaaaab", "ab\nab\n", "a\n\n", "\u2126 K\u212a \u017f 1\u00b2\u0661 \U0001e5f1 \U00010d50x", "'S 't'LL 'ſ we'Re", "x 12345678 90", "中文abc ひらがな", "  \t a  \r\n\n b \u3000\u00a0 c  "]
    return out + ["".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, 24))) for _ in range(16)]


def spans(pattern, text):
    """The matches, found by replacing each with a mark that no text has."""
    mark = "\ue000"
    left = normalizers.Replace(Regex(pattern), mark).normalize_str(text)
    # Replacing loses the lengths: align what is left with the text, which the
    # pieces of a split give without doubt.
    from tokenizers import pre_tokenizers

    iso = pre_tokenizers.Split(Regex(pattern), "isolated").pre_tokenize_str(text)
    inv = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text)
    kept = {o for _, o in inv}
    size = [0]
    for c in text:
        size.append(size[-1] + len(c.encode()))
    out = []
    for _, (a, b) in iso:
        if (a, b) not in kept:
            out += [size[a], size[b]]
    return out, left.count(mark)


def random_pattern(rng, depth=0):
    pick = rng.random()
    if depth > 3 or pick < 0.35:
        return rng.choice(["a", "b", "c", "A", r"\s", r"\w", "[ab]", "[^a]", r"\n", "1", ".", r"\p{L}", r"\p{N}", " ", "é"])
    if pick < 0.6:
        return "".join(random_pattern(rng, depth + 1) for _ in range(rng.randint(2, 3)))
    if pick < 0.72:
        return "(?:" + "|".join(random_pattern(rng, depth + 1) for _ in range(rng.randint(2, 3))) + ")"
    if pick < 0.9:
        return "(?:" + random_pattern(rng, depth + 1) + ")" + rng.choice(["*", "+", "?", "*?", "+?", "??", "++", "?+", "*+", "{2}", "{1,2}", "{,2}", "{2,}"])
    return rng.choice(["(?=%s)", "(?!%s)", "(?i:%s)", "(?>%s)", "(?<=%s)", "(?<!%s)"]) % random_pattern(rng, depth + 1)


def main():
    rng = random.Random(20231117)
    patterns = REAL + SMALL + [random_pattern(rng) for _ in range(400)]
    lines = []
    for pattern in dict.fromkeys(patterns):
        try:
            Regex(pattern)
        except Exception:
            continue
        line = {"pattern": pattern, "texts": [], "spans": [], "matches": []}
        for text in texts(rng):
            where, count = spans(pattern, text)
            line["texts"].append(text)
            line["spans"].append(where)
            line["matches"].append(count)
        lines.append(line)
    body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    out = pathlib.Path(__file__).parent / "matches.jsonl.gz"
    out.write_bytes(gzip.compress(body.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
