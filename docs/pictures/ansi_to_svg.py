#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns what `tmux capture-pane -e -p` prints on standard input into an SVG picture on standard
output. Each run of cells of one style is one text element at its own place, so that no font can
move columns. Use: ansi_to_svg.py TITLE <captured >picture.svg"""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

CELL_W, CELL_H, MARGIN, BAR = 8.43, 18, 12, 28
BACKGROUND, FOREGROUND = "#12161c", "#d7dde4"
COLOURS = ["#3b4252", "#f2665c", "#7fc97a", "#e8c35a", "#6ea8f2", "#c792ea", "#5fc9d0", "#d7dde4",
           "#77808c", "#ff7b72", "#a5e39f", "#ffd97a", "#8fc1ff", "#dcb0ff", "#86e5ea", "#ffffff"]


def colour_of(codes):
    """Of an extended colour (38 or 48 was taken): 5;N or 2;R;G;B."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        n = codes.pop(0)
        if n < 16:
            return COLOURS[n]
        if n < 232:
            n -= 16
            levels = [0, 95, 135, 175, 215, 255]
            return "#%02x%02x%02x" % (levels[n // 36], levels[n // 6 % 6], levels[n % 6])
        grey = 8 + 10 * (n - 232)
        return "#%02x%02x%02x" % (grey, grey, grey)
    if kind == 2 and len(codes) >= 3:
        return "#%02x%02x%02x" % tuple(codes.pop(0) for _ in range(3))
    return None


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fore = self.back = None
        self.bold = self.dim = self.underline = self.reverse = False

    def take(self, codes):
        codes = codes or [0]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (24, 27):
                setattr(self, {24: "underline", 27: "reverse"}[code], False)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.fore = COLOURS[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.back = COLOURS[code - 40 if code < 100 else code - 92]
            elif code in (38, 48):
                setattr(self, "fore" if code == 38 else "back", colour_of(codes))
            elif code == 39:
                self.fore = None
            elif code == 49:
                self.back = None

    def key(self):
        fore, back = self.fore or FOREGROUND, self.back
        if self.reverse:
            fore, back = back or BACKGROUND, fore
        return fore, back, self.bold, self.dim, self.underline


def width_of(char):
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def runs_of(lines):
    """(row, column, width, style, text) of what stands together in one style."""
    style = Style()
    cols = 0
    for row, line in enumerate(lines):
        col = start = 0
        text = ""
        now = style.key()
        for part in re.split(r"(\x1b\[[0-9;:]*m|\x1b\(B|\x0f|\x0e)", line):
            if part.startswith("\x1b["):
                if text:
                    yield row, start, col - start, now, text
                style.take([int(c or 0) for c in re.split("[;:]", part[2:-1])])
                text, start, now = "", col, style.key()
                continue
            if part.startswith("\x1b") or part in ("\x0e", "\x0f"):
                continue
            for char in part:
                text += char
                col += width_of(char)
        if text:
            yield row, start, col - start, now, text
        cols = max(cols, col)


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "proxtop"
    lines = sys.stdin.read().rstrip("\n").split("\n")
    runs = list(runs_of(lines))
    cols = max(col + width for _, col, width, _, _ in runs)
    width, height = cols * CELL_W + 2 * MARGIN, len(lines) * CELL_H + 2 * MARGIN + BAR
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" '
           'height="%.0f">' % (width, height, width, height),
           "<title>%s</title>" % escape(title),
           '<rect width="100%%" height="100%%" rx="8" fill="%s"/>' % BACKGROUND]
    for i, colour in enumerate(("#f2665c", "#e8c35a", "#7fc97a")):
        out.append('<circle cx="%d" cy="16" r="5" fill="%s"/>' % (18 + 18 * i, colour))
    out.append('<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" '
               'xml:space="preserve">')
    for row, col, cells, (fore, back, bold, dim, underline), text in runs:
        x, y = MARGIN + col * CELL_W, MARGIN + BAR + row * CELL_H
        if back:
            out.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>' % (
                x, y, cells * CELL_W, CELL_H, back))
        if not text.strip():
            continue
        marks = ' font-weight="bold"' if bold else ""
        marks += ' opacity="0.6"' if dim else ""
        marks += ' text-decoration="underline"' if underline else ""
        out.append('<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" '
                   'fill="%s"%s>%s</text>' % (x, y + 14, cells * CELL_W, fore, marks, escape(text)))
    out += ["</g>", "</svg>"]
    print("\n".join(out))


main()
