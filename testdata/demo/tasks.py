"""What the demo pair learns: word problems with small numbers, and facts about a
made-up world. Everything is generated here.

A conversation is {"messages": [user, assistant]}. The task of the demo is the word
problems; a tenth of all number pairs never occurs in training and is held out.
"""

import random

NAMES = "Ada Ben Cleo Dan Eva Finn Gus Hana Ivan Jun Kira Leo Mara Nils Olga Pia Quin Rosa Sam Tara".split()
THINGS = "apples books coins eggs shells stamps marbles pears pens cards nuts keys".split()
PLACES = "box bag shop garden kitchen school boat barn".split()

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def number_pair(rng, held_out, largest=99):
    """a >= b; which pairs are held out depends on the pair alone."""
    while True:
        a, b = sorted((rng.randint(1, largest), rng.randint(1, largest)), reverse=True)
        if ((a * 31 + b * 17) % 10 == 0) == held_out:
            return a, b


def word_problem(rng, held_out=False):
    """One or two steps of addition and subtraction, worked out."""
    a, b = number_pair(rng, held_out)
    who, other = rng.sample(NAMES, 2)
    what, place = rng.choice(THINGS), rng.choice(PLACES)
    if rng.random() < 0.5:
        if rng.random() < 0.5:
            a, b = b, a
        question = rng.choice([
            f"{who} has {a} {what} and finds {b} more in the {place}. How many {what} does {who} have now?",
            f"There are {a} {what} in the {place}. {who} puts {b} more there. How many {what} are there now?",
            f"{who} has {a} {what}. {other} has {b} {what}. How many {what} do they have together?",
        ])
        line = f"{a} + {b} = {a + b}"
        result = a + b
    else:
        question = rng.choice([
            f"{who} has {a} {what} and gives {b} to {other}. How many {what} does {who} have left?",
            f"There are {a} {what} in the {place}. {other} takes {b} away. How many {what} are left?",
            f"{who} has {a} {what}. {other} has {b} {what}. How many more {what} does {who} have?",
        ])
        line = f"{a} - {b} = {a - b}"
        result = a - b
    return question, f"{line}. So the answer is {result}."


def sum_(rng):
    """The bare operation."""
    a, b = number_pair(rng, False)
    if rng.random() < 0.5:
        a, b = (a, b) if rng.random() < 0.5 else (b, a)
        return f"What is {a} + {b}?", f"{a} + {b} = {a + b}."
    return f"What is {a} - {b}?", f"{a} - {b} = {a - b}."


def compare(rng):
    """Which of two numbers is larger."""
    a, b = rng.sample(range(1, 100), 2)
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
    """One conversation of the training mix; task is the share of word problems."""
    if rng.random() < task:
        return conversation(*word_problem(rng))
    return conversation(*rng.choice([sum_, compare, lambda r: fact(r, facts), lambda r: fact(r, facts)])(rng))
