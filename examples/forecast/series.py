#!/usr/bin/env python3
"""Makes the example's series: the power, in MW, that three parts of a small town draw, hour by
hour. It is invented, with what real loads have: days and weeks, seasons, weather that lasts, a
trend, public holidays and noise. The same seed gives the same numbers.

    series.py                                        four years, 2021 to 2024
    series.py --begin 2024-07-01 --end 2024-07-03    a part of the same
"""

import argparse
import math
import random
import sys
from datetime import datetime, timedelta

VARIABLES = ("households", "offices", "industry")
BEGIN, END = datetime(2021, 1, 1), datetime(2025, 1, 1)
# Parts in time: trained on; chosen by; tested with.
TRAIN_END, VALIDATION_END = datetime(2024, 1, 1), datetime(2024, 7, 1)
HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}
YEAR = 365.25 * 24  # hours


class Wandering:
    """Noise with a memory of so many hours and a standard deviation: the next of a chain."""

    def __init__(self, source, hours, deviation):
        self.source = source
        self.keep = math.exp(-1 / hours)
        self.step = deviation * math.sqrt(1 - self.keep ** 2)
        self.value = source.gauss(0, deviation)

    def next(self):
        self.value = self.keep * self.value + self.source.gauss(0, self.step)
        return self.value


def bump(hour, centre, width):
    """1 at the centre, on a clock of 24 hours."""
    distance = (hour - centre + 12) % 24 - 12
    return math.exp(-0.5 * (distance / width) ** 2)


def open_from(begin, end, hour, width=0.6):
    """1 between two hours of a day, 0 outside, with soft edges."""
    return 1 / (1 + math.exp((begin - hour) / width)) / (1 + math.exp((hour - end) / width))


def households(time, free, cold, winter):
    morning, noon = (9.5, 5.0) if free else (7.0, 1.5)
    return (17 + 7 * bump(time.hour, morning, 1.5) + noon * bump(time.hour, 13, 2.0)
            + (11 + 4 * winter) * bump(time.hour, 19.5 - winter, 2.4) + 0.5 * cold)


def offices(time, free, warm):
    if free:
        busy = 0.1 * open_from(9, 17, time.hour)
    elif time.weekday() == 5:
        busy = 0.4 * open_from(9, 15, time.hour)
    else:
        busy = open_from(7, 18, time.hour)
    return 8 + (21 + 0.9 * warm) * busy


def industry(time, free, orders):
    """Three shifts from Monday morning to Saturday noon; between two of them work pauses."""
    hour_of_week = time.weekday() * 24 + time.hour
    working = 6 <= hour_of_week < 5 * 24 + 14 and not free
    pause = 3 if time.hour in (6, 14, 22) else 0
    return 14 + ((27 + orders) * (0.7 if time.weekday() == 5 else 1) - pause if working else 0)


def make(seed=1):
    """[(time, (MW of each variable)), ...] for all hours, rounded as the file has them."""
    source = random.Random(seed)
    weather = Wandering(source, hours=60, deviation=3.5)
    orders = Wandering(source, hours=500, deviation=3.0)
    slow = [Wandering(source, hours=8, deviation=0.6) for _ in VARIABLES]
    rows = []
    for index in range(int((END - BEGIN) / timedelta(hours=1))):
        time = BEGIN + timedelta(hours=index)
        winter = 0.5 + 0.5 * math.cos(2 * math.pi * (index / YEAR - 0.04))
        degrees = 19 - 18 * winter - 4 * math.cos(2 * math.pi * (time.hour - 3) / 24)
        degrees += weather.next()
        free = time.weekday() == 6 or (time.month, time.day) in HOLIDAYS
        loads = (
            households(time, free or time.weekday() == 5, max(0.0, 15 - degrees), winter),
            offices(time, free, max(0.0, degrees - 19)),
            industry(time, free, orders.next()),
        )
        growth = 1 + 0.02 * index / YEAR
        noise = [each.next() + source.gauss(0, 0.3) for each in slow]
        rows.append((time, tuple(round(growth * x + e, 2) for x, e in zip(loads, noise))))
    return rows


def date(text):
    return datetime.strptime(text, "%Y-%m-%d")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (1)")
    parser.add_argument("--begin", type=date, default=BEGIN, help="first day (2021-01-01)")
    parser.add_argument("--end", type=date, default=END, help="day after the last (2025-01-01)")
    args = parser.parse_args()
    lines = [",".join(("time", *VARIABLES))]
    for time, loads in make(args.seed):
        if args.begin <= time < args.end:
            lines.append(f"{time:%Y-%m-%d %H:%M}," + ",".join(f"{x:.2f}" for x in loads))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
