"""The conversations that the goldens are made of: name: (messages, further variables)."""

import re

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Today's weather, <b>\"quoted\"</b> & caf\u00e9 \U0001f327",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "a town"},
                    "days": {"type": "integer", "default": 1, "minimum": 0.5, "maximum": 1e16},
                    "alerts": {"type": "array", "items": {"type": "string"}, "enum": []},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    "where": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
                    "any": {"type": ["string", "null"], "nullable": True},
                },
                "required": ["place"],
                "strict": True,
                "extra": None,
            },
        },
    },
    {"type": "function", "function": {"name": "time", "description": "", "parameters": {}}},
]


def turns(text):
    """'s: be kind|u: hello|a: hi' as messages."""
    roles = {"s": "system", "u": "user", "a": "assistant", "t": "tool", "d": "developer", "c": "critic"}
    return [{"role": roles[turn[0]], "content": turn[2:]} for turn in re.split(r"\|(?=[suatdc]:)", text)]


def call(content, *calls, **more):
    """An assistant's turn that calls tools."""
    functions = [
        {"type": "function", "id": f"call{i:05}", "function": {"name": name, "arguments": arguments}}
        for i, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": content, "tool_calls": functions, **more}


def answer(content):
    return {"role": "tool", "content": content, "name": "weather", "tool_call_id": "call00000"}


# The reasoning, under both names that transformers gives it, and in its order.
THOUGHT = {"thinking": "Two and two.", "role": "assistant", "content": "4", "reasoning_content": "Two and two."}

CONVERSATIONS = {
    "user": (turns("u:What is 2+2?"), {}),
    "system and user": (turns("s:Answer briefly.|u:What is 2+2?"), {}),
    "one exchange": (turns("u:What is 2+2?|a:4"), {}),
    "several exchanges": (turns("u:Hi|a:Hello!|u:2+2?|a:It is 4.\n\nSure."), {}),
    "system and several exchanges": (turns("s:Be kind.|u:Hi|a:Hello!|u:2+2?|a:4|u:Thanks"), {}),
    "spaces around": (turns("s: \n be \t\n|u:  two  \n\n|a:\n\n four \r\n|u:\u00a0\u2003nbsp\u0085\x1c\ufeff"), {}),
    "blank contents": (turns("s:|u:|a: \n"), {}),
    "unicode": (
        turns(
            "s:\u65e5\u672c\u8a9e\u3067|u:na\u00efve \u0645\u0631\u062d\u0628\u0627 "
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2028 e\u0301|a:\U0001d54f \u00df \u0130 \x00\x7f"
        ),
        {},
    ),
    "markup": (
        turns("s:<b>&amp;</b>|u:{{ 1 }} {% if %} {# c #} 'q' \"d\" \\n \\|a:</s><|im_end|><eos>[/INST]"),
        {},
    ),
    "user twice": (turns("u:one|u:two|a:three"), {}),
    "assistant first": (turns("a:Welcome.|u:Hi"), {}),
    "system late": (turns("u:Hi|a:Yo|s:Be formal.|u:Hi again"), {}),
    "system alone": (turns("s:Be formal."), {}),
    "developer": (turns("d:Be formal.|u:Hi"), {}),
    "unknown role": (turns("u:Hi|c:Weak.|u:Again"), {}),
    "tool role": (turns("u:Weather?|a:wait|t:sunny|t:22 degrees|a:It is sunny."), {}),
    "thinking": (
        turns("u:2+2?|a:<think>\nTwo and two.\n</think>\n\n4|u:3+3?|a:<think>\n\nThree.\n\n</think>\n\n\n6"),
        {},
    ),
    "thinking off": (turns("u:2+2?|a:4|u:3+3?"), {"enable_thinking": False}),
    "thinking on": (turns("s:/no_think|u:2+2?|a:4|u:3+3?"), {"enable_thinking": True, "reasoning_effort": "high"}),
    "thought": ([*turns("u:2+2?"), THOUGHT, *turns("u:3+3?"), THOUGHT], {}),
    "no messages": ([], {}),
    "tools": (turns("s:Be exact.|u:Rain?|a:Asking.|u:And now?"), {"tools": TOOLS}),
    "tools without system": (turns("u:Rain?"), {"tools": TOOLS, "tools_in_user_message": False}),
    "no tools left": (turns("u:Rain?"), {"tools": []}),
    "tool call": (
        [*turns("s:Be exact.|u:Rain?"), call("", ("weather", {"place": "K\u00f6ln", "days": 2})), answer("no"), *turns("a:No.")],
        {"tools": TOOLS},
    ),
    "tool calls": (
        [
            *turns("u:Rain?"),
            call("Let me see.", ("weather", {"place": "<x>", "deep": {"a": [1, 2.5, None, True]}}), ("time", {})),
            answer("no"),
            answer('{"ok": true}'),
            *turns("a:No.|u:And?"),
            call("", ("time", '{"zone": "UTC"}')),
        ],
        {"tools": TOOLS},
    ),
    "date": (turns("s:s|u:What day is it?"), {"date_string": "01 Jan 2030", "builtin_tools": ["brave", "code_interpreter"]}),
    "documents": (turns("u:Who?"), {"documents": [{"title": "T\u00fcr", "text": "one\ntwo"}, {"title": "", "text": "'q'"}]}),
    "parts": (
        [{"role": "user", "content": [{"type": "text", "text": " Hi "}, {"type": "image"}, {"type": "text", "text": "there"}]}],
        {},
    ),
}
