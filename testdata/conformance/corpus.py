"""Varied strings to compare tokenizers on. Everything is made up here, and the
same for every run: corpus.strings(n) gives n strings, the first of which are
the special cases.
"""

import random

PHRASES = r"""
The quick brown fox jumps over the lazy dog.
It's what they'd've said, isn't it? We're sure you'll agree; I'm not.
“Curly quotes” – and dashes — don’t break… much.
El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío.
Voix ambiguë d'un cœur qui, au zéphyr, préfère les jattes de kiwis.
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Zażółć gęślą jaźń.
Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul'da ılık.
Árvíztűrő tükörfúrógép.
Съешь же ещё этих мягких французских булок, да выпей чаю.
Чуєш їх, доцю, га? Кумедна ж ти, прощайся без ґольфів!
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΣΟΦΟΣ
נקודה חמה: דג סקרן שט בים מאוכזב.
בְּרֵאשִׁית בָּרָא אֱלֹהִים
نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر.
بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ
گاو سبز است؛ ۱۲۳۴۵ تومان.
ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश।
আমার সোনার বাংলা, আমি তোমায় ভালোবাসি। ১২৩
ਪੰਜਾਬੀ ਭਾਸ਼ਾ ਬਹੁਤ ਸੋਹਣੀ ਹੈ।
தமிழ் மொழி பழமையானது. கொக்கு
తెలుగు భాష చాలా అందమైనది.
ಕನ್ನಡ ನುಡಿ ಸುಂದರ.
മലയാളം ഒരു ദ്രാവിഡ ഭാഷയാണ്.
සිංහල භාෂාව ලස්සනයි.
เป็นมนุษย์สุดประเสริฐเลิศคุณค่า น้ำใจ
ພາສາລາວ ງາມຫຼາຍ.
မြန်မာဘာသာစကားသည် လှပသည်။
ភាសាខ្មែរ ស្អាតណាស់។
བོད་སྐད་ནི་སྙན་པོ་ཡིན།
ქართული ენა ლამაზია. ᲥᲐᲠᲗᲣᲚᲘ
Հայերեն լեզուն գեղեցիկ է։
አማርኛ ቆንጆ ቋንቋ ነው።
我能吞下玻璃而不伤身体。中文分词很有趣！
繁體中文：電腦與網路，二〇二三年。
いろはにほへと ちりぬるを。コンピュータ、がぎぐげご ガギグゲゴ
ｶﾞｷﾞ ＡＢＣ１２３ ｆｕｌｌｗｉｄｔｈ　ｓｐａｃｅ
키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.
한국어 한글
ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ
ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ
Tiếng Việt có nhiều dấu: ắ ằ ẳ ẵ ặ, đường phố.
𝕳𝖊𝖑𝖑𝖔 𝓦𝓸𝓻𝓵𝓭 𝟙𝟚𝟛 ⅷ ⅨⅩ ½ ¾ x² y³ ①②③ ㈱ ㎏ ﬁne ﬀ ﬆ
𐐔𐐯𐑅𐐨𐑉𐐯𐐻 𐍈 𒀀𒁀 𓀀𓁐 𐊧𐵊𐵰 𞗱 𑛐
E = mc², ∀x∈ℝ: ∃y ≠ √x ± ∞, ∑ₙ aₙ → ∫f dμ
for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; }
def f(x, *args, **kw):\n    return {k: v for k, v in kw.items() if v is not None}
func (t *T) Get(k string) (v []byte, err error) {\n\treturn t.m[k], nil\n}\n
const a = async () => { await fetch(`https://x.io/${id}?q=1&r=%20#frag`); };
<html><head><title>Hi &amp; bye</title></head><!-- no --></html>
{"a": [1, 2.5e-3, true, null], "b": {"c": "\u00e9\n"}}
SELECT * FROM t WHERE a >= 10 AND b LIKE '%x_%' -- comment
$ grep -rn "TODO" ./src | awk -F: '{print $1}' | sort | uniq -c
https://www.example.com:8080/path/to/page.html?user=me%40x.org&id=42#top
mailto:first.last+tag@sub.example.co.uk, @handle #hashtag
192.168.0.1 2001:0db8:85a3::8a2e:0370:7334 00:1B:44:11:3A:B7
3.14159265358979 1,234,567.89 0xDEADBEEF 1e-10 12345678901234567890 ١٢٣٤ ४५६
2023-10-17T12:34:56.789Z 12:00 a.m. 50% $99.99 €5 ¥100 №7
ALL CAPS TEXT IS LOUD; camelCaseWords, snake_case_words, kebab-case-words
I'LL WE'VE he'S it'ſ K'S don´t ʼs
""".strip().split("\n")

