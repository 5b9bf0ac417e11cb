# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documents say against what is there. Use: readme.py PROXTOP PROXPROFILER TREE

Of README.md, CONTRIBUTING.md and docs/*.md: messages that they quote are those that the sources can
print; options, metrics, commands of ./dev, units and files of the tree exist; links lead somewhere.
README.md tells of each trouble by a message that names the next step. Prints what is not so, and fails.
"""
import glob
import os
import re
import subprocess
import sys

# Options of other programs, which a document may use that speaks of these.
FOREIGN = {
    "docker": "rm cgroupns cap-drop cap-add restart network entrypoint user security-opt privileged pid",
    "meson": "buildtype",
    "systemctl": "now",
    "curl": "data-urlencode",
    "node-exporter": "collector",
    "telegraf": "config test-wait",
}
# Of a format string: with fewer characters of its own it proves something only if what stands in the
# place of its conversions is from another one; with fewer than the least it proves nothing.
# What README's part about trouble has to name, and what a next step looks like in a message.
TROUBLES = ["Failed to connect to libvirt", "Permission denied", "PSI unavailable", "No VMs detected",
            "A corrupted display"]
STEPS = re.compile(r"proxtop --doctor|psi=1|set TERM to")
LITERAL_ENOUGH = 16
LITERAL_LEAST = 5
CONVERSION = re.compile(r"%(?:%|[-+ 0#']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|j|z|t)?[a-zA-Z])")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def formats(tree):
    """Regular expressions of all string literals of the sources, joined as the compiler joins them."""
    found = []
    literal = r'"(?:[^"\\\n]|\\.)*"'
    for path in glob.glob(os.path.join(tree, "src", "**", "*.[ch]"), recursive=True):
        for run in re.findall(rf"{literal}(?:\s*{literal})*", read(path)):
            text = "".join(part[1:-1] for part in re.findall(literal, run))
            text = re.sub(r"\\(.)", r"\1", text)
            parts = CONVERSION.split(text)
            length = sum(len(part) for part in parts)
            if length >= LITERAL_LEAST:
                pattern = re.compile("(.*?)".join(re.escape(part) for part in parts))
                found.append((length, [part for part in parts if part], pattern))
    return found


def explained(message, known, depth=3):
    """Whether the sources can print it."""
    for length, parts, pattern in known:
        # Most are not even in it, which takes no matching.
        match = all(part in message for part in parts) and pattern.fullmatch(message)
        if match and (length >= LITERAL_ENOUGH or depth and all(
                len(part) < LITERAL_ENOUGH or explained(part, known, depth - 1) for part in match.groups())):
            return True
    return False


def quoted(text):
    """Messages in a document: without what the program puts before them."""
    for line in text.splitlines():
        match = re.match(r" {4}(?:proxtop|proxprofiler): (.*)", line)
        match = match or re.match(r" {4}(?:ok|note|warn|fail)  +[a-z]+ +(.*)", line)
        match = match or re.match(r" {22}-> (.*)", line)
        if match:
            yield match.group(1)


def anchors(text):
    """Of the headings of a document, as they are made where it is shown."""
    headings = re.findall(r"^#+ (.*)", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def help_options(*programs):
    names = set()
    for program in programs:
        text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        names |= set(re.findall(r"--([A-Za-z][A-Za-z-]*)", text))
    return names


class Check:
    def __init__(self, proxtop, proxprofiler, tree):
        self.tree = tree
        self.formats = formats(tree)
        self.options = help_options(proxtop, proxprofiler)
        # Of proxprofiler's commands, which --help does not show; made of their tables.
        page = read(os.path.join(tree, "man/proxprofiler.1"))
        self.options |= set(re.findall(r"\bFl -([A-Za-z][A-Za-z-]*)", page))
        fields = subprocess.run([proxtop, "--list-fields"], capture_output=True, text=True, check=True)
        self.fields = {line.split("\t")[1] for line in fields.stdout.splitlines() if "\t" in line}
        self.scopes = {line.split("\t")[0] for line in fields.stdout.splitlines() if "\t" in line}
        dev = subprocess.run([os.path.join(tree, "dev"), "help"], capture_output=True, text=True, check=True)
        self.commands = set(re.findall(r"^  ([a-z]+) ", dev.stdout, re.M))
        self.wrong = 0
        self.seen = dict.fromkeys(["message", "option", "metric", "command", "unit", "file", "link", "anchor",
                                   "trouble", "step"], 0)

    def expect(self, kind, document, what, right):
        self.seen[kind] += 1
        if not right:
            self.wrong += 1
            print(f"{document}: {kind} '{what}' is not there")

    def check_messages(self, name, text):
        for message in quoted(text):
            self.expect("message", name, message, explained(message, self.formats))

    def check_options(self, name, text):
        for line in text.splitlines():
            foreign = {word for tool, words in FOREIGN.items() if re.search(rf"\b{tool}\b", text)
                       for word in words.split()}
            for option in re.findall(r"(?<![\w-])--([A-Za-z][A-Za-z-]*)", line):
                self.expect("option", name, "--" + option, option in self.options or option in foreign)

    def check_fields(self, name, text):
        for value in re.findall(r"--fields=([\w.,/+-]+)", text):
            for key in value.split(","):
                scope, _, rest = key.lstrip("+-").rpartition(".")
                self.expect("metric", name, key, rest in self.fields and (not scope or scope in self.scopes))

    def check_places(self, name, text):
        base = os.path.dirname(os.path.join(self.tree, name))
        for link, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text):
            if "://" in link:
                continue
            path = os.path.join(base, link) if link else os.path.join(self.tree, name)
            self.expect("link", name, link or "#", os.path.exists(path))
            if anchor and os.path.exists(path):
                self.expect("anchor", name, f"{link}#{anchor}", anchor in anchors(read(path)))
        folders = "src|docs|tests|tools|contrib|packaging|bench|fuzz|man|completions"
        for path in re.findall(rf"(?<![\w./(-])((?:{folders})/[\w./*-]*[\w*])", text):
            self.expect("file", name, path, bool(glob.glob(os.path.join(self.tree, path))))
        for command in re.findall(r"\./dev ([a-z]+)", text):
            self.expect("command", name, "./dev " + command, command in self.commands)
        for unit in re.findall(r"\b(prox(?:top|profiler)[\w-]*\.service)\b", text):
            self.expect("unit", name, unit, os.path.exists(os.path.join(self.tree, "packaging/systemd", unit)))

    def check_troubles(self, name, text):
        """Each with messages of a run, and each of these with what to do."""
        parts = re.split(r"^\*\*(.+?)\.\*\* ", text[text.index("## Troubleshooting"):], flags=re.M)
        part = dict(zip(parts[1::2], parts[2::2]))
        for trouble in TROUBLES:
            messages = re.findall(r"^ {4}proxtop: (.*)", part.get(trouble, ""), re.M)
            self.expect("trouble", name, trouble, bool(messages))
            for message in messages:
                self.expect("step", name, message, bool(STEPS.search(message)))

    def document(self, name):
        text = read(os.path.join(self.tree, name))
        self.check_messages(name, text)
        self.check_places(name, text)
        self.check_fields(name, text)
        # What the old tools were called with, and what is made of the tables, are no promises.
        if name not in ("docs/MIGRATING.md", "docs/METRICS.md"):
            self.check_options(name, text)


def main():
    check = Check(*sys.argv[1:4])
    names = ["README.md", "CONTRIBUTING.md"]
    names += sorted(os.path.relpath(p, check.tree) for p in glob.glob(os.path.join(check.tree, "docs", "*.md")))
    for name in names:
        check.document(name)
    check.check_troubles("README.md", read(os.path.join(check.tree, "README.md")))
    for kind, count in check.seen.items():
        print(f"{count} of kind {kind}")
        check.wrong += count == 0
    return 1 if check.wrong else 0


sys.exit(main())
