# SPDX-License-Identifier: GPL-2.0-or-later
# Tells how late this machine wakes a program that only sleeps: a tick each 0.1 s until it gets SIGTERM, then
# the worst lateness in seconds. Beside it, a late cycle of proxtop is the program's own doing.
import signal
import sys
import time

stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
worst = 0.0
tick = time.monotonic()
while not stop:
    tick += 0.1
    time.sleep(max(0.0, tick - time.monotonic()))
    late = time.monotonic() - tick
    if late > 0.1:  # it lost ticks: those are not late as well
        tick += late
    worst = max(worst, late)
with open(sys.argv[1], "w", encoding="ascii") as out:
    print(f"{worst:.3f}", file=out)
