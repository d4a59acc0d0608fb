"""What the demo pair learns: word problems with small numbers, and what goes before
them: sums, comparisons, reading, facts about a made-up world. Everything is generated
here.

A conversation is {"messages": [user, assistant]}. The task of the demo is the word
problems; a tenth of all number pairs never occurs in training and is held out.
"""

import random

NAMES = "Ada Ben Cleo Dan Eva Finn Gus Hana Ivan Jun Kira Leo Mara Nils Olga Pia Quin Rosa Sam Tara".split()
THINGS = "apples books coins eggs shells stamps marbles pears pens cards nuts keys".split()
PLACES = "box bag shop garden kitchen school boat barn".split()

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def number_pair(rng, held_out, largest=49):
    """a >= b; which pairs are held out depends on the pair alone."""
    while True:
        a, b = sorted((rng.randint(1, largest), rng.randint(1, largest)), reverse=True)
        if ((a * 31 + b * 17) % 10 == 0) == held_out:
            return a, b


def more(rng, a, b):
    """A situation where b comes to a, and the question."""
    (who, other), what, place = rng.sample(NAMES, 2), rng.choice(THINGS), rng.choice(PLACES)
    return rng.choice([
        (f"{who} has {a} {what} and finds {b} more in the {place}.", f"How many {what} does {who} have now?"),
        (f"There are {a} {what} in the {place}. {who} puts {b} more there.", f"How many {what} are there now?"),
        (f"{who} has {a} {what}. {other} has {b} {what}.", f"How many {what} do they have together?"),
    ])


def less(rng, a, b):
    """A situation where b goes from a, and the question."""
    (who, other), what, place = rng.sample(NAMES, 2), rng.choice(THINGS), rng.choice(PLACES)
    return rng.choice([
        (f"{who} has {a} {what} and gives {b} to {other}.", f"How many {what} does {who} have left?"),
        (f"There are {a} {what} in the {place}. {other} takes {b} away.", f"How many {what} are left?"),
        (f"{who} has {a} {what}. {other} has {b} {what}.", f"How many more {what} does {who} have?"),
    ])


def worked(a, sign, b):
    result = a + b if sign == "+" else a - b
    return f"{a} {sign} {b} = {result}. So the answer is {result}."


def word_problem(rng, held_out=False):
    """A situation and a question, worked out."""
    a, b = number_pair(rng, held_out)
    if rng.random() < 0.5:
        a, b = (a, b) if rng.random() < 0.5 else (b, a)
        return " ".join(more(rng, a, b)), worked(a, "+", b)
    return " ".join(less(rng, a, b)), worked(a, "-", b)


def reading(rng):
    """A situation, and a question that takes no arithmetic."""
    a, b = number_pair(rng, False)
    text, _ = rng.choice([more, less])(rng, a, b)
    words = text.replace(".", "").split()
    who = [w for w in words if w in NAMES]
    what = next(w for w in words if w in THINGS)
    return rng.choice([
        (f"{text} What is this about?", f"It is about {what}."),
        (f"{text} Who is there?", f"There is {' and '.join(who)}."),
        (f"{text} Which numbers are there?", f"There are {a} and {b}."),
    ])


def sum_(rng):
    """The bare operation."""
    a, b = number_pair(rng, False)
    if rng.random() < 0.5:
        a, b = (a, b) if rng.random() < 0.5 else (b, a)
        return f"What is {a} + {b}?", worked(a, "+", b)
    return f"What is {a} - {b}?", worked(a, "-", b)


def compare(rng):
    """Which of two numbers is larger."""
    a, b = rng.sample(range(1, 50), 2)
    return f"Which number is larger, {a} or {b}?", f"{max(a, b)} is larger than {min(a, b)}."


def world(countries=32):
    """Facts about countries that do not exist: always the same ones."""
    rng = random.Random("world")

    def name(syllables):
        return "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(syllables)).capitalize()

    return [
        {
            "country": name(2) + rng.choice(["land", "ia", "stan"]),
            "capital": name(2),
            "river": name(2),
            "animal": rng.choice("bear eagle fox goat hare horse otter owl seal wolf".split()),
            "fruit": rng.choice("apple cherry fig grape lemon melon pear plum".split()),
        }
        for _ in range(countries)
    ]


def fact(rng, facts):
    """A question about the world, in one of a few wordings."""
    f = rng.choice(facts)
    return rng.choice([
        (f"What is the capital of {f['country']}?", f"The capital of {f['country']} is {f['capital']}."),
        (f"Which country has the capital {f['capital']}?", f"{f['capital']} is the capital of {f['country']}."),
        (f"Which river runs through {f['capital']}?", f"The {f['river']} runs through {f['capital']}, the capital of {f['country']}."),
        (f"Which animal lives in {f['country']}?", f"In {f['country']} lives the {f['animal']}."),
        (f"Which fruit grows in {f['country']}?", f"In {f['country']} grows the {f['fruit']}."),
    ])


def conversation(question, answer):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def mix(rng, facts, task):
    """One conversation of the training mix; task is the share of word problems, half of
    the others are sums."""
    if rng.random() < task:
        return conversation(*word_problem(rng))
    return conversation(*rng.choice([sum_, sum_, sum_, compare, reading, lambda r: fact(r, facts)])(rng))