EMOJI = """😀 😂🤣 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪🇫🇷 🇺🇸 1️⃣ #️⃣ ❤️‍🔥 👨🏿‍💻 🧑‍🚀 ☺︎ ☺️ ✨ 🫨 🪿 ™️ 🤷🏻‍♀️""".split()

SPECIAL = """<s> </s> <unk> <pad> <bos> <eos> <mask> <|endoftext|> <|im_start|> <|im_end|>
<|begin_of_text|> <|end_of_text|> <|eot_id|> <|start_header_id|> <start_of_turn> <end_of_turn>
[INST] [/INST] <<SYS>> [CLS] [SEP] [MASK] <extra_id_0> <0x0A> <0xE4> <|pad|> <think> </think> <tool_call>
<repo_name> <table> <unused0> Token CamelTok ▁ ▁▁ Ġ Ċ ## </w>""".split()

SPACES = [" ", "  ", "   ", "    ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r", "\v", "\f", " \n", "\n ", "\u00a0", "\u3000",
          "\u2003", "\u200b", "\u2028", "\u2029", "\u0085", "\u1680", "\u202f", "\u205f", "\ufeff", "        ", " " * 16, "\n" * 9, "\t" * 5]

CONTROL = ["\x00", "\x01", "\x08", "\x1b[31m", "\x1c", "\x1f", "\x7f", "\x80", "\x8f", "\x9f", "\u00ad", "\u200d", "\u200e", "\u202e",
           "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\U000e0001", "\u0378", "\u2066"]

MARKS = ["\u0301", "\u0300", "\u0308", "\u0323", "\u0327", "\u0345", "\u0591", "\u05b8", "\u064b", "\u0651", "\u093c", "\u094d", "\u0e48", "\u0f71",
         "\u1ab0", "\u20dd", "\u20e3", "\u302a", "\u3099", "\ufe0f", "\U0001d165", "\u0897", "\u1abf", "\u08d3", "\u1161", "\u11a8"]

PIECES = "a b c e s t x A S Z é ß ſ K İ ı Σ ς ǅ ʼ ’ ' \" - _ . , ; : ! ? / \\ ( ) [ ] { } < > | @ # $ % ^ & * + = ~ ` 0 1 9 ² ½ Ⅷ ٣ 中 あ ア 한 क् ก ♥ → € ▁ Ġ".split(" ")


def special_cases():
    yield ""
    yield from SPACES
    yield from CONTROL
    yield from EMOJI
    yield from SPECIAL
    yield from (p.replace("\\n", "\n").replace("\\t", "\t") for p in PHRASES)
    for unit in ["a", "A", " ", "\n", "1", "ab", "é", "中", "😀", "a\u0301", "\u0301", "'s", "  a", "<s>", "\t", "%", "▁", "ー", "﷽", "x\u0323\u0301"]:
        for n in (2, 3, 7, 31, 64, 200):
            yield unit * n
    for word in ["don't", "DON'T", "we'Ve", "it'S", "I'LL", "'tis", "o'clock", "'re're", "x'ſ", "'  s"]:
        yield word
        yield " " + word + " "
    for sp in SPACES:
        for left, right in (("a", "b"), ("", "b"), ("a", ""), ("1", "."), (" ", "x"), (".", "\n")):
            yield left + sp + right
    for tok in SPECIAL:
        yield from (f"a{tok}b", f" {tok} ", f"{tok}{tok}", f"x  {tok}  y", f"{tok}\n", tok.lower() + tok.upper(), tok[:-1], f"A {tok}.")


