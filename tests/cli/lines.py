# SPDX-License-Identifier: GPL-2.0-or-later
# Reads InfluxDB line protocol from standard input by its grammar and prints a JSON object per line;
# fails on what a server would refuse, and on a field whose type changes.
import json
import re
import sys

WORD = r"(?:[^\\,= \n]|\\[^\n])+"
STRING = r'"(?:[^"\\\n]|\\["\\])*"'
NUMBER = r"-?[0-9]+(?:i|\.[0-9]+)"
LINE = re.compile(rf"({WORD})((?:,{WORD}={WORD})*) ({WORD}=(?:{STRING}|{NUMBER})(?:,{WORD}=(?:{STRING}|{NUMBER}))*) ([0-9]{{19}})")


def plain(word):
    return re.sub(r"\\([,= ])", r"\1", word)


def value(text):
    if text[0] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return int(text[:-1]) if text[-1] == "i" else float(text)


types = {}
for line in sys.stdin.buffer.read().decode().split("\n")[:-1]:
    match = LINE.fullmatch(line)
    assert match, line
    name, tags, fields, stamp = match.groups()
    tags = [tuple(map(plain, tag)) for tag in re.findall(rf"({WORD})=({WORD})", tags)]
    fields = [(plain(key), value(text)) for key, text in re.findall(rf"({WORD})=({STRING}|{NUMBER})", fields)]
    assert tags == sorted(tags) and len(dict(tags)) == len(tags), line
    assert len(dict(fields)) == len(fields), line
    assert not any(text.endswith("\\") for _, text in tags), line
    for key, got in fields:
        assert types.setdefault((name, key), type(got)) is type(got), (name, key, line)
    print(json.dumps({"name": name, "tags": dict(tags), "fields": dict(fields), "time": int(stamp)}))
