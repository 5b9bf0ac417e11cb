#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints ten days of a made-up web server, a row per minute, for `proxprofiler train`: busy in
office hours, backups at two, and on the last day a load that it never had. The same every time."""

import math
import random

START = 1717372800  # a Monday, 00:00 UTC
DAYS = 10
ODD_FROM, ODD_UNTIL = 13.0, 17.5  # hours of the last day


def cpu(day, hour, noise):
    if day % 7 < 5 and 7 <= hour < 19:
        load = 8 + 62 * math.sin(math.pi * (hour - 7) / 12) ** 2 - (14 if 12 <= hour < 13 else 0)
    else:
        load = 5
    if 2 <= hour < 2.75:
        load = 88
    if day == DAYS - 1 and ODD_FROM <= hour < ODD_UNTIL:
        load = 97 if int(hour * 6) % 3 else 12
    return min(max(load * (1 + 0.12 * noise) + noise, 0), 100)


def main():
    rng = random.Random(1)
    print("time,cpu,mem")
    for minute in range(DAYS * 24 * 60):
        day, hour = minute // 1440, minute % 1440 / 60
        value = cpu(day, hour, rng.uniform(-1, 1))
        memory = 41 + 6 * day / DAYS + 8 * value / 100 + rng.uniform(-0.5, 0.5)
        print(f"{START + 60 * minute},{value:.1f},{memory:.1f}")


main()
