"""Grade-school word problems with worked answers, as conversations of about 170 tokens.
Everything is made up here, and the same for every run."""

import json
import random

NAMES = ["Maria", "Oliver", "Priya", "Tomas", "Aisha", "Henrik", "Lucia", "Wei", "Noor", "Emeka"]
GOODS = [("notebooks", "stationery shop"), ("loaves of bread", "bakery"), ("tulips", "flower stall"), ("jars of honey", "market"), ("candles", "gift shop")]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def sales(rng):
    who, (goods, shop), (first, second) = rng.choice(NAMES), rng.choice(GOODS), rng.sample(DAYS, 2)
    sold, more, price = rng.randint(12, 60), rng.randint(5, 30), rng.randint(2, 9)
    question = (
        f"{who} works at a {shop} and sells {goods} for ${price} each. On {first} {who} sold {sold} {goods}, "
        f"and on {second} {more} more than on {first}. How many dollars did {who} take in on the two days together?"
    )
    answer = (
        f"On {second} {who} sold {sold} + {more} = {sold + more} {goods}. On both days that makes {sold} + {sold + more} = {2 * sold + more} "
        f"{goods}. At ${price} each {who} took in {2 * sold + more} * {price} = {(2 * sold + more) * price} dollars. "
        f"So the answer is {(2 * sold + more) * price}."
    )
    return question, answer


def shares(rng):
    who, other = rng.sample(NAMES, 2)
    people, each, extra = rng.randint(3, 9), rng.randint(7, 15), rng.randint(1, 12)
    total = people * each + extra
    question = (
        f"{who} has a box with {total} stickers. {who} keeps {extra} of the stickers for an album and divides all the others evenly among "
        f"{people} friends, one of whom is {other}. {other} then gives half a dozen of them to a little sister and buys {extra} new ones. "
        f"How many stickers does {other} have in the end?"
    )
    answer = (
        f"After keeping {extra} stickers {who} has {total} - {extra} = {people * each} left. Each of the {people} friends gets {people * each} / "
        f"{people} = {each} stickers. {other} gives 6 away, which leaves {each} - 6 = {each - 6}, and buys {extra}, which makes {each - 6} + {extra} "
        f"= {each - 6 + extra}. So the answer is {each - 6 + extra}."
    )
    return question, answer


def journeys(rng):
    who = rng.choice(NAMES)
    speed, hours, rest, slow = rng.randint(40, 90), rng.randint(2, 6), rng.randint(1, 3), rng.randint(10, 35)
    question = (
        f"{who} drives to the coast at {speed} miles per hour for {hours} hours, stops for lunch, and then drives another {rest} hours in heavy "
        f"rain, {slow} miles per hour more slowly than before. How many miles is the whole journey?"
    )
    far, wet = speed * hours, (speed - slow) * rest
    answer = (
        f"Before lunch {who} drives {speed} * {hours} = {far} miles. In the rain the speed is {speed} - {slow} = {speed - slow} miles per hour, "
        f"so after lunch {who} drives {speed - slow} * {rest} = {wet} miles. Together that is {far} + {wet} = {far + wet} miles. "
        f"So the answer is {far + wet}."
    )
    return question, answer


def write(path, count):
    """Writes count conversations, and gives the path back."""
    rng = random.Random("word problems")
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(count):
            question, answer = rng.choice([sales, shares, journeys])(rng)
            messages = [
                {"role": "user", "content": f"Answer the following question.\n\nQuestion: {question}"},
                {"role": "assistant", "content": f"Answer: {answer}"},
            ]
            out.write(json.dumps({"messages": messages}) + "\n")
    return path