def random_string(rng):
    kind = rng.randrange(9)
    if kind == 0:  # words of phrases, mixed
        words = rng.choice(PHRASES).split(" ") + rng.choice(PHRASES).split(" ")
        return " ".join(rng.sample(words, min(len(words), rng.randint(1, 7))))
    if kind == 1:  # any code points
        top = rng.choice([0x80, 0x250, 0x800, 0x3000, 0xD7FF, 0x1FFFF, 0x10FFFF])
        out = (rng.randint(0, top) for _ in range(rng.randint(1, 10)))
        return "".join(chr(c) for c in out if not 0xD800 <= c <= 0xDFFF)
    if kind == 2:  # letters with marks
        return "".join(rng.choice("aeoAz iקअกＡ①Å각") + "".join(rng.sample(MARKS, rng.randint(0, 3))) for _ in range(rng.randint(1, 6)))
    if kind == 3:  # spaces between things
        return "".join(rng.choice(SPACES) + rng.choice(PIECES) for _ in range(rng.randint(1, 8)))
    if kind == 4:  # special tokens inside of text
        return "".join(rng.choice([rng.choice(SPECIAL), rng.choice(PIECES), rng.choice(SPACES[:9]), rng.choice(EMOJI)]) for _ in range(rng.randint(2, 7)))
    if kind == 5:  # characters of all sorts
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 22)))
    if kind == 6:  # numbers
        return "".join(rng.choice(["1", "23", "456", "7890", "٣", "½", ".", ",", " ", "-", "e", "%", "x", "²"]) for _ in range(rng.randint(1, 10)))
    if kind == 7:  # a slice of a phrase
        phrase = rng.choice(PHRASES)
        start = rng.randrange(len(phrase))
        return phrase[start : start + rng.randint(1, 40)].replace("\\n", "\n")
    return "".join(rng.choice([rng.choice(EMOJI), rng.choice(CONTROL), rng.choice(MARKS), rng.choice(PIECES), rng.choice(SPACES)]) for _ in range(rng.randint(1, 8)))


def strings(n, seed=1):
    """The special cases, then random strings, n in all; no two are equal."""
    out = dict.fromkeys(special_cases())
    rng = random.Random(seed)
    while len(out) < n:
        out.setdefault(random_string(rng))
    return list(out)[:n]


def prose(words, seed=2):
    """Text to train small tokenizers on: one line a sentence, of about so many words."""
    rng = random.Random(seed)
    vocabulary = sorted({w for p in PHRASES for w in p.replace("\\n", "\n").split(" ")})
    stems = ["trans", "learn", "know", "model", "teach", "gold", "nugg", "token", "para", "layer", "sens", "form"]
    ends = ["s", "er", "ing", "ed", "", "ly", "ation", "et", "ets", "able", "ness", "'s"]
    lines, count = [], 0
    while count < words:
        n = rng.randint(3, 12)
        line = [rng.choice(vocabulary) if rng.random() < 0.3 else rng.choice(stems) + rng.choice(ends) for _ in range(n)]
        if rng.random() < 0.3:
            line.append(str(rng.randint(0, 99999)))
        if rng.random() < 0.2:
            line.append(rng.choice(EMOJI))
        lines.append(" ".join(line) + rng.choice([".", "!", "?", "", "\n", "  "]))
        count += n
    return lines


if __name__ == "__main__":
    all_strings = strings(5000)
    print(len(all_strings), sum(len(s) for s in all_strings) / len(all_strings))
